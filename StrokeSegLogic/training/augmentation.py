"""Random geometry and intensity of one sample, with MONAI's transforms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..base.errors import InputError

if TYPE_CHECKING:
    from monai.transforms.compose import Compose

Augmented = tuple[Tensor, Tensor, Tensor]
Augment = Callable[[Tensor, Tensor, Tensor, int], Augmented]
"""Images float32 (C, *S), labels int64 (*S), counted bool (*S) and a seed give the same three, moved and varied."""


@dataclass(frozen=True)
class AugmentationSpec:
    """How far a sample may be changed; every range is drawn from evenly, and 0 leaves that change out.

    Slices are the last two axes (rows, columns) of a volume too. Geometry acts within slices, so that voxels may be
    much deeper than wide. None of the papers states its augmentation; the defaults are ours.

    Attributes:
        flips: axes that may be mirrored, counted from the last: -1 is columns (left and right on axial and coronal
            slices), -2 rows, -3 slices.
        flip_probability: of each of these axes.
        rotation: degrees to either side.
        scale: part by which the size changes to either side, for rows and columns apart.
        translation: pixels to either side, for rows and columns apart.
        move_probability: of rotation, scale and translation together: one resampling.
        through_plane: whether rotation, scale and translation act along and about all axes of a volume; for voxels that
            are nearly cubes.
        elastic: standard deviation, at most, of an elastic displacement in pixels; a second resampling. Of volumes only
            with `through_plane`, and slow.
        elastic_spacing: pixels over which the displacement changes.
        elastic_probability: of the elastic displacement.
        gain, gamma, offset: parts by which signal above the background is multiplied, its contrast's exponent varies,
            and the amount added, to either side.
        blur: largest Gaussian sigma in voxels, within slices.
        noise: largest standard deviation of Gaussian noise, in units of the normalised images.
        gain_probability, gamma_probability, offset_probability, blur_probability, noise_probability: of each of these,
            drawn for every channel apart.
    """

    flips: tuple[int, ...] = (-1,)
    flip_probability: float = 0.5
    rotation: float = 15.0
    scale: float = 0.15
    translation: float = 10.0
    move_probability: float = 0.8
    through_plane: bool = False
    elastic: float = 0.0
    elastic_spacing: int = 24
    elastic_probability: float = 0.3
    gain: float = 0.2
    gamma: float = 0.25
    offset: float = 0.1
    blur: float = 1.0
    noise: float = 0.1
    gain_probability: float = 0.5
    gamma_probability: float = 0.5
    offset_probability: float = 0.3
    blur_probability: float = 0.25
    noise_probability: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name.endswith("probability") and not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: probabilities lie between 0 and 1")
        sizes = (self.rotation, self.scale, self.translation, self.elastic, self.gain, self.gamma, self.offset)
        if min(*sizes, self.blur, self.noise) < 0:
            raise ValueError("ranges of augmentation must not be negative")
        if max(self.scale, self.gain, self.gamma) >= 1:
            raise ValueError("scale, gain and gamma are parts of 1 and must be below it")
        if self.elastic_spacing < 1 or not set(self.flips) <= {-1, -2, -3}:
            raise ValueError("elastic_spacing must be positive, and flips of -1 (columns), -2 (rows), -3 (slices)")


def augmenter(spec: AugmentationSpec, spatial_dims: int, background: tuple[float, ...]) -> Augment:
    """A pure function of a sample and a seed: no call depends on another, in whatever order or thread.

    Images are interpolated linearly, labels and counted by the nearest voxel. What comes in from outside the field has
    the channel's background value, label 0, and does not count. Intensities change where a channel differs from its
    background, and are measured from it; a channel of one value everywhere (a missing sequence) stays as it is.

    Args:
        spec: ranges and probabilities.
        spatial_dims: 2 for slices (C, H, W), 3 for volumes (C, D, H, W).
        background: of each channel: -1 where this project's MRI normalisation puts air, 0 for perfusion maps.

    Raises:
        InputError: if MONAI is not installed, or the spec asks for what such samples do not allow.
    """
    if spatial_dims not in (2, 3):
        raise ValueError(f"{spatial_dims} spatial dimensions: give 2 or 3")
    if min(spec.flips, default=-1) < -spatial_dims:
        raise InputError(
            "single slices cannot be mirrored along axis -3", where="augmentation.flips", fix="Use -1 (columns) or -2"
        )
    if spec.elastic and spatial_dims == 3 and not spec.through_plane:
        raise InputError(
            "elastic displacement of volumes goes through the plane",
            where="augmentation.elastic",
            fix="Set through_plane if the voxels are nearly cubes, or elastic to 0",
        )
    try:
        import monai.transforms  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(
            f"augmentation needs {error.name}", where="augmentation", fix='Install it: pip install "strokeseg[train]"'
        ) from error
    level = torch.tensor(background, dtype=torch.float32).view(-1, *(1,) * spatial_dims)

    def augment(images: Tensor, labels: Tensor, counted: Tensor, seed: int) -> Augmented:
        _check(images, labels, counted, level)
        moves, varies = (int(number) for number in np.random.SeedSequence(seed).generate_state(2))
        empty = (images.flatten(1) == images.flatten(1)[:, :1]).all(1)
        moved = _geometry(spec, spatial_dims).set_random_state(moves)(
            {
                # Resampling fills with 0: so the background is made 0, and put back below.
                "images": images - level,
                "masks": torch.stack([labels.to(torch.float32), counted.to(torch.float32)]),
            }
        )
        signal = _plain(moved["images"])
        variation = _intensity(spec, spatial_dims).set_random_state(varies)
        for channel in range(len(signal)):
            tissue = signal[channel : channel + 1] != 0
            varied = _plain(variation(signal[channel : channel + 1].clone()))
            signal[channel] = torch.where(tissue, varied, 0.0)[0]
        masks = _plain(moved["masks"])
        signal = torch.where(empty.view(level.shape), images, signal + level)
        return signal, masks[0].round().to(labels.dtype), masks[1] > 0.5

    return augment


def _check(images: Tensor, labels: Tensor, counted: Tensor, level: Tensor) -> None:
    if images.ndim != level.ndim or len(images) != len(level):
        raise ValueError(f"images {tuple(images.shape)} where {len(level)} channels of {level.ndim - 1} axes belong")
    if labels.shape != images.shape[1:] or counted.shape != labels.shape:
        raise ValueError(f"labels {tuple(labels.shape)}, counted {tuple(counted.shape)}: not the images' field")


def _plain(image: Tensor) -> Tensor:
    """Without MONAI's metadata, which would follow the tensor into the network."""
    return image.as_tensor() if hasattr(image, "as_tensor") else image


