"""A result that was written to a folder, opened in the panel: no network is needed for that, and no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import StrokeSegError

from .background import Background
from .parameters import PanelParameters
from .protocols import Clock, PanelActions
from .states import State
from .stored_result import labels_grid, stored_result
from .study import RunResult, StudyInputs
from .view_settings import inputs_of

if TYPE_CHECKING:
    from StrokeSegLogic.space.grid import Grid


class OpeningPanel(Protocol):
    """The panel as far as opening a result needs it."""

    ui: Any
    parameters: PanelParameters | None
    state: State
    presenter: PanelActions

    def show_result(self, result: RunResult) -> None: ...

    def show_problem(self, problem: StrokeSegError | None) -> None: ...


class ResultOpener:
    """The button that opens a result's folder.

    Args:
        panel: where it is shown.
        clock: asks now and then whether the files are read.
    """

    def __init__(self, panel: OpeningPanel, clock: Clock) -> None:
        self._panel = panel
        self._background = Background(clock)
        panel.ui.result.openResultButton.connect("clicked(bool)", lambda _checked: self.ask())

    def ask(self) -> None:
        """Asks for the folder."""
        title = _("Open the folder of a result")
        chosen = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, str(Path.home()))
        if chosen:
            self.open(Path(chosen))

    def open(self, folder: Path) -> None:
        """Shows the result in a folder; what is wrong with it is said where a run's errors are."""
        if self._panel.parameters is None or self._panel.state.busy:
            return
        self._panel.show_problem(None)

        def work() -> tuple[RunResult, Grid]:
            result = stored_result(folder, StudyInputs())
            return result, labels_grid(result)

        self._background.run(work, lambda found: self._read(folder, *found), self._panel.show_problem)

    def _read(self, folder: Path, result: RunResult, grid: Grid) -> None:
        panel, parameters = self._panel, self._panel.parameters
        if parameters is None or panel.state.busy:
            return
        parameters.modality = result.record.modality
        panel.show_result(replace(result, inputs=_on_grid(inputs_of(parameters, folder.name), grid, result)))
        panel.presenter.result_restored(result.record)


def _on_grid(inputs: StudyInputs, grid: Grid, result: RunResult) -> StudyInputs:
    """The scene's volumes, without one that goes by the reference's role and is of another study."""
    from StrokeSegLogic.slicer_bridge.volumes import volume_grid

    handle = inputs.volumes.get(result.record.reference)
    node = None if handle is None else slicer.mrmlScene.GetNodeByID(handle)
    if node is not None and node.GetImageData() is not None and volume_grid(node).same(grid):
        return inputs
    volumes: Mapping[Any, str] = {
        role: each for role, each in inputs.volumes.items() if role is not result.record.reference
    }
    return replace(inputs, volumes=volumes)
