"""EF and EFI: one encoder for all images, by a convolution into three channels or along a time axis."""

from __future__ import annotations

import pytest
import torch

from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.encoders.vgg import VGG16
from StrokeSegLogic.nets.networks.spec import EarlyFusionSpec, InflatedFusionSpec
from StrokeSegLogic.nets.networks.summary import layers, on_meta, parameters

VGG = 14_714_688
KINDS = (EarlyFusionSpec, InflatedFusionSpec)


def convolution(inputs: int, outputs: int, side: int = 3) -> int:
    return (side * side * inputs + 1) * outputs


def decoder(bottleneck: int, skips: tuple[int, ...]) -> int:
    """Parameters of the papers' decoder for one encoder, from its skips, finest first."""
    count, last = convolution(bottleneck, 256, 2), 256
    for skip, width in zip(skips[:0:-1], (128, 64, 32, 16), strict=True):
        count += convolution(last + skip, width) + convolution(width, width) + convolution(width, width, 2)
        last = width
    return count + convolution(last + skips[0], 16) + convolution(16, 16) + convolution(16, 3, 1)


NIHSS = (1 + 1) * 100 + (100 + 1) * 16 * 16


def test_early_fusion_is_a_convolution_into_three_channels_one_vgg16_and_one_decoder() -> None:
    network = on_meta(EarlyFusionSpec(12, 3, 4, nihss=True, size=(512, 512)))
    by_hand = convolution(12, 3) + VGG + convolution(512, 128) + convolution(128, 128) + NIHSS
    assert parameters(network) == by_hand + decoder(128 + 1, (64, 128, 256, 512, 512))
    rows = layers(network, (1, 12, 512, 512))
    assert (rows[0].name, rows[0].taken[0], rows[0].given[0]) == ("reduce.0", 12, 3)


@pytest.mark.parametrize(("inputs", "times"), [(4, (4, 4, 4, 4, 2, 1)), (5, (5, 5, 5, 5, 3, 2))])
def test_inflated_fusion_has_every_frame_at_every_skip(inputs: int, times: tuple[int, ...]) -> None:
    network = on_meta(InflatedFusionSpec(3 * inputs, 3, inputs, nihss=True, size=(512, 512)))
    *skips, deepest = (time * width for time, width in zip(times, (64, 128, 256, 512, 512, 512), strict=True))
    biases = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512
    by_hand = 3 * (VGG - biases) + biases + convolution(deepest, 128) + convolution(128, 128) + NIHSS
    assert parameters(network) == by_hand + decoder(128 + 1, tuple(skips))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [(64, 64), (33, 70), (1, 5)])
def test_logits_have_the_images_size_whatever_it_is(kind: type, side: tuple[int, int]) -> None:
    spec = kind(5, 3, 5, width=0.125)
    with torch.inference_mode():
        assert build(spec).eval()(torch.randn(2, 5, *side)).shape == (2, 3, *side)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_an_image_nor_nihss_is_ignored(kind: type) -> None:
    torch.manual_seed(1)
    network = build(kind(12, 3, 4, nihss=True, size=(64, 64), width=0.125)).eval()
    images, nihss = torch.rand(1, 12, 64, 64), torch.tensor([12.0])
    with torch.inference_mode():
        before = network(images, nihss)
        for number in range(4):
            other = images.clone()
            other[:, 3 * number : 3 * number + 3] += 1
            assert (network(other, nihss) - before).abs().max() > 1e-4
        assert (network(images, nihss + 5) - before).abs().max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_learns(kind: type) -> None:
    torch.manual_seed(1)
    network = build(kind(12, 3, 4, nihss=True, size=(64, 64), width=0.125))
    network(torch.rand(2, 12, 64, 64), torch.tensor([3.0, 14.0])).square().mean().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_encoder_of_thirteen_units(kind: type) -> None:
    network = build(kind(12, 3, 4, width=0.125))
    assert len(network.encoders()) == 1
    assert [len(unit) for unit in network.units()] == [1] * 13


def test_a_2d_checkpoint_fills_the_inflated_encoder_of_a_network() -> None:
    network = build(InflatedFusionSpec(12, 3, 4, width=0.125))
    flat = VGG16(3, 0.125)
    (encoder,) = network.encoders()
    encoder.load_2d(flat.state_dict())
    torch.testing.assert_close(encoder.features[0].weight.sum(2), flat.features[0].weight)
    torch.testing.assert_close(encoder.features[28].bias, flat.features[28].bias)
