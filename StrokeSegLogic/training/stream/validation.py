"""How good a network is on held-out slices, without augmentation and with real sequences only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ...base.progress import Progress
from ...base.settings import PLANES, Plane
from ...metrics.voxel import dice
from ...nets.run.network import Device, lesion_probability
from ...study.case import Role
from .batches import normalised
from .recipe import StreamRecipe
from .samples import CHANNELS, LESION_PIXELS, Sample
from .sources.build import held_out_slices
from .sources.soop import Soop
from .tensors import collate

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98)
"""Dense where they must be: a network that learned from Dice is seldom in doubt."""

MAX_FALSE_PIXELS = 30.0
"""Mean false area (mm²) allowed on a slice without lesion: a lacune of 6 mm."""

ISLES22_MIXTURES: tuple[tuple[Role, ...], ...] = ((Role.DWI, Role.FLAIR), (Role.DWI,), (Role.FLAIR,))
"""Sequences that the held-out ISLES'22 slices are shown with."""

Pairs = list[tuple[np.ndarray, np.ndarray]]
"""Lesion probability (H, W) and true lesion, bool (H, W), of slices."""


@dataclass(frozen=True)
class HeldOut:
    """A set of slices that nothing is learned from.

    Attributes:
        plane: of the slices.
        name: of the set.
        samples: the slices, each with all the sequences that it has.
        roles: the sequences that a network is shown.
    """

    plane: Plane
    name: str
    samples: list[Sample]
    roles: tuple[Role, ...]

    @property
    def title(self) -> str:
        """For people and the model's card."""
        return f"{self.plane}, {self.name}"


@dataclass(frozen=True)
class Score:
    """Figures over slices.

    Attributes:
        dice: mean Dice over slices with at least `LESION_PIXELS` mm² of lesion; NaN without such a slice.
        slices: how many those are.
        false_pixels: mean area called lesion on slices without any, mm² (pixels of 1 mm); NaN without such a slice.
        clear_slices: how many those are.
    """

    dice: float
    slices: int
    false_pixels: float
    clear_slices: int


def validation_sets(recipe: StreamRecipe, data: Path) -> list[HeldOut]:
    """What a recipe's networks are validated on: SOOP's val split in every plane, and ISLES'22's fold.

    Raises:
        InputError: if files are missing.
    """
    sets = []
    for spec in recipe.sources:
        if spec.kind == "soop":
            soop = Soop(data / spec.folder, "val")
            for plane in PLANES:
                samples = [soop.sample(plane, i) for i in range(len(soop.subjects))]
                sets.append(HeldOut(plane, "SOOP val, FLAIR", samples, (Role.FLAIR,)))
    return [*sets, *isles22_sets(recipe, data)]


def isles22_sets(recipe: StreamRecipe, data: Path) -> list[HeldOut]:
    """The ISLES'22 slices that a recipe holds out, by mixture of sequences, those that have them all; none without.

    Raises:
        InputError: if files are missing.
    """
    samples = held_out_slices(recipe, data)
    if not samples:
        return []
    return [
        HeldOut(
            "axial",
            f"ISLES'22 fold {recipe.held_out}, {' + '.join(roles)}",
            [sample for sample in samples if set(roles) <= sample.images.keys()],
            roles,
        )
        for roles in ISLES22_MIXTURES
    ]


def predict(network: nn.Module, samples: Iterable[Sample], roles: tuple[Role, ...], canvas: Sequence[int]) -> Pairs:
    """What a network says of real slices, one by one.

    Args:
        network: in evaluation mode; gives logits (N, 2, H, W).
        samples: real slices.
        roles: the sequences of each sample that are used.
        canvas: rows and columns that the network is shown them on: those that it learned on.
    """
    device = Device(torch.device("cpu"), None, "cpu")
    pairs = []
    for sample in samples:
        batch = collate([sample])
        batch.present &= torch.tensor([[role in roles for role in CHANNELS]])
        slices = normalised(batch).numpy()
        (probability,) = lesion_probability(network, slices, device, Progress(), "validating", canvas)
        pairs.append((probability * batch.brain[0, 0].numpy(), batch.lesion[0, 0].numpy()))
    return pairs


def measured(pairs: Pairs, threshold: float, pixel_mm2: float = 1.0) -> tuple[list[float], list[float]]:
    """Dice of each slice with enough lesion, and the area called lesion on each slice without any, mm²."""
    with_lesion = [dice(p >= threshold, truth) for p, truth in pairs if truth.sum() * pixel_mm2 >= LESION_PIXELS]
    return with_lesion, [pixel_mm2 * int((p >= threshold).sum()) for p, truth in pairs if not truth.any()]


def score(pairs: Pairs, threshold: float, pixel_mm2: float = 1.0) -> Score:
    """Figures at a threshold of the probability, of pixels of that area."""
    with_lesion, false = measured(pairs, threshold, pixel_mm2)
    return Score(
        float(np.mean(with_lesion)) if with_lesion else float("nan"),
        len(with_lesion),
        float(np.mean(false)) if false else float("nan"),
        len(false),
    )


def best_threshold(sets: Sequence[Pairs]) -> float:
    """The threshold with the highest mean Dice over several sets of slices, among those that spare clear slices.

    Slices with lesion alone would ask for a low threshold: they never show what it costs where there is none. So
    only thresholds count at which the mean of false pixels on clear slices stays below a limit; if all exceed it,
    the highest is taken. Of equally good limits the highest: it calls the least lesion. Without any lesion it is 0.5.
    """
    best, chosen = -1.0, None
    for threshold in THRESHOLDS:
        scores = [score(pairs, threshold) for pairs in sets]
        found = [score.dice for score in scores if score.slices]
        if not found:
            return 0.5
        false = [score.false_pixels for score in scores if score.clear_slices]
        if false and np.mean(false) > MAX_FALSE_PIXELS:
            continue
        if round(float(np.mean(found)), 6) >= best:
            best, chosen = round(float(np.mean(found)), 6), threshold
    return THRESHOLDS[-1] if chosen is None else chosen
