"""A network's layers with their shapes and parameter counts, read off the network itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn

from .base import SegmentationNetwork
from .build import build
from .spec import NetworkSpec

LAYERS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear, nn.MaxPool2d, nn.MaxPool3d)
"""What `layers` lists where no names are asked for."""

_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d, nn.InstanceNorm3d)


@dataclass(frozen=True)
class Layer:
    """One module's run.

    Attributes:
        name: in the network.
        operation: in words.
        taken: shape of its (first) input, without the batch.
        given: shape of its output, without the batch; of the deepest features if it gives several.
        parameters: in it, those that do not learn left out.
    """

    name: str
    operation: str
    taken: tuple[int, ...]
    given: tuple[int, ...]
    parameters: int


def on_meta(spec: NetworkSpec) -> SegmentationNetwork:
    """The network without memory for its parameters: shapes and counts of the largest cost nothing."""
    with torch.device("meta"):
        return build(spec).eval()


def parameters(module: nn.Module) -> int:
    """Numbers that can learn, in a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def layers(network: SegmentationNetwork, images: Sequence[int], names: str | None = None) -> list[Layer]:
    """Modules in the order in which they run.

    Args:
        network: on any device; see `on_meta`.
        images: shape of the images, batch included.
        names: regular expression of the whole names to list; by default every module of the kinds in `LAYERS`.
    """
    found: list[Layer] = []
    hooks = []
    for name, module in network.named_modules():
        wanted = isinstance(module, LAYERS) if names is None else re.fullmatch(names, name)
        if wanted:

            def note(module: nn.Module, inputs: tuple, output: object, name: str = name) -> None:
                given = output[-1] if isinstance(output, list | tuple) else output
                assert isinstance(given, Tensor)
                found.append(Layer(name, operation(module), _shape(inputs[0]), _shape(given), parameters(module)))

            hooks.append(module.register_forward_hook(note))
    device = next(network.parameters()).device
    try:
        with torch.inference_mode():
            network(torch.zeros(*images, device=device), torch.zeros(images[0], device=device))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def operation(module: nn.Module) -> str:
    """What a module does, in words; activations and normalisations, which follow each convolution, left out."""
    if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
        words = "transposed convolution" if isinstance(module, nn.ConvTranspose2d) else "convolution"
        text = f"{'x'.join(map(str, module.kernel_size))} {words}"
        if module.stride[0] > 1:
            text += f", stride {module.stride[0]}"
        return text + (f", dilation {module.dilation[0]}" if module.dilation[0] > 1 else "")
    if isinstance(module, nn.Linear):
        return "dense"
    if isinstance(module, nn.MaxPool2d | nn.MaxPool3d):
        size = module.kernel_size
        sides = size if isinstance(size, tuple) else (size,) * (3 if isinstance(module, nn.MaxPool3d) else 2)
        return f"{'x'.join(map(str, sides))} max-pooling"
    if isinstance(module, nn.Sequential):
        runs = groupby(operation(part) for part in module if parameters(part) and not isinstance(part, _NORMS))
        counted = ((words, len(list(run))) for words, run in runs)
        return ", ".join(words if count == 1 else f"{count} x ({words})" for words, count in counted)
    if isinstance(module, _NORMS):
        return "normalisation"
    # A block by the name of its class.
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(module).__name__).lower()


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:])
