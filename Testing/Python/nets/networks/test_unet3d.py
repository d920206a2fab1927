from __future__ import annotations

import pytest
import torch
from torch import nn

from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import UNet3DSpec
from StrokeSegLogic.nets.networks.summary import layers, on_meta, parameters

SMALL = UNet3DSpec(5, 2, base_width=4)
CLASSIC = UNet3DSpec(5, 2, modified=False, base_width=4)


def convolutions(spec: UNet3DSpec) -> list[nn.Conv3d]:
    return [module for module in on_meta(spec).modules() if isinstance(module, nn.Conv3d)]


@pytest.mark.parametrize("modified", [True, False])
def test_five_levels_make_the_papers_23_convolutions(modified: bool) -> None:
    found = convolutions(UNet3DSpec(5, 2, modified))
    # Two a level on the way down, one to halve and two more on each of the four steps up, and the last.
    assert len(found) == 5 * 2 + 4 * (1 + 2) + 1 == 23
    assert [convolution.kernel_size for convolution in found].count((3, 3, 3)) == 18
    assert [convolution.kernel_size for convolution in found].count((2, 2, 2)) == 4
    assert found[-1].kernel_size == (1, 1, 1)


@pytest.mark.parametrize("levels", [2, 3, 4, 6])
def test_no_other_depth_makes_23(levels: int) -> None:
    assert len(convolutions(UNet3DSpec(5, 2, base_width=2, levels=levels))) == 5 * levels - 2 != 23


@pytest.mark.parametrize("modified", [True, False])
def test_it_has_as_many_parameters_as_the_papers_description_makes(modified: bool) -> None:
    def unit(inputs: int, outputs: int) -> int:
        # 3x3x3 weights, and a scale and a shift of the normalisation, which make a bias idle.
        return 27 * inputs * outputs + 2 * outputs

    widths = (64, 128, 256, 512, 1024)
    count = 64 * 2 + 2  # 1x1x1 of the 64-component vectors
    for inputs, width in zip((5, *widths), widths, strict=False):
        count += unit(inputs, width) + unit(width, width)
    for width in widths[:-1]:
        count += (8 * 2 * width + 1) * width + unit(2 * width, width) + unit(width, width)
    assert parameters(on_meta(UNet3DSpec(5, 2, modified))) == count


def test_shapes_fall_from_128_x_128_x_32_to_8_x_8_x_2_while_channels_double() -> None:
    rows = {row.name: row for row in layers(on_meta(UNet3DSpec(5, 2)), (1, 5, 32, 128, 128))}
    assert [rows[f"contracting.{level}.second.0"].given for level in range(5)] == [
        (64, 32, 128, 128),
        (128, 16, 64, 64),
        (256, 8, 32, 32),
        (512, 4, 16, 16),
        (1024, 2, 8, 8),
    ]
    # Concatenation with the skip: as much from below as from the side.
    assert [rows[f"expanding.{step}.first.0"].taken[0] for step in range(4)] == [1024, 512, 256, 128]
    assert rows["head"].given == (2, 32, 128, 128)


@pytest.mark.parametrize("spec", [SMALL, CLASSIC], ids=["modified", "classic"])
@pytest.mark.parametrize("size", [(16, 32, 32), (5, 33, 20), (1, 1, 1)])
def test_logits_have_the_volumes_size_whatever_it_is(spec: UNet3DSpec, size: tuple[int, int, int]) -> None:
    network = build(spec)
    assert network(torch.randn(1, 5, *size)).shape == (1, 2, *size)
    with torch.inference_mode():
        assert network.eval()(torch.randn(1, 5, *size)).shape == (1, 2, *size)


@pytest.mark.parametrize("spec", [SMALL, CLASSIC], ids=["modified", "classic"])
def test_every_parameter_learns(spec: UNet3DSpec) -> None:
    torch.manual_seed(0)
    network = build(spec)
    network(torch.randn(2, 5, 16, 32, 32)).square().mean().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_the_modified_network_differs_from_the_classic_in_what_the_paper_names() -> None:
    def kinds(spec: UNet3DSpec) -> set[type]:
        wanted = (nn.ReLU, nn.LeakyReLU, nn.BatchNorm3d, nn.InstanceNorm3d, nn.Dropout3d)
        return {type(module) for module in build(spec).modules() if isinstance(module, wanted)}

    assert kinds(CLASSIC) == {nn.ReLU, nn.BatchNorm3d}
    assert kinds(SMALL) == {nn.LeakyReLU, nn.InstanceNorm3d, nn.Dropout3d}
    assert {convolution.dilation for convolution in convolutions(CLASSIC)} == {(1, 1, 1)}
    assert sum(convolution.dilation == (2, 2, 2) for convolution in convolutions(SMALL)) == 4


def test_spatial_dropout_takes_whole_feature_maps_and_only_while_training() -> None:
    network = build(SMALL)
    found = [module for module in network.modules() if isinstance(module, nn.Dropout3d)]
    assert [dropout.p for dropout in found] == [0.5] * 5
    maps = found[0](torch.ones(1, 400, 2, 2, 2)).flatten(2)
    assert ((maps == 0).all(2) | (maps == 2).all(2)).all()
    assert 120 < (maps == 0).all(2).sum() < 280
    assert (found[0].eval()(torch.ones(1, 4, 2, 2, 2)) == 1).all()


def test_a_voxel_is_seen_further_away_through_dilated_convolutions() -> None:
    def reach(spec: UNet3DSpec) -> int:
        # The first level alone, its norms left out: they carry every voxel everywhere.
        level = build(spec).contracting[0]
        line = torch.zeros(1, 5, 1, 1, 21)
        line[..., 10] = 1
        return int((level.second[0](level.first[0](line)) != 0).any(1).sum())

    assert (reach(CLASSIC), reach(SMALL)) == (5, 7)


def test_it_has_no_pretrained_part() -> None:
    network = build(SMALL)
    assert network.encoders() == []
    assert network.units() == []
    assert not network.uses_nihss
