"""What a decoder needs to know of an encoder."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module):
    """Features of an image at several scales.

    Attributes:
        widths: channels of the features, finest scale first.
        strides: how many input pixels one feature spans along a side, finest first; each twice the one before.
    """

    widths: tuple[int, ...]
    strides: tuple[int, ...]

    @abstractmethod
    def features(self, x: Tensor) -> list[Tensor]:
        """Features (N, widths[i], H / strides[i], W / strides[i]) of x (N, C, H, W), finest first."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.features(x)
