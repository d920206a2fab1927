from __future__ import annotations

import dataclasses

import pytest
import torch
from site_studies import Adapted, write_site

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.training import loss_log
from StrokeSegLogic.training.adapt.run import AdaptOptions, adapt
from StrokeSegLogic.training.adapt.settings import AdaptSettings
from StrokeSegLogic.training.losses.cross_entropy_dice import CrossEntropyDice

FAST = AdaptSettings(
    steps=35,
    batch=5,
    rate=1e-2,
    final_rate=1e-3,
    average=0.5,
    mixing=1.0,
    folds=2,
    weight_decay=0.0,
    fewer=0.0,
    loss=CrossEntropyDice(lesion=4.0),
)
"""Learns what is bright within seconds."""


@pytest.fixture(scope="session")
def small(untrained: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A whole model with random weights in narrow networks and coarse pixels, which calls most of the brain lesion."""
    torch.manual_seed(1)
    network = dataclasses.replace(untrained.planes.network, decoder=(16, 16, 8, 8))
    spec = dataclasses.replace(untrained.planes, name="small", network=network, spacing_mm=6.0, threshold=0.3)
    state = {name: value.numpy() for name, value in build(network).state_dict().items()}
    return Bundle.write(tmp_path_factory.mktemp("models") / "small", spec, dict.fromkeys(PLANES, state))


@pytest.fixture(scope="session")
def adapted(small: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Adapted:
    """Nine patients, of whom the last has no lesion, and two controls."""
    home = tmp_path_factory.mktemp("site")
    write_site(home / "reviewed", 8)
    write_site(home / "reviewed", 1, first=8, healthy=True)
    write_site(home / "negatives", 2, first=20, healthy=True, mask="")
    options = AdaptOptions(
        model=str(small.folder), name="small-here", negatives=home / "negatives", settings=FAST, device="cpu"
    )
    with pytest.MonkeyPatch.context() as patch:
        # Half a second for each picture of losses, which other tests look at.
        patch.setattr(loss_log, "draw", lambda *_: None)
        found = adapt(home / "reviewed", home / "run", options)
    return Adapted(home / "reviewed", home / "negatives", options, home / "run", found)
