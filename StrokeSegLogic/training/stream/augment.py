"""Random geometry, resolution and intensity for whole batches.

Written on batches of tensors and not with MONAI's per-image transforms, because two CPU cores must feed the network
and train it at once: a batch of sixteen takes tens of milliseconds here.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from .tensors import Batch, Dice


def move(batch: Batch, dice: Dice, patch: tuple[int, int], pixel_mm: float = 1.0) -> None:
    """Rotates, scales, shears, shifts and mirrors, and cuts to the patch (H, W), in place.

    The patch is in mm; so many mm wide are its pixels after this.
    """
    count, _, height, width = batch.images.shape
    angle = dice.between(-15, 15).flatten() * math.pi / 180
    scale = dice.between(0.85, 1.2).flatten()
    stretch = dice.between(0.93, 1.07).flatten()
    shear = dice.between(-0.08, 0.08).flatten()
    shift = dice.between(-0.08, 0.08, 2).view(count, 2)
    mirror = torch.where(batch.flip & dice.chance(0.5).flatten(), -1.0, 1.0)
    # theta maps the patch's coordinates (-1..1) to the canvas's.
    across, down = patch[1] / width, patch[0] / height
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = cos * across * stretch * mirror
    theta[:, 0, 1] = (-sin + shear) * down
    theta[:, 0, 2] = shift[:, 0]
    theta[:, 1, 0] = sin * across * mirror
    theta[:, 1, 1] = cos * down / stretch
    theta[:, 1, 2] = shift[:, 1]
    size = [round(side / pixel_mm) for side in patch]
    where = functional.affine_grid(theta, [count, 1, *size], align_corners=False)

    def sampled(tensor: Tensor) -> Tensor:
        return functional.grid_sample(tensor.float(), where, align_corners=False)

    batch.images = sampled(batch.images)
    batch.lesion = sampled(batch.lesion) > 0.5
    batch.placed = sampled(batch.placed) > 0.5
    batch.brain = sampled(batch.brain) > 0.5
    batch.counted = sampled(~batch.counted) < 0.5


def coarsen(batch: Batch, dice: Dice) -> None:
    """Thick slices: some samples lose resolution along rows, columns or both, in place."""
    height, width = batch.images.shape[-2:]
    rows = torch.where(dice.chance(0.3), dice.between(1.5, 6.0), torch.ones(1)).flatten()
    columns = torch.where(dice.chance(0.15), dice.between(1.2, 3.0), torch.ones(1)).flatten()
    for i in torch.nonzero((rows > 1) | (columns > 1)).flatten().tolist():
        low = (max(round(height / float(rows[i])), 8), max(round(width / float(columns[i])), 8))
        image = functional.interpolate(batch.images[i : i + 1], low, mode="bilinear", antialias=True)
        batch.images[i : i + 1] = functional.interpolate(image, (height, width), mode="bilinear")


def vary(batch: Batch, dice: Dice) -> None:
    """Gain that drifts over the image, contrast, gamma, offset, blur and noise, for each sequence apart, in place."""
    channels = batch.images.shape[1]
    side = (batch.images.shape[2], batch.images.shape[3])
    images = batch.images
    images = images * torch.exp(dice.between(0.0, 0.12, channels) * dice.field(4, side, channels))
    images = (images.clamp(min=0) + 1e-6) ** dice.between(0.8, 1.25, channels)
    images = images + torch.where(dice.chance(0.3, channels), dice.between(-0.1, 0.15, channels), torch.zeros(1))
    softened = functional.avg_pool2d(images, 3, stride=1, padding=1)
    softness = torch.where(dice.chance(0.25, channels), dice.between(0.0, 1.0, channels), torch.zeros(1))
    images = torch.lerp(images, softened, softness)
    strength = torch.where(dice.chance(0.6, channels), dice.between(0.0, 0.1, channels), torch.zeros(1))
    batch.images = (images + strength * dice.noise(images)) * batch.brain


def drop(batch: Batch, dice: Dice, needed: Tensor, real: Tensor, mixed: float = 0.5, some: float = 0.0) -> None:
    """Takes sequences away, in place: some samples keep just their real sequences, the others any mixture.

    Args:
        batch: with simulated sequences.
        needed: bool (C,): at least one of these stays.
        real: bool (B, C): which sequences are not simulated.
        mixed: part of the samples that keep any mixture, of real and simulated sequences.
        some: part of the samples that then lose about half of what they kept.
    """
    mixture = dice.chance(0.5, real.shape[1]).view_as(real) & batch.present
    kept = torch.where(dice.chance(1 - mixed).view(-1, 1), real, mixture)
    if some:
        few = dice.chance(0.5, real.shape[1]).view_as(real) & kept
        kept = torch.where(dice.chance(some).view(-1, 1), few, kept)
    # A sample whose mixture lost all that is needed keeps what is real.
    kept = torch.where((kept & needed).any(1, keepdim=True), kept, real)
    batch.present = kept
