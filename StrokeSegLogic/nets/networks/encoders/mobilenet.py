"""MobileNetV2 without the classifier, under torchvision's parameter names.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, table 2, width 1. A torchvision
checkpoint loads strictly once its `classifier.*` entries are dropped and its first convolution is adapted (see
`..pretrained`).
"""

from __future__ import annotations

from torch import Tensor, nn

from ..base import Encoder
from ..spec import MOBILENET, MOBILENET_TAPS


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, norm, and a rectifier that is cut at 6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Widen by a 1x1 convolution, filter each channel by itself, narrow without a rectifier."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            *([convolution(inputs, wide, 1)] if expansion > 1 else []),
            convolution(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return x + y if self.residual else y


class MobileNetV2(Encoder):
    """Five scales, strides 2 to 32.

    The skips are the outputs of the last block before each halving (blocks 1, 3, 6 and 13: linear bottlenecks, and so
    narrow); the deepest is the last convolution.
    """

    widths = MOBILENET_TAPS
    strides = (2, 4, 8, 16, 32)
    _taps = (1, 3, 6, 13, 18)

    def __init__(self, channels: int) -> None:
        super().__init__()
        parts: list[nn.Module] = [convolution(channels, 32, 3, 2)]
        inputs = 32
        for expansion, outputs, repetitions, stride in MOBILENET:
            for position in range(repetitions):
                parts.append(InvertedResidual(inputs, outputs, stride if position == 0 else 1, expansion))
                inputs = outputs
        parts.append(convolution(inputs, 1280, 1))
        self.features = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> list[Tensor]:
        found = []
        for number, part in enumerate(self.features):
            x = part(x)
            if number in self._taps:
                found.append(x)
        return found

    def units(self) -> list[nn.Module]:
        return list(self.features)
