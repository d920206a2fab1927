"""strokeseg segment: a study in, an editable segmentation out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from ..base.errors import InputError, OutputError
from ..base.settings import DeviceName, RegisterName, RouteName, VoteName
from ..outputs.files import RESULT, SEGMENTATION_FILES, reserved_for, segment_study
from ..outputs.settings import ModalityChoice, StudySettings
from ..study.case import ClinicalData, Modality, Role, require_plausible
from .terminal import describe, job

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


Study = Annotated[
    list[str],
    typer.Argument(
        help="A folder (NIfTI, NRRD, MetaImage, DICOM, mixed, any names), or SEQUENCE=FILE for each that there is. "
        "MRI: T1, T2, DWI, FLAIR, ADC. CT perfusion: CBF, CBV, MTT, TTP, TMAX, MIP, CT, or CTP, the 4-D series. A "
        "colour-coded map needs the range of its colour bar: TMAX=FILE@0..12; a map's unit can be said: TMAX=FILE@ms.",
        metavar="STUDY",
    ),
]
Output = Annotated[str, typer.Option(help="Folder for the results; made if missing.")]
Reference = Annotated[
    str | None,
    typer.Option(help="Sequence or map on whose grid the result lies. [default: DWI, else FLAIR; CBF, else the CTP]"),
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


@dataclass(frozen=True)
class Chosen:
    """What the options say of how to segment.

    Attributes:
        settings: all of it.
        given: names of settings that were given and have a meaning in one modality alone.
    """

    settings: StudySettings
    given: Mapping[Modality, tuple[str, ...]]


def chosen_settings(
    modality: ModalityOption = "auto",
    reference: Reference = None,
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
) -> Chosen:
    """The options of every command that segments, here alone; an impossible value is refused before anything long.

    Raises:
        InputError: if a value cannot be, or two contradict one another.
    """
    require_not_both(anonymous, dicom_references)
    of_mri = {
        "vote": vote,
        "register": register,
        "threshold": threshold,
        "minimum_lesion_ml": minimum_lesion,
        "flips": flips or None,
        "reproducible": reproducible or None,
        "unmeasured": unmeasured or None,
    }
    of_perfusion = {"route": route, "aif": aif, "hematocrit": hematocrit}
    options = {name: value for name, value in {**of_mri, **of_perfusion}.items() if value is not None}
    settings = StudySettings(
        model=model or "",
        device=device,
        anonymous=anonymous,
        modality=modality,
        reference="" if reference is None else Role.parse(reference).value,
        dicom_references=dicom_references,
        **options,  # type: ignore[arg-type]
    )
    if aif is not None or hematocrit is not None:
        settings.require_perfusion()
    names: dict[Modality, tuple[str, ...]] = {
        "mri": tuple(name for name in of_mri if name in options),
        "ctp": tuple(name for name in of_perfusion if name in options),
    }
    return Chosen(settings, names)


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of `chosen_settings` beside its own; it is handed what they say as `chosen`."""
    ours, own = inspect.signature(chosen_settings).parameters, inspect.signature(command).parameters

    @wraps(command)
    def told(**values: Any) -> None:
        chosen = chosen_settings(**{name: values.pop(name) for name in ours})
        command(chosen=chosen, **values)

    hints = get_type_hints(command, include_extras=True) | get_type_hints(chosen_settings, include_extras=True)
    parameters = [*(parameter for name, parameter in own.items() if name != "chosen"), *ours.values()]
    parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters]
    told.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    told.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return told


@choosing
def segment(
    study: Study,
    chosen: Chosen,
    output: Output = "strokeseg-output",
    brain_mask: BrainMask = None,
    age: Age = None,
    nihss: Nihss = None,
    onset: Onset = None,
    overwrite: Overwrite = False,
) -> None:
    """Segment the ischemic lesion, or core and penumbra, of one study."""
    known = clinical_data(age, nihss, onset)
    folder = output_folder(output)
    with job() as progress, reserved_for(folder, RESULT, SEGMENTATION_FILES, overwrite=overwrite) as held:
        result, case = segment_study(
            one_or_many(study),
            folder,
            chosen.settings,
            progress,
            clinical=known,
            brain_mask=brain_mask,
            given=chosen.given,
        )
    describe(result, folder, held.notes, case)


def require_not_both(anonymous: bool, dicom_references: bool) -> None:
    """Refuses two wishes that contradict one another.

    Raises:
        InputError: if both are there.
    """
    if anonymous and dicom_references:
        raise InputError("an anonymous result refers to no DICOM images", fix="Give --anonymous or --dicom-references")


def one_or_many(study: list[str]) -> str | list[str]:
    """A path alone, or the SEQUENCE=FILE words."""
    return study[0] if len(study) == 1 and Path(study[0]).exists() else study


def output_folder(name: str) -> Path:
    """The output folder of that name.

    Raises:
        OutputError: if the name is empty (an unset shell variable, often).
    """
    if not name.strip():
        raise OutputError("is empty", where="--output", fix="Name a folder")
    return Path(name)
