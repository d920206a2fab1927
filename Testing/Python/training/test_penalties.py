from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from transfer_network import NoEncoder, TwoEncoders

from StrokeSegLogic.nets.networks.base import SegmentationNetwork
from StrokeSegLogic.training.penalties import PenaltySpec, penalty


def kernels(*layers: nn.Module) -> np.ndarray:
    found = [m.weight for layer in layers for m in layer.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    return np.concatenate([weight.detach().double().numpy().ravel() for weight in found])


@pytest.mark.parametrize("encoders", [True, False])
def test_penalties_are_the_sums_of_absolute_values_and_squares_of_kernels(encoders: bool) -> None:
    network = TwoEncoders()
    spec = PenaltySpec(l1=1e-3, l2=1e-2, encoders=encoders)
    values = kernels(network) if encoders else kernels(network.decoder)
    expected = 1e-3 * np.abs(values).sum() + 1e-2 * (values**2).sum()
    assert penalty(spec, network).item() == pytest.approx(expected, rel=1e-5)


def test_gradients_are_the_sign_and_twice_the_weight_and_none_for_biases_and_norms() -> None:
    network = TwoEncoders()
    penalty(PenaltySpec(l1=0.5, l2=0.25), network).backward()
    first, norm, last = network.decoder
    for layer in (first, last):
        assert torch.allclose(layer.weight.grad, 0.5 * layer.weight.sign() + 0.5 * layer.weight)
        assert layer.bias.grad is None
    assert norm.weight.grad is None
    assert all(parameter.grad is None for parameter in network.first.parameters())


def test_frozen_weights_are_left_out() -> None:
    network = TwoEncoders()
    network.first.requires_grad_(False)
    values = kernels(network.second, network.decoder)
    assert penalty(PenaltySpec(l2=1.0, encoders=True), network).item() == pytest.approx((values**2).sum(), rel=1e-5)


def test_a_weight_that_layers_share_counts_once() -> None:
    network = NoEncoder()
    network.again = nn.Conv2d(2, 2, 1)
    network.again.weight = network.last.weight
    assert penalty(PenaltySpec(l1=1.0), network).item() == pytest.approx(np.abs(kernels(network.last)).sum(), rel=1e-5)


def test_norms_with_weights_of_several_axes_and_dense_layers_are_told_apart() -> None:
    class Dense(SegmentationNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm((2, 2)), nn.PReLU(4))

    network = Dense()
    expected = network.layers[0].weight.abs().sum().item()
    assert penalty(PenaltySpec(l1=1.0), network).item() == pytest.approx(expected, rel=1e-5)


def test_no_penalty_is_zero_and_may_be_added_to_a_loss() -> None:
    network = TwoEncoders()
    loss = network(torch.randn(2, 2, 8, 8)).square().mean() + penalty(PenaltySpec(), network)
    loss.backward()
    assert penalty(PenaltySpec(), network).item() == 0


def test_negative_penalties_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        PenaltySpec(l1=-1e-6)
