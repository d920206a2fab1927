"""SF against figure 1 of Tomasetti et al., which prints the shape behind every layer for four maps of 512 x 512."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from StrokeSegLogic.nets.networks.base import SegmentationNetwork
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import SlowFusionSpec
from StrokeSegLogic.nets.networks.summary import layers, on_meta, parameters

VGG = 14_714_688
SETS = {
    "PMs": SlowFusionSpec(12, 3, 4),
    "PMs,M": SlowFusionSpec(15, 3, 5),
    "PMs,N": SlowFusionSpec(12, 3, 4, nihss=True, size=(512, 512)),
    "PMs,M,N": SlowFusionSpec(15, 3, 5, nihss=True, size=(512, 512)),
}
SMALL = SlowFusionSpec(12, 3, 4, width=0.125)
SMALL_N = SlowFusionSpec(4, 3, 4, nihss=True, size=(64, 96), width=0.125)


def convolution(inputs: int, outputs: int, side: int = 3) -> int:
    return (side * side * inputs + 1) * outputs


def by_hand(inputs: int, nihss: bool) -> int:
    """Parameters as the paper describes the network, layer by layer."""
    count = inputs * (VGG + convolution(512, 128) + convolution(128, 128))
    if nihss:
        count += (1 + 1) * 100 + (100 + 1) * (512 // 32) * (512 // 32)
    # A transposed 2x2 convolution has as many weights as a 2x2 convolution.
    count += convolution(inputs * 128 + nihss, 256, 2)
    last = 256
    for skip, width in ((512, 128), (512, 64), (256, 32), (128, 16)):
        width *= inputs
        count += convolution(last + inputs * skip, width) + convolution(width, width) + convolution(width, width, 2)
        last = width
    return count + convolution(last + inputs * 64, 16) + convolution(16, 16) + convolution(16, 3, 1)


@pytest.mark.parametrize("name", SETS)
def test_each_input_set_has_the_papers_layers_and_no_other(name: str) -> None:
    spec = SETS[name]
    assert parameters(on_meta(spec)) == by_hand(spec.inputs, spec.nihss)


def test_shapes_are_those_of_figure_1_at_every_scale() -> None:
    rows = {row.name: row for row in layers(on_meta(SETS["PMs"]), (1, 12, 512, 512))}
    # "Concat" boxes of the figure, from the bottleneck upwards, and the sizes beside them.
    first = ["decoder.first.0", *(f"decoder.scales.{scale}.0.0" for scale in range(4)), "decoder.last.0.0"]
    assert [rows[name].taken for name in first] == [
        (512, 16, 16),
        (2304, 32, 32),
        (2560, 64, 64),
        (1280, 128, 128),
        (640, 256, 256),
        (320, 512, 512),
    ]
    # "Transpose" boxes.
    up = ["decoder.first.0", *(f"decoder.scales.{scale}.2.0" for scale in range(4))]
    assert [rows[name].given for name in up] == [
        (256, 32, 32),
        (512, 64, 64),
        (256, 128, 128),
        (128, 256, 256),
        (64, 512, 512),
    ]
    assert rows["decoder.head"].given == (3, 512, 512)


def test_nihss_is_one_more_bottleneck_channel_of_h_by_w_over_32() -> None:
    rows = {row.name: row for row in layers(on_meta(SETS["PMs,N"]), (1, 12, 512, 512))}
    assert rows["nihss.dense.0"].given == (100,)
    assert rows["nihss.dense.2"].given == (16 * 16,)
    assert rows["decoder.first.0"].taken == (513, 16, 16)


@pytest.mark.parametrize("spec", [SMALL, SlowFusionSpec(5, 2, 5, width=0.125)], ids=["colour", "grey with MIP"])
@pytest.mark.parametrize("side", [(64, 64), (33, 70), (1, 5)])
def test_logits_have_the_images_size_whatever_it_is(spec: SlowFusionSpec, side: tuple[int, int]) -> None:
    with torch.inference_mode():
        assert build(spec).eval()(torch.randn(2, spec.channels, *side)).shape == (2, spec.classes, *side)


def test_a_size_that_is_no_multiple_of_32_works_with_nihss_too() -> None:
    network = build(SlowFusionSpec(4, 3, 4, nihss=True, size=(50, 70), width=0.125)).eval()
    with torch.inference_mode():
        assert network(torch.randn(2, 4, 50, 70), torch.tensor([4.0, 20.0])).shape == (2, 3, 50, 70)


@pytest.fixture(scope="module")
def network() -> SegmentationNetwork:
    torch.manual_seed(0)
    return build(SMALL_N).eval()


@pytest.mark.parametrize("number", range(4))
def test_no_image_is_ignored(network: SegmentationNetwork, number: int) -> None:
    images, nihss = torch.rand(1, 4, 64, 96), torch.tensor([12.0])
    other = images.clone()
    other[:, number] += 1
    with torch.inference_mode():
        assert (network(images, nihss) - network(other, nihss)).abs().max() > 1e-4


def test_nihss_is_not_ignored_and_belongs_to_its_own_image(network: SegmentationNetwork) -> None:
    images = torch.rand(2, 4, 64, 96)
    with torch.inference_mode():
        mild, severe = network(images, torch.tensor([[2.0], [2.0]])), network(images, torch.tensor([2.0, 25.0]))
    torch.testing.assert_close(mild[0], severe[0])
    assert (mild[1] - severe[1]).abs().max() > 1e-4


@pytest.mark.parametrize("spec", [SMALL, SMALL_N], ids=["PMs", "PMs,N"])
def test_every_parameter_learns(spec: SlowFusionSpec) -> None:
    torch.manual_seed(0)
    network = build(spec)
    network(torch.rand(2, spec.channels, 64, 96), torch.tensor([3.0, 14.0])).square().mean().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_the_units_hold_one_convolution_of_each_encoder_from_shallow_to_deep(network: SegmentationNetwork) -> None:
    encoders, units = network.encoders(), network.units()
    assert len(encoders) == 4
    assert len(units) == 13
    assert all([layer.out_channels for layer in unit] == [unit[0].out_channels] * 4 for unit in units)
    assert units[0] == [encoder.features[0] for encoder in encoders]
    listed = {id(parameter) for unit in units for module in unit for parameter in module.parameters()}
    assert listed == {id(parameter) for encoder in encoders for parameter in encoder.parameters()}


def test_dropout_is_a_quarter_behind_every_encoder(network: SegmentationNetwork) -> None:
    assert [module.p for module in network.modules() if isinstance(module, nn.Dropout)] == [0.25] * 4


@pytest.mark.parametrize(
    ("shape", "nihss", "message"),
    [
        ((1, 4, 64, 64), torch.tensor([1.0]), "64 x 64: the NIHSS branch was made for 64 x 96"),
        ((1, 4, 64, 96), None, "one NIHSS score for each image"),
        ((2, 4, 64, 96), torch.tensor([1.0]), "one NIHSS score for each image"),
        ((1, 5, 64, 96), torch.tensor([1.0]), "5 channels where the network takes 4"),
    ],
)
def test_inputs_that_the_network_was_not_made_for_are_refused(
    network: SegmentationNetwork, shape: tuple[int, ...], nihss: torch.Tensor | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        network(torch.zeros(shape), nihss)