def _geometry(spec: AugmentationSpec, spatial_dims: int) -> Compose:
    from monai.transforms.compose import Compose
    from monai.transforms.spatial.dictionary import Rand2DElasticd, Rand3DElasticd, RandAffined, RandFlipd

    keys = ("images", "masks")
    how: dict[str, Any] = {"mode": ("bilinear", "nearest"), "padding_mode": "zeros"}
    angle, across = math.radians(spec.rotation), float(spec.through_plane)
    # A part of 0 holds an axis still. The first axis of a volume is across its slices; turning about it stays in them.
    parts, turns = ([1.0, 1.0], [angle]) if spatial_dims == 2 else ([across, 1.0, 1.0], [angle, *[angle * across] * 2])
    steps: list[Any] = [RandFlipd(keys, spec.flip_probability, spatial_axis=axis + spatial_dims) for axis in spec.flips]
    if spec.rotation or spec.scale or spec.translation:
        scales, shifts = [part * spec.scale for part in parts], [part * spec.translation for part in parts]
        ranges: dict[str, Any] = {"rotate_range": turns, "scale_range": scales, "translate_range": shifts}
        steps.append(RandAffined(keys, prob=spec.move_probability, **ranges, **how))
    if spec.elastic and spatial_dims == 2:
        space = (spec.elastic_spacing, spec.elastic_spacing)
        steps.append(Rand2DElasticd(keys, space, (0.0, spec.elastic), prob=spec.elastic_probability, **how))
    elif spec.elastic:
        sigma = spec.elastic_spacing / 2
        # MONAI smooths numbers of -1 to 1 that are drawn for every voxel; this undoes what that takes from them.
        strength = spec.elastic * math.sqrt(3) * (2 * math.sqrt(math.pi) * sigma) ** 1.5
        steps.append(Rand3DElasticd(keys, (sigma, sigma), (0.0, strength), prob=spec.elastic_probability, **how))
    return Compose(steps)


def _intensity(spec: AugmentationSpec, spatial_dims: int) -> Compose:
    from monai.transforms.compose import Compose
    from monai.transforms.intensity.array import (
        RandAdjustContrast,
        RandGaussianNoise,
        RandGaussianSmooth,
        RandScaleIntensity,
        RandShiftIntensity,
    )

    steps: list[Any] = []
    if spec.gain:
        steps.append(RandScaleIntensity(factors=spec.gain, prob=spec.gain_probability))
    if spec.gamma:
        steps.append(RandAdjustContrast(spec.gamma_probability, gamma=(1 - spec.gamma, 1 + spec.gamma)))
    if spec.offset:
        steps.append(RandShiftIntensity(offsets=spec.offset, prob=spec.offset_probability))
    if spec.blur:
        wide, narrow = (0.1, spec.blur), (0.05, 0.05)
        sigmas = (wide, wide, wide) if spatial_dims == 2 else (narrow, wide, wide)
        steps.append(RandGaussianSmooth(*sigmas, prob=spec.blur_probability))
    if spec.noise:
        steps.append(RandGaussianNoise(spec.noise_probability, std=spec.noise))
    return Compose(steps)
