"""3D Slicer's stand-in, and the module opened in it, for tests of the panel."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

EXTENSION = Path(__file__).resolve().parents[3] / "StrokeSegExtension"
sys.path.append(str(EXTENSION))

if find_spec("slicer") is None or find_spec("PySide6") is None:  # optional parts: pip install "strokeseg[test]"
    collect_ignore_glob = ["test_panel_*.py"]
elif TYPE_CHECKING:
    from .opened import OpenedModule
    from .review_desk import Reading
    from .standin.install import Slicer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_sessionfinish() -> None:
    from .standin.api import RECORD, api

    if RECORD in os.environ:
        api.write_record(Path(os.environ[RECORD]))


@contextmanager
def _standin(folder: Path, window: bool) -> Iterator[Slicer]:
    """The stand-in; what was imported inside it is forgotten afterwards."""
    from .standin.install import standin

    folder.mkdir()
    with standin(folder, EXTENSION / "StrokeSegExtension.py", window) as slicer:
        before = set(sys.modules)
        try:
            yield slicer
        finally:
            for name in set(sys.modules) - before:
                if name.partition(".")[0] in ("StrokeSegExtension", "StrokeSegExtensionLib"):
                    _forget(name)


def _forget(module: str) -> None:
    """As if it had never been imported: its package holds it by its name, too."""
    del sys.modules[module]
    package, _, name = module.rpartition(".")
    if package in sys.modules:
        vars(sys.modules[package]).pop(name, None)


def _opening(slicer: Slicer) -> Iterator[Callable[..., OpenedModule]]:
    from .opened import OpenedModule

    opened: list[OpenedModule] = []

    def open_it(**options: object) -> OpenedModule:
        opened.append(OpenedModule(slicer, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_it
    for window in opened:
        window.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Slicer]:
    """The stand-in."""
    with _standin(tmp_path / "slicer", window=True) as slicer:
        yield slicer


@pytest.fixture
def open_module(running: Slicer) -> Iterator[Callable[..., OpenedModule]]:
    """Opens the module, with the worker or a runner of the test's own; it is closed at the end."""
    yield from _opening(running)


@pytest.fixture
def open_without_window(tmp_path: Path) -> Iterator[Callable[..., OpenedModule]]:
    """The same in an application that was started without its main window."""
    with _standin(tmp_path / "slicer", window=False) as slicer:
        yield from _opening(slicer)


@pytest.fixture
def opened(open_module: Callable[..., OpenedModule]) -> OpenedModule:
    """The module with a runner that does what the test says."""
    from .studies import ScriptedRunner

    return open_module(runner=ScriptedRunner)


@pytest.fixture
def finished(opened: OpenedModule, tmp_path: Path) -> OpenedModule:
    """The module after a run on a small MRI study, its result in the scene."""
    from .studies import add_study, lesion_result

    add_study(opened.slicer.scene)
    opened.run_to(lesion_result(), tmp_path / "result")
    return opened


@pytest.fixture
def perfused_panel(opened: OpenedModule, tmp_path: Path) -> OpenedModule:
    """The module after a run on perfusion maps."""
    from perfusion_results import perfused

    from .studies import add_maps

    result = perfused()
    add_maps(opened.slicer.scene, result)
    opened.press(opened.ui.study.ctpButton)
    opened.run_to(result, tmp_path / "result")
    return opened


@pytest.fixture
def counted(finished: OpenedModule) -> OpenedModule:
    """The module after a run, its lesions counted."""
    from .lesion_table import settled

    finished.slice_views()
    settled(finished)
    return finished


@pytest.fixture(scope="session")
def made_review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Studies, results and a review of them in one folder; not to be changed."""
    from .review_cases import make_review

    home = tmp_path_factory.mktemp("reviews")
    make_review(home)
    return home


@pytest.fixture
def review(made_review: Path, tmp_path: Path) -> Path:
    """The review's folder in a copy of `made_review`."""
    shutil.copytree(made_review, tmp_path / "data")
    return tmp_path / "data" / "review"


@pytest.fixture
def sitting(review: Path) -> Any:
    """A reader before the review's presenter."""
    from .review_sitting import Sitting

    found = Sitting(review)
    yield found
    found.presenter.close()


@pytest.fixture
def reading(opened: OpenedModule, review: Path) -> Reading:
    """The section Review with the first reader before it."""
    from .review_desk import Reading

    return Reading(opened, review)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], Any]]:
    from .runner_bench import Bench

    folder = tmp_path / "temporär 脳"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    made: list[Bench] = []

    def make(part: str | None) -> Any:
        made.append(Bench(part, folder))
        return made[-1]

    yield make
    for built in made:
        built.close()


@pytest.fixture
def panel() -> Any:
    """A presenter with two volumes chosen."""
    from .presenter_bench import Panel

    return Panel()
