"""strokeseg segment: a study in, an editable segmentation out."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..case import Case, Role
from ..errors import OutputError
from ..outputs import require_writable, write_outputs
from ..progress import Progress
from ..segmentation import Segmentation
from .console import console, job


class DeviceChoice(str, Enum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class VoteChoice(str, Enum):
    majority = "majority"
    weighted = "weighted"
    mean = "mean"


Study = Annotated[
    list[str],
    typer.Argument(
        help="A folder (NIfTI, NRRD, MetaImage, DICOM, mixed, any names), or ROLE=FILE for each of T1, T2, DWI, "
        "FLAIR, ADC that there is.",
        metavar="STUDY",
    ),
]
Output = Annotated[str, typer.Option(help="Folder for the results; made if missing.")]
Reference = Annotated[str | None, typer.Option(help="Role on whose grid the result lies. [default: DWI, else FLAIR]")]
ModelName = Annotated[str | None, typer.Option(help="Name of a model or folder of a model.json.")]
DeviceOption = Annotated[DeviceChoice, typer.Option(help="Where the networks run.")]
VoteOption = Annotated[VoteChoice, typer.Option(help="How the three planes decide.")]
Reproducible = Annotated[
    bool, typer.Option("--reproducible", help="Float32, deterministic algorithms, run twice and compared.")
]


def segment(
    study: Study,
    output: Output = "strokeseg-output",
    reference: Reference = None,
    model: ModelName = None,
    device: DeviceOption = DeviceChoice.auto,
    vote: VoteOption = VoteChoice.majority,
    reproducible: Reproducible = False,
) -> None:
    """Segment the ischemic lesion of one study."""
    role = None if reference is None else Role.parse(reference)
    folder = output_folder(output)
    with job() as progress:
        progress(0.0, "reading the study")
        from ..series import load_case

        case = load_case(study[0] if len(study) == 1 and Path(study[0]).exists() else study)
        result = segment_into(
            case, folder, progress.span(0.1, 1.0), role, model, device.value, vote.value, reproducible
        )
    describe(result, folder)


def output_folder(name: str) -> Path:
    """The output folder of that name, made sure of before any long work.

    Raises:
        OutputError: if it cannot be written to, or the name is empty (an unset shell variable, often).
    """
    if not name.strip():
        raise OutputError("is empty", where="--output", fix="Name a folder")
    require_writable(Path(name))
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
    """Segments a case and writes every file of the result."""
    from ..inference.engine import segment as run

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


def describe(result: Segmentation, output: Path) -> None:
    """Prints what a user wants to know first."""
    for one in result.case.series.values():
        console.print(f"  {one.role.value:<6}{one.source}  ({one.reason})", soft_wrap=True)
    for note in (*result.case.notes, *result.warnings):
        console.print(f"  note: {note}", soft_wrap=True)
    statistics = result.statistics
    count = len(statistics.lesions)
    console.print(f"Lesion volume {statistics.volume_ml:.1f} ml in {count} part{'' if count == 1 else 's'}")
    for plane in statistics.planes:
        console.print(f"  {plane.plane:<9}{plane.volume_ml:7.1f} ml, Dice with the vote {plane.dice_with_vote:.2f}")
    console.print(f"Results in {output}: open scene.mrb in 3D Slicer, report.html in a browser", soft_wrap=True)
    model = result.provenance["model"]
    console.print(f"Model {model['name']} {model['version']}, trained on {model['trained_on']}", soft_wrap=True)
    console.print("Research use only: not a medical device")
