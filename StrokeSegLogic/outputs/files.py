"""The folder of a result: the names of its files, what must not be in it; its files, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..base.files import write_whole
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..base.records import RESULTS
from ..base.reservation import Reservation, reserved
from ..result.map_origins import MapOrigin
from ..result.outcome import BRAIN, Outcome, brain_record
from ..study.case import Modality, Role
from ..study.volumes.nifti import write_nifti

if TYPE_CHECKING:
    from ..ctp.series.maps import PerfusionMaps

RESULT, MAPS = RESULTS
"""The records: the last file of a segmentation, and of maps alone. A folder with a record is whole and has no other."""
_KINDS = {RESULT: "a segmentation", MAPS: "perfusion maps"}
SEGMENTATION_FILES = ("segmentation.seg.nrrd", "labels.nii.gz", "brain.nii.gz", "report.html", "scene.mrb", RESULT)
"""Of every segmentation, the record last."""
MRI_FILES = ("probability.nii.gz", "agreement.nii.gz", "lesions.csv", *SEGMENTATION_FILES)
CTP_FILES = (
    "labels-thresholds.nii.gz",
    "labels-slow-fusion.nii.gz",
    "labels-unet3d.nii.gz",
    "probability-core.nii.gz",
    "probability-penumbra.nii.gz",
    *SEGMENTATION_FILES,
)
"""All that a CT perfusion result may have where its maps were given."""
MAP_FILES = ("CBF.nii.gz", "CBV.nii.gz", "MTT.nii.gz", "TTP.nii.gz", "TMAX.nii.gz", "MIP.nii.gz", "aif.svg")
"""Of maps that were computed."""
MAPS_ALONE = (*MAP_FILES, "brain.nii.gz", MAPS)
"""Of maps without a segmentation, the record last."""
Text = Callable[[], str]


def map_files(computed: Collection[Role]) -> tuple[str, ...]:
    """Those of `MAP_FILES` that a result has, some of whose maps are computed."""
    named = {f"{role}.nii.gz" for role in computed}
    return tuple(file for file in MAP_FILES if file in named or (named and not file.endswith(".nii.gz")))


# By name, so that the pages of the one modality do not bring in the other's.
_REPORTS: Mapping[Modality, str] = {
    "mri": "StrokeSegLogic.reports.mri:mri_report",
    "ctp": "StrokeSegLogic.reports.ctp:ctp_report",
}
_EXTRA: Mapping[Modality, str] = {
    "mri": "StrokeSegLogic.reports.mri:table_files",
    "ctp": "StrokeSegLogic.reports.ctp_figures:figure_files",
}


def excluded_by(record: str | None) -> Mapping[str, str]:
    """Records that must not be in this record's folder, and what they are of."""
    return {other: kind for other, kind in _KINDS.items() if record is not None and other != record}


@contextmanager
def reserved_for(
    folder: Path, record: str, names: tuple[str, ...] = (), *, overwrite: bool = False
) -> Iterator[Reservation]:
    """Holds the output folder of a segmentation or of maps for the block (see `reservation.reserved`).

    Args:
        folder: made if missing, and removed again if it stays empty.
        record: which of the two records will be written.
        names: of the files that will be, as far as they are known.
        overwrite: move what is in the way aside.

    Raises:
        OutputError: if another run holds the folder, it cannot be written to, or something is in the way.
    """
    with reserved(folder, names, record, excluded=excluded_by(record), overwrite=overwrite) as held:
        yield held


def require_writable(folder: Path, record: str | None = None, names: tuple[str, ...] = ()) -> None:
    """Refuses an output folder that files cannot be written to, before any long work; leaves nothing behind.

    Args:
        folder: made later if missing.
        record: which of the two records will be written: then the other is in the way.
        names: of the files that will be written: those that are there and not ours are in the way.

    Raises:
        OutputError: if the folder cannot be written to, another run holds it, or it holds what must not be lost.
    """
    with reserved(folder, names, record, excluded=excluded_by(record)):
        pass


Writers = dict[str, Callable[[Path], None]]


def names_of(result: Outcome) -> tuple[str, ...]:
    """The files that a result has, the record last."""
    return (*_writers(result), RESULT)


def write_outputs(
    result: Outcome, folder: Path, progress: Progress | None = None, *, overwrite: bool = False
) -> dict[str, Path]:
    """Writes every file of a result.

    All are written into a hidden folder first and then moved at once (see `base.publishing`): a folder with a
    result.json is whole. An earlier result's files in it are replaced, also those that this result has none of: those
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
    source: str = "",
    provenance: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Writes maps alone: CBF, CBV, MTT, TTP, TMAX and MIP, the brain that they were computed in, aif.svg, and maps.json
    with units, curves and warnings.

    Args:
        measured: the maps.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        name: of the case.
        source: of the series.
        provenance: JSON-ready: from what they were made, with what settings.
        overwrite: as in `write_outputs`.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: as `write_outputs`; also where the folder holds a segmentation.
    """
    # Not at the top: a result on MRI has nothing of CT perfusion.
    from ..brain.perfusion import FROM_FRAMES
    from ..ctp.series.maps_record import maps_record
    from ..reports.vessel_figure import vessel_svg

    brain = measured.grid.image(measured.brain.astype("uint8"))
    record = {
        "case": name,
        "modality": "ctp",
        "research_use_only": True,
        **maps_record(measured),
        "maps": {str(role): MapOrigin(role, True, source).record() for role in measured.images() if role != Role.CT},
        BRAIN: brain_record(FROM_FRAMES, brain),
        "provenance": {"strokeseg": __version__, **(provenance or {})},
    }
    images = {f"{name}.nii.gz": image for name, image in measured.images().items() if name != Role.CT}
    images[f"{BRAIN}.nii.gz"] = brain
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


def html_report(result: Outcome) -> str:
    """The report as HTML: pictures inside, no script, nothing loaded from elsewhere."""
    report: Callable[[Outcome], str] = resolve_name(_REPORTS[result.case.modality])
    return report(result)


def extra_files(result: Outcome) -> dict[str, Text]:
    """Figures and tables that are files of their own beside the report: what makes each, by its name."""
    make: Callable[[Outcome], dict[str, Text]] = resolve_name(_EXTRA[result.case.modality])
    return make(result)


def write_report(result: Outcome, path: Path) -> None:
    """Writes the report of a result; the file is whole or not there.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_whole(Path(path), html_report(result).encode("utf-8", "backslashreplace"))
