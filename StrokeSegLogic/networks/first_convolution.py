"""Fitting a pretrained RGB first convolution to any number of sequences."""

from __future__ import annotations

from torch import Tensor


def adapt_first_convolution(kernel: Tensor, channels: int) -> Tensor:
    """The mean of the RGB kernels for every sequence, scaled so that the response keeps its size.

    MRI sequences are grey: a grey image shown to an RGB network excites the sum of its three kernels. Giving each of
    C sequences 3 / C times the mean kernel makes C equal sequences excite exactly that sum. The learned edge and
    blob filters stay; only their colour preference, which has no meaning here, goes.

    Args:
        kernel: (out, 3, h, w).
        channels: C.

    Returns:
        (out, C, h, w).
    """
    return kernel.mean(dim=1, keepdim=True).repeat(1, channels, 1, 1) * (kernel.shape[1] / channels)
