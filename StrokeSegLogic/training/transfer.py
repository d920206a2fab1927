"""Fine-tuning in steps: what of the encoders learns, when more of them does, and when training stops."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from ..base.errors import InputError, StrokeSegError
from ..base.settings import from_mapping
from ..nets.networks.base import SegmentationNetwork

SCHEMES: dict[str, tuple[float, ...]] = {
    "scratch": (1.0,),
    "unfrozen": (1.0,),
    "frozen": (0.0,),
    "frozen_then_all": (0.0, 1.0),
    "gradual": (0.0, 0.5, 1.0),
}
"""For each scheme its steps, and of each step the part of the encoders' units, from the deepest up, that learns."""


@dataclass(frozen=True)
class TransferSpec:
    """A scheme of transfer learning with early stopping.

    - scratch: nothing pretrained, all learns.
    - unfrozen: pretrained encoders, all learns.
    - frozen: pretrained encoders that never change.
    - frozen_then_all: then all, at a lower rate (arXiv 2511.07281; how long and how much lower is not stated, ours).
    - gradual: frozen; then the deepest half of the encoders learns too; then all (Tomasetti et al. 2022).

    A step ends when the validation loss has not become better for `patience` epochs, the last step and the training
    likewise. "The bottom half of the weights" is read as half of the units (a convolution, or a block) of every
    encoder, the odd unit belonging to the half that learns: of VGG16's 13 convolutions the 7 deepest. (The code that
    the authors published halves the list of all layers, pooling included, which comes to 6 or 7.) Each step goes on
    from the best weights so far: the paper does not say so, its code does. The best loss counts over all steps, so
    that the best weights are the best of the whole run; in that code every step begins to compare anew.

    Attributes:
        scheme: one of `SCHEMES`.
        patience: epochs without a better validation loss that end a step.
        min_delta: how much lower a loss must be to be better; 1e-5 in the paper's published code.
        longest: epochs after which a step ends even so; 0 is no limit.
        factors: of the learning rate, one for each step; empty is 1 for all, and (1, 0.1) for frozen_then_all.
    """

    scheme: str = "scratch"
    patience: int = 25
    min_delta: float = 1e-5
    longest: int = 0
    factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise ValueError(f"scheme '{self.scheme}' is not one of {', '.join(SCHEMES)}")
        if self.patience < 1 or self.longest < 0 or not self.min_delta >= 0:
            raise ValueError("patience must be at least 1, and neither longest nor min_delta negative")
        if self.factors and (len(self.factors) != self.steps or not min(self.factors) > 0):
            raise ValueError(f"factors must be {self.steps} positive numbers, one for each step of '{self.scheme}'")

    @property
    def steps(self) -> int:
        return len(SCHEMES[self.scheme])

    @property
    def pretrained(self) -> bool:
        """Whether encoders begin with pretrained weights."""
        return self.scheme != "scratch"

    def factor(self, state: TransferState) -> float:
        """What the learning rate is multiplied by."""
        if self.factors:
            return self.factors[state.step]
        return 0.1 if self.scheme == "frozen_then_all" and state.step else 1.0

    def learning(self, state: TransferState, units: int) -> int:
        """How many of so many units learn, counted from the deepest."""
        return math.ceil(SCHEMES[self.scheme][state.step] * units)


@dataclass(frozen=True)
class TransferState:
    """Where training stands between two epochs.

    Attributes:
        step: of the scheme, from 0.
        epochs: validated so far.
        epochs_in_step: those of them in the present step.
        waiting: epochs since the last better score, or since the step began.
        best_loss: lowest validation loss; None before the first epoch.
        best_epoch: its epoch, from 1; 0 before.
        improved: whether the last epoch was better: its weights are to be kept.
        stepped: whether the last epoch ended a step that another follows: training goes on from the best weights.
        finished: whether training is over.
    """

    step: int = 0
    epochs: int = 0
    epochs_in_step: int = 0
    waiting: int = 0
    best_loss: float | None = None
    best_epoch: int = 0
    improved: bool = False
    stepped: bool = False
    finished: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for a checkpoint."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TransferState:
        """What `to_dict` gave.

        Raises:
            InputError: naming a key that is unknown or of the wrong type.
        """
        return from_mapping(cls, values, "state of fine-tuning")


def after_epoch(spec: TransferSpec, state: TransferState, loss: float) -> TransferState:
    """The state after one more epoch.

    Args:
        spec: the scheme.
        state: before the epoch; not finished.
        loss: validation loss; a loss of the same weights at another step must be comparable.

    Raises:
        StrokeSegError: if the loss is not finite. Waiting for it to recover would hide that the weights are lost.
        ValueError: if training was already over.
    """
    if state.finished:
        raise ValueError("training is over; no epoch can follow")
    epoch = state.epochs + 1
    if not math.isfinite(loss):
        raise StrokeSegError(
            f"the validation loss is {loss} after epoch {epoch}",
            fix="Lower the learning rate, and look for cases whose intensities are not finite",
        )
    improved = state.best_loss is None or loss < state.best_loss - spec.min_delta
    waiting = 0 if improved else state.waiting + 1
    in_step = state.epochs_in_step + 1
    over = waiting >= spec.patience or (spec.longest > 0 and in_step >= spec.longest)
    last = state.step + 1 == spec.steps
    stepped = over and not last
    return TransferState(
        step=state.step + stepped,
        epochs=epoch,
        epochs_in_step=0 if stepped else in_step,
        waiting=0 if stepped else waiting,
        best_loss=loss if improved else state.best_loss,
        best_epoch=epoch if improved else state.best_epoch,
        improved=improved,
        stepped=stepped,
        finished=over and last,
    )


def apply(spec: TransferSpec, state: TransferState, network: SegmentationNetwork) -> None:
    """Puts a network into training mode with what is frozen at this step really frozen.

    Frozen units have no gradients and stay in evaluation mode, so that not even the running statistics of their batch
    norms move. To be called instead of `network.train()`, which would put them back. Gradients of the step before are
    to be dropped (`zero_grad(set_to_none=True)`), or an optimiser would still move a unit that was just frozen.

    Raises:
        InputError: if the scheme freezes encoders and the network has none.
    """
    units = network.units()
    if not units and min(SCHEMES[spec.scheme]) < 1:
        raise InputError(
            f"this network has no encoder that '{spec.scheme}' could freeze",
            where="transfer.scheme",
            fix="Use scratch, or a network with a pretrained encoder",
        )
    network.train()
    frozen = len(units) - spec.learning(state, len(units))
    for number, depth in enumerate(units):
        for unit in depth:
            unit.requires_grad_(number >= frozen)
            unit.train(number >= frozen)
