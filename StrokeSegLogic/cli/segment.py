"""strokeseg segment: a study in, an editable segmentation out."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..base.choices import ROUTES, RouteName
from ..base.errors import InputError, OutputError
from ..base.progress import Progress
from ..case import Case, Modality, Role
from ..outcome import Outcome
from ..output_folder import CTP_FILES, MAP_FILES, MRI_FILES, RESULT, SEGMENTATION_FILES, require_writable, reserved_for
from ..outputs import write_outputs
from .console import job
from .describe import describe
from .patient import Age, Nihss, Onset, clinical_data

if TYPE_CHECKING:
    from ..perfusion.result import PerfusionSegmentation
    from ..segmentation import Segmentation


class DeviceChoice(str, Enum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class VoteChoice(str, Enum):
    majority = "majority"
    weighted = "weighted"
    mean = "mean"


class ModalityChoice(str, Enum):
    auto = "auto"
    mri = "mri"
    ctp = "ctp"


class RouteChoice(str, Enum):
    thresholds = "thresholds"
    slow_fusion = "slow-fusion"
    unet3d = "unet3d"


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
ModelName = Annotated[str | None, typer.Option(help="Name of a model or folder of a model.json.")]
DeviceOption = Annotated[DeviceChoice, typer.Option(help="Where the networks run.")]
ModalityOption = Annotated[ModalityChoice, typer.Option(help="What the study is, where it holds both.")]
VoteOption = Annotated[VoteChoice | None, typer.Option(help="MRI: how the three planes decide. [default: majority]")]
RouteOption = Annotated[
    RouteChoice | None,
    typer.Option(help="CT perfusion: whose core and penumbra are the result. [default: the first that can be taken]"),
]
Reproducible = Annotated[
    bool, typer.Option("--reproducible", help="MRI: float32, deterministic algorithms, run twice and compared.")
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Move files of yours that are in the way aside, into previous-DATE-TIME."),
]


def segment(
    study: Study,
    output: Output = "strokeseg-output",
    modality: ModalityOption = ModalityChoice.auto,
    reference: Reference = None,
    model: ModelName = None,
    device: DeviceOption = DeviceChoice.auto,
    vote: VoteOption = None,
    route: RouteOption = None,
    reproducible: Reproducible = False,
    age: Age = None,
    nihss: Nihss = None,
    onset: Onset = None,
    overwrite: Overwrite = False,
) -> None:
    """Segment the ischemic lesion, or core and penumbra, of one study."""
    role = None if reference is None else Role.parse(reference)
    known = clinical_data(age, nihss, onset)
    folder = output_folder(output)
    with job() as progress, reserved_for(folder, RESULT, SEGMENTATION_FILES, overwrite=overwrite) as held:
        progress(0.0, "reading the study")
        from ..series import load_case

        kind: Modality | None = None if modality is ModalityChoice.auto else modality.value
        case = load_case(one_or_many(study), clinical=known, modality=kind)
        result: Outcome
        if case.modality == "mri":
            _refuse(case, {"--route": route})
            how = (vote or VoteChoice.majority).value
            result = segment_into(case, folder, progress.span(0.1, 1.0), role, model, device.value, how, reproducible)
        else:
            _refuse(case, {"--vote": vote, "--reproducible": reproducible or None})
            chosen = next((one for one in ROUTES if route is not None and one == route.value), None)
            result = perfusion_into(case, folder, progress.span(0.1, 1.0), role, model, device.value, chosen)
    describe(result, folder, held.notes)


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
    model: str | None = None,
    device: str = "auto",
    vote: str = "majority",
    reproducible: bool = False,
) -> Segmentation:
    """Segments an MRI case and writes every file of the result."""
    from ..inference.engine import segment as run

    require_writable(output, RESULT, MRI_FILES)
    result = run(
        case,
        reference=reference,
        model=model,
        device=device,
        vote=vote,
        reproducible=reproducible,
        progress=progress.span(0.0, 0.7),
    )
    write_outputs(result, output, progress.span(0.7, 1.0))
    return result


def perfusion_into(
    case: Case,
    output: Path,
    progress: Progress,
    reference: Role | None = None,
    model: str | None = None,
    device: str = "auto",
    route: RouteName | None = None,
) -> PerfusionSegmentation:
    """Segments a CT perfusion case and writes every file of the result.

    Raises:
        InputError: if a model is named without the route that it is for.
    """
    from ..perfusion.engine import segment_perfusion
    from ..perfusion.map_choice import choose_maps
    from ..perfusion.settings import PerfusionSettings

    if model is not None and route in (None, "thresholds"):
        raise InputError(
            "names a model without its route", where="--model", fix="Add --route slow-fusion or --route unet3d"
        )
    choice = choose_maps(case, reference)
    require_writable(output, RESULT, (*CTP_FILES, *(MAP_FILES if choice.computes else ())))
    models = {} if model is None or route is None else {route: model}
    settings = PerfusionSettings(models=models, device=device)
    result = segment_perfusion(
        case, route=route, reference=reference, settings=settings, choice=choice, progress=progress.span(0.0, 0.8)
    )
    write_outputs(result, output, progress.span(0.8, 1.0))
    return result


def _refuse(case: Case, options: dict[str, object]) -> None:
    """Refuses options of the other modality: silently left out, they would seem to have worked."""
    for name, value in options.items():
        if value is not None:
            kind = "MRI" if case.modality == "mri" else "CT perfusion"
            raise InputError(f"has no meaning for {kind}, which {case.name} is", where=name, fix="Leave it out")
