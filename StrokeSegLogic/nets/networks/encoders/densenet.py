"""DenseNet-121 without the classifier, under torchvision's parameter names.

Huang et al., Densely Connected Convolutional Networks, CVPR 2017 (the bottleneck variant with compression, DenseNet-BC,
growth rate 32). A torchvision checkpoint loads strictly once its `classifier.*` entries are dropped, the older spelling
of its layers is rewritten and its first convolution is adapted (see `..pretrained`).
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..base import Encoder
from ..spec import DENSE_BOTTLENECK, DENSENET_DEPTHS, GROWTH


class DenseLayer(nn.Module):
    """Norm, 1x1 convolution, norm, 3x3 convolution: 32 new channels beside those that came in."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, DENSE_BOTTLENECK * GROWTH, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(DENSE_BOTTLENECK * GROWTH)
        self.conv2 = nn.Conv2d(DENSE_BOTTLENECK * GROWTH, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(functional.relu(self.norm1(x), inplace=True))
        y = self.conv2(functional.relu(self.norm2(y), inplace=True))
        return torch.cat([x, y], dim=1)


class Transition(nn.Module):
    """Norm and rectifier, whose result is the skip; then a 1x1 convolution to half the channels and half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skip = functional.relu(self.norm(x), inplace=True)
        return skip, functional.avg_pool2d(self.conv(skip), 2, 2)


class DenseNet121(Encoder):
    """Five scales, strides 2 to 32.

    The skips are taken where a scale has been seen whole and its scale of values is settled: after the first
    convolution's rectifier; after the norm and rectifier of each of the three transitions, before they halve; and
    after the last norm and a rectifier, which torchvision applies outside the checkpoint's modules.
    """

    widths = (64, 256, 512, 1024, 1024)
    strides = (2, 4, 8, 16, 32)

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = 64
        parts: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(channels, width, 7, 2, padding=3, bias=False), norm0=nn.BatchNorm2d(width)
        )
        for number, depth in enumerate(DENSENET_DEPTHS, start=1):
            layers: OrderedDict[str, nn.Module] = OrderedDict(
                (f"denselayer{position + 1}", DenseLayer(width + position * GROWTH)) for position in range(depth)
            )
            parts[f"denseblock{number}"] = nn.Sequential(layers)
            width += depth * GROWTH
            if number < len(DENSENET_DEPTHS):
                parts[f"transition{number}"] = Transition(width)
                width //= 2
        parts["norm5"] = nn.BatchNorm2d(width)
        self.features = nn.Sequential(parts)

    def forward(self, x: Tensor) -> list[Tensor]:
        part = self.features.get_submodule
        x = functional.relu(part("norm0")(part("conv0")(x)))
        found = [x]
        x = functional.max_pool2d(x, 3, 2, padding=1)
        for number in range(1, len(DENSENET_DEPTHS)):
            skip, x = part(f"transition{number}")(part(f"denseblock{number}")(x))
            found.append(skip)
        x = part("norm5")(part(f"denseblock{len(DENSENET_DEPTHS)}")(x))
        return [*found, functional.relu(x)]

    def units(self) -> list[nn.Module]:
        first, *parts, last = self.features.children()
        norm0, *parts = parts
        found: list[nn.Module] = [nn.Sequential(first, norm0)]
        for part in parts:
            found += [part] if isinstance(part, Transition) else part.children()
        # The last norm follows no convolution of its own.
        return [*found[:-1], nn.Sequential(found[-1], last)]
