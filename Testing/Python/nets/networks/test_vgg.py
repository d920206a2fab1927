from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from StrokeSegLogic.nets.networks.encoders.inflated_vgg import InflatedVGG16, inflate
from StrokeSegLogic.nets.networks.encoders.vgg import VGG16

# Positions of the convolutions in torchvision's `features`, from its vgg16 checkpoint.
CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_vgg16_has_thirteen_convolutions_and_as_many_parameters_as_the_paper_makes() -> None:
    pairs = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
    pairs += [(256, 512), *[(512, 512)] * 5]
    with torch.device("meta"):
        network = VGG16(3)
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == len(pairs) == 13
    by_hand = sum((9 * inputs + 1) * outputs for inputs, outputs in pairs)
    # 14,714,688 is also Keras's count without its top, and torchvision's 138,357,544 less its classifier's 123,642,856.
    assert parameters(network) == by_hand == 14_714_688 == 138_357_544 - 123_642_856


def test_vgg16_carries_torchvisions_parameter_names() -> None:
    with torch.device("meta"):
        names = set(VGG16(3).state_dict())
    assert names == {f"features.{place}.{part}" for place in CONVOLUTIONS for part in ("weight", "bias")}


@pytest.mark.parametrize("width", [1.0, 0.125])
def test_features_have_the_widths_and_strides_that_are_promised(width: float) -> None:
    with torch.device("meta"):
        network = VGG16(3, width)
        found = network(torch.zeros(2, 3, 64, 96))
    assert network.widths == tuple(round(width * full) for full in (64, 128, 256, 512, 512, 512))
    assert network.strides == (1, 2, 4, 8, 16, 32)
    assert [tuple(features.shape) for features in found] == [
        (2, wide, 64 // stride, 96 // stride) for wide, stride in zip(network.widths, network.strides, strict=True)
    ]


def test_a_scale_is_its_blocks_last_convolution_after_relu_and_before_pooling() -> None:
    torch.manual_seed(0)
    network, image = VGG16(1, 0.125), torch.randn(1, 1, 32, 32)
    first, second = network.features[0], network.features[2]
    by_hand = functional.relu(second(functional.relu(first(image))))
    found = network(image)
    torch.testing.assert_close(found[0], by_hand)
    torch.testing.assert_close(found[5], functional.max_pool2d(found[4], 2))


def test_an_untrained_vgg16_neither_loses_nor_blows_up_its_signal() -> None:
    torch.manual_seed(0)
    with torch.inference_mode():
        deepest = VGG16(3, 0.25)(torch.randn(4, 3, 64, 64))[-1]
    assert 0.1 < deepest.std() < 10


@pytest.mark.parametrize("network", [VGG16(3, 0.125), InflatedVGG16(4, 3, 0.125)], ids=["flat", "inflated"])
def test_its_units_are_the_convolutions_and_hold_every_parameter_once(network: nn.Module) -> None:
    units = network.units()
    assert len(units) == 13
    held = [id(parameter) for unit in units for parameter in unit.parameters()]
    assert held == [id(parameter) for parameter in network.parameters()]


def test_inflation_keeps_a_kernels_sum_and_repeats_it_in_time() -> None:
    torch.manual_seed(0)
    kernel = torch.randn(4, 3, 3, 3)
    cube = inflate(kernel, 5)
    assert cube.shape == (4, 3, 5, 3, 3)
    torch.testing.assert_close(cube.sum(2), kernel)
    torch.testing.assert_close(cube[:, :, 0], cube[:, :, 4])


def test_a_film_of_one_image_gives_the_2d_activations_away_from_its_ends() -> None:
    torch.manual_seed(0)
    frames = 40
    flat = VGG16(3, 0.125)
    inflated = InflatedVGG16(frames, 3, 0.125)
    inflated.load_2d(flat.state_dict())
    image = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        expected, found = flat(image), inflated(image.repeat(1, frames, 1, 1))
    # Zeros beyond the film's ends reach one frame further with each convolution: 2, 4, 7 and 10 frames in the first
    # four blocks; pooling by 2 makes 5 of the 10, three more convolutions 8, and pooling 4.
    for two, three, reach in zip(expected, found, (2, 4, 7, 10, 8, 4), strict=True):
        film = three.unflatten(1, (-1, two.shape[1]))[:, reach:-reach]
        assert film.shape[1] >= 2
        torch.testing.assert_close(film, two[:, None].expand_as(film), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("frames", "times"), [(4, (4, 4, 4, 4, 2, 1)), (5, (5, 5, 5, 5, 3, 2)), (2, (2, 2, 2, 2, 1, 1))]
)
def test_time_is_halved_behind_the_last_two_blocks_and_laid_out_as_channels(
    frames: int, times: tuple[int, ...]
) -> None:
    with torch.device("meta"):
        network = InflatedVGG16(frames, 3)
        found = network(torch.zeros(1, frames * 3, 64, 32))
    assert network.widths == tuple(
        time * width for time, width in zip(times, (64, 128, 256, 512, 512, 512), strict=True)
    )
    assert [tuple(features.shape[1:]) for features in found] == [
        (width, 64 // stride, 32 // stride) for width, stride in zip(network.widths, network.strides, strict=True)
    ]


def test_inflated_kernels_have_three_times_the_weights_and_as_many_biases() -> None:
    with torch.device("meta"):
        flat, inflated = VGG16(3), InflatedVGG16(4, 3)
    biases = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512
    assert parameters(inflated) == 3 * (parameters(flat) - biases) + biases


def test_an_inflated_network_takes_no_other_networks_parameters() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        InflatedVGG16(4, 3, 0.125).load_2d(VGG16(3, 0.25).state_dict())


def test_the_flat_twin_of_an_inflated_network_has_its_widths() -> None:
    inflated = InflatedVGG16(4, 1, 0.125)
    inflated.load_2d(inflated.flat().state_dict())
