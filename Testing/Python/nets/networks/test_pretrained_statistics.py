from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from zoo_networks import mobilenet_arrays

from StrokeSegLogic.nets.networks.base import Encoder
from StrokeSegLogic.nets.networks.encoders.mobilenet import MobileNetV2
from StrokeSegLogic.nets.networks.pretrained.checkpoint import checkpoint
from StrokeSegLogic.nets.networks.pretrained.load import load_encoder
from StrokeSegLogic.nets.networks.pretrained.statistics import restate_batch_norms


@pytest.fixture
def folded(tmp_path: Path) -> Encoder:
    np.savez(tmp_path / "zoo.npz", **mobilenet_arrays())
    encoder = MobileNetV2(2)
    load_encoder(encoder, checkpoint("mobilenet_v2", file=tmp_path / "zoo.npz"))
    return encoder


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(8, 2, 64, 64, generator=torch.Generator().manual_seed(0))


def distance(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> float:
    return max(((a - b).abs().mean() / b.abs().mean()).item() for a, b in zip(ours, theirs, strict=True))


@torch.no_grad()
def test_restating_changes_nothing_in_evaluation(folded: Encoder, images: torch.Tensor) -> None:
    before = folded.eval()(images)
    restate_batch_norms(folded, images)
    assert distance(folded(images), before) < 1e-3


@torch.no_grad()
def test_with_batch_statistics_a_folded_network_keeps_its_features_only_if_restated(
    folded: Encoder, images: torch.Tensor
) -> None:
    learned = folded.eval()(images)
    state = {name: value.clone() for name, value in folded.state_dict().items()}
    lost = distance(folded.train()(images), learned)
    folded.load_state_dict(state)
    restate_batch_norms(folded, images)
    kept = distance(folded.train()(images), learned)
    assert kept < 1e-2
    assert lost > 50 * kept


def test_norms_hold_the_images_own_statistics_afterwards(folded: Encoder, images: torch.Tensor) -> None:
    restate_batch_norms(folded, images)
    convolution, norm = folded.features[0][0], folded.features[0][1]
    seen = convolution(images)
    torch.testing.assert_close(norm.running_mean, seen.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(norm.running_var, seen.var(dim=(0, 2, 3), correction=0))


def test_each_module_keeps_its_mode(images: torch.Tensor) -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.Dropout())
    network.train()
    network[1].eval()
    restate_batch_norms(network, images)
    assert [module.training for module in network] == [True, False, True]
