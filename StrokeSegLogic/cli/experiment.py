"""strokeseg experiment: a paper's whole table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..base.errors import InputError
from ..base.reservation import reserved
from .segment import Overwrite
from .terminal import console, job
from .train import Accelerator, Changes, Data, DeviceName, LayoutName, SplitFile, Workers, require_training

if TYPE_CHECKING:
    from ..training.pretrained import Pretrained

Name = Annotated[str, typer.Argument(help="exp1, exp2, exp3, table3, mri-table or unet3d-table.")]
Output = Annotated[Path | None, typer.Option(help="Folder for runs and tables. [default: experiments/NAME]")]
RowNames = Annotated[list[str] | None, typer.Option("--row", help="Run this row only. Repeatable.")]
Weights = Annotated[
    list[str] | None, typer.Option("--pretrained", help="ENCODER=FILE of ImageNet weights. Repeatable.")
]
Encoder = Annotated[str, typer.Option(help="Encoder (and its ImageNet weights) in the place of ResNet50.")]
Download = Annotated[bool, typer.Option("--download", help="Download ImageNet weights that are not here.")]


def experiment(
    name: Name,
    data: Data,
    output: Output = None,
    changes: Changes = None,
    rows: RowNames = None,
    encoder: Encoder = "",
    split: SplitFile = None,
    pretrained: Weights = None,
    download: Download = False,
    accelerator: Accelerator = "auto",
    workers: Workers = 1,
    device: DeviceName = "auto",
    layout: LayoutName = None,
    overwrite: Overwrite = False,
) -> None:
    """Run a paper's table on a data set, and write it beside the paper's figures."""
    require_training()
    from ..training.datasets.layouts import read_data_set
    from ..training.devices import Hardware
    from ..training.experiments.run import Options, run_experiment
    from ..training.experiments.spec import read_experiment
    from ..training.run_context import RunContext

    table = read_experiment(name)
    folder = output or Path("experiments") / name
    options = Options(
        changes=tuple(changes or ()),
        rows=tuple(rows or ()),
        encoder=encoder,
        split_file=split,
        pretrained=_files(pretrained or [], download),
        device=device,
    )
    with job() as progress, reserved(folder, overwrite=overwrite) as held:
        hardware = Hardware(accelerator)
        context = RunContext(
            folder,
            hardware=hardware,
            workers=workers,
            progress=progress,
            log=console.print,
            overwrite=overwrite,
        )
        written = run_experiment(table, read_data_set(data, layout), context, options)
    console.print(written.read_text(encoding="utf-8"), soft_wrap=True)
    for note in held.notes:
        console.print(f"note: {note}", soft_wrap=True)
    console.print(f"Table in {written}", soft_wrap=True)


def _files(named: list[str], download: bool) -> dict[str, Pretrained]:
    """ENCODER=FILE as given, and for all others what is in the cache or may be downloaded."""
    from ..nets.networks.pretrained.registry import PUBLISHED
    from ..training.pretrained import Pretrained

    found = {name: Pretrained(None, download) for name in PUBLISHED}
    for pair in named:
        name, equals, file = pair.partition("=")
        if not equals or not file:
            raise InputError(f"'{pair}' is not ENCODER=FILE", where="--pretrained", fix="Write vgg16=weights.pth")
        found[name] = Pretrained(Path(file))
    return found
