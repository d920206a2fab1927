from __future__ import annotations

import math

import pytest
import torch

from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import UNet2DSpec
from StrokeSegLogic.nets.networks.unet import AttentionGate

PLAIN = UNet2DSpec("compact", 3, 2, (24, 16, 12, 8))
GATED = UNet2DSpec("compact", 3, 2, (24, 16, 12, 8), attention=True)


def test_a_gate_weighs_by_the_additive_formula() -> None:
    torch.manual_seed(0)
    gate = AttentionGate(2, 3)
    skip, signal = torch.randn(1, 2, 2, 2), torch.randn(1, 3, 1, 1)
    # One gating pixel, one channel inside: the formula of Oktay et al. in plain numbers.
    theta = (gate.theta.weight[0] * skip[0]).sum().item()
    phi = (gate.phi.weight[0, :, 0, 0] * signal[0, :, 0, 0]).sum().item() + gate.phi.bias.item()
    relevance = gate.psi.weight.item() * max(theta + phi, 0) + gate.psi.bias.item()
    torch.testing.assert_close(gate(skip, signal), skip / (1 + math.exp(-relevance)))


def test_coefficients_lie_between_zero_and_one_and_start_nearly_open() -> None:
    torch.manual_seed(0)
    found = AttentionGate(8, 16).coefficients(torch.randn(2, 8, 12, 8), torch.randn(2, 16, 6, 4))
    assert found.shape == (2, 1, 12, 8)
    assert found.min() > 0.8
    assert found.max() < 1


def test_a_closed_gate_lets_nothing_through() -> None:
    gate = AttentionGate(4, 4)
    torch.nn.init.constant_(gate.psi.bias, -1e4)
    assert not gate(torch.randn(1, 4, 8, 8), torch.randn(1, 4, 4, 4)).any()


@pytest.mark.parametrize("side", [(64, 64), (37, 81), (1, 5)])
def test_a_gated_u_net_answers_at_any_size(side: tuple[int, int]) -> None:
    with torch.inference_mode():
        assert build(GATED).eval()(torch.randn(1, 3, *side)).shape == (1, 2, *side)


def test_gates_add_to_a_u_net_and_change_nothing_else_of_it() -> None:
    plain, gated = build(PLAIN).state_dict(), build(GATED).state_dict()
    added = {name for name in gated if ".gate." in name}
    assert {name: value.shape for name, value in plain.items()} == {
        name: value.shape for name, value in gated.items() if name not in added
    }
    # One gate for each of the four skips: theta, phi with bias, psi with bias.
    assert len(added) == 4 * 5


def test_every_gate_learns() -> None:
    torch.manual_seed(0)
    network = build(GATED)
    network(torch.randn(2, 3, 32, 32)).square().mean().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent
