"""What torchvision's checkpoints hold: every name and shape, written down from the papers' architecture tables.

By hand and on purpose without the package: the tests hold the encoders against it.
"""

from __future__ import annotations

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]


def norm(name: str, width: int) -> Shapes:
    return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")} | {
        f"{name}.num_batches_tracked": ()
    }


def classifier(name: str, inputs: int) -> Shapes:
    return {f"{name}.weight": (1000, inputs), f"{name}.bias": (1000,)}


def resnet(blocks: tuple[int, ...], bottleneck: bool) -> Shapes:
    shapes = {"conv1.weight": (64, 3, 7, 7)} | norm("bn1", 64)
    inputs = 64
    for layer, count in enumerate(blocks, start=1):
        width = (64, 128, 256, 512)[layer - 1]
        outputs = 4 * width if bottleneck else width
        for block in range(count):
            at = f"layer{layer}.{block}"
            if bottleneck:
                kernels = [(width, inputs, 1, 1), (width, width, 3, 3), (outputs, width, 1, 1)]
            else:
                kernels = [(width, inputs, 3, 3), (width, width, 3, 3)]
            for number, kernel in enumerate(kernels, start=1):
                shapes |= {f"{at}.conv{number}.weight": kernel} | norm(f"{at}.bn{number}", kernel[0])
            if inputs != outputs:
                shapes |= {f"{at}.downsample.0.weight": (outputs, inputs, 1, 1)} | norm(f"{at}.downsample.1", outputs)
            inputs = outputs
    return shapes | classifier("fc", inputs)


def densenet121() -> Shapes:
    shapes = {"features.conv0.weight": (64, 3, 7, 7)} | norm("features.norm0", 64)
    width = 64
    for block, layers in enumerate((6, 12, 24, 16), start=1):
        for layer in range(1, layers + 1):
            at = f"features.denseblock{block}.denselayer{layer}"
            shapes |= norm(f"{at}.norm1", width) | {f"{at}.conv1.weight": (128, width, 1, 1)}
            shapes |= norm(f"{at}.norm2", 128) | {f"{at}.conv2.weight": (32, 128, 3, 3)}
            width += 32
        if block < 4:
            at = f"features.transition{block}"
            shapes |= norm(f"{at}.norm", width) | {f"{at}.conv.weight": (width // 2, width, 1, 1)}
            width //= 2
    return shapes | norm("features.norm5", width) | classifier("classifier", width)


def mobilenet_v2() -> Shapes:
    shapes = {"features.0.0.weight": (32, 3, 3, 3)} | norm("features.0.1", 32)
    # The first block does not widen, and so its parts count from its depthwise convolution.
    shapes |= {"features.1.conv.0.0.weight": (32, 1, 3, 3)} | norm("features.1.conv.0.1", 32)
    shapes |= {"features.1.conv.1.weight": (16, 32, 1, 1)} | norm("features.1.conv.2", 16)
    inputs = 16
    for number, outputs in enumerate([24] * 2 + [32] * 3 + [64] * 4 + [96] * 3 + [160] * 3 + [320], start=2):
        at, wide = f"features.{number}.conv", 6 * inputs
        shapes |= {f"{at}.0.0.weight": (wide, inputs, 1, 1)} | norm(f"{at}.0.1", wide)
        shapes |= {f"{at}.1.0.weight": (wide, 1, 3, 3)} | norm(f"{at}.1.1", wide)
        shapes |= {f"{at}.2.weight": (outputs, wide, 1, 1)} | norm(f"{at}.3", outputs)
        inputs = outputs
    shapes |= {"features.18.0.weight": (1280, 320, 1, 1)} | norm("features.18.1", 1280)
    return shapes | classifier("classifier.1", 1280)


def vgg16() -> Shapes:
    shapes: Shapes = {}
    inputs, at = 3, 0
    for width, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            shapes |= {f"features.{at}.weight": (width, inputs, 3, 3), f"features.{at}.bias": (width,)}
            inputs, at = width, at + 2
        at += 1
    for number, outputs, features in ((0, 4096, 25088), (3, 4096, 4096), (6, 1000, 4096)):
        shapes |= {f"classifier.{number}.weight": (outputs, features), f"classifier.{number}.bias": (outputs,)}
    return shapes


SHAPES: dict[str, Shapes] = {
    "resnet18": resnet((2, 2, 2, 2), bottleneck=False),
    "resnet34": resnet((3, 4, 6, 3), bottleneck=False),
    "resnet50": resnet((3, 4, 6, 3), bottleneck=True),
    "vgg16": vgg16(),
    "densenet121": densenet121(),
    "mobilenet_v2": mobilenet_v2(),
}

PARAMETERS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "vgg16": 138_357_544,
    "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
}
"""torchvision's documentation, `num_params` of each network, classifier included."""


def without_classifier(shapes: Shapes) -> Shapes:
    return {name: shape for name, shape in shapes.items() if not name.startswith(("fc.", "classifier."))}


def generated(name: str, seed: int = 0) -> dict[str, Tensor]:
    """A checkpoint as torchvision would save it, filled at random; the classifier is there but small."""
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    for key, shape in SHAPES[name].items():
        if key.startswith(("fc.", "classifier.")):
            shape = (2,) * len(shape)
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(7)
        elif key.endswith("running_var"):
            state[key] = torch.rand(shape, generator=generator) + 0.5
        else:
            state[key] = torch.randn(shape, generator=generator) * 0.1
    return state
