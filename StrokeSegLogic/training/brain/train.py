"""A whole training run of a brain network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ...nets.models.bundle import WEIGHTS, Bundle
from ...nets.models.spec import FORMAT, BrainModelSpec, Weights
from ...nets.networks.base import SegmentationNetwork
from ...nets.networks.build import build
from ..devices import launch
from ..distributed import fail_together
from ..examples import Examples
from ..heads.label_maps import read_heads
from ..loop import Loop, State
from ..losses.choose import loss_of
from ..plan import Plan, learning_rate
from ..run_context import RunContext
from ..run_folder import claim, write_model
from ..stream.sources.lesions import read_shapes
from .examples import HeadBatches
from .recipe import BrainRecipe


def train_brain(recipe: BrainRecipe, data: Path, context: RunContext) -> Bundle:
    """Trains and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's folders lie in.
        context: where, on what.

    Raises:
        InputError: if data are missing, or the folder holds a run of another recipe.
    """
    heads = read_heads(data / recipe.heads)
    shapes = read_shapes(data / recipe.lesions, recipe.shapes, recipe.seed)
    fabric = launch(context.hardware, recipe.precision)
    context = context.in_process(fabric)
    with fail_together(fabric):
        if fabric.is_global_zero:
            claim(context.output, recipe)
    torch.manual_seed(recipe.seed)
    network = build(recipe.network)
    state = _loop(recipe, HeadBatches(recipe, heads, shapes), context, fabric).run(network, context.progress)
    with fail_together(fabric):
        if fabric.is_global_zero:
            write_model(context.output, lambda folder: export(recipe, [head.subject for head in heads], state, folder))
    return Bundle.open(context.output / "model")


def export(recipe: BrainRecipe, subjects: Sequence[str], state: State, folder: Path) -> Bundle:
    """The model's bundle.

    Args:
        recipe: of the run.
        subjects: whose heads it was trained on, for the card.
        state: the network's.
        folder: to write into.
    """
    spec = BrainModelSpec(
        format=FORMAT,
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        trained_on=recipe.trained_on,
        network=recipe.network,
        spacing_mm=recipe.spacing_mm,
        field=recipe.field,
        threshold=recipe.threshold,
        weights=Weights(WEIGHTS, "0" * 64),
        card={"research_use_only": True, "recipe": asdict(recipe), "subjects": list(subjects)},
    )
    return Bundle.write(folder, spec, {"network": {name: value.numpy() for name, value in state.items()}})


def _loop(recipe: BrainRecipe, batches: HeadBatches, context: RunContext, fabric: Fabric) -> Loop:
    loss = loss_of(recipe.loss)
    cycle = replace(recipe, steps=recipe.steps // recipe.cycles, cycles=1)

    def of_batch(_network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
        return loss(logits, batch.labels, batch.counted, batch.emphasised)

    plan = Plan(
        name="brain",
        steps=recipe.steps,
        rate=lambda step: learning_rate(step % cycle.steps, cycle),
        workers=context.workers,
        weight_decay=recipe.weight_decay,
        average=recipe.average,
        checkpoint_every=recipe.checkpoint_every,
        seed=recipe.seed,
    )
    return Loop(plan, batches, of_batch, context.output, fabric)
