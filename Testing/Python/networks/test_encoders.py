from __future__ import annotations

import pytest
import torch

from StrokeSegLogic.networks.encoders.compact import Compact
from StrokeSegLogic.networks.encoders.resnet import resnet


@pytest.mark.parametrize(
    ("name", "parameters"),
    # torchvision's published counts (11,689,512, 21,797,672 and 25,557,032) less the classifier's.
    [("resnet18", 11_176_512), ("resnet34", 21_284_672), ("resnet50", 23_508_032)],
)
def test_a_resnet_has_as_many_parameters_as_torchvisions_without_its_classifier(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in resnet(name, 3).parameters()) == parameters


def test_resnet50_carries_torchvisions_parameter_names() -> None:
    names = resnet("resnet50", 3).state_dict()
    # Written down from torchvision's checkpoint resnet50-11ad3fa6: one of each kind, and all the shapes that matter.
    expected = {
        "conv1.weight": (64, 3, 7, 7),
        "bn1.running_mean": (64,),
        "bn1.num_batches_tracked": (),
        "layer1.0.conv1.weight": (64, 64, 1, 1),
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer1.0.downsample.1.running_var": (256,),
        "layer2.0.conv2.weight": (128, 128, 3, 3),
        "layer2.3.bn3.bias": (512,),
        "layer3.5.conv3.weight": (1024, 256, 1, 1),
        "layer4.0.downsample.0.weight": (2048, 1024, 1, 1),
        "layer4.2.conv2.weight": (512, 512, 3, 3),
    }
    assert {name: tuple(names[name].shape) for name in expected} == expected
    # 53 convolutions, and 53 batch norms of five entries each.
    assert len(names) == 53 + 53 * 5
    assert not any(name.startswith("fc.") for name in names)


def test_the_bottlenecks_stride_sits_in_its_middle_convolution() -> None:
    block = resnet("resnet50", 3).layer2[0]
    assert (block.conv1.stride, block.conv2.stride) == ((1, 1), (2, 2))


@pytest.mark.parametrize("encoder", [Compact(5), resnet("resnet18", 5), resnet("resnet50", 5)])
def test_features_have_the_widths_and_strides_that_are_promised(encoder: torch.nn.Module) -> None:
    encoder.eval()
    with torch.inference_mode():
        found = encoder(torch.zeros(1, 5, 64, 96))
    assert [tuple(f.shape[1:]) for f in found] == [
        (width, 64 // stride, 96 // stride) for width, stride in zip(encoder.widths, encoder.strides, strict=True)
    ]


def test_an_unknown_resnet_is_refused() -> None:
    with pytest.raises(ValueError, match="resnet99"):
        resnet("resnet99", 3)
