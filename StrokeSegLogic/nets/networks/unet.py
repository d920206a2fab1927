"""U-Nets in two and three dimensions.

In two: a 2-D U-Net whose contracting path is any encoder: Res-UNet with a ResNet, Dense-UNet with DenseNet121.

After Karkera and Chowdhury, Segmentation of Ischemic Stroke Lesions using Transfer Learning on Multi-sequence MRI
(arXiv 2511.07281): skip connections at each scale, transposed-convolution decoder. The decoder's widths and its two
3x3 convolutions a scale are not stated in the source; attention gates are what it names as future work.

In three: the 3-D U-Net, classic and modified, and a small one on blocks of voxels.

Omarov et al., Modified UNet Model for Brain Stroke Lesion Segmentation on Computed Tomography Images (CMC 2022),
after Cicek et al., 3D U-Net, MICCAI 2016. From the source: two 3x3x3 convolutions a level, max-pooling by 2, channels
doubled at each level from 64, upsampling and a 2x2x2 convolution that halves the channels, skip connections by
concatenation, 1x1x1 at the end, 23 convolutions; modified: some convolutions dilated, leaky ReLU, instance
normalisation, spatial dropout of 0.5.

Not stated in the source, and ours: which convolutions are dilated (the second of each contracting level but the
deepest, whose grid is narrower than a dilated kernel), where dropout sits (between the two convolutions of a
contracting level, as in Isensee et al., BrainLes 2017, arXiv 1802.10508), the slope of the leaky ReLU (0.01), and
zero padding, so that the skip connections need no trimming.

The small network works on blocks of voxels, and gives each voxel of a block a value of its own. Blocks of `factor`
cubed voxels become channels (space to depth), a 3-D U-Net (Cicek et al., MICCAI 2016) with instance normalisation and
leaky ReLU runs on that coarser grid, and its last convolution has an output for every voxel of a block (the sub-pixel
convolution of Shi et al., CVPR 2016, in three dimensions). Most of a U-Net's time goes to its finest scale, which is
not there, but for two narrow convolutions that may correct the answer beside the image; the outline is as fine as the
input.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .base import Encoder, SegmentationNetwork, crop, pad_to_stride


class AttentionGate(nn.Module):
    """A skip connection weighed, pixel by pixel, by how relevant the decoder's coarser features find it.

    Oktay et al., Attention U-Net: Learning Where to Look for the Pancreas, MIDL 2018 (arXiv 1804.03999).

    sigmoid(psi(ReLU(theta(skip) + phi(gate)))) is computed at the gate's resolution, brought to the skip's by linear
    interpolation and multiplied with the skip. Half as many channels inside as the skip has: not fixed by the paper.
    """

    def __init__(self, skip: int, gate: int) -> None:
        super().__init__()
        inside = max(skip // 2, 1)
        self.theta = nn.Conv2d(skip, inside, 2, 2, bias=False)
        self.phi = nn.Conv2d(gate, inside, 1)
        self.psi = nn.Conv2d(inside, 1, 1)
        # An untrained gate is nearly open (0.95), so that it does not halve what the decoder learns from at first.
        nn.init.constant_(self.psi.bias, 3.0)  # type: ignore[arg-type]

    def coefficients(self, skip: Tensor, gate: Tensor) -> Tensor:
        """Weights (N, 1, H, W) from 0 to 1 of a skip (N, C, H, W), by a gate (N, G, H / 2, W / 2)."""
        relevance = self.psi(functional.relu(self.theta(skip) + self.phi(gate))).sigmoid()
        return functional.interpolate(relevance, size=skip.shape[-2:], mode="bilinear", align_corners=False)

    def forward(self, skip: Tensor, gate: Tensor) -> Tensor:
        return skip * self.coefficients(skip, gate)


class DecoderStep(nn.Module):
    """Twice the resolution by a transposed convolution, joined with the skip, two convolutions."""

    def __init__(self, inputs: int, skip: int, width: int, attention: bool = False) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, width, 2, 2)
        self.gate = AttentionGate(skip, inputs) if attention and skip else None
        self.convolutions = nn.Sequential(
            nn.Conv2d(width + skip, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        up = self.up(x)
        if skip is None:
            return self.convolutions(up)
        if self.gate is not None:
            skip = self.gate(skip, x)
        return self.convolutions(torch.cat([up, skip], dim=1))


class UNet2D(SegmentationNetwork):
    """Logits (N, classes, H, W) of images (N, channels, H, W), any H and W of at least 1.

    Sides that are no multiple of the encoder's deepest stride are padded by repeating the edge and cropped again.
    """

    def __init__(self, encoder: Encoder, classes: int, decoder: tuple[int, ...], attention: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        skips = [*encoder.widths[-2::-1]]
        if encoder.strides[0] > 1:
            skips.append(0)
        if len(decoder) != len(skips):
            raise ValueError(f"the decoder needs {len(skips)} widths for this encoder, not {len(decoder)}")
        steps: list[nn.Module] = []
        inputs = encoder.widths[-1]
        for skip, width in zip(skips, decoder, strict=True):
            steps.append(DecoderStep(inputs, skip, width, attention))
            inputs = width
        self.decoder = nn.ModuleList(steps)
        self.head = nn.Conv2d(inputs, classes, 1)

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        features = self.encoder(pad_to_stride(images, self.encoder.strides[-1]))
        y = features.pop()
        for step in self.decoder:
            y = step(y, features.pop() if features else None)
        return crop(self.head(y), images)

    def encoders(self) -> list[Encoder]:
        return [self.encoder]


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


class SubvoxelUNet3D(SegmentationNetwork):
    """Logits (N, classes, D, H, W) of volumes (N, channels, D, H, W).

    Sides that are no multiple of the deepest stride are padded by repeating the edge and cropped again.
    """

    def __init__(self, channels: int, classes: int, widths: Sequence[int], factor: int, refine: int = 0) -> None:
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
        self.refinement = (
            nn.Sequential(_two_units(channels + classes, refine), nn.Conv3d(refine, classes, 1)) if refine else None
        )

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
        logits = crop(to_voxels(self.head(x), self.factor), images)
        if self.refinement is None:
            return logits
        return logits + self.refinement(torch.cat([images, logits], dim=1))


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
