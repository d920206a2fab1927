"""Every state of the panel as a picture, light and dark, in build/panel: to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from perfusion_results import perfused
from PySide6 import QtGui, QtWidgets

from StrokeSegLogic.worker.protocol import Fault

from .gallery import overflow, save, use_theme, whole
from .opened import OpenedModule, target
from .studies import add_maps, add_study, lesion_result

FOLDER = Path(__file__).resolve().parents[3] / "build" / "panel"
State = Callable[[OpenedModule, Path], None]


def empty(opened: OpenedModule, folder: Path) -> None: ...


def assigned(opened: OpenedModule, folder: Path) -> None:
    add_study(
        opened.slicer.scene, {"DWI": "ep2d_diff_b1000", "ADC": "ep2d_diff_adc", "FLAIR": "flair", "T1": "flair 2"}
    )
    opened.wait(lambda: len(opened.rows()) >= 3)
    opened.ui.frame.optionsSection.collapsed = False


def running(opened: OpenedModule, folder: Path) -> None:
    add_study(opened.slicer.scene)
    opened.start()
    opened.press(opened.ui.run.logButton)
    opened.runner.listener.logged("loading mri-compact")
    opened.runner.listener.progressed(0.42, "axial network, slice 8 of 18")
    opened.rest(0.2)


def cancelling(opened: OpenedModule, folder: Path) -> None:
    running(opened, folder)
    opened.press(opened.ui.run.segmentButton)


def failed(opened: OpenedModule, folder: Path) -> None:
    running(opened, folder)
    what = "the worker ended without a word (exit code -9)"
    opened.runner.listener.failed(Fault(what, fix="Close other programs and press Segment again", log=("Killed",)))


def mri_result(opened: OpenedModule, folder: Path) -> None:
    add_study(opened.slicer.scene)
    opened.run_to(lesion_result(), folder)
    opened.press(opened.ui.result.nextSliceButton)
    opened.ui.frame.correctSection.collapsed = False
    opened.ui.frame.exportSection.collapsed = False


def ctp_empty(opened: OpenedModule, folder: Path) -> None:
    opened.press(opened.ui.study.ctpButton)
    opened.ui.frame.optionsSection.collapsed = False


def ctp_result(opened: OpenedModule, folder: Path) -> None:
    add_maps(opened.slicer.scene, perfused())
    opened.press(opened.ui.study.ctpButton)
    opened.ui.study.ageBox.setValue(71)
    opened.ui.study.nihssBox.setValue(17)
    opened.run_to(perfused(), folder)
    opened.press(opened.ui.result.nextLesionButton)


STATES: tuple[State, ...] = (empty, assigned, running, cancelling, failed, mri_result, ctp_empty, ctp_result)
QUICK = (empty, failed, mri_result, ctp_result)


LIGHTS = [False, pytest.param(True, marks=pytest.mark.slow)]
"""Half of the pictures are enough for the quick tests."""


@pytest.fixture(params=LIGHTS, ids=["light", "dark"])
def dark(request: pytest.FixtureRequest, opened: OpenedModule) -> Iterator[bool]:
    use_theme(request.param)
    yield request.param
    use_theme(False)


@pytest.mark.parametrize(
    "state",
    [pytest.param(state, id=state.__name__, marks=() if state in QUICK else pytest.mark.slow) for state in STATES],
)
@pytest.mark.quick(2)
def test_the_state_is_drawn_and_fits_a_small_screen(
    opened: OpenedModule, dark: bool, state: State, tmp_path: Path
) -> None:
    state(opened, tmp_path / "result")
    assert overflow(opened) == 0
    picture = whole(opened)
    save(picture, FOLDER / f"{state.__name__}-{'dark' if dark else 'light'}.png")
    background = picture.toImage().pixelColor(2, 2).lightness()
    assert background < 90 if dark else background > 200


def test_words_can_be_read_on_every_tinted_notice(opened: OpenedModule, dark: bool) -> None:
    """Contrast of at least 4.5 to 1 between a notice's words and its ground, as WCAG 2.2 (1.4.3) asks."""
    palette = QtWidgets.QApplication.palette()
    for label in (opened.ui.frame.researchUseLabel, opened.ui.run.problemLabel, opened.ui.result.simulatedLabel):
        ground = _over(_tint(target(label).styleSheet()), palette.color(QtGui.QPalette.ColorRole.Window))
        words = palette.color(QtGui.QPalette.ColorRole.WindowText)
        assert _contrast(ground, words) >= 4.5


def _tint(style: str) -> QtGui.QColor:
    numbers = style.split("background-color: rgba(")[1].split(")")[0]
    return QtGui.QColor(*(int(number) for number in numbers.split(",")))


def _over(tint: QtGui.QColor, ground: QtGui.QColor) -> QtGui.QColor:
    part = tint.alphaF()
    mixed = (part * a + (1 - part) * b for a, b in zip(tint.getRgb()[:3], ground.getRgb()[:3], strict=True))
    return QtGui.QColor(*(round(value) for value in mixed))


def _contrast(colour: QtGui.QColor, other: QtGui.QColor) -> float:
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QtGui.QColor) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour.getRgbF()[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
