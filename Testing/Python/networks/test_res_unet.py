from __future__ import annotations

import pytest
import torch

from StrokeSegLogic.errors import InputError
from StrokeSegLogic.networks.build import build
from StrokeSegLogic.networks.first_convolution import adapt_first_convolution
from StrokeSegLogic.networks.spec import NetworkSpec

COMPACT = NetworkSpec("compact", 5, 2, (128, 64, 32, 16))
RESNET50 = NetworkSpec("resnet50", 4, 2, (256, 128, 64, 32, 16))


@pytest.mark.parametrize("spec", [COMPACT, RESNET50], ids=lambda spec: spec.encoder)
@pytest.mark.parametrize("side", [(64, 64), (37, 81), (1, 5)])
def test_logits_have_the_images_size_whatever_it_is(spec: NetworkSpec, side: tuple[int, int]) -> None:
    network = build(spec).eval()
    with torch.inference_mode():
        assert network(torch.randn(2, spec.channels, *side)).shape == (2, 2, *side)


def test_every_parameter_learns() -> None:
    network = build(COMPACT)
    network(torch.randn(2, 5, 32, 32)).square().mean().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_the_finest_skip_carries_detail_to_the_output() -> None:
    # Without the skips a checkerboard of one pixel could not pass four poolings.
    torch.manual_seed(0)
    network = build(COMPACT).eval()
    board = (torch.arange(32)[:, None] + torch.arange(32)[None]) % 2
    images = board.float().expand(1, 5, 32, 32)
    with torch.inference_mode():
        out = network(images)[0, 1, 8:24, 8:24]
    shift = (out[:, 1:] - out[:, :-1]).abs().mean()
    assert shift > 10 * (out[:, 2:] - out[:, :-2]).abs().mean()


def test_a_decoder_that_does_not_fit_the_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 5 widths"):
        build(NetworkSpec("resnet50", 4, 2, (64, 32)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encoder": "vgg99", "channels": 1, "classes": 2, "decoder": [8]}, "vgg99"),
        ({"encoder": "compact", "channels": 0, "classes": 2, "decoder": [8]}, "at least one channel"),
        ({"encoder": "compact", "chanels": 1, "classes": 2, "decoder": [8]}, "chanels"),
    ],
)
def test_a_wrong_spec_names_what_is_wrong(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        NetworkSpec.of(values, "model.json")


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_equal_sequences_excite_the_adapted_kernel_like_a_grey_rgb_image(channels: int) -> None:
    torch.manual_seed(0)
    kernel = torch.randn(4, 3, 7, 7)
    grey = torch.randn(1, 1, 16, 16)
    rgb = torch.nn.functional.conv2d(grey.expand(-1, 3, -1, -1), kernel)
    ours = torch.nn.functional.conv2d(grey.expand(-1, channels, -1, -1), adapt_first_convolution(kernel, channels))
    torch.testing.assert_close(ours, rgb, atol=1e-4, rtol=1e-4)
