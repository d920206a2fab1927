"""Batches of synthesised heads, as the brain network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...brain.network import comparable
from ..examples import Examples
from ..heads.contrast import hounsfield
from ..heads.generate import Head, draw_head
from ..heads.label_maps import HeadLabels
from ..stream.sources.lesions import Shape
from .recipe import BrainRecipe

_SHIFT_MM = 25.0
"""Of the brain's middle off the field's: what a first, coarse look at the head leaves."""
_FINER = 2
"""Bone and the fluid under it are thinner than a voxel: what a volume of 1 mm becomes at 3 mm shows parts of both."""


@dataclass(frozen=True)
class HeadBatches:
    """The batch of a number, a function of it and of the recipe's seed.

    Attributes:
        recipe: of the run.
        heads: to draw from.
        shapes: of lesions.
    """

    recipe: BrainRecipe
    heads: Sequence[HeadLabels]
    shapes: Sequence[Shape]

    def __call__(self, number: int) -> Examples:
        random = np.random.default_rng(np.random.SeedSequence([self.recipe.seed, number]))
        z, y, x = self.recipe.field
        drawn = [
            draw_head(
                self.heads,
                random,
                (z, y, x),
                self.recipe.spacing_mm,
                shapes=self.shapes,
                shift_mm=_SHIFT_MM,
                finer=_FINER,
            )
            for _ in range(self.recipe.batch)
        ]
        labels = np.stack([head.brain for head in drawn])
        return Examples(
            images=torch.from_numpy(np.stack([_shown(head)[None] for head in drawn])),
            labels=torch.from_numpy(labels.astype(np.int64)),
            counted=torch.from_numpy(np.stack([head.shown for head in drawn])),
            emphasised=torch.zeros(len(drawn), dtype=torch.bool),
            nihss=None,
            names=tuple(f"{head.subject}, {head.contrast.name}" for head in drawn),
        )


def _shown(head: Head) -> np.ndarray:
    if head.contrast.name != "CT":
        return comparable(head.image)
    return comparable(hounsfield(head.image), is_ct=True)
