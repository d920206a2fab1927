from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import pytest
import torch

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.nets.networks.build import build, build_encoder
from StrokeSegLogic.nets.networks.spec import (
    ENCODERS,
    EarlyFusionSpec,
    InflatedFusionSpec,
    NetworkSpec,
    SlowFusionSpec,
    UNet2DSpec,
    UNet3DSpec,
)


@dataclass(frozen=True)
class Manifest:
    network: NetworkSpec


def read(values: dict) -> NetworkSpec:
    return from_mapping(Manifest, {"network": values}, "model.json").network


SPECS = [
    UNet2DSpec("resnet50", 4, 2, (256, 128, 64, 32, 16), attention=True),
    SlowFusionSpec(12, 3, 4, nihss=True, size=(512, 512)),
    EarlyFusionSpec(12, 3, 4, width=0.125),
    InflatedFusionSpec(5, 3, 5),
    UNet3DSpec(5, 2, modified=False, base_width=8),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_a_spec_comes_back_from_json_as_it_was(spec: NetworkSpec) -> None:
    assert read(json.loads(json.dumps(asdict(spec)))) == spec


def test_a_manifest_without_a_kind_means_a_2d_u_net() -> None:
    values = {"encoder": "compact", "channels": 5, "classes": 2, "decoder": [128, 64, 32, 16]}
    assert read(values) == UNet2DSpec("compact", 5, 2, (128, 64, 32, 16))


def test_every_spec_says_its_channels_classes_dimensions_and_encoder() -> None:
    told = [(spec.kind, spec.channels, spec.classes, spec.dimensions, spec.encoder) for spec in SPECS]
    assert told == [
        ("unet2d", 4, 2, 2, "resnet50"),
        ("slow_fusion", 12, 3, 2, "vgg16"),
        ("early_fusion", 12, 3, 2, "vgg16"),
        ("inflated_fusion", 5, 3, 2, "vgg16"),
        ("unet3d", 5, 2, 3, None),
    ]
    assert [spec.channels_per_input for spec in SPECS[1:4]] == [3, 3, 1]


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.quick(4)
def test_every_encoder_that_a_spec_may_name_is_built_into_a_u_net_that_answers(name: str) -> None:
    with torch.device("meta"):
        encoder = build_encoder(name, 4)
        steps = len(encoder.widths) - (encoder.strides[0] == 1)
        network = build(UNet2DSpec(name, 4, 2, (32, 24, 16, 12, 8)[:steps])).eval()
        assert network(torch.zeros(1, 4, 50, 70)).shape == (1, 2, 50, 70)
    assert network.encoders() == [network.encoder]
    listed = [parameter for unit in network.units() for module in unit for parameter in module.parameters()]
    assert len({id(parameter) for parameter in listed}) == len(listed) == len(list(network.encoder.parameters()))


UNET = {"encoder": "compact", "channels": 1, "classes": 2, "decoder": [8]}
FUSION = {"kind": "slow_fusion", "channels": 12, "classes": 3, "inputs": 4}
UNET3D = {"kind": "unet3d", "channels": 5, "classes": 2}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (UNET | {"encoder": "vgg99"}, "vgg99"),
        (UNET | {"channels": 0}, "at least one channel"),
        (UNET | {"chanels": 1}, "chanels"),
        (UNET | {"decoder": []}, "decoder widths"),
        (UNET | {"decoder": [16, 0]}, "decoder widths"),
        (UNET | {"kind": "unet4d"}, "unet4d"),
        (FUSION | {"channels": 10}, "10 channels for 4 inputs"),
        (FUSION | {"channels": 1, "inputs": 1}, "at least two inputs"),
        (FUSION | {"classes": 1}, "two classes"),
        (FUSION | {"nihss": True}, "the images' size"),
        (FUSION | {"size": [512]}, "'size' holds 1 values"),
        (FUSION | {"size": [0, 512]}, "not a height and a width"),
        (FUSION | {"width": 0.01}, "width 0.01"),
        (FUSION | {"width": float("nan")}, "'width' is nan"),
        (FUSION | {"dropout": 1.0}, "dropout 1.0"),
        (FUSION | {"decoder": [8]}, "decoder"),
        (UNET3D | {"levels": 1}, "at least two levels"),
        (UNET3D | {"base_width": 0}, "base_width"),
        (UNET3D | {"dropout": -0.1}, "dropout -0.1"),
        (UNET3D | {"modified": "yes"}, "modified"),
    ],
)
def test_a_wrong_spec_names_what_is_wrong(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(values)


def test_a_kind_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="'early_fusion' where 'slow_fusion' belongs"):
        SlowFusionSpec(12, 3, 4, kind="early_fusion")


def test_an_unknown_encoder_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="resnet99"):
        build_encoder("resnet99", 3)
