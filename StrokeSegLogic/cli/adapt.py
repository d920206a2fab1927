"""strokeseg adapt: a site's corrected cases in, its own model out, if it is good enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .segment import DeviceOption, Overwrite
from .terminal import console, job
from .train import LayoutName, Workers, require_training

Reviewed = Annotated[
    Path, typer.Argument(help="Folder of studies with a reader's masks: PATIENT/ with both, or a data set.")
]
Output = Annotated[Path, typer.Option(help="Folder of report and model; give it again to go on.")]
ModelName = Annotated[str, typer.Option("--model", help="Name or folder of the three-plane model to adapt.")]
NewName = Annotated[str | None, typer.Option("--name", help="Name of the new model. [default: MODEL-site]")]
Negatives = Annotated[
    Path | None, typer.Option(help="Folder of studies without stroke: false volume before and after.")
]
Install = Annotated[bool, typer.Option("--install", help="Install the model if it was written: the panel offers it.")]
Steps = Annotated[int | None, typer.Option(help="Steps of each plane's network. [default: 100]", min=1)]
Seed = Annotated[int | None, typer.Option(help="Of everything random. [default: 2026]", min=0)]


def adapt(
    reviewed: Reviewed,
    output: Output,
    model: ModelName = "mri-compact",
    name: NewName = None,
    negatives: Negatives = None,
    install: Install = False,
    steps: Steps = None,
    seed: Seed = None,
    device: DeviceOption = "auto",
    workers: Workers = 1,
    layout: LayoutName = None,
    overwrite: Overwrite = False,
) -> None:
    """Adapt a model to a site's own corrected cases; it is written only if it is surely no worse."""
    require_training()
    from ..training.adapt.run import AdaptOptions
    from ..training.adapt.run import adapt as run
    from ..training.adapt.settings import AdaptSettings

    settings = AdaptSettings(
        steps=AdaptSettings.steps if steps is None else steps, seed=AdaptSettings.seed if seed is None else seed
    )
    options = AdaptOptions(
        model=model,
        name=name or "",
        negatives=negatives,
        settings=settings,
        layout=layout,
        device=device,
        workers=workers,
        overwrite=overwrite,
        install=install,
    )
    with job() as progress:
        found = run(reviewed, output, options, progress=progress, log=lambda line: console.print(line, soft_wrap=True))
    for sentence in found.told():
        console.print(sentence, soft_wrap=True)
    console.print(f"Report in {output / 'report.html'}", soft_wrap=True)
    if found.verdict.written:
        console.print(f"Model in {output / 'model'}; {output / found.site.name}.strokeseg-model.zip installs it")
    console.print("Research use only: not a medical device")
