"""Res-UNet: a U-Net whose contracting path is a residual encoder.

After Karkera and Chowdhury, Segmentation of Ischemic Stroke Lesions using Transfer Learning on Multi-sequence MRI
(arXiv 2511.07281): skip connections at each scale, transposed-convolution decoder. The decoder's widths and its two
3x3 convolutions a scale are not stated in the source. The softmax is left to the loss and to inference.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .encoders.base import Encoder


class DecoderStep(nn.Module):
    """Twice the resolution by a transposed convolution, joined with the skip, two convolutions."""

    def __init__(self, inputs: int, skip: int, width: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, width, 2, 2)
        self.convolutions = nn.Sequential(
            nn.Conv2d(width + skip, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = self.up(x)
        return self.convolutions(x if skip is None else torch.cat([x, skip], dim=1))


class ResUNet(nn.Module):
    """Logits (N, classes, H, W) of images (N, channels, H, W), any H and W of at least 1.

    Sides that are no multiple of the encoder's deepest stride are padded by repeating the edge and cropped again.
    """

    def __init__(self, encoder: Encoder, classes: int, decoder: tuple[int, ...]) -> None:
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
            steps.append(DecoderStep(inputs, skip, width))
            inputs = width
        self.decoder = nn.ModuleList(steps)
        self.head = nn.Conv2d(inputs, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        stride = self.encoder.strides[-1]
        bottom, right = -height % stride, -width % stride
        if bottom or right:
            x = functional.pad(x, (0, right, 0, bottom), mode="replicate")
        features = self.encoder(x)
        y = features.pop()
        for step in self.decoder:
            y = step(y, features.pop() if features else None)
        return self.head(y)[..., :height, :width]
