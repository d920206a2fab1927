"""A study into the folder of its result: its files by name, what must not be there; written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError
from ..base.files import write_whole
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..base.records import RESULTS
from ..base.reservation import Reservation, reserved
from ..result.outcome import Outcome
from ..study.case import Case, ClinicalData, Modality, Role
from ..study.volumes.nifti import write_nifti

if TYPE_CHECKING:
    from ..brain.given import GivenMask
    from ..ctp.result import PerfusionSegmentation
    from ..ctp.settings import PerfusionSettings
    from ..mri.result import Segmentation
    from ..mri.settings import MriSettings
    from ..study.series.load import Study
    from .settings import StudySettings

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
    return write_kind(folder, _writers(result), RESULT, result.summary(), progress, overwrite=overwrite)


def _writers(result: Outcome) -> Writers:
    """What writes each file but the record, by its name."""
    from ..slicer_bridge.files import write_scene, write_segmentation

    writers: Writers = {"segmentation.seg.nrrd": partial(write_segmentation, result)}
    writers |= {f"{name}.nii.gz": partial(write_nifti, image, result=True) for name, image in result.volumes.items()}
    writers |= {name: partial(write_text, draw) for name, draw in extra_files(result).items()}
    writers |= {"report.html": partial(write_report, result), "scene.mrb": partial(write_scene, result)}
    return writers


def write_kind(
    folder: Path,
    writers: Writers,
    record: str,
    values: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Writes files and their record, where no record of the other kind may be (see `write_recorded`).

    Returns:
        The path of each file by its name.
    """
    write_recorded(folder, writers, record, values, progress, excluded=excluded_by(record), overwrite=overwrite)
    return {name: folder / name for name in (*writers, record)}


def write_text(draw: Callable[[], str], path: Path) -> None:
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


def segment_study(
    study: Study,
    folder: Path,
    settings: StudySettings,
    progress: Progress,
    *,
    name: str | None = None,
    clinical: ClinicalData | None = None,
    brain_mask: str | None = None,
    given: Mapping[Modality, Collection[str]] | None = None,
) -> tuple[Outcome, Case]:
    """Reads a study, segments it by the engine of its modality, and writes every file of the result.

    Args:
        study, name, clinical: as `load_case` takes them.
        folder: for the result, held by the caller (`reserved_for`).
        settings: how.
        progress: of all of it.
        brain_mask: file of a mask of the brain; of MRI alone.
        given: settings that a user named for this study, by the modality in which they have a meaning: silently left
            out in the other, they would seem to have worked.

    Returns:
        The result, and the case as it was read: with names also where the result is anonymous.

    Raises:
        StrokeSegError: what `load_case`, the engines and `write_outputs` raise.
    """
    from ..study.series.load import load_case

    progress(0.0, "reading the study")
    mask = None
    if brain_mask is not None:
        from ..brain.given import GivenMask

        mask = GivenMask.read(brain_mask)
    modality = None if settings.modality == "auto" else settings.modality
    case = load_case(study, name=name, clinical=clinical, modality=modality)
    case = case.referring() if settings.dicom_references else case
    role = Role.parse(settings.reference) if settings.reference else None
    for other, names in (given or {}).items():
        if names and other != case.modality:
            _refuse(case, names)
    result: Outcome
    if case.modality == "mri":
        result = segment_into(case, folder, progress.span(0.1, 1.0), role, settings, mask)
    else:
        if mask is not None:
            _refuse(case, ["brain_mask"])
        result = perfusion_into(case, folder, progress.span(0.1, 1.0), role, settings.perfusion())
    return result, case


def _refuse(case: Case, names: Collection[str]) -> None:
    kind = "MRI" if case.modality == "mri" else "CT perfusion"
    what = f"has no meaning for {kind}, which {case.name} is"
    raise InputError(what, option=next(iter(names)), fix="Leave it out")


def segment_into(
    case: Case,
    output: Path,
    progress: Progress,
    reference: Role | None = None,
    settings: MriSettings | None = None,
    brain_mask: GivenMask | None = None,
) -> Segmentation:
    """Segments an MRI case and writes every file of the result."""
    from ..mri.engine import segment as run

    require_writable(output, RESULT, MRI_FILES)
    result = run(case, settings, reference=reference, brain_mask=brain_mask, progress=progress.span(0.0, 0.7))
    write_outputs(result, output, progress.span(0.7, 1.0))
    return result


def perfusion_into(
    case: Case,
    output: Path,
    progress: Progress,
    reference: Role | None = None,
    settings: PerfusionSettings | None = None,
) -> PerfusionSegmentation:
    """Segments a CT perfusion case and writes every file of the result."""
    from ..ctp.engine import segment_perfusion
    from ..ctp.maps.choice import choose_maps

    choice = choose_maps(case, reference)
    require_writable(output, RESULT, (*CTP_FILES, *(map_files(choice.missing))))
    result = segment_perfusion(
        case, reference=reference, settings=settings, choice=choice, progress=progress.span(0.0, 0.8)
    )
    write_outputs(result, output, progress.span(0.8, 1.0))
    return result
