"""strokeseg train: a recipe and data in, a model out. strokeseg predict: a model over a data set."""

from __future__ import annotations

import os
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.reservation import reserved
from .segment import Overwrite
from .terminal import console, job

RecipeName = Annotated[str, typer.Argument(help="Name of a recipe that comes with StrokeSeg, or a TOML file.")]
Data = Annotated[Path, typer.Option(help="Folder of the data set, or that the recipe's data folders lie in.")]
Output = Annotated[Path | None, typer.Option(help="Folder of the run; give it again to go on. [default: runs/RECIPE]")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="Change of the recipe: key=value. Repeatable.")]
SplitFile = Annotated[Path | None, typer.Option("--split", help="Table of case and split (train, val, test).")]
Folds = Annotated[
    int, typer.Option(help="Cross-validation: so many models, every case predicted by one of them.", min=0)
]
Weights = Annotated[Path | None, typer.Option("--pretrained", help="File of the encoder's ImageNet weights.")]
Download = Annotated[bool, typer.Option("--download", help="Download ImageNet weights that are not here.")]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Devices = Annotated[int, typer.Option(help="Processes on this computer, one a GPU.", min=1)]
Nodes = Annotated[int, typer.Option(help="Computers.", min=1)]
Workers = Annotated[int, typer.Option(help="Threads that make batches.", min=1)]
LayoutName = Annotated[str | None, typer.Option("--layout", help="Layout of the data set, if it is not told right.")]


def train(
    recipe: RecipeName,
    data: Data,
    output: Output = None,
    changes: Changes = None,
    split: SplitFile = None,
    folds: Folds = 0,
    pretrained: Weights = None,
    download: Download = False,
    accelerator: Accelerator = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    workers: Workers = 1,
    layout: LayoutName = None,
    overwrite: Overwrite = False,
) -> None:
    """Train a model; run it again to resume from the last checkpoint."""
    require_training()
    from ..training.cohort.cross_validation import cross_validate
    from ..training.cohort.recipe import CohortRecipe
    from ..training.cohort.train import train_cohort
    from ..training.datasets.layouts import read_data_set
    from ..training.devices import Hardware
    from ..training.pretrained import Pretrained
    from ..training.recipes import find_recipe, read_recipe
    from ..training.run_context import RunContext
    from ..training.run_folder import reserved_for_run
    from ..training.stream.train import train as train_stream

    path = find_recipe(recipe)
    wanted = read_recipe(path, changes or [])
    folder = output or Path("runs") / path.stem
    if not data.is_dir():
        raise InputError("there is no such folder", where=data, fix="Give the data folder with --data")
    # A process beside the first, started by lightning-fabric or a cluster, does the same and says nothing of it.
    console.quiet = any(os.environ.get(rank, "0") != "0" for rank in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))
    if pretrained is not None and not wanted.pretrained:
        raise InputError(
            "the recipe begins without pretrained weights", where="--pretrained", fix="Leave it out, or choose another"
        )
    with job() as progress, reserved_for_run(folder, overwrite=overwrite) as held:
        context = RunContext(
            folder,
            Pretrained(pretrained, download),
            Hardware(accelerator, devices, nodes),
            workers,
            progress,
            console.print,
            overwrite,
        )
        if isinstance(wanted, CohortRecipe) and folds:
            if split is not None:
                raise InputError("a split and folds exclude one another", option="folds", fix="Give one of them")
            predictions = cross_validate(wanted, read_data_set(data, layout), context, folds)
            console.print(
                f"Every case's prediction, by the model that has not seen it, in {predictions}; masks beside it",
                soft_wrap=True,
            )
            return
        if isinstance(wanted, CohortRecipe):
            bundle = train_cohort(wanted, read_data_set(data, layout), context, split_file=split)
        else:
            if split is not None or layout is not None or folds:
                raise InputError(
                    "this recipe names its own sources and what is held out of them",
                    where="--split, --layout, --folds",
                    fix="Leave these options out",
                )
            bundle = train_stream(wanted, data, context)
    for note in () if held is None else held.notes:
        console.print(f"note: {note}", soft_wrap=True)
    console.print(f"Model in {bundle.folder}", soft_wrap=True)


ModelName = Annotated[str, typer.Argument(help="Name or folder of a model, or folder of a run.")]
Part = Annotated[str, typer.Option(help="Which cases: test, val, train (of the run's split), or all.")]
Predictions = Annotated[Path, typer.Option("--output", help="Gets CASE/MEMBER.nii.gz for each case.")]
References = Annotated[Path | None, typer.Option(help="Gets the cases' masks; groups.csv is written beside it.")]
DeviceName = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]


def predict(
    model: ModelName,
    data: Data,
    output: Predictions = Path("predictions"),
    references: References = None,
    cases: Part = "test",
    device: DeviceName = "auto",
    layout: LayoutName = None,
    overwrite: Overwrite = False,
) -> None:
    """Run a model over a data set's cases, for strokeseg evaluate."""
    require_training()
    from ..nets.models.registry import find
    from ..training.cohort.predict import Predictor, predict_cases
    from ..training.cohort.references import reserved_for_references, write_references
    from ..training.cohort.split import cases_of
    from ..training.datasets.layouts import read_data_set

    run = Path(model)
    inside = run / "model"
    with ExitStack() as stack:
        progress = stack.enter_context(job())
        bundle = find(inside if inside.is_dir() else model)
        data_set = read_data_set(data, layout)
        chosen = cases_of(data_set, run / "split.tsv" if inside.is_dir() else None, cases)
        if references is not None and _in_one_another(output.resolve(), references.resolve()):
            raise InputError("masks and predictions lie in one another", where=references, fix="Name two folders")
        held = [stack.enter_context(reserved(output, overwrite=overwrite))]
        if references is not None:
            held += [stack.enter_context(reserved_for_references(data_set, chosen, references, overwrite=overwrite))]
        predictor = Predictor.of(bundle, device)
        members = predict_cases(predictor, data_set, chosen, output, progress, overwrite=overwrite)
        if references is not None:
            write_references(data_set, chosen, references, overwrite=overwrite)
    for note in (note for reservation in held for note in reservation.notes):
        console.print(f"note: {note}", soft_wrap=True)
    console.print(f"{len(chosen)} cases in {output}, each with {', '.join(members)}", soft_wrap=True)


def _in_one_another(path: Path, other: Path) -> bool:
    return path in (other, *other.parents) or other in path.parents


def require_training() -> None:
    """Asks for the extra "train" in words.

    Raises:
        InputError: if a library of it is missing.
    """
    missing = [name for name in ("lightning_fabric", "matplotlib", "monai", "tensorboard") if find_spec(name) is None]
    if missing:
        raise InputError(
            f"training needs {', '.join(missing)}", where="strokeseg", fix='Install it: pip install "strokeseg[train]"'
        )
