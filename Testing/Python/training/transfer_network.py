"""A tiny segmentation network with two encoders of five units each, batch norms and dropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from StrokeSegLogic.nets.networks.base import SegmentationNetwork


def unit(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.Dropout(0.1))


class TwoEncoders(SegmentationNetwork):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(*(unit(1 if n == 0 else 4, 4) for n in range(5)))
        self.second = nn.Sequential(*(unit(1 if n == 0 else 4, 4) for n in range(5)))
        self.decoder = nn.Sequential(nn.ConvTranspose2d(8, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        return self.decoder(torch.cat([self.first(images[:, :1]), self.second(images[:, 1:])], 1))

    def units(self) -> list[list[nn.Module]]:
        return [[a, b] for a, b in zip(self.first, self.second, strict=True)]


class NoEncoder(SegmentationNetwork):
    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Conv2d(2, 2, 1)

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        return self.last(images)
