"""A 2-D U-Net whose contracting path is any encoder: Res-UNet with a ResNet, Dense-UNet with DenseNet121.

After Karkera and Chowdhury, Segmentation of Ischemic Stroke Lesions using Transfer Learning on Multi-sequence MRI
(arXiv 2511.07281): skip connections at each scale, transposed-convolution decoder. The decoder's widths and its two
3x3 convolutions a scale are not stated in the source; attention gates are what it names as future work.
"""

from __future__ import annotations

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
