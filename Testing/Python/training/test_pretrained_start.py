from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from StrokeSegLogic.base.errors import InputError, ModelError
from StrokeSegLogic.nets.networks.build import build, build_encoder
from StrokeSegLogic.nets.networks.encoders.inflated_vgg import KERNEL
from StrokeSegLogic.nets.networks.spec import EarlyFusionSpec, InflatedFusionSpec, SlowFusionSpec, UNet2DSpec
from StrokeSegLogic.training.pretrained import Pretrained, load_pretrained


def never() -> Tensor:
    raise AssertionError("no images are needed where the checkpoint has its statistics")


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Tensor]]:
    """A checkpoint under torchvision's names, with values of our own."""
    torch.manual_seed(3)
    state = {name: value.clone() for name, value in build_encoder("vgg16", 3).state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "vgg.safetensors"
    save_file(state, str(path))
    return path, state


@pytest.mark.slow
def test_every_encoder_of_slow_and_early_fusion_gets_the_checkpoint_as_it_is(
    vgg: tuple[Path, dict[str, Tensor]],
) -> None:
    path, state = vgg
    for spec in (SlowFusionSpec(12, 3, 4), EarlyFusionSpec(12, 3, 4)):
        network = build(spec)
        load_pretrained(network, "vgg16", Pretrained(path), never)
        for encoder in network.encoders():
            assert all(torch.equal(value, state[name]) for name, value in encoder.state_dict().items())


@pytest.mark.slow
def test_the_inflated_encoder_gets_kernels_whose_sum_over_time_is_the_checkpoints(
    vgg: tuple[Path, dict[str, Tensor]],
) -> None:
    path, state = vgg
    network = build(InflatedFusionSpec(12, 3, 4))
    load_pretrained(network, "vgg16", Pretrained(path), never)
    (encoder,) = network.encoders()
    kernel = encoder.state_dict()["features.0.weight"]
    assert kernel.shape[2] == KERNEL
    torch.testing.assert_close(kernel.sum(2), state["features.0.weight"])


def test_a_u_nets_sequences_share_the_mean_of_the_colour_kernels(vgg: tuple[Path, dict[str, Tensor]]) -> None:
    path, state = vgg
    # Three sequences are no colour image.
    network = build(UNet2DSpec("vgg16", 3, 2, (16, 16, 8, 8, 8)))
    load_pretrained(network, "vgg16", Pretrained(path), never)
    kernel = network.encoders()[0].state_dict()["features.0.weight"]
    torch.testing.assert_close(kernel[:, 0], state["features.0.weight"].mean(1))
    assert torch.equal(kernel[:, 0], kernel[:, 2])


def test_a_checkpoint_without_statistics_is_restated_on_the_training_images(tmp_path: Path) -> None:
    state = build_encoder("resnet18", 3).state_dict()
    path = tmp_path / "folded.safetensors"
    save_file({name: value.clone() for name, value in state.items()}, str(path))
    # Fresh batch norms have means of 0, as folded batch norms do.
    network = build(UNet2DSpec("resnet18", 2, 2, (16, 16, 8, 8, 8)))
    images = torch.randn(8, 2, 64, 64) * 3 + 1
    load_pretrained(network, "resnet18", Pretrained(path), lambda: images)
    norm = network.encoders()[0].get_submodule("bn1")
    assert float(norm.running_mean.abs().sum()) > 0  # type: ignore[union-attr]


def test_another_encoders_file_and_no_file_are_named(vgg: tuple[Path, dict[str, Tensor]], tmp_path: Path) -> None:
    network = build(UNet2DSpec("resnet18", 2, 2, (16, 16, 8, 8, 8)))
    with pytest.raises(ModelError, match="the checkpoint lacks"):
        load_pretrained(network, "resnet18", Pretrained(vgg[0]), never)
    with pytest.raises(InputError, match="does not exist"):
        load_pretrained(network, "resnet18", Pretrained(tmp_path / "none.pth"), never)
