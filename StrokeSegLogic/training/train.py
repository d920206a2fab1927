"""A whole training run: one network on all planes, then one a plane from it, validated and exported."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from ..case import Role
from ..errors import InputError
from ..models.bundle import WEIGHTS, Bundle
from ..models.spec import FORMAT, ModelSpec, Weights
from ..networks.build import build
from ..planes import PLANES, Plane
from ..progress import Progress
from ..volumes.files import write_whole
from .batches import BatchMaker
from .recipe import Recipe, StageSpec
from .samples import CHANNELS, Sample, Source
from .sources.build import build_source
from .sources.isles22 import Isles22Slices
from .sources.soop import Soop
from .stage import Stage, State
from .validation import Pairs, Score, best_threshold, predict, score


def train(
    recipe: Recipe,
    data: Path,
    output: Path,
    *,
    accelerator: str = "auto",
    progress: Progress | None = None,
    log: Callable[[str], None] = print,
) -> Bundle:
    """Trains, validates and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's folders lie in.
        output: for checkpoints, losses, scores and the model's bundle (output / "model").
        accelerator: lightning-fabric's: "auto", "cpu", "cuda", "mps".
        progress: fraction and message.
        log: gets a line a stage.

    Raises:
        InputError: if data are missing, or output holds a run of another recipe.
    """
    progress = progress or Progress()
    torch.manual_seed(recipe.seed)
    fabric = Fabric(accelerator=accelerator, devices=1, precision=recipe.precision)  # type: ignore[arg-type]
    progress(0.0, "reading the data")
    sources = [build_source(spec, data, recipe.seed) for spec in recipe.sources]
    held_out = validation_sets(recipe, data)
    claim(output, recipe)
    network = build(recipe.network)
    shared: State = network.state_dict()
    spans = parts_of_work(recipe)
    for number, spec in enumerate(recipe.shared, start=1):
        stage = _stage(f"shared-{number}", number, PLANES, recipe, spec, sources, output, fabric)
        shared = stage.run(network, progress.span(*next(spans)))
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
    planes: dict[Plane, State] = {}
    seen: dict[str, Pairs] = {}
    for number, plane in enumerate(PLANES, start=1 + len(recipe.shared)):
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
        stage = _stage(plane, number, (plane,), recipe, recipe.plane, sources, output, fabric)
        planes[plane] = stage.run(network, progress.span(*next(spans)))
        seen |= {
            f"{plane}, {title}": pairs for title, pairs in validate(recipe, planes[plane], held_out[plane]).items()
        }
    threshold = best_threshold(list(seen.values()))
    log(f"threshold {threshold}")
    scores = {title: score(pairs, threshold) for title, pairs in seen.items()}
    for title, value in scores.items():
        false = f", {value.false_pixels:.0f} false pixels on {value.clear_slices} without" if value.clear_slices else ""
        log(f"{title}: Dice {value.dice:.3f} on {value.slices} slices with lesion{false}")
    return export(recipe, planes, scores, threshold, output / "model")


def claim(output: Path, recipe: Recipe) -> None:
    """Marks the folder as this recipe's run.

    Raises:
        InputError: if it is another recipe's.
    """
    output.mkdir(parents=True, exist_ok=True)
    mark = output / "recipe.json"
    text = json.dumps(asdict(recipe), indent=2) + "\n"
    if not mark.is_file():
        write_whole(mark, text.encode("utf-8"))
    elif mark.read_text(encoding="utf-8") != text:
        raise InputError(
            "the folder holds a run of another recipe",
            where=output,
            fix="Choose another output folder, or empty it",
        )


def _stage(
    name: str,
    number: int,
    planes: tuple[Plane, ...],
    recipe: Recipe,
    spec: StageSpec,
    sources: list[Source],
    output: Path,
    fabric: Fabric,
) -> Stage:
    patch = (recipe.patch[0], recipe.patch[1])
    shares = [spec.shares.get(source.kind, source.share) for source in recipe.sources]
    drawn = list(zip(sources, shares, strict=True))
    batches = BatchMaker(drawn, planes, recipe.batch, patch, recipe.needs_one_of, recipe.seed, number)
    return Stage(name, recipe, spec, batches, output, fabric)


def parts_of_work(recipe: Recipe) -> Iterator[tuple[float, float]]:
    """The part of the progress bar that each stage takes, by its steps."""
    steps = [*(spec.steps for spec in recipe.shared), *[recipe.plane.steps] * len(PLANES)]
    ends = [sum(steps[: i + 1]) / max(sum(steps), 1) for i in range(len(steps))]
    return iter(zip([0.0, *ends], ends, strict=False))


Titled = dict[str, tuple[list[Sample], tuple[Role, ...] | None]]


def validation_sets(recipe: Recipe, data: Path) -> dict[Plane, Titled]:
    """For each plane the held-out slices by title, with the sequences to use: SOOP's val split, ISLES'22's fold."""
    sets: dict[Plane, Titled] = {plane: {} for plane in PLANES}
    for spec in recipe.sources:
        folder = data / spec.folder
        if spec.kind == "soop":
            soop = Soop(folder, "val")
            for plane in PLANES:
                sets[plane]["SOOP val, FLAIR"] = ([soop.sample(plane, i) for i in range(len(soop.subjects))], None)
        elif spec.kind == "isles22_slices":
            samples = Isles22Slices(folder, spec.held_out, only_held_out=True).samples
            both = [sample for sample in samples if Role.FLAIR in sample.images]
            sets["axial"][f"ISLES'22 fold {spec.held_out}, DWI + FLAIR"] = (both, None)
            sets["axial"][f"ISLES'22 fold {spec.held_out}, DWI"] = (samples, (Role.DWI,))
            sets["axial"][f"ISLES'22 fold {spec.held_out}, FLAIR"] = (both, (Role.FLAIR,))
    return sets


def validate(recipe: Recipe, state: State, titled: Titled) -> dict[str, Pairs]:
    """What a network with these weights says of the held-out slices, by title."""
    network: nn.Module = build(recipe.network)
    network.load_state_dict(state)
    network.eval()
    return {title: predict(network, samples, roles) for title, (samples, roles) in titled.items()}


def export(
    recipe: Recipe, planes: dict[Plane, State], scores: dict[str, Score], threshold: float, folder: Path
) -> Bundle:
    """The model's bundle.

    A plane's weight in the weighted vote is its mean Dice over the sets that it was validated on, 1 without any.
    """
    weights: dict[str, float] = {}
    for plane in PLANES:
        found = [one.dice for title, one in scores.items() if title.startswith(plane) and one.slices]
        weights[plane] = round(max(sum(found) / len(found), 0.01), 4) if found else 1.0
    # JSON has no NaN: what could not be measured is left out.
    validation = {
        title: {key: value for key, value in asdict(one).items() if value == value} for title, one in scores.items()
    }
    spec = ModelSpec(
        format=FORMAT,
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        trained_on=recipe.trained_on,
        inputs=tuple(role.value for role in CHANNELS),
        needs_one_of=recipe.needs_one_of,
        tested_with_one_of=recipe.tested_with_one_of,
        network=recipe.network,
        spacing_mm=1.0,
        threshold=threshold,
        plane_weights=weights,
        weights=Weights(WEIGHTS, "0" * 64),
        card={"research_use_only": True, "recipe": asdict(recipe), "validation": validation},
    )
    return Bundle.write(folder, spec, {plane: _numpy(state) for plane, state in planes.items()})


def _numpy(state: State) -> dict:
    return {name: value.detach().cpu().numpy() for name, value in state.items()}
