from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.pretrained.load import adapt_first_convolution
from StrokeSegLogic.nets.networks.spec import UNet2DSpec

COMPACT = UNet2DSpec("compact", 5, 2, (128, 64, 32, 16))
RESNET50 = UNet2DSpec("resnet50", 4, 2, (256, 128, 64, 32, 16))


@pytest.mark.parametrize("spec", [COMPACT, RESNET50], ids=lambda spec: spec.encoder)
@pytest.mark.parametrize("side", [(64, 64), (37, 81), (1, 5)])
def test_logits_have_the_images_size_whatever_it_is(spec: UNet2DSpec, side: tuple[int, int]) -> None:
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
        build(UNet2DSpec("resnet50", 4, 2, (64, 32)))


def test_dense_unet_and_vgg_unet_have_the_skips_that_their_encoders_give() -> None:
    # Into each scale's first convolution: what came up, and the skip.
    expected = {
        "densenet121": [256 + 1024, 128 + 512, 64 + 256, 32 + 64, 16],
        "resnet50": [256 + 1024, 128 + 512, 64 + 256, 32 + 64, 16],
        "vgg16": [256 + 512, 128 + 512, 64 + 256, 32 + 128, 16 + 64],
    }
    for encoder, widths in expected.items():
        with torch.device("meta"):
            network = build(UNet2DSpec(encoder, 4, 2, (256, 128, 64, 32, 16)))
        assert [step.convolutions[0].in_channels for step in network.decoder] == widths


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_equal_sequences_excite_the_adapted_kernel_like_a_grey_rgb_image(channels: int) -> None:
    torch.manual_seed(0)
    kernel = torch.randn(4, 3, 7, 7)
    grey = torch.randn(1, 1, 16, 16)
    rgb = torch.nn.functional.conv2d(grey.expand(-1, 3, -1, -1), kernel)
    ours = torch.nn.functional.conv2d(grey.expand(-1, channels, -1, -1), adapt_first_convolution(kernel, channels))
    torch.testing.assert_close(ours, rgb, atol=1e-4, rtol=1e-4)


def test_the_bundled_models_weights_fit_the_network_that_a_manifest_without_a_kind_describes(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(find("mri-compact").folder, tmp_path / "model"))
    values = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del values["network"]["kind"]
    (folder / "model.json").write_text(json.dumps(values), encoding="utf-8")
    bundle = Bundle.open(folder)
    for parameters in bundle.load().values():
        state = {name: torch.from_numpy(value) for name, value in parameters.items()}
        build(bundle.planes.network).load_state_dict(state, strict=True)
