"""A model's three networks, trained further on a site's slices and mixed with what they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ...base.progress import Progress
from ...base.settings import PLANES, Plane
from ...nets.models.bundle import Bundle, require_fitting_weights
from ...nets.networks.build import build
from ..examples import Examples
from ..loop import Loop, State
from ..losses.choose import loss_of
from ..plan import Plan, learning_rate
from .cases import SiteCase
from .settings import AdaptSettings
from .slices import SiteBatches


def fine_tuned(
    bundle: Bundle,
    settings: AdaptSettings,
    cases: Sequence[SiteCase],
    folder: Path,
    name: str,
    fabric: Fabric,
    progress: Progress,
    workers: int = 1,
) -> dict[Plane, State]:
    """The networks' weights after the training; called again with the same folder and name, goes on where it stopped.

    Args:
        bundle: of the model that is adapted.
        settings: how.
        cases: to learn from, and no others.
        folder: of checkpoints and losses.
        name: of the run in it.
        fabric: launched.
        progress: of the training.
        workers: threads that make batches.

    Raises:
        InputError: if a checkpoint is damaged, or no case has a slice of a plane.
        ModelError: if the model is damaged.
        StrokeSegError: if a loss is no number any more; names the batch.
        OutputError: if a checkpoint cannot be written; the last good checkpoint stays.
        Cancelled: between two steps; the last checkpoint stays.
    """
    require_fitting_weights(bundle)
    before = {plane: states(parameters) for plane, parameters in bundle.load().items()}
    compute = loss_of(settings.loss)

    def loss(network: nn.Module, logits: Tensor, batch: Examples) -> Tensor:
        return compute(logits, batch.labels, batch.counted, batch.emphasised)

    found: dict[Plane, State] = {}
    for number, plane in enumerate(PLANES):
        network = build(bundle.spec.network)
        network.load_state_dict(before[plane])
        plan = Plan(
            name=f"{name}-{plane}",
            steps=settings.steps,
            rate=lambda step: learning_rate(step, settings),
            weight_decay=settings.weight_decay,
            average=settings.average,
            checkpoint_every=settings.checkpoint_every,
            seed=settings.seed,
            workers=workers,
        )
        batches = SiteBatches(bundle.planes, settings, cases, plane)
        span = progress.span(number / len(PLANES), (number + 1) / len(PLANES))
        after = Loop(plan, batches, loss, folder, fabric).run(network, span)
        found[plane] = mixed(before[plane], after, settings.mixing)
    return found


def states(parameters: dict) -> State:
    """A network's parameters as stored, as the state that is loaded; floats in full precision."""
    tensors = {name: torch.from_numpy(value.copy()) for name, value in parameters.items()}
    return {name: value.float() if value.dtype.is_floating_point else value for name, value in tensors.items()}


def mixed(before: State, after: State, share: float) -> State:
    """Weights on the line between two states of a network.

    Args:
        before, after: of the same network.
        share: of the second, 0 to 1; numbers that are no floats (counters of batches) are its own.
    """
    return {
        name: torch.lerp(before[name].reshape(value.shape), value, share) if value.dtype.is_floating_point else value
        for name, value in after.items()
    }
