"""How a model is adapted to a site's own cases: said here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..losses.choose import LossSpec
from ..losses.cross_entropy_dice import CrossEntropyDice


@dataclass(frozen=True)
class AdaptSettings:
    """How a three-plane model learns from a site's cases.

    The loss is that with which the bundled model's planes ended. A site has few cases and no others: the rate is low,
    the steps are few, and what comes out lies between the old and the new weights.

    Attributes:
        seed: of everything random.
        steps: of each plane's network.
        batch: slices a step.
        rate, final_rate: learning rate; it rises over the first 5 % of the steps and falls along a cosine.
        weight_decay: AdamW's.
        average: decay of the moving average of the weights, which is what is kept.
        mixing: part of the new weights in the model; the rest is the old (WiSE-FT, Wortsman et al., Robust fine-tuning
            of zero-shot models, CVPR 2022, which recommends 0.5 where nothing can be chosen). It is fixed, so that
            nothing is chosen on cases that are measured on.
        lesion_share: part of the draws that take a slice with lesion, where the case has one.
        fewer: part of the slices that lose about half of their sequences, so that none becomes indispensable.
        loss: see `losses.choose`.
        folds: of the cross-validation, by patient; of fewer than twice as many patients each is a fold.
        checkpoint_every: steps between checkpoints.
        precision: lightning-fabric's.
    """

    seed: int = 2026
    steps: int = 100
    batch: int = 8
    rate: float = 1e-4
    final_rate: float = 1e-5
    weight_decay: float = 0.02
    average: float = 0.98
    mixing: float = 0.5
    lesion_share: float = 0.65
    fewer: float = 0.3
    loss: LossSpec = field(default_factory=lambda: CrossEntropyDice(dice_over="image", smooth=100.0, empty=0.25))
    folds: int = 5
    checkpoint_every: int = 50
    precision: str = "32-true"

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.checkpoint_every) < 1 or self.seed < 0 or self.folds < 2:
            raise ValueError("steps, batch and checkpoint_every must be at least 1, folds 2, and seed not negative")
        if not (self.rate > 0 and self.final_rate >= 0 and self.weight_decay >= 0):
            raise ValueError("rate must be positive, final_rate and weight_decay not negative")
        if not all(0 <= part <= 1 for part in (self.average, self.mixing, self.lesion_share, self.fewer)):
            raise ValueError("average, mixing, lesion_share and fewer are parts, from 0 to 1")
        if not self.mixing:
            raise ValueError("mixing of 0 leaves the model as it is")

    def folds_of(self, patients: int) -> int:
        """How many folds so many patients are divided into."""
        return self.folds if patients >= 2 * self.folds else patients
