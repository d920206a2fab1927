"""Images of any size through networks that halve it several times."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


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
