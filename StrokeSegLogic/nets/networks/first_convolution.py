"""Fitting a pretrained RGB first convolution to any number of input channels."""

from __future__ import annotations

from torch import Tensor


def adapt_first_convolution(kernel: Tensor, channels: int, *, colour: bool = False) -> Tensor:
    """The mean of the RGB kernels for every sequence, scaled so that the response keeps its size.

    MRI sequences are grey: a grey image shown to an RGB network excites the sum of its three kernels. Giving each of
    C sequences 3 / C times the mean kernel makes C equal sequences excite exactly that sum. The learned edge and
    blob filters stay; only their colour preference, which has no meaning here, goes.

    A colour image, such as a colour-coded perfusion map, keeps the kernels as they are.

    Args:
        kernel: (out, 3, h, w).
        channels: C.
        colour: the channels are one image's red, green and blue.

    Returns:
        (out, C, h, w).

    Raises:
        ValueError: if a colour image is to have another number of channels than the kernel.
    """
    if not colour:
        return kernel.mean(dim=1, keepdim=True).repeat(1, channels, 1, 1) * (kernel.shape[1] / channels)
    if channels != kernel.shape[1]:
        raise ValueError(f"a colour image has {kernel.shape[1]} channels, not {channels}")
    return kernel
