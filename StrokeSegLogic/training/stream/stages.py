"""The stages of a run: what each draws, how it learns, where its checkpoints lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ...base.settings import PLANES, Plane
from ...nets.networks.base import SegmentationNetwork
from ...nets.networks.build import build
from ..examples import Examples
from ..loop import Loop
from ..losses.choose import loss_of
from ..plan import Plan, learning_rate
from ..pretrained import few_images, load_pretrained
from ..run_context import RunContext
from .batches import BatchMaker
from .recipe import StageSpec, StreamRecipe
from .samples import Source


@dataclass(frozen=True)
class Stages:
    """What all stages of a run have in common.

    Attributes:
        recipe: of the run.
        sources: as many as the recipe has, in its order.
        context: of the run, in this process.
        fabric: launched.
    """

    recipe: StreamRecipe
    sources: list[Source]
    context: RunContext
    fabric: Fabric

    def network(self) -> SegmentationNetwork:
        """The network that the first stage begins with.

        Raises:
            InputError: if the ImageNet weights that the recipe asks for are not there or damaged.
        """
        recipe = self.recipe
        torch.manual_seed(recipe.seed)
        network = build(recipe.network)
        if recipe.pretrained:
            first = self._batches(0, PLANES, recipe.shared[0] if recipe.shared else recipe.plane)
            images = partial(few_images, first, recipe.batch)
            load_pretrained(network, recipe.pretrained, self.context.pretrained, images, self.context.progress)
        return network

    def loop(self, name: str, number: int, planes: tuple[Plane, ...], spec: StageSpec) -> Loop:
        """A stage, to be run.

        Args:
            name: of its files.
            number: that its random draws begin with; another for each stage.
            planes: that it draws.
            spec: how it learns.
        """
        recipe = self.recipe
        compute = loss_of(spec.loss or recipe.loss)

        def loss(network: nn.Module, logits: Tensor, batch: Examples) -> Tensor:
            return compute(logits, batch.labels, batch.counted, batch.emphasised)

        plan = Plan(
            name=name,
            steps=spec.steps,
            rate=lambda step: learning_rate(step, spec),
            weight_decay=recipe.weight_decay,
            average=recipe.average,
            checkpoint_every=recipe.checkpoint_every,
            seed=recipe.seed,
            workers=self.context.workers,
        )
        return Loop(plan, self._batches(number, planes, spec), loss, self.context.output, self.fabric)

    def _batches(self, number: int, planes: tuple[Plane, ...], spec: StageSpec) -> BatchMaker:
        shares = [spec.shares.get(source.kind, source.share) for source in self.recipe.sources]
        return BatchMaker(self.recipe, spec, list(zip(self.sources, shares, strict=True)), planes, number)
