"""Batch norms told in the statistics of the images at hand, without changing what the network computes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


@torch.no_grad()
def restate_batch_norms(network: nn.Module, images: Tensor) -> None:
    """Replaces each batch norm's mean and variance by those of these images, and its weight and bias to match.

    A norm that is trained replaces its stored statistics by the batch's. Where the two are far apart, as in a
    checkpoint with its norms folded away (`onnx_zoo.mobilenet_v2`), that throws out what was learned. After this the
    network gives the same features in evaluation, and nearly the same with batch statistics.

    Args:
        network: changed in place; its modules' modes (training or evaluation) are kept.
        images: (N, C, H, W), like those that it will be trained on; a few dozen slices are enough.
    """
    found: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def watch(norm: nn.Module, inputs: tuple[Any, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        found[norm] = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)

    hooks = [
        module.register_forward_pre_hook(watch) for module in network.modules() if isinstance(module, nn.BatchNorm2d)
    ]
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()(images)
    finally:
        for module, training in modes.items():
            module.training = training
        for hook in hooks:
            hook.remove()
    for norm, (variance, mean) in found.items():
        _restate(norm, mean, variance)


def _restate(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_(scale * torch.sqrt(variance + norm.eps))
    norm.bias.copy_(shift + scale * mean)
