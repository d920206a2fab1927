"""strokeseg train: a recipe in, a model out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from ..outputs import require_writable
from ..resources import resource
from .console import console, job

RecipeName = Annotated[str, typer.Argument(help="Name of a recipe that comes with StrokeSeg, or a TOML file.")]
Data = Annotated[Path, typer.Option(help="Folder that the recipe's data folders lie in.")]
Output = Annotated[Path | None, typer.Option(help="Folder of the run; give it again to go on. [default: runs/RECIPE]")]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]


def train(recipe: RecipeName, data: Data, output: Output = None, accelerator: Accelerator = "auto") -> None:
    """Train a three-plane model; run it again to resume from the last checkpoint."""
    path = find_recipe(recipe)
    folder = output or Path("runs") / path.stem
    if not data.is_dir():
        raise InputError("there is no such folder", where=data, fix="Give the data folder with --data")
    require_writable(folder)
    try:
        from ..training.recipe import Recipe
        from ..training.train import train as run
    except ModuleNotFoundError as error:
        raise InputError(
            f"training needs {error.name}", where="strokeseg train", fix='Install it: pip install "strokeseg[train]"'
        ) from error
    with job() as progress:
        bundle = run(Recipe.read(path), data, folder, accelerator=accelerator, progress=progress, log=console.print)
    console.print(f"Model in {bundle.folder}: use it with strokeseg segment --model {bundle.folder}", soft_wrap=True)


def find_recipe(name: str) -> Path:
    """The file of a recipe.

    Raises:
        InputError: if there is none of that name.
    """
    if Path(name).is_file():
        return Path(name)
    bundled = resource("Recipes", f"{name}.toml")
    if bundled.is_file():
        return bundled
    known = ", ".join(sorted(path.stem for path in resource("Recipes").glob("*.toml")))
    raise InputError(f"no recipe is called '{name}'", fix=f"Use one of {known}, or a TOML file")
