"""A whole training run: one network on all planes, then one a plane from it, validated and exported."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import nn

from ...base.settings import PLANES, Plane
from ...nets.models.bundle import WEIGHTS, Bundle
from ...nets.models.spec import FORMAT, PlanesModelSpec, Weights, of_sequences
from ...nets.networks.build import build
from ..devices import launch
from ..distributed import fail_together
from ..loop import State
from ..pretrained import require_pretrained
from ..run_context import RunContext
from ..run_folder import claim, write_model
from .recipe import StreamRecipe
from .samples import CHANNELS
from .sources.build import build_sources
from .stages import Stages
from .validation import HeldOut, Pairs, Score, best_threshold, predict, score, validation_sets


def train(recipe: StreamRecipe, data: Path, context: RunContext) -> Bundle:
    """Trains, validates and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's folders lie in.
        context: where, on what.

    Raises:
        InputError: if data are missing, or the run's folder holds a run of another recipe.
    """
    # What can be refused is refused before other processes are started, that would refuse it too.
    sources = build_sources(recipe, data)
    held_out = validation_sets(recipe, data)
    fabric = launch(context.hardware, recipe.precision)
    context = context.in_process(fabric)
    with fail_together(fabric):
        context.progress(0.0, "reading the data")
        if fabric.is_global_zero:
            # A folder is no run's before what the run needs is there.
            require_pretrained(recipe.pretrained, context.pretrained, context.progress)
            claim(context.output, recipe)
    stages = Stages(recipe, sources, context, fabric)
    network = stages.network()
    shared: State = network.state_dict()
    spans = parts_of_work(recipe)
    for number, spec in enumerate(recipe.shared, start=1):
        if spec.hard:
            stages.mine_hard_negatives(copy.deepcopy(network), number, spec)
        loop = stages.loop(f"shared-{number}", number, PLANES, spec)
        shared = loop.run(network, context.progress.span(*next(spans)))
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
    planes: dict[Plane, State] = {}
    answers: list[tuple[HeldOut, Pairs]] = []
    for number, plane in enumerate(PLANES, start=1 + len(recipe.shared)):
        network = copy.deepcopy(network)
        network.load_state_dict(shared)
        loop = stages.loop(plane, number, (plane,), recipe.plane)
        planes[plane] = loop.run(network, context.progress.span(*next(spans)))
        if fabric.is_global_zero:
            of_plane = [held for held in held_out if held.plane == plane]
            answers += zip(of_plane, validate(recipe, planes[plane], of_plane), strict=True)
    with fail_together(fabric):
        if fabric.is_global_zero:
            scores, threshold = judged(recipe, answers, context.log)
            write_model(context.output, lambda folder: export(recipe, planes, scores, threshold, folder))
    return Bundle.open(context.output / "model")


def judged(
    recipe: StreamRecipe, answers: Sequence[tuple[HeldOut, Pairs]], log: Callable[[str], None]
) -> tuple[list[tuple[HeldOut, Score]], float]:
    """The scores of all that was validated, each set at the threshold that its sequences will get, and the threshold
    of those sequences that the recipe names none for."""
    own = [of_sequences(held_out.roles, recipe.thresholds) for held_out, _ in answers]
    threshold = best_threshold([pairs for (_, pairs), limit in zip(answers, own, strict=True) if limit is None])
    log(f"threshold {threshold}")
    scores = []
    for (held_out, pairs), limit in zip(answers, own, strict=True):
        value = score(pairs, threshold if limit is None else limit)
        scores.append((held_out, value))
        false = f", {value.false_pixels:.0f} false pixels on {value.clear_slices} without" if value.clear_slices else ""
        log(f"{held_out.title}: Dice {value.dice:.3f} on {value.slices} slices with lesion{false}")
    return scores, threshold


def parts_of_work(recipe: StreamRecipe) -> Iterator[tuple[float, float]]:
    """The part of the progress bar that each stage takes, by its steps."""
    steps = [*(spec.steps for spec in recipe.shared), *[recipe.plane.steps] * len(PLANES)]
    ends = [sum(steps[: i + 1]) / max(sum(steps), 1) for i in range(len(steps))]
    return iter(zip([0.0, *ends], ends, strict=False))


def validate(recipe: StreamRecipe, state: State, sets: Sequence[HeldOut]) -> list[Pairs]:
    """What a network with these weights says of each set of held-out slices."""
    network: nn.Module = build(recipe.network)
    network.load_state_dict(state)
    network.eval()
    return [predict(network, held.samples, held.roles, recipe.patch) for held in sets]


def export(
    recipe: StreamRecipe,
    planes: dict[Plane, State],
    scores: Sequence[tuple[HeldOut, Score]],
    threshold: float,
    folder: Path,
) -> Bundle:
    """The model's bundle.

    A plane's weight in the weighted vote is its mean Dice over the sets that it was validated on, 1 without any.
    """
    weights: dict[str, float] = {}
    for plane in PLANES:
        found = [value.dice for held_out, value in scores if held_out.plane == plane and value.slices]
        weights[plane] = round(max(sum(found) / len(found), 0.01), 4) if found else 1.0
    # JSON has no NaN: what could not be measured is left out.
    validation = {
        held_out.title: {key: value for key, value in asdict(found).items() if value == value}
        for held_out, found in scores
    }
    spec = PlanesModelSpec(
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
        least_expected_ml=dict(recipe.least_expected_ml),
        canvas=recipe.patch,
        plane_weights=weights,
        weights=Weights(WEIGHTS, "0" * 64),
        card={"research_use_only": True, "recipe": asdict(recipe), "validation": validation},
    )
    return Bundle.write(folder, spec, {plane: _numpy(state) for plane, state in planes.items()}, int8=recipe.int8)


def _numpy(state: State) -> dict:
    return {name: value.detach().cpu().numpy() for name, value in state.items()}
