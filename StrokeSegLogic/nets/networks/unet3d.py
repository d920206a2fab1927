"""The 3-D U-Net, classic and modified.

Omarov et al., Modified UNet Model for Brain Stroke Lesion Segmentation on Computed Tomography Images (CMC 2022),
after Cicek et al., 3D U-Net, MICCAI 2016. From the source: two 3x3x3 convolutions a level, max-pooling by 2, channels
doubled at each level from 64, upsampling and a 2x2x2 convolution that halves the channels, skip connections by
concatenation, 1x1x1 at the end, 23 convolutions; modified: some convolutions dilated, leaky ReLU, instance
normalisation, spatial dropout of 0.5.

Not stated in the source, and ours: which convolutions are dilated (the second of each contracting level but the
deepest, whose grid is narrower than a dilated kernel), where dropout sits (between the two convolutions of a
contracting level, as in Isensee et al., BrainLes 2017, arXiv 1802.10508), the slope of the leaky ReLU (0.01), and
zero padding, so that the skip connections need no trimming.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .base import SegmentationNetwork, crop, pad_to_stride


def unit(inputs: int, width: int, modified: bool, dilation: int = 1) -> nn.Sequential:
    """A 3x3x3 convolution that keeps the size, with its normalisation and activation."""
    # A bias before a normalisation that centres would be taken out again.
    convolution = nn.Conv3d(inputs, width, 3, padding=dilation, dilation=dilation, bias=False)
    if modified:
        return nn.Sequential(convolution, nn.InstanceNorm3d(width, affine=True), nn.LeakyReLU(0.01, inplace=True))
    return nn.Sequential(convolution, nn.BatchNorm3d(width), nn.ReLU(inplace=True))


class ContractingLevel(nn.Module):
    """Two 3x3x3 convolutions; modified: with spatial dropout between them, the second dilated if the level asks."""

    def __init__(self, inputs: int, width: int, modified: bool, dropout: float, dilation: int) -> None:
        super().__init__()
        self.first = unit(inputs, width, modified)
        self.dropout = nn.Dropout3d(dropout) if modified else nn.Identity()
        self.second = unit(width, width, modified, dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.dropout(self.first(x)))


class ExpandingLevel(nn.Module):
    """Upsampling, a 2x2x2 convolution that halves the channels, the skip connection, two 3x3x3 convolutions."""

    def __init__(self, width: int, modified: bool) -> None:
        super().__init__()
        self.up = nn.Conv3d(2 * width, width, 2)
        self.first = unit(2 * width, width, modified)
        self.second = unit(width, width, modified)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
        # A kernel of 2 keeps the size with one more voxel behind, as "same" padding has it.
        x = self.up(functional.pad(x, (0, 1, 0, 1, 0, 1)))
        return self.second(self.first(torch.cat([skip, x], dim=1)))


class UNet3D(SegmentationNetwork):
    """Logits (N, classes, D, H, W) of volumes (N, channels, D, H, W), 32 x 128 x 128 in the source.

    Sides that are no multiple of the deepest stride are padded by repeating the edge and cropped again.
    """

    def __init__(
        self, channels: int, classes: int, modified: bool, dropout: float, base_width: int, levels: int
    ) -> None:
        super().__init__()
        widths = [base_width * 2**level for level in range(levels)]
        self.stride = 2 ** (levels - 1)
        self.contracting = nn.ModuleList(
            ContractingLevel(inputs, width, modified, dropout, 2 if modified and width != widths[-1] else 1)
            for inputs, width in zip([channels, *widths], widths, strict=False)
        )
        self.pool = nn.MaxPool3d(2)
        self.expanding = nn.ModuleList(ExpandingLevel(width, modified) for width in widths[-2::-1])
        self.head = nn.Conv3d(base_width, classes, 1)

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        x = pad_to_stride(images, self.stride)
        if all(side == self.stride for side in x.shape[2:]):
            # One single voxel at the deepest level has no statistics to be normalised by.
            x = functional.pad(x, (0, self.stride, 0, 0, 0, 0), mode="replicate")
        skips: list[Tensor] = []
        for level in self.contracting:
            x = level(x if not skips else self.pool(x))
            skips.append(x)
        skips.pop()
        for level in self.expanding:
            x = level(x, skips.pop())
        return crop(self.head(x), images)
