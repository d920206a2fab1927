"""A result that was written to a folder, as a run would hand it over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.json_files import read_json_object
from StrokeSegLogic.base.records import said_to_be_written
from StrokeSegLogic.result.record import ResultRecord

from .study import RunResult, Settings, StudyInputs
from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.space.grid import Grid

_RECORD, _REPORT = "result.json", "report.html"
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
    record = with_places(record, volumes.get("probability"))
    report = folder / _REPORT
    return RunResult(record, volumes, report if report.is_file() else None, inputs, Settings())


def with_places(record: ResultRecord, probability: Path | None) -> ResultRecord:
    """The record of a result of MRI with the places to look at first, which its file does not tell."""
    if record.modality != "mri" or record.slices or probability is None:
        return record
    return ResultRecord.parse({**record.content, "navigation": _navigation(record, probability)})


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
