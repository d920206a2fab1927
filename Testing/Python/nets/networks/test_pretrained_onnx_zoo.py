from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision_names import SHAPES, without_classifier
from zoo_networks import (
    FOLDER,
    Arrays,
    mobilenet_arrays,
    mobilenet_features,
    resnet_v2_arrays,
    resnet_v2_features,
)

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.nets.networks.encoders.mobilenet import MobileNetV2
from StrokeSegLogic.nets.networks.encoders.preactivation import PreActivationResNet50
from StrokeSegLogic.nets.networks.pretrained.checkpoint import checkpoint
from StrokeSegLogic.nets.networks.pretrained.load import load_encoder


def real(file: str) -> Callable[[], Arrays]:
    def read() -> Arrays:
        if not (FOLDER / file).exists():
            pytest.skip("the zoo's weights are not on this machine")
        with np.load(FOLDER / file) as arrays:
            return {name: arrays[name] for name in arrays.files}

    return read


MOBILENETS = {"generated": mobilenet_arrays, "real": real("mobilenet_v2.npz")}
RESNETS = {"generated": resnet_v2_arrays, "real": real("resnet50_v2_to_stage3.npz")}


@pytest.fixture
def image() -> torch.Tensor:
    return torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))


def saved(arrays: Arrays, folder: Path) -> Path:
    np.savez(folder / "zoo.npz", **arrays)
    return folder / "zoo.npz"


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("source", MOBILENETS)
def test_mobilenet_gives_the_features_of_the_zoos_own_arrays(source: str, image: torch.Tensor, tmp_path: Path) -> None:
    arrays = MOBILENETS[source]()
    encoder = MobileNetV2(3)
    load_encoder(encoder, checkpoint("mobilenet_v2", file=saved(arrays, tmp_path)), colour=True)
    with torch.inference_mode():
        found = encoder.eval()(image)
        expected = mobilenet_features(arrays, image)
    assert len(expected) == 19
    for ours, block in zip(found, (1, 3, 6, 13, 18), strict=True):
        close(ours, expected[block])


def test_the_generated_mobilenet_is_named_and_shaped_like_the_zoos() -> None:
    ours, theirs = mobilenet_arrays(), MOBILENETS["real"]()
    assert {name: value.shape for name, value in ours.items()} == {name: value.shape for name, value in theirs.items()}


def test_the_generated_resnet_is_named_and_shaped_like_the_zoos_as_far_as_it_goes() -> None:
    theirs = {name: value.shape for name, value in RESNETS["real"]().items()}
    ours = {name: value.shape for name, value in resnet_v2_arrays().items()}
    assert ours.items() <= theirs.items()
    beyond = set(theirs) - set(ours)
    assert all(name.startswith(("resnetv24_stage4_", "resnetv24_dense0", "resnetv24_batchnorm2")) for name in beyond)


def test_a_folded_norm_adds_its_bias_and_nothing_else(tmp_path: Path) -> None:
    state = checkpoint("mobilenet_v2", file=saved(mobilenet_arrays(), tmp_path))
    counters = {name for name in SHAPES["mobilenet_v2"] if name.endswith("num_batches_tracked")}
    assert set(state) | counters == set(without_classifier(SHAPES["mobilenet_v2"]))
    assert all(value.dtype == torch.float32 for value in state.values())
    assert (state["features.0.1.running_var"] + 1e-5 == 1).all()
    assert not state["features.0.1.running_mean"].any()


@pytest.mark.parametrize("source", RESNETS)
def test_the_preactivation_resnet_gives_the_features_of_the_zoos_own_arrays(
    source: str, image: torch.Tensor, tmp_path: Path
) -> None:
    # With the image's mean at 0, so that padding after the image's norm and before it are the same.
    arrays = RESNETS[source]()
    arrays["resnetv24_batchnorm0_running_mean"] = np.zeros(3, np.float16)
    encoder = PreActivationResNet50(3)
    load_encoder(encoder, checkpoint("resnet50_preactivation", file=saved(arrays, tmp_path)), colour=True)
    with torch.inference_mode():
        found = encoder.eval()(image)
        expected = resnet_v2_features(arrays, image)
    assert len(found) == len(expected) == 4
    for ours, theirs in zip(found, expected, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("source", RESNETS)
def test_the_images_mean_is_kept_in_the_first_features_inside_the_border(
    source: str, image: torch.Tensor, tmp_path: Path
) -> None:
    arrays = RESNETS[source]()
    encoder = PreActivationResNet50(3)
    load_encoder(encoder, checkpoint("resnet50_preactivation", file=saved(arrays, tmp_path)), colour=True)
    with torch.inference_mode():
        ours, theirs = encoder.eval()(image)[0], resnet_v2_features(arrays, image)[0]
    assert not torch.allclose(ours, theirs, atol=1e-3)
    close(ours[..., 2:-2, 2:-2], theirs[..., 2:-2, 2:-2])


def test_the_prefix_of_a_resnets_arrays_does_not_matter(tmp_path: Path) -> None:
    usual = checkpoint("resnet50_preactivation", file=saved(resnet_v2_arrays(), tmp_path))
    other = checkpoint("resnet50_preactivation", file=saved(resnet_v2_arrays(prefix="resnetv27_"), tmp_path))
    assert all(torch.equal(usual[name], other[name]) for name in usual)


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    arrays = mobilenet_arrays()
    del arrays["conv_58_bias"]
    with pytest.raises(InputError, match="'conv_58_bias' is missing"):
        checkpoint("mobilenet_v2", file=saved(arrays, tmp_path))
    del arrays["conv_58_weight"]
    with pytest.raises(InputError, match="51 convolutions instead of 52"):
        checkpoint("mobilenet_v2", file=saved(arrays, tmp_path))
    with pytest.raises(InputError, match=r"no resnet50_preactivation: .*is missing"):
        checkpoint("resnet50_preactivation", file=saved(mobilenet_arrays(), tmp_path))


def test_arrays_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="arrays of 'resnet18' are not known"):
        checkpoint("resnet18", file=saved(mobilenet_arrays(), tmp_path))
