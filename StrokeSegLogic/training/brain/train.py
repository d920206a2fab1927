"""A whole training run of a brain network."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ...nets.networks.base import SegmentationNetwork
from ...nets.networks.build import build
from ..devices import launch
from ..distributed import fail_together
from ..examples import Examples
from ..heads.label_maps import read_heads
from ..loop import Loop, Plan, State
from ..losses.choose import loss_of
from ..run_context import RunContext
from ..run_folder import claim
from ..stream.sources.lesions import read_shapes
from .examples import HeadBatches
from .recipe import BrainRecipe

_WARM_UP = 0.05


def train_brain(recipe: BrainRecipe, data: Path, context: RunContext) -> State:
    """Trains a network; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's folders lie in.
        context: where, on what.

    Returns:
        The averaged weights.

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
    loop = _loop(recipe, HeadBatches(recipe, heads, shapes), context, fabric)
    return loop.run(network, context.progress)


def _loop(recipe: BrainRecipe, batches: HeadBatches, context: RunContext, fabric: Fabric) -> Loop:
    loss = loss_of(recipe.loss)

    def of_batch(_network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
        return loss(logits, batch.labels, batch.counted, batch.emphasised)

    plan = Plan(
        name="brain",
        steps=recipe.steps,
        rate=lambda step: rate_of(recipe, step),
        weight_decay=recipe.weight_decay,
        average=recipe.average,
        checkpoint_every=recipe.checkpoint_every,
        seed=recipe.seed,
    )
    return Loop(plan, batches, of_batch, context.output, fabric)


def rate_of(recipe: BrainRecipe, step: int) -> float:
    """The learning rate of a step, counted from 0."""
    rising = max(round(_WARM_UP * recipe.steps), 1)
    if step < rising:
        return recipe.rate * (step + 1) / rising
    part = (step - rising) / max(recipe.steps - rising, 1)
    return recipe.final_rate + (recipe.rate - recipe.final_rate) * 0.5 * (1 + math.cos(math.pi * part))
