"""A small 3-D U-Net that works on blocks of voxels, and gives each voxel of a block a value of its own.

Blocks of `factor` cubed voxels become channels (space to depth), a 3-D U-Net (Cicek et al., MICCAI 2016) with instance
normalisation and leaky ReLU runs on that coarser grid, and its last convolution has an output for every voxel of a
block (the sub-pixel convolution of Shi et al., CVPR 2016, in three dimensions). Most of a U-Net's time goes to its
finest scale, which is not there; the outline is as fine as the input.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .base import SegmentationNetwork, crop, pad_to_stride
from .unet3d import unit


class SubvoxelUNet3D(SegmentationNetwork):
    """Logits (N, classes, D, H, W) of volumes (N, channels, D, H, W).

    Sides that are no multiple of the deepest stride are padded by repeating the edge and cropped again.
    """

    def __init__(self, channels: int, classes: int, widths: Sequence[int], factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.stride = factor * 2 ** (len(widths) - 1)
        block = factor**3
        self.contracting = nn.ModuleList(
            _two_units(inputs, width) for inputs, width in zip([channels * block, *widths], widths, strict=False)
        )
        self.expanding = nn.ModuleList(
            _two_units(deeper + width, width) for deeper, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv3d(widths[0], classes * block, 1)

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        x = to_blocks(pad_to_stride(images, self.stride), self.factor)
        skips = []
        for level, units in enumerate(self.contracting):
            x = units(functional.max_pool3d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for units in self.expanding:
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = units(torch.cat([skips.pop(), x], dim=1))
        return crop(to_voxels(self.head(x), self.factor), images)


def _two_units(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(unit(inputs, width, modified=True), unit(width, width, modified=True))


def to_blocks(x: Tensor, factor: int) -> Tensor:
    """(N, C * factor^3, D / factor, H / factor, W / factor) of (N, C, D, H, W), whose sides the factor divides."""
    n, c, *size = x.shape
    d, h, w = (side // factor for side in size)
    x = x.reshape(n, c, d, factor, h, factor, w, factor).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(n, c * factor**3, d, h, w)


def to_voxels(x: Tensor, factor: int) -> Tensor:
    """What `to_blocks` took: (N, C, D * factor, H * factor, W * factor) of (N, C * factor^3, D, H, W)."""
    n, c, d, h, w = x.shape
    x = x.reshape(n, c // factor**3, factor, factor, factor, d, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(n, c // factor**3, d * factor, h * factor, w * factor)
