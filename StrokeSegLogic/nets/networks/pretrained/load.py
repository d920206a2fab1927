"""A checkpoint into an encoder, every tensor accounted for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from ....base.errors import ModelError
from ..base import Encoder


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


_CLASSIFIERS = ("fc.", "classifier.")
# The published DenseNets were saved when a layer's parts were called norm.1, conv.1, norm.2 and conv.2.
_OLD_DENSE_LAYER = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")
_COUNTER = ".num_batches_tracked"


def load_encoder(encoder: Encoder, checkpoint: Mapping[str, Tensor], *, colour: bool = False) -> None:
    """Fills an encoder with an ImageNet checkpoint that has torchvision's names.

    The classifier is left out and the first convolution fitted to the encoder's channels. All else must be there, and
    nothing more; if it is not, the encoder is left as it was.

    Args:
        encoder: changed in place.
        checkpoint: of a network for RGB images.
        colour: the encoder's three channels are a colour image, and its kernels stay as they are.

    Raises:
        ModelError: naming the first tensor that is missing, unknown or of another shape.
    """
    own = encoder.state_dict()
    state = {
        _OLD_DENSE_LAYER.sub(r"\1\2", name): value
        for name, value in checkpoint.items()
        if not name.startswith(_CLASSIFIERS)
    }
    # Older checkpoints lack torch's counter of batches, which only matters to norms without a momentum.
    state = {name: value for name, value in own.items() if name.endswith(_COUNTER)} | state
    first = _first_convolution(encoder)
    kernel, channels = state.get(first), own[first].shape[1]
    if colour and channels != 3:
        raise ModelError(
            f"an encoder of {channels} channels cannot keep the weights of a colour image's three",
            fix="Declare the input's channels as separate images, or leave out 'colour'",
        )
    if kernel is not None and kernel.ndim == 4 and kernel.shape[1] == 3:
        state[first] = adapt_first_convolution(kernel, channels, colour=colour)
    _require_same("lacks", [name for name in own if name not in state], encoder)
    _require_same("has the unknown", [name for name in state if name not in own], encoder)
    misshaped = [
        f"{name} as {tuple(state[name].shape)} instead of {tuple(value.shape)}"
        for name, value in own.items()
        if state[name].shape != value.shape
    ]
    _require_same("has", misshaped, encoder)
    encoder.load_state_dict(state, strict=True)


def _first_convolution(encoder: Encoder) -> str:
    """The name of the kernel that sees the image."""
    modules = encoder.units()[0].modules()
    kernel = next(module.weight for module in modules if isinstance(module, nn.Conv2d))
    return next(name for name, parameter in encoder.named_parameters() if parameter is kernel)


def _require_same(what: str, wrong: list[str], encoder: Encoder) -> None:
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ModelError(
            f"the checkpoint {what} {wrong[0]}{more}",
            where=type(encoder).__name__,
            fix="Name this encoder's own checkpoint, as torchvision publishes it",
        )
