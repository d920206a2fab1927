"""What a network's state holds, told without torch, is what the network that is built has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from StrokeSegLogic.nets.networks.parameters import parameter_shapes
from StrokeSegLogic.nets.networks.spec import (
    ENCODERS,
    EarlyFusionSpec,
    InflatedFusionSpec,
    NetworkSpec,
    SlowFusionSpec,
    SubvoxelUNet3DSpec,
    UNet2DSpec,
    UNet3DSpec,
)
from StrokeSegLogic.nets.networks.summary import on_meta

STEPS = {"compact": 4, "resnet50_preactivation": 4}
UNETS = [
    UNet2DSpec(name, channels, classes, (9, 8, 7, 6, 5)[: STEPS.get(name, 5)], attention)
    for name in ENCODERS
    for channels, classes, attention in ((1, 2, False), (5, 3, True))
]
FUSIONS: list[NetworkSpec] = [
    kind(**values)
    for kind in (SlowFusionSpec, EarlyFusionSpec, InflatedFusionSpec)
    for values in (
        {"channels": 4, "classes": 3, "inputs": 4},
        {"channels": 15, "classes": 2, "inputs": 5, "nihss": True, "size": (96, 70), "width": 0.3, "least": 9},
        {"channels": 2, "classes": 3, "inputs": 2, "size": (64, 64), "width": 2},
    )
]
VOLUMES = [
    UNet3DSpec(2, 2, base_width=4),
    UNet3DSpec(5, 3, modified=False, base_width=3, levels=3),
    UNet3DSpec(1, 2, base_width=1, levels=2),
    SubvoxelUNet3DSpec(1, 2, (3, 5, 4)),
    SubvoxelUNet3DSpec(2, 3, (4, 6), factor=3),
]


@pytest.mark.parametrize("spec", [*UNETS, *FUSIONS, *VOLUMES], ids=lambda spec: spec.kind)
def test_names_and_shapes_are_those_of_the_network(spec: NetworkSpec) -> None:
    built = {name: tuple(value.shape) for name, value in on_meta(spec).state_dict().items()}
    assert parameter_shapes(spec) == built


def test_a_decoder_that_does_not_fit_the_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 5 widths for this encoder, not 2"):
        parameter_shapes(UNet2DSpec("resnet18", 1, 2, (8, 8)))


def test_it_is_told_without_torch() -> None:
    words = (
        "import sys; import StrokeSegLogic.nets.models.store, StrokeSegLogic.nets.models.bundle; "
        "assert not {'torch', 'SimpleITK', 'safetensors', 'slicer'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", words], check=True)
