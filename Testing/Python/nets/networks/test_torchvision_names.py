from __future__ import annotations

from math import prod

import pytest
from torchvision_names import PARAMETERS, SHAPES, without_classifier

from StrokeSegLogic.nets.networks.build import build_encoder

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@pytest.mark.parametrize("name", SHAPES)
def test_the_names_written_down_hold_as_many_parameters_as_torchvision_documents(name: str) -> None:
    learned = [prod(shape) for key, shape in SHAPES[name].items() if not key.endswith(STATISTICS)]
    assert sum(learned) == PARAMETERS[name]


@pytest.mark.parametrize("name", SHAPES)
def test_an_encoder_holds_exactly_torchvisions_tensors_but_the_classifiers(name: str) -> None:
    own = {key: tuple(value.shape) for key, value in build_encoder(name, 3).state_dict().items()}
    assert own == without_classifier(SHAPES[name])


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("resnet18", 512 * 1000 + 1000),
        ("resnet34", 512 * 1000 + 1000),
        ("resnet50", 2048 * 1000 + 1000),
        ("densenet121", 1_025_000),
        ("mobilenet_v2", 1_281_000),
    ],
)
def test_an_encoder_has_as_many_parameters_as_torchvisions_without_its_head(name: str, head: int) -> None:
    assert sum(p.numel() for p in build_encoder(name, 3).parameters()) == PARAMETERS[name] - head
