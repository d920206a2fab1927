"""Networks of the ONNX model zoo (Apache-2.0) in the names that the encoders here have.

Both are stored as arrays named as in the zoo's ONNX files, in any float type; they come out as float32.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from ..encoders.mobilenet import MobileNetV2
from ..encoders.preactivation import PreActivationResNet50

_EPSILON = 1e-5
"""Of every batch norm of these networks, as of torch's."""


def mobilenet_v2(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """torchvision's MobileNetV2 from convolutions `conv_N_weight`, `conv_N_bias` into which batch norm was folded.

    The numbers N rise in the order of execution, which is also the order of the encoder's convolutions. What was folded
    cannot be told apart again; each norm is made to add, in evaluation, exactly the folded bias. Before such a
    network is trained with batch statistics, its norms should be restated: see `statistics`.

    Raises:
        KeyError: naming a bias that is missing.
        ValueError: if there are more or fewer convolutions.
    """
    numbers = sorted(int(name.split("_")[1]) for name in arrays if re.fullmatch(r"conv_\d+_weight", name))
    convolutions = [name for name, value in MobileNetV2(3).state_dict().items() if value.ndim == 4]
    if len(numbers) != len(convolutions):
        raise ValueError(f"{len(numbers)} convolutions instead of {len(convolutions)}")
    state: dict[str, Tensor] = {}
    # A norm follows each convolution, under the next name: features.0.0 and .1, features.1.conv.1 and .2.
    for number, convolution in zip(numbers, convolutions, strict=True):
        weight, bias = _tensor(arrays, f"conv_{number}_weight"), _tensor(arrays, f"conv_{number}_bias")
        parent, _, index = convolution.removesuffix(".weight").rpartition(".")
        norm = f"{parent}.{int(index) + 1}"
        state[convolution] = weight
        state[f"{norm}.weight"] = torch.ones_like(bias)
        state[f"{norm}.bias"] = bias
        state[f"{norm}.running_mean"] = torch.zeros_like(bias)
        state[f"{norm}.running_var"] = torch.full_like(bias, 1 - _EPSILON)
    return state


def resnet50_preactivation(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """The first three stages of ResNet50-v2 from `*_stageS_convN_weight` and `*_stageS_batchnormN_*`.

    The zoo's network begins with a norm of the image without weights. It is folded into what follows: its scale into
    the first kernel, its mean into the next norm's. That is exact but for the image's border, where the first
    convolution pads: there the image seems to go on at its mean plus at most 0.15 of an ImageNet image's deviation.

    Raises:
        KeyError: naming an array that is missing.
    """
    # Before the first underscore stands a prefix that counts the networks of the process which saved the file.
    named = {name.partition("_")[2]: value for name, value in arrays.items()}
    state: dict[str, Tensor] = {}

    def norm(own: str, theirs: str) -> None:
        for ours, suffix in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "running_mean"),
            ("running_var", "running_var"),
        ):
            state[f"{own}.{ours}"] = _tensor(named, f"{theirs}_{suffix}")

    scale = (_tensor(named, "batchnorm0_running_var") + _EPSILON).rsqrt()[None, :, None, None]
    mean = _tensor(named, "batchnorm0_running_mean")[None, :, None, None]
    kernel = _tensor(named, "conv0_weight") * scale
    state["conv0.weight"] = kernel
    norm("norm0", "batchnorm1")
    state["norm0.running_mean"] = state["norm0.running_mean"] + (kernel * mean).sum(dim=(1, 2, 3))
    for stage, blocks in enumerate(PreActivationResNet50.depths):
        theirs = f"stage{stage + 1}"
        for block in range(blocks):
            own = f"stages.{stage}.{block}"
            # The first block's shortcut takes a number after its three convolutions.
            first = 3 * block + (block > 0)
            for position in range(3):
                norm(f"{own}.norm{position + 1}", f"{theirs}_batchnorm{3 * block + position}")
                state[f"{own}.conv{position + 1}.weight"] = _tensor(named, f"{theirs}_conv{first + position}_weight")
        state[f"stages.{stage}.0.downsample.weight"] = _tensor(named, f"{theirs}_conv3_weight")
    norm("norm_last", "stage4_batchnorm0")
    return state


def _tensor(arrays: Mapping[str, np.ndarray], name: str) -> Tensor:
    return torch.from_numpy(arrays[name].astype(np.float32))


CONVERTERS: Mapping[str, Callable[[Mapping[str, np.ndarray]], dict[str, Tensor]]] = {
    "mobilenet_v2": mobilenet_v2,
    "resnet50_preactivation": resnet50_preactivation,
}
