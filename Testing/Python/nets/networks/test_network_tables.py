"""The page on networks says what the networks are."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from StrokeSegLogic.nets.networks.spec import SlowFusionSpec, UNet2DSpec
from StrokeSegLogic.nets.networks.summary import layers, on_meta, operation, parameters

PICTURES = Path(__file__).resolve().parents[4] / "docs" / "pictures"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("network_tables", PICTURES / "network_tables.py")
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_table_of_the_page_is_what_the_networks_say(script: ModuleType) -> None:
    page = script.PAGE.read_text(encoding="utf-8")
    for name, table in script.tables().items():
        assert script.put(page, name, table) == page, f"run docs/pictures/network_tables.py: '{name}' has changed"


@pytest.mark.slow
def test_no_parameter_is_missing_from_a_layer_table(script: ModuleType) -> None:
    for name, shown in script.SHOWN.items():
        network = on_meta(shown.spec)
        rows = layers(network, (1, shown.spec.channels, *shown.size), shown.names)
        assert sum(row.parameters for row in rows) == parameters(network), name


@pytest.mark.slow
def test_every_network_of_the_page_is_drawn_with_its_joined_widths(script: ModuleType) -> None:
    page = script.PAGE.read_text(encoding="utf-8")
    for name, shown in script.SHOWN.items():
        assert f"(pictures/networks/{name}.svg)" in page
        drawn = (PICTURES / "networks" / f"{name}.svg").read_text(encoding="utf-8")
        network = on_meta(shown.spec)
        rows = layers(network, (1, shown.spec.channels, *shown.size))
        joined = [row for row in rows if re.search(r"scales\.\d\.0\.0$|last\.0\.0$", row.name)]
        assert all(f"= {row.taken[0]}<" in drawn for row in joined), name
        # Every size that a drawing gives is one of the network's.
        known = {row.given for row in rows} | {row.taken for row in rows} | {(shown.spec.channels, *shown.size)}
        given = {tuple(map(int, size.split(" \u00d7 "))) for size in re.findall(r"\d+(?: \u00d7 \d+){2,3}", drawn)}
        reshaped = {size for size in given if size[0] == 1 or size[1:] == (4, 512, 512)}
        assert given - reshaped <= known, name


def test_a_page_without_a_tables_place_is_refused(script: ModuleType) -> None:
    with pytest.raises(ValueError, match="0 places for the table 'counts'"):
        script.put("# Networks", "counts", "| a |")


def test_layers_come_in_the_order_in_which_they_run_with_their_shapes() -> None:
    rows = layers(on_meta(SlowFusionSpec(4, 3, 4, width=0.125)), (1, 4, 32, 64))
    assert [(row.taken, row.given) for row in rows[:3]] == [
        ((1, 32, 64), (8, 32, 64)),
        ((8, 32, 64), (8, 32, 64)),
        ((8, 32, 64), (8, 16, 32)),
    ]
    assert rows[-1].name == "decoder.head"
    assert len(rows) == 4 * (13 + 5 + 2) + 1 + 4 * 3 + 3


def test_layers_leave_no_hook_behind() -> None:
    network = on_meta(UNet2DSpec("compact", 2, 2, (8, 8, 8, 8)))
    before = len(layers(network, (1, 2, 16, 16)))
    assert len(layers(network, (1, 2, 16, 16))) == before
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Conv2d(1, 1, 3), "3x3 convolution"),
        (nn.Conv3d(1, 1, 3, dilation=2), "3x3x3 convolution, dilation 2"),
        (nn.ConvTranspose2d(1, 1, 2, 2), "2x2 transposed convolution, stride 2"),
        (nn.MaxPool2d(2), "2x2 max-pooling"),
        (nn.MaxPool3d((1, 2, 2)), "1x2x2 max-pooling"),
        (nn.Linear(1, 1), "dense"),
        (nn.BatchNorm2d(1), "normalisation"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1), nn.ReLU(), nn.Conv2d(1, 1, 3)), "2 x (3x3 convolution)"),
    ],
)
def test_an_operation_is_told_in_words(module: nn.Module, words: str) -> None:
    assert operation(module) == words


def test_on_meta_takes_no_memory() -> None:
    assert {parameter.device for parameter in on_meta(SlowFusionSpec(12, 3, 4)).parameters()} == {torch.device("meta")}
