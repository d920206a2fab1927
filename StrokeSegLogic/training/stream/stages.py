"""The stages of a run: what each draws, how it learns, where its checkpoints lie."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ...base.errors import InputError, ModelError
from ...base.settings import PLANES, Plane
from ...nets.models.bundle import Bundle, require_fitting_weights
from ...nets.models.registry import find
from ...nets.models.spec import PlanesModelSpec
from ...nets.networks.base import SegmentationNetwork
from ...nets.networks.build import build
from ...nets.networks.spec import NetworkSpec
from ..distributed import fail_together
from ..examples import Examples
from ..loop import Loop, State
from ..losses.choose import loss_of
from ..plan import Plan, learning_rate
from ..pretrained import few_images, load_pretrained
from ..run_context import RunContext
from .batches import BatchMaker
from .hard_negatives import HardNegatives, mine, read_samples, write_samples
from .recipe import StageSpec, StreamRecipe
from .samples import Source

MINED = "hard-negatives.npz"
"""The run's file of mined slices."""


@dataclass(frozen=True)
class Stages:
    """What all stages of a run have in common.

    Attributes:
        recipe: of the run.
        sources: as many as the recipe has, in its order.
        context: of the run, in this process.
        fabric: launched.
        mined: the hard negatives, once they were mined.
    """

    recipe: StreamRecipe
    sources: list[Source]
    context: RunContext
    fabric: Fabric
    mined: list[Source] = field(default_factory=list)

    def network(self) -> SegmentationNetwork:
        """The network that the first stage begins with.

        Raises:
            InputError: if the ImageNet weights that the recipe asks for are not there or damaged.
            ModelError: if the model that the recipe begins with is damaged, or has other networks.
        """
        recipe = self.recipe
        torch.manual_seed(recipe.seed)
        network = build(recipe.network)
        if recipe.pretrained:
            first = self._batches(0, PLANES, recipe.shared[0] if recipe.shared else recipe.plane)
            images = partial(few_images, first, recipe.batch)
            load_pretrained(network, recipe.pretrained, self.context.pretrained, images, self.context.progress)
        if recipe.begins_with:
            network.load_state_dict(mean_of_planes(find(recipe.begins_with), recipe.network))
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

    def mine_hard_negatives(self, network: nn.Module, number: int, spec: StageSpec) -> None:
        """Mines what a stage and those after it draw as hard negatives; a resumed run reads what it mined.

        Args:
            network: as it is before the stage.
            number: of the stage.
            spec: of the stage.

        Raises:
            InputError: if the network marks nothing that is none, or the run's file of them is damaged.
            OutputError: if it cannot be written.
        """
        wanted = self.recipe.hard_negatives
        if wanted is None or self.mined:
            return
        path = self.context.output / MINED
        if self.fabric.is_global_zero and not path.exists():
            # Its own number, so that the stage does not draw the same slices again in the same order.
            batches = self._batches(1000 + number, PLANES, replace(spec, hard=0.0))
            found = mine(network, batches, wanted.batches, wanted.kept, self.context.progress)
            if not found:
                raise InputError("no hard negative was found", fix="Give the stage no share of them ('hard')")
            write_samples(path, found)
        with fail_together(self.fabric):
            self.mined.append(HardNegatives(read_samples(path)))

    def _batches(self, number: int, planes: tuple[Plane, ...], spec: StageSpec) -> BatchMaker:
        shares = [spec.shares.get(source.kind, source.share) for source in self.recipe.sources]
        rest = (1 - spec.hard) / sum(shares)
        drawn = [(source, rest * share) for source, share in zip(self.sources, shares, strict=True)]
        mined = [(source, spec.hard) for source in self.mined if spec.hard]
        return BatchMaker(self.recipe, spec, [*drawn, *mined], planes, number)


def mean_of_planes(bundle: Bundle, network: NetworkSpec) -> State:
    """The mean of a three-plane model's weights: networks that were fine-tuned from shared weights lie in one basin
    of the loss, and their mean in it, too (Wortsman et al., Model soups, ICML 2022).

    Raises:
        ModelError: if the model is damaged, or none of three planes with these networks.
    """
    if not isinstance(bundle.spec, PlanesModelSpec) or bundle.spec.network != network:
        raise ModelError(
            "is no three-plane model of the recipe's network", where=bundle.spec.name, fix="Begin with another model"
        )
    require_fitting_weights(bundle)
    weights = bundle.load()
    return {
        name: torch.stack([torch.from_numpy(weights[plane][name].astype(np.float32)) for plane in PLANES]).mean(dim=0)
        for name in weights[PLANES[0]]
    }
