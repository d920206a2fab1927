"""A slow fusion that begins as a smaller network: more inputs grow into a network that has learned.

What is new reaches what was there with a weight of 0, so that the grown network first answers as the smaller did
(function-preserving growth, after Chen et al., Net2Net, ICLR 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..base.errors import ModelError
from ..nets.models.bundle import Bundle, require_fitting_weights
from ..nets.models.field_spec import FieldModelSpec, InputSpec
from ..nets.networks.fusion import FusionNetwork, SlowFusion
from ..nets.networks.spec import NetworkSpec, SlowFusionSpec


def warm_start(network: torch.nn.Module, spec: NetworkSpec, inputs: Sequence[InputSpec], bundle: Bundle) -> None:
    """Fills a slow fusion with the weights of a slow fusion that has the first of its inputs, and perhaps no NIHSS.

    Args:
        network: changed in place.
        spec: of the network.
        inputs: of the network.
        bundle: of the smaller model.

    Raises:
        ModelError: if the smaller model is damaged, or none that the network could have grown from.
    """
    small = bundle.spec
    if not _grows_from(small, spec, inputs) or not isinstance(network, SlowFusion):
        raise ModelError(
            "is no slow fusion of the first of these inputs with the same widths",
            where=bundle.spec.name,
            fix="Begin with another model, or with none",
        )
    require_fitting_weights(bundle)
    weights = {name: torch.from_numpy(value.astype(np.float32)) for name, value in bundle.load()["network"].items()}
    with torch.no_grad():
        _fill(network, weights, small.network.inputs)  # type: ignore[union-attr]


def _grows_from(small: object, spec: NetworkSpec, inputs: Sequence[InputSpec]) -> bool:
    if not isinstance(small, FieldModelSpec) or not isinstance(small.network, SlowFusionSpec):
        return False
    if not isinstance(spec, SlowFusionSpec) or tuple(inputs[: len(small.inputs)]) != small.inputs:
        return False
    same = ("classes", "width", "least", "channels_per_input")
    fits = all(getattr(spec, name) == getattr(small.network, name) for name in same)
    return fits and (spec.nihss or not small.network.nihss) and (not small.nihss or spec.size == small.network.size)


def _fill(network: FusionNetwork, weights: Mapping[str, Tensor], before: int) -> None:
    state = network.state_dict()
    for name, value in weights.items():
        if state[name].shape == value.shape:
            state[name].copy_(value)
    now = len(network.backbones)
    decoder = network.decoder
    neck = _outputs(network.necks[0][0][0])  # type: ignore[index]
    nihss = [now * neck] if "nihss.dense.0.weight" in weights else []
    _place(state, weights, "decoder.first", [*range(before * neck), *nihss], transposed=True)
    last = last_before = _outputs(decoder.first[0])
    skips = [backbone.widths[:-1] for backbone in network.encoders()]
    for number, depth in enumerate(range(len(skips[0]) - 1, 0, -1)):
        part = f"decoder.scales.{number}"
        skip = skips[0][depth]
        _place(state, weights, f"{part}.0", [*range(last_before), *range(last, last + before * skip)])
        last = _outputs(decoder.scales[number][2][0])  # type: ignore[index]
        last_before = last // now * before
        _place(state, weights, f"{part}.1", list(range(last_before)))
        _place(state, weights, f"{part}.2", list(range(last_before)), transposed=True)
    _place(state, weights, "decoder.last.0", [*range(last_before), *range(last, last + before * skips[0][0])])


def _place(
    state: Mapping[str, Tensor], weights: Mapping[str, Tensor], layer: str, inputs: list[int], transposed: bool = False
) -> None:
    """Puts a convolution into a wider: its outputs come first, and see nothing but the inputs at these places."""
    wide, narrow = state[f"{layer}.0.weight"], weights[f"{layer}.0.weight"]
    if transposed:
        wide, narrow = wide.transpose(0, 1), narrow.transpose(0, 1)
    wide[: len(narrow)] = 0
    wide[: len(narrow), inputs] = narrow
    bias = weights[f"{layer}.0.bias"]
    state[f"{layer}.0.bias"][: len(bias)] = bias


def _outputs(layer: torch.nn.Module) -> int:
    return int(layer.out_channels)  # type: ignore[arg-type]
