"""strokeseg segment: a study in, an editable segmentation out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..base.errors import InputError, OutputError
from ..base.progress import Progress
from ..base.settings import DeviceName, RegisterName, RouteName, VoteName
from ..mri.settings import MriSettings
from ..outputs.files import (
    CTP_FILES,
    MRI_FILES,
    RESULT,
    SEGMENTATION_FILES,
    map_files,
    require_writable,
    reserved_for,
    write_outputs,
)
from ..result.outcome import Outcome
from ..study.case import Case, ClinicalData, Modality, Role, require_plausible
from .terminal import describe, job

if TYPE_CHECKING:
    from ..brain.given import GivenMask
    from ..ctp.result import PerfusionSegmentation
    from ..ctp.settings import PerfusionSettings
    from ..mri.result import Segmentation

Age = Annotated[float | None, typer.Option(help="Age in years.")]
Nihss = Annotated[int | None, typer.Option(help="NIHSS score, 0 to 42.")]
Onset = Annotated[float | None, typer.Option(help="Hours from when the patient was last known well to the scan.")]


def clinical_data(age: float | None, nihss: int | None, onset: float | None) -> ClinicalData:
    """What the options say, made sure of before any long work.

    Raises:
        InputError: if no patient has such data.
    """

    known = ClinicalData(age, nihss, onset)
    require_plausible(known)
    return known


ModalityChoice = Literal["auto", Modality]

Study = Annotated[
    list[str],
    typer.Argument(
        help="A folder (NIfTI, NRRD, MetaImage, DICOM, mixed, any names), or ROLE=FILE for each that there is. MRI: "
        "T1, T2, DWI, FLAIR, ADC. CT perfusion: CBF, CBV, MTT, TTP, TMAX, MIP, CT, or CTP, the 4-D series. A "
        "colour-coded map needs the range of its colour bar: TMAX=FILE@0..12; a map's unit can be said: TMAX=FILE@ms.",
        metavar="STUDY",
    ),
]
Output = Annotated[str, typer.Option(help="Folder for the results; made if missing.")]
Reference = Annotated[
    str | None, typer.Option(help="Role on whose grid the result lies. [default: DWI, else FLAIR; CBF, else the CTP]")
]
BrainMask = Annotated[
    str | None,
    typer.Option(help="MRI: a mask of the brain, 0 outside, in place of the mask that is found.", metavar="FILE"),
]
ModelName = Annotated[str | None, typer.Option(help="Name of a model or folder of a model.json.")]
DeviceOption = Annotated[DeviceName, typer.Option(help="Where the networks run.")]
ModalityOption = Annotated[ModalityChoice, typer.Option(help="What the study is, where it holds both.")]
VoteOption = Annotated[VoteName | None, typer.Option(help="MRI: how the three planes decide. [default: majority]")]
RegisterOption = Annotated[
    RegisterName | None,
    typer.Option(help="MRI: whether sequences that do not lie on the reference are moved onto it. [default: auto]"),
]
Threshold = Annotated[
    float | None,
    typer.Option(help="MRI: probability from which a voxel is lesion, 0 to 1. [default: the model's own]"),
]
MinimumLesion = Annotated[
    float | None, typer.Option(help="MRI: connected parts of the lesion below so many ml are dropped.")
]
Flips = Annotated[
    bool, typer.Option("--flips", help="MRI: show slices mirrored, too, and average both answers (twice the work).")
]
RouteOption = Annotated[
    RouteName | None,
    typer.Option(help="CT perfusion: whose core and penumbra are the result. [default: the first that can be taken]"),
]
ArteryPoint = Annotated[
    str | None,
    typer.Option(
        "--aif",
        help="CT perfusion: the artery by hand, X,Y,Zmm (R, A, S as Slicer shows them) or X,Y,Zvoxel (from 0). "
        "[default: found]",
        metavar="POINT",
    ),
]
Hematocrit = Annotated[
    float | None,
    typer.Option(help="CT perfusion: of arterial blood, 0.15 to 0.7; CBF and CBV carry it. [default: 0.45]"),
]
Reproducible = Annotated[
    bool, typer.Option("--reproducible", help="MRI: float32, deterministic algorithms, run twice and compared.")
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Move files of yours that are in the way aside, into previous-DATE-TIME."),
]
Anonymous = Annotated[
    bool, typer.Option("--anonymous", help="Leave names of folder, files and series out of every file of the result.")
]

References = Annotated[
    bool,
    typer.Option(
        "--dicom-references",
        help="Write into the result which DICOM images it was made from, by their UIDs.",
    ),
]
Unmeasured = Annotated[
    bool,
    typer.Option(
        "--unmeasured",
        help="MRI: take T2, ADC and T1 without DWI and FLAIR, too, which was never measured on patients.",
    ),
]


def segment(
    study: Study,
    output: Output = "strokeseg-output",
    modality: ModalityOption = "auto",
    reference: Reference = None,
    brain_mask: BrainMask = None,
    model: ModelName = None,
    device: DeviceOption = "auto",
    vote: VoteOption = None,
    register: RegisterOption = None,
    threshold: Threshold = None,
    minimum_lesion: MinimumLesion = None,
    flips: Flips = False,
    route: RouteOption = None,
    aif: ArteryPoint = None,
    hematocrit: Hematocrit = None,
    reproducible: Reproducible = False,
    anonymous: Anonymous = False,
    dicom_references: References = False,
    unmeasured: Unmeasured = False,
    age: Age = None,
    nihss: Nihss = None,
    onset: Onset = None,
    overwrite: Overwrite = False,
) -> None:
    """Segment the ischemic lesion, or core and penumbra, of one study."""
    require_not_both(anonymous, dicom_references)
    role = None if reference is None else Role.parse(reference)
    known = clinical_data(age, nihss, onset)
    of_mri = {
        "vote": vote,
        "register": register,
        "threshold": threshold,
        "minimum_lesion_ml": minimum_lesion,
        "flips": flips or None,
        "reproducible": reproducible or None,
        "unmeasured": unmeasured or None,
    }
    given = {name: value for name, value in of_mri.items() if value is not None}
    # Both are made before anything long begins: an impossible value is refused at once.
    mri = MriSettings.of(model=model, device=device, anonymous=anonymous, **given)
    of_perfusion = {"route": route, "aif": aif, "hematocrit": hematocrit}
    if aif is not None or hematocrit is not None:
        from ..ctp.settings import PerfusionSettings

        PerfusionSettings.of(aif=aif, hematocrit=hematocrit)
    folder = output_folder(output)
    with job() as progress, reserved_for(folder, RESULT, SEGMENTATION_FILES, overwrite=overwrite) as held:
        progress(0.0, "reading the study")
        from ..brain.given import GivenMask
        from ..study.series.load import load_case

        mask = None if brain_mask is None else GivenMask.read(brain_mask)
        case = load_case(one_or_many(study), clinical=known, modality=None if modality == "auto" else modality)
        case = case.referring() if dicom_references else case
        result: Outcome
        if case.modality == "mri":
            _refuse(case, [name for name, value in of_perfusion.items() if value is not None])
            result = segment_into(case, folder, progress.span(0.1, 1.0), role, mri, mask)
        else:
            _refuse(case, [*given, *(["brain_mask"] if brain_mask else [])])
            from ..ctp.settings import PerfusionSettings

            settings = PerfusionSettings.of(route, model, device, anonymous, aif, hematocrit)
            result = perfusion_into(case, folder, progress.span(0.1, 1.0), role, settings)
    describe(result, folder, held.notes, case)


def require_not_both(anonymous: bool, dicom_references: bool) -> None:
    """Refuses two wishes that contradict one another.

    Raises:
        InputError: if both are there.
    """
    if anonymous and dicom_references:
        raise InputError("an anonymous result refers to no DICOM images", fix="Give --anonymous or --dicom-references")


def one_or_many(study: list[str]) -> str | list[str]:
    """A path alone, or the ROLE=FILE words."""
    return study[0] if len(study) == 1 and Path(study[0]).exists() else study


def output_folder(name: str) -> Path:
    """The output folder of that name.

    Raises:
        OutputError: if the name is empty (an unset shell variable, often).
    """
    if not name.strip():
        raise OutputError("is empty", where="--output", fix="Name a folder")
    return Path(name)


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


def _refuse(case: Case, names: Iterable[str]) -> None:
    """Refuses options of the other modality: silently left out, they would seem to have worked."""
    for name in names:
        kind = "MRI" if case.modality == "mri" else "CT perfusion"
        raise InputError(f"has no meaning for {kind}, which {case.name} is", option=name, fix="Leave it out")
