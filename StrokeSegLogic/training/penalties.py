"""L1 and L2 penalties on a network's weights, added to the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..nets.networks.base import SegmentationNetwork


@dataclass(frozen=True)
class PenaltySpec:
    """l1 · Σ|w| + l2 · Σw², as Keras counts it (no half); not the same as an optimiser's weight decay under Adam.

    Weights are kernels of convolutions, transposed convolutions and dense layers; biases and the parameters of
    normalisation and activation layers go free. Slow fusion has l1 = 1e-6 and l2 = 1e-5 (Tomasetti et al. 2022), the
    modified 3-D U-Net l2 = 1e-3 (Omarov et al. 2022).

    Attributes:
        l1: of absolute values.
        l2: of squares.
        encoders: whether encoders' weights are penalised too. Not in slow fusion's published code, where the pretrained
            VGG16 carries none; a penalty would pull pretrained weights towards 0.
    """

    l1: float = 0.0
    l2: float = 0.0
    encoders: bool = False

    def __post_init__(self) -> None:
        if self.l1 < 0 or self.l2 < 0:
            raise ValueError("penalties l1 and l2 must not be negative")


def penalty(spec: PenaltySpec, network: SegmentationNetwork) -> Tensor:
    """The penalty as a scalar with gradients.

    Frozen weights are left out: theirs would be a constant, and the loss would jump when they are unfrozen.
    """
    spared = (
        set() if spec.encoders else {id(p) for depth in network.units() for unit in depth for p in unit.parameters()}
    )
    total = torch.zeros((), device=next(network.parameters()).device)
    if spec.l1 == spec.l2 == 0:
        return total
    for weight in _kernels(network):
        if weight.requires_grad and id(weight) not in spared:
            total = total + spec.l1 * weight.abs().sum() + spec.l2 * weight.square().sum()
    return total


def _kernels(network: nn.Module) -> Iterator[Tensor]:
    """Each kernel once, though several layers may share it."""
    seen: set[int] = set()
    for layer in network.modules():
        weight = getattr(layer, "weight", None)
        # Weights of norms and activations have one number a channel; kernels at least inputs and outputs.
        if isinstance(weight, nn.Parameter) and weight.ndim >= 2 and not isinstance(layer, nn.LayerNorm):
            if id(weight) not in seen:
                yield weight
            seen.add(id(weight))
