from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor
from torchvision_names import SHAPES, generated, without_classifier

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.nets.networks.build import build_encoder
from StrokeSegLogic.nets.networks.encoders.resnet import resnet
from StrokeSegLogic.nets.networks.pretrained.load import load_encoder

FIRST = {
    "resnet18": "conv1.weight",
    "resnet34": "conv1.weight",
    "resnet50": "conv1.weight",
    "vgg16": "features.0.weight",
    "densenet121": "features.conv0.weight",
    "mobilenet_v2": "features.0.0.weight",
}


@pytest.mark.parametrize("name", FIRST)
def test_a_whole_checkpoint_arrives_but_for_classifier_and_first_kernel(name: str) -> None:
    state = generated(name)
    encoder = build_encoder(name, 5)
    load_encoder(encoder, state)
    held = encoder.state_dict()
    assert set(held) == set(without_classifier(SHAPES[name]))
    changed = {key for key, value in held.items() if not torch.equal(value, state[key])}
    assert changed == {FIRST[name]}
    kernel = held[FIRST[name]]
    torch.testing.assert_close(kernel.sum(dim=1), state[FIRST[name]].sum(dim=1), rtol=1e-4, atol=1e-5)
    assert torch.equal(kernel, kernel[:, :1].expand(-1, 5, -1, -1))


@pytest.mark.parametrize("name", FIRST)
def test_for_a_colour_image_every_tensor_arrives_as_it_is(name: str) -> None:
    state = generated(name)
    encoder = build_encoder(name, 3)
    load_encoder(encoder, state, colour=True)
    assert all(torch.equal(value, state[key]) for key, value in encoder.state_dict().items())


def test_densenets_published_spelling_is_understood() -> None:
    new = generated("densenet121")
    # As in the published file: layers' parts with a dot, transitions' without.
    old = {
        re.sub(r"(denselayer\d+)\.(norm|conv)([12])\.", r"\1.\2.\3.", name): value
        for name, value in new.items()
        if not name.endswith("num_batches_tracked")
    }
    assert "features.denseblock3.denselayer24.norm.2.running_var" in old
    assert "features.denseblock1.denselayer1.norm1.weight" not in old
    encoder = build_encoder("densenet121", 3)
    load_encoder(encoder, old, colour=True)
    held = encoder.state_dict()
    assert all(torch.equal(held[name], new[name]) for name in held if not name.endswith("num_batches_tracked"))


def test_checkpoints_from_before_torch_counted_batches_are_accepted() -> None:
    state = {name: value for name, value in generated("resnet18").items() if not name.endswith("num_batches_tracked")}
    encoder = build_encoder("resnet18", 2)
    load_encoder(encoder, state)
    assert torch.equal(encoder.state_dict()["layer4.1.bn2.running_var"], state["layer4.1.bn2.running_var"])


def without(state: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name not in names}


WRONG = {
    "missing": (
        lambda state: without(state, "layer3.0.conv2.weight", "layer4.0.conv1.weight"),
        r"ResNet: the checkpoint lacks layer3\.0\.conv2\.weight and 1 more\. Name this encoder",
    ),
    "no first kernel": (lambda state: without(state, "conv1.weight"), r"lacks conv1\.weight\. "),
    "unknown": (lambda state: state | {"layer5.weight": torch.zeros(1)}, r"has the unknown layer5\.weight\. "),
    "misshaped": (
        lambda state: state | {"bn1.bias": torch.zeros(63)},
        r"has bn1\.bias as \(63,\) instead of \(64,\)",
    ),
    "misshaped first kernel": (
        lambda state: state | {"conv1.weight": torch.zeros(64, 4, 7, 7)},
        r"has conv1\.weight as \(64, 4, 7, 7\) instead of \(64, 5, 7, 7\)",
    ),
    "another network": (lambda _: generated("densenet121"), r"lacks conv1\.weight and \d+ more"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_checkpoint_that_does_not_fit_is_named_and_leaves_the_encoder_as_it_was(case: str) -> None:
    change, message = WRONG[case]
    encoder = resnet("resnet18", 5)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    with pytest.raises(ModelError, match=message) as caught:
        load_encoder(encoder, change(generated("resnet18")))
    assert "\n" not in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_colour_weights_for_other_than_three_channels_are_refused() -> None:
    with pytest.raises(ModelError, match="5 channels cannot keep"):
        load_encoder(resnet("resnet18", 5), generated("resnet18"), colour=True)
