"""A whole training run: one network on all planes, then one a plane from it, validated and exported."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from ...base.progress import Progress
from ...case import Role
from ...models.bundle import WEIGHTS, Bundle
from ...models.spec import ModelSpec, threshold_of
from ...models.weights import FORMAT, Weights
from ...networks.build import build
from ...planes import PLANES, Plane
from ..devices import Hardware, launch
from ..loop import State
from ..pretrained import Pretrained, require_pretrained
from ..run_folder import claim, write_model
from ..team import together, told
from .recipe import Recipe
from .samples import CHANNELS, Sample
from .sources.build import build_sources, held_out_slices
from .sources.soop import Soop
from .stages import Stages
from .validation import Pairs, Score, best_threshold, predict, score


@dataclass(frozen=True)
class Seen:
    """A set of held-out slices that a network was shown.

    Attributes:
        roles: the sequences that it saw.
        pairs: what it said, and the truth.
    """

    roles: tuple[Role, ...]
    pairs: Pairs


def train(
    recipe: Recipe,
    data: Path,
    output: Path,
    *,
    pretrained: Pretrained | None = None,
    hardware: Hardware | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    log: Callable[[str], None] = print,
) -> Bundle:
    """Trains, validates and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's folders lie in.
        output: for checkpoints, losses, scores and the model's bundle (output / "model").
        pretrained: where ImageNet weights come from, if the recipe asks for them.
        hardware: devices and processes.
        workers: threads that make batches.
        progress: fraction and message.
        log: gets a line a stage.

    Raises:
        InputError: if data are missing, or output holds a run of another recipe.
    """
    # What can be refused is refused before other processes are started, that would refuse it too.
    sources = build_sources(recipe, data)
    held_out = validation_sets(recipe, data)
    weights = pretrained or Pretrained()
    fabric = launch(hardware or Hardware(), recipe.precision)
    progress = told(progress or Progress(), fabric)
    with together(fabric):
        progress(0.0, "reading the data")
        if fabric.is_global_zero:
            # A folder is no run's before what the run needs is there.
            require_pretrained(recipe.pretrained, weights, progress)
            claim(output, recipe)
    stages = Stages(recipe, sources, output, fabric, workers)
    network = stages.network(weights, progress)
    shared: State = network.state_dict()
    spans = parts_of_work(recipe)
    for number, spec in enumerate(recipe.shared, start=1):
        loop = stages.loop(f"shared-{number}", number, PLANES, spec)
        shared = loop.run(network, progress.span(*next(spans)))
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
    planes: dict[Plane, State] = {}
    seen: dict[str, Seen] = {}
    for number, plane in enumerate(PLANES, start=1 + len(recipe.shared)):
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
        loop = stages.loop(plane, number, (plane,), recipe.plane)
        planes[plane] = loop.run(network, progress.span(*next(spans)))
        if fabric.is_global_zero:
            for title, pairs in validate(recipe, planes[plane], held_out[plane]).items():
                seen[f"{plane}, {title}"] = Seen(held_out[plane][title][1], pairs)
    with together(fabric):
        if fabric.is_global_zero:
            scores, threshold = judged(recipe, seen, log)
            write_model(output, lambda folder: export(recipe, planes, scores, threshold, folder))
    return Bundle.open(output / "model")


def judged(recipe: Recipe, seen: dict[str, Seen], log: Callable[[str], None]) -> tuple[dict[str, Score], float]:
    """The scores of all that was validated, each set at the threshold that its sequences will get, and the threshold
    of those sequences that the recipe names none for."""
    own = {title: threshold_of(one.roles, recipe.thresholds) for title, one in seen.items()}
    threshold = best_threshold([one.pairs for title, one in seen.items() if own[title] is None])
    log(f"threshold {threshold}")
    scores = {}
    for title, one in seen.items():
        limit = own[title]
        scores[title] = value = score(one.pairs, threshold if limit is None else limit)
        false = f", {value.false_pixels:.0f} false pixels on {value.clear_slices} without" if value.clear_slices else ""
        log(f"{title}: Dice {value.dice:.3f} on {value.slices} slices with lesion{false}")
    return scores, threshold


def parts_of_work(recipe: Recipe) -> Iterator[tuple[float, float]]:
    """The part of the progress bar that each stage takes, by its steps."""
    steps = [*(spec.steps for spec in recipe.shared), *[recipe.plane.steps] * len(PLANES)]
    ends = [sum(steps[: i + 1]) / max(sum(steps), 1) for i in range(len(steps))]
    return iter(zip([0.0, *ends], ends, strict=False))


Titled = dict[str, tuple[list[Sample], tuple[Role, ...]]]


def validation_sets(recipe: Recipe, data: Path) -> dict[Plane, Titled]:
    """For each plane the held-out slices by title, with the sequences to use: SOOP's val split, ISLES'22's fold."""
    sets: dict[Plane, Titled] = {plane: {} for plane in PLANES}
    for spec in recipe.sources:
        if spec.kind == "soop":
            soop = Soop(data / spec.folder, "val")
            for plane in PLANES:
                sets[plane]["SOOP val, FLAIR"] = (
                    [soop.sample(plane, i) for i in range(len(soop.subjects))],
                    (Role.FLAIR,),
                )
    samples = held_out_slices(recipe, data)
    if samples:
        both = [sample for sample in samples if Role.FLAIR in sample.images]
        sets["axial"][f"ISLES'22 fold {recipe.held_out}, DWI + FLAIR"] = (both, (Role.DWI, Role.FLAIR))
        sets["axial"][f"ISLES'22 fold {recipe.held_out}, DWI"] = (samples, (Role.DWI,))
        sets["axial"][f"ISLES'22 fold {recipe.held_out}, FLAIR"] = (both, (Role.FLAIR,))
    return sets


def validate(recipe: Recipe, state: State, titled: Titled) -> dict[str, Pairs]:
    """What a network with these weights says of the held-out slices, by title."""
    network: nn.Module = build(recipe.network)
    network.load_state_dict(state)
    network.eval()
    return {title: predict(network, samples, roles, recipe.patch) for title, (samples, roles) in titled.items()}


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
        thresholds=dict(recipe.thresholds),
        canvas=recipe.patch,
        plane_weights=weights,
        weights=Weights(WEIGHTS, "0" * 64),
        card={"research_use_only": True, "recipe": asdict(recipe), "validation": validation},
    )
    return Bundle.write(folder, spec, {plane: _numpy(state) for plane, state in planes.items()})


def _numpy(state: State) -> dict:
    return {name: value.detach().cpu().numpy() for name, value in state.items()}
