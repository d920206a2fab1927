"""The ONNX model zoo's MobileNetV2 and ResNet50-v2 as files of arrays, and as functions of those arrays alone.

Independent of the package: the tests hold converter and encoder together against it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Arrays = dict[str, np.ndarray]

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "imagenet"
"""The real files, where a developer has them."""

# (widened, out, residual) of each inverted residual, from table 2 of the paper.
_BLOCKS = [
    (32, 16, False),
    (96, 24, False),
    (144, 24, True),
    (144, 32, False),
    *[(192, 32, True)] * 2,
    (192, 64, False),
    *[(384, 64, True)] * 3,
    (384, 96, False),
    *[(576, 96, True)] * 2,
    (576, 160, False),
    *[(960, 160, True)] * 2,
    (960, 320, False),
]


def mobilenet_arrays(seed: int = 0) -> Arrays:
    """A file like the zoo's: numbers count all operations, so that a rectifier and a sum take a number each."""
    random = np.random.default_rng(seed)
    arrays: Arrays = {"gemm_104_bias": random.normal(size=1000).astype(np.float16)}

    def convolution(number: int, *shape: int) -> int:
        fan = int(np.prod(shape[1:]))
        arrays[f"conv_{number}_weight"] = (random.normal(size=shape) * (2 / fan) ** 0.5).astype(np.float16)
        arrays[f"conv_{number}_bias"] = (random.normal(size=shape[0]) * 0.3).astype(np.float16)
        return number + 1

    after = convolution(0, 32, 3, 3, 3) + 1
    inputs = 32
    for place, (wide, out, residual) in enumerate(_BLOCKS):
        if place:
            after = convolution(after, wide, inputs, 1, 1) + 1
        after = convolution(after, wide, 1, 3, 3) + 1
        after = convolution(after, out, wide, 1, 1) + residual
        inputs = out
    convolution(after, 1280, 320, 1, 1)
    return arrays


def mobilenet_features(arrays: Arrays, image: Tensor) -> list[Tensor]:
    """Each block's output in order, read off the arrays: a projection that a free number follows is summed.

    Strides are in no array; the paper halves where the width changes to 24, 32, 64 and 160.
    """
    numbers = sorted(int(name.split("_")[1]) for name in arrays if re.fullmatch(r"conv_\d+_weight", name))
    found: list[Tensor] = []
    x = shortcut = image
    for place, number in enumerate(numbers):
        weight = torch.from_numpy(arrays[f"conv_{number}_weight"].astype(np.float32))
        bias = torch.from_numpy(arrays[f"conv_{number}_bias"].astype(np.float32))
        depthwise = weight.shape[1] == 1
        stride = 1
        if place == 0:
            stride = 2
        elif depthwise:
            # The projection that follows says how wide the block's output is.
            out = len(arrays[f"conv_{numbers[place + 1]}_bias"])
            stride = 2 if out in (24, 32, 64, 160) and out != shortcut.shape[1] else 1
        groups = weight.shape[0] if depthwise else 1
        x = functional.conv2d(x, weight, bias, stride, weight.shape[-1] // 2, groups=groups)
        after_depthwise = place > 0 and arrays[f"conv_{numbers[place - 1]}_weight"].shape[1] == 1
        if not after_depthwise:
            x = x.clamp(0, 6)
        elif place + 1 < len(numbers) and numbers[place + 1] == number + 2:
            x = x + shortcut
        if after_depthwise or place in (0, len(numbers) - 1):
            found.append(x)
            shortcut = x
    return found


_STAGES = ((64, 3), (128, 4), (256, 6))


def resnet_v2_arrays(seed: int = 0, prefix: str = "resnetv24_") -> Arrays:
    """A file like the zoo's: up to the third stage, with the first norm of the fourth."""
    random = np.random.default_rng(seed)
    arrays: Arrays = {}

    def norm(name: str, width: int) -> None:
        arrays[f"{prefix}{name}_gamma"] = random.uniform(0.5, 1.5, width).astype(np.float16)
        arrays[f"{prefix}{name}_beta"] = random.normal(0, 0.2, width).astype(np.float16)
        arrays[f"{prefix}{name}_running_mean"] = random.normal(0, 0.2, width).astype(np.float16)
        arrays[f"{prefix}{name}_running_var"] = random.uniform(0.5, 1.5, width).astype(np.float16)

    def convolution(name: str, *shape: int) -> None:
        fan = int(np.prod(shape[1:]))
        arrays[f"{prefix}{name}_weight"] = (random.normal(size=shape) * (2 / fan) ** 0.5).astype(np.float16)

    norm("batchnorm0", 3)
    # The image's norm has no weights of its own.
    arrays[f"{prefix}batchnorm0_gamma"] = np.ones(3, np.float16)
    arrays[f"{prefix}batchnorm0_beta"] = np.zeros(3, np.float16)
    convolution("conv0", 64, 3, 7, 7)
    norm("batchnorm1", 64)
    inputs = 64
    for stage, (width, blocks) in enumerate(_STAGES, start=1):
        convolutions = norms = 0
        for block in range(blocks):
            for shape in ((width, inputs, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1)):
                norm(f"stage{stage}_batchnorm{norms}", shape[1])
                convolution(f"stage{stage}_conv{convolutions}", *shape)
                norms, convolutions = norms + 1, convolutions + 1
            if block == 0:
                convolution(f"stage{stage}_conv{convolutions}", 4 * width, inputs, 1, 1)
                convolutions += 1
            inputs = 4 * width
    norm("stage4_batchnorm0", inputs)
    return arrays


def resnet_v2_features(arrays: Arrays, image: Tensor, prefix: str = "resnetv24_") -> list[Tensor]:
    """Activated features at strides 2, 4, 8 and 16, read off the arrays in the zoo's order of operations."""
    held = {name.removeprefix(prefix): torch.from_numpy(value.astype(np.float32)) for name, value in arrays.items()}

    def norm(x: Tensor, name: str) -> Tensor:
        parts = (held[f"{name}_{part}"] for part in ("running_mean", "running_var", "gamma", "beta"))
        return functional.batch_norm(x, *parts, eps=1e-5)

    def convolution(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = held[f"{name}_weight"]
        return functional.conv2d(x, weight, None, stride, weight.shape[-1] // 2)

    x = norm(convolution(norm(image, "batchnorm0"), "conv0", 2), "batchnorm1").relu()
    found = [x]
    x = functional.max_pool2d(x, 3, 2, 1)
    for stage, (_, blocks) in enumerate(_STAGES, start=1):
        convolutions = [f"stage{stage}_conv{number}" for number in range(3 * blocks + 1)]
        shortcut = convolutions.pop(3)
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 1 else 1
            active = norm(x, f"stage{stage}_batchnorm{3 * block}").relu()
            if block == 0 and stage > 1:
                found.append(active)
            y = convolution(active, convolutions[3 * block])
            y = convolution(
                norm(y, f"stage{stage}_batchnorm{3 * block + 1}").relu(), convolutions[3 * block + 1], stride
            )
            y = convolution(norm(y, f"stage{stage}_batchnorm{3 * block + 2}").relu(), convolutions[3 * block + 2])
            x = y + (convolution(active, shortcut, stride) if block == 0 else x)
    return [*found, norm(x, "stage4_batchnorm0").relu()]
