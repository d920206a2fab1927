from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from StrokeSegLogic.nets.networks.base import Encoder
from StrokeSegLogic.nets.networks.encoders.compact import Compact
from StrokeSegLogic.nets.networks.encoders.densenet import DenseNet121
from StrokeSegLogic.nets.networks.encoders.mobilenet import MobileNetV2
from StrokeSegLogic.nets.networks.encoders.preactivation import PreActivationResNet50
from StrokeSegLogic.nets.networks.encoders.resnet import resnet

MAKERS: dict[str, Callable[[int], Encoder]] = {
    "compact": Compact,
    "resnet18": lambda channels: resnet("resnet18", channels),
    "resnet50": lambda channels: resnet("resnet50", channels),
    "densenet121": DenseNet121,
    "mobilenet_v2": MobileNetV2,
    "resnet50_preactivation": PreActivationResNet50,
}


@pytest.fixture(params=MAKERS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(0)
    return MAKERS[request.param](5)


def test_features_have_the_widths_and_strides_that_are_promised(encoder: Encoder) -> None:
    encoder.eval()
    with torch.inference_mode():
        found = encoder(torch.zeros(1, 5, 64, 96))
    assert [tuple(f.shape[1:]) for f in found] == [
        (width, 64 // stride, 96 // stride) for width, stride in zip(encoder.widths, encoder.strides, strict=True)
    ]


def test_each_stride_is_twice_the_previous(encoder: Encoder) -> None:
    assert all(coarse == 2 * fine for fine, coarse in zip(encoder.strides, encoder.strides[1:], strict=False))


def test_the_units_hold_every_parameter_exactly_once(encoder: Encoder) -> None:
    held = [parameter for unit in encoder.units() for parameter in unit.parameters()]
    assert len(held) == len({id(parameter) for parameter in held})
    assert {id(parameter) for parameter in held} == {id(parameter) for parameter in encoder.parameters()}
    assert all(list(unit.parameters()) for unit in encoder.units())


def test_the_units_stand_in_the_order_in_which_an_image_meets_them(encoder: Encoder) -> None:
    convolutions = {
        module: number
        for number, unit in enumerate(encoder.units())
        for module in unit.modules()
        if isinstance(module, nn.Conv2d)
    }
    met: list[int] = []
    for module, number in convolutions.items():
        module.register_forward_hook(lambda *_, number=number: met.append(number))
    encoder.eval()
    with torch.inference_mode():
        encoder(torch.zeros(1, 5, 32, 32))
    assert met == sorted(met)
    assert set(met) == set(range(len(encoder.units())))


def test_freezing_the_units_but_the_deepest_half_leaves_gradients_only_there(encoder: Encoder) -> None:
    units = encoder.units()
    for unit in units[: len(units) // 2]:
        unit.requires_grad_(False)
    sum(f.square().mean() for f in encoder(torch.randn(2, 5, 32, 32))).backward()
    learning = [any(p.grad is not None for p in unit.parameters()) for unit in units]
    assert learning == [False] * (len(units) // 2) + [True] * (len(units) - len(units) // 2)


def test_every_parameter_learns(encoder: Encoder) -> None:
    sum(f.square().mean() for f in encoder(torch.randn(2, 5, 64, 64))).backward()
    silent = [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_the_image_is_left_as_it_was(encoder: Encoder) -> None:
    # Rectifiers work in place here and there.
    image = torch.randn(2, 5, 32, 32)
    before = image.clone()
    encoder(image)
    assert torch.equal(image, before)


def test_the_bottlenecks_stride_sits_in_its_middle_convolution() -> None:
    block = resnet("resnet50", 3).layer2[0]
    assert (block.conv1.stride, block.conv2.stride) == ((1, 1), (2, 2))


def test_an_unknown_resnet_is_refused() -> None:
    with pytest.raises(ValueError, match="resnet99"):
        resnet("resnet99", 3)
