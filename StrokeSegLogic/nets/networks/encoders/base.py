"""What a decoder and a training scheme need to know of an encoder."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module):
    """Features of an image at several scales.

    No method here is called `features`: in torchvision's VGG, DenseNet and MobileNet that is a module's name.

    Attributes:
        widths: channels of the features, finest scale first.
        strides: how many input pixels one feature spans along a side, finest first; each twice the one before.
    """

    widths: tuple[int, ...]
    strides: tuple[int, ...]

    @abstractmethod
    def forward(self, x: Tensor) -> list[Tensor]:
        """Features (N, widths[i], H / strides[i], W / strides[i]) of x (N, C, H, W), finest first."""

    @abstractmethod
    def units(self) -> list[nn.Module]:
        """The encoder's parts from the input to the deepest: what fine-tuning freezes and unfreezes.

        A unit is one convolution with its norm, or one block. Together they hold every parameter exactly once.
        """
