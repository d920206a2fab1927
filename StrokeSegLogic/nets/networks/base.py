"""What training and inference need to know of a network, and its weights' layout in memory."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from .encoders.base import Encoder


class SegmentationNetwork(nn.Module):
    """Logits of images; the softmax is left to the loss and to inference.

    Attributes:
        uses_nihss: whether `forward` needs the NIHSS score beside the images.
    """

    uses_nihss: bool = False

    @abstractmethod
    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        """Logits (N, classes, *spatial) of images (N, channels, *spatial).

        Args:
            images: of any size, but for networks that say otherwise.
            nihss: score in points, (N,) or (N, 1), finite; of no effect where `uses_nihss` is false.

        Raises:
            ValueError: if the images or the score are not those that the network was made for.
        """

    def encoders(self) -> list[Encoder]:
        """The parts that pretrained weights are loaded into, in the order of the inputs; empty if there are none."""
        return []

    def units(self) -> list[list[nn.Module]]:
        """The encoders' modules from the input to the deepest: each entry holds those of one depth, of all encoders.

        What is no encoder's is in none of them: freezing every unit leaves just the decoder to learn, and the later
        half of the list is the encoders' deeper half.
        """
        return [list(depth) for depth in zip(*(one.units() for one in self.encoders()), strict=True)]


def channels_last(network: nn.Module) -> None:
    """Lays kernels out with channels last, in place, which 2-D and 3-D convolutions prefer; a network may hold both."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        elif parameter.ndim == 5:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
