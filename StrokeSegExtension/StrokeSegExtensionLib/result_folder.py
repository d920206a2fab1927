"""A result that was written to a folder, opened in the panel: no network is needed for that, and no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.base.json_files import read_json_object
from StrokeSegLogic.base.records import said_to_be_written
from StrokeSegLogic.result.record import ResultRecord

from .background import Background
from .parameters import PanelParameters
from .protocols import Clock, PanelActions
from .states import State
from .study import RunResult, Settings, StudyInputs
from .view_settings import inputs_of

if TYPE_CHECKING:
    from StrokeSegLogic.space.grid import Grid

_RECORD, _REPORT, _LABELS = "result.json", "report.html", "labels.nii.gz"
_IMAGE = ".nii.gz"


def stored_result(folder: Path, inputs: StudyInputs) -> RunResult:
    """The result in a folder, as a run would hand it over.

    Args:
        folder: that `strokeseg segment`, `batch` or `perfusion` wrote.
        inputs: the volumes of the study that are in the scene; the result's reference may be among them or not.

    Raises:
        InputError: if there is none, or a file was changed since it was written.
    """
    from StrokeSegLogic.base.files import sha256_of

    record = ResultRecord.parse(read_json_object(folder / _RECORD), str(folder / _RECORD))
    said = said_to_be_written(folder / _RECORD)
    volumes = {path.name.removesuffix(_IMAGE): path for path in sorted(folder.glob(f"*{_IMAGE}")) if path.name in said}
    if "labels" not in volumes:
        fix = _("Choose a folder that StrokeSeg wrote, with result.json and labels.nii.gz in it")
        raise InputError(_("holds no labels of a result"), where=folder, fix=fix)
    for path in volumes.values():
        if sha256_of(path) != said[path.name]:
            fix = _("Segment the study again, or load the changed file as a segmentation")
            raise InputError(_("was changed since it was written"), where=path, fix=fix)
    if record.modality == "mri" and not record.slices and "probability" in volumes:
        record = ResultRecord.parse({**record.content, "navigation": _navigation(record, volumes["probability"])})
    report = folder / _REPORT
    return RunResult(record, volumes, report if report.is_file() else None, inputs, Settings())


def _navigation(record: ResultRecord, probability: Path) -> dict[str, Any]:
    """Where to look first: the worker tells it, files do not."""
    import SimpleITK as sitk

    from StrokeSegLogic.result.lesions import Places
    from StrokeSegLogic.space.grid import Grid

    image = _read(probability)
    values = sitk.GetArrayViewFromImage(image)
    slices = record.content["statistics"].get("doubtful_slices", ())
    doubts = {int(k): values[k] * (1 - values[k]) for k in slices if 0 <= k < len(values)}
    table = () if record.lesion is None else record.lesion.table
    return Places.of(doubts, table, Grid.of(image)).as_dict()


def _read(path: Path) -> Any:
    import SimpleITK as sitk

    try:
        return sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(_("cannot be read"), where=path, fix=_("Segment the study again")) from error


def labels_grid(result: RunResult) -> Grid:
    """The grid that a stored result lies on.

    Raises:
        InputError: if its labels cannot be read.
    """
    from StrokeSegLogic.space.grid import Grid

    return Grid.of(_read(result.volumes["labels"]))


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
