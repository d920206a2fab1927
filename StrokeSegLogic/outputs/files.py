"""The files of one run, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..reports.report import extra_files, write_report
from ..result.outcome import Outcome
from ..study.volumes.nifti import write_nifti
from .folder import MAPS, RESULT, excluded_by, require_writable

if TYPE_CHECKING:
    from ..ctp.series.maps import PerfusionMaps

__all__ = ["names_of", "require_writable", "write_maps", "write_outputs"]

Writers = dict[str, Callable[[Path], None]]


def names_of(result: Outcome) -> tuple[str, ...]:
    """The files that a result has, the record last."""
    return (*_writers(result), RESULT)


def write_outputs(
    result: Outcome, folder: Path, progress: Progress | None = None, *, overwrite: bool = False
) -> dict[str, Path]:
    """Writes every file of a result.

    All are written into a hidden folder first and then moved at once (see `base.publishing`): a folder with a
    result.json is whole. An earlier result's files in it are replaced, also those that this one has none of: those
    that its result.json lists with the very hash that they have. All else is the user's.

    Args:
        result: what to write.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        overwrite: move files of the user's that have names of ours into a folder `previous-DATE-TIME` in it.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: if anything cannot be written, or the folder holds what must not be lost; then it is as it was,
            and the error says where the result is instead.
    """
    return _write(folder, _writers(result), RESULT, result.summary(), progress, overwrite)


def write_maps(
    measured: PerfusionMaps,
    folder: Path,
    progress: Progress | None = None,
    *,
    name: str = "",
    provenance: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Writes maps alone: CBF, CBV, MTT, TTP, TMAX and MIP, aif.svg, and maps.json with units, curves and warnings.

    Args:
        measured: the maps.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        name: of the case.
        provenance: JSON-ready: from what they were made, with what settings.
        overwrite: as in `write_outputs`.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: as `write_outputs`; also where the folder holds a segmentation.
    """
    # Not at the top: a result on MRI has nothing of CT perfusion.
    from ..ctp.series.maps_record import maps_record
    from ..reports.vessel_figure import vessel_svg

    record = {
        "case": name,
        "modality": "ctp",
        "research_use_only": True,
        **maps_record(measured),
        "provenance": {"strokeseg": __version__, **(provenance or {})},
    }
    images = {f"{name}.nii.gz": image for name, image in measured.images().items() if name != "CT"}
    writers: Writers = {file: partial(write_nifti, image) for file, image in images.items()}
    writers |= {"aif.svg": partial(_write_text, partial(vessel_svg, measured))}
    return _write(folder, writers, MAPS, record, progress, overwrite)


def _writers(result: Outcome) -> Writers:
    """What writes each file but the record, by its name."""
    from ..slicer_bridge.files import write_scene, write_segmentation

    writers: Writers = {"segmentation.seg.nrrd": partial(write_segmentation, result)}
    writers |= {f"{name}.nii.gz": partial(write_nifti, image) for name, image in result.volumes.items()}
    writers |= {name: partial(_write_text, draw) for name, draw in extra_files(result).items()}
    writers |= {"report.html": partial(write_report, result), "scene.mrb": partial(write_scene, result)}
    return writers


def _write(
    folder: Path,
    writers: Writers,
    record: str,
    values: Mapping[str, Any],
    progress: Progress | None,
    overwrite: bool,
) -> dict[str, Path]:
    excluded = excluded_by(record)
    write_recorded(folder, writers, record, values, progress, excluded=excluded, overwrite=overwrite)
    return {name: folder / name for name in (*writers, record)}


def _write_text(draw: Callable[[], str], path: Path) -> None:
    path.write_text(draw(), encoding="utf-8")
