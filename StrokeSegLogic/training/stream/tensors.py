"""A batch of samples as tensors on one canvas, and the random tools that simulation and augmentation share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...nets.run.inputs import centred
from .samples import CHANNELS, Sample, scaled

CANVAS = 208
"""Side in pixels (mm) of the square that every slice is centred on before augmentation."""


@dataclass
class Batch:
    """Samples before normalisation.

    Attributes:
        images: (B, C, H, W), over the brain's median, 0 where absent.
        present: bool (B, C).
        lesion, brain, counted: bool (B, 1, H, W).
        placed: bool (B, 1, H, W): lesion that is not in the images yet.
        flip: bool (B,): columns may be mirrored (left and right).
        complete: bool (B,): nothing is to be simulated.
    """

    images: Tensor
    present: Tensor
    lesion: Tensor
    brain: Tensor
    counted: Tensor
    placed: Tensor
    flip: Tensor
    complete: Tensor


def collate(samples: list[Sample]) -> Batch:
    """The samples centred on a canvas."""
    count = len(samples)
    images = np.zeros((count, len(CHANNELS), CANVAS, CANVAS), np.float32)
    masks = np.zeros((4, count, 1, CANVAS, CANVAS), bool)
    masks[2] = True
    present = np.zeros((count, len(CHANNELS)), bool)
    for i, sample in enumerate(samples):
        target, origin = centred(sample.brain.shape, (CANVAS, CANVAS))
        for c, role in enumerate(CHANNELS):
            if role in sample.images:
                images[i, c][target] = scaled(sample.images[role], sample.brain)[origin]
                present[i, c] = True
        for m, mask in enumerate((sample.lesion, sample.brain, sample.counted, sample.placed)):
            if mask is not None:
                masks[m, i, 0][target] = mask[origin]
    lesion, brain, counted, placed = torch.from_numpy(masks)
    return Batch(
        torch.from_numpy(images),
        torch.from_numpy(present),
        lesion,
        brain,
        counted,
        placed,
        torch.tensor([sample.plane != "sagittal" for sample in samples]),
        torch.tensor([sample.complete for sample in samples]),
    )


class Dice:
    """Random numbers for a batch, each draw shaped to spread over (B, 1, H, W) images."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count = count
        self.generator = generator

    def between(self, low: float, high: float, channels: int = 1) -> Tensor:
        """Uniform numbers (B, channels, 1, 1)."""
        draw = torch.rand(self.count, channels, 1, 1, generator=self.generator)
        return low + (high - low) * draw

    def chance(self, probability: float, channels: int = 1) -> Tensor:
        """Booleans (B, channels, 1, 1)."""
        return torch.rand(self.count, channels, 1, 1, generator=self.generator) < probability

    def field(self, cells: int, side: tuple[int, int], channels: int = 1) -> Tensor:
        """Smooth noise (B, channels, H, W), roughly unit variance, of `cells` features along a side."""
        coarse = torch.randn(self.count, channels, cells, cells, generator=self.generator)
        return functional.interpolate(coarse, side, mode="bicubic", align_corners=False)

    def noise(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.generator)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, C, H, W), sigma in pixels, cut off beyond 2.5 of it; outside the image is 0.

    A product with a band matrix on either side: several times faster on a CPU than convolving one channel.
    """
    height, width = images.shape[-2:]
    return _band(height, sigma) @ images @ _band(width, sigma)


def _band(size: int, sigma: float) -> Tensor:
    radius = max(int(np.ceil(2.5 * sigma)), 1)
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32)
    total = torch.exp(-0.5 * (steps / sigma) ** 2).sum()
    places = torch.arange(size, dtype=torch.float32)
    apart = (places[:, None] - places[None, :]).abs()
    return torch.where(apart <= radius, torch.exp(-0.5 * (apart / sigma) ** 2) / total, 0.0)
