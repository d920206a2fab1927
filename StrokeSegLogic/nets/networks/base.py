"""What training and inference need to know of a network, and its weights' layout in memory."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional


class Encoder(nn.Module):
    """Features of an image at several scales.

    No method here is called `features`: in torchvision's VGG, DenseNet and MobileNet that is a module's name.

    Attributes:
        widths: channels of the features, finest scale first.
        strides: how many input pixels one feature spans along a side, finest first; each twice the previous.
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
        return [list(depth) for depth in zip(*(encoder.units() for encoder in self.encoders()), strict=True)]


def channels_last(network: nn.Module) -> None:
    """Lays kernels out with channels last, in place, which 2-D and 3-D convolutions prefer; a network may hold both."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        elif parameter.ndim == 5:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)


def pad_to_stride(images: Tensor, stride: int) -> Tensor:
    """The images with their last rows, columns (and slices) repeated until each side is a multiple of the stride.

    The edge is repeated, since zero may mean a tissue or a missing sequence. `crop` undoes it.

    Args:
        images: (N, C, H, W) or (N, C, D, H, W).
        stride: how many pixels one feature of the deepest scale spans.
    """
    behind = [(0, -side % stride) for side in reversed(images.shape[2:])]
    if not any(after for _, after in behind):
        return images
    return functional.pad(images, [number for pair in behind for number in pair], mode="replicate")


def crop(images: Tensor, like: Tensor) -> Tensor:
    """The images (N, C, *spatial), cut behind to the spatial size of another tensor."""
    for axis in range(2, images.dim()):
        images = images.narrow(axis, 0, like.shape[axis])
    return images
