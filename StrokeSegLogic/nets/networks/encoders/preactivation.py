"""ResNet-50 with pre-activation, up to its third stage.

He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, as in the ONNX model zoo's ResNet50-v2: norm and
rectifier come before each convolution, nothing comes after the sum, and a bottleneck's stride sits in its 3x3
convolution. torchvision has no such network. The fourth stage is left out: the published file that this encoder is for
ends with the third, and at stride 32 an infarct of a few pixels is gone in any case.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from ..base import Encoder
from ..spec import PREACTIVATION_DEPTHS


class PreActivationBottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, each after its norm and rectifier, and a shortcut that nothing touches."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and its activated input: the features that the scale before hands on."""
        active = functional.relu(self.norm1(x))
        y = functional.relu(self.norm2(self.conv1(active)))
        y = self.conv3(functional.relu(self.norm3(self.conv2(y))))
        return y + (x if self.downsample is None else self.downsample(active)), active


class PreActivationResNet50(Encoder):
    """Four scales, strides 2 to 16.

    A stage's features are its sum after the norm and rectifier that the next stage begins with; the last stage's are
    after a norm of its own (`norm_last`: in the whole network, the first norm of the fourth stage).
    """

    widths = (64, 256, 512, 1024)
    strides = (2, 4, 8, 16)
    depths = PREACTIVATION_DEPTHS

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(channels, 64, 7, 2, padding=3, bias=False)
        self.norm0 = nn.BatchNorm2d(64)
        inputs = 64
        stages: list[nn.Module] = []
        for number, depth in enumerate(self.depths):
            width = 64 << number
            blocks: list[nn.Module] = []
            for position in range(depth):
                blocks.append(PreActivationBottleneck(inputs, width, 2 if position == 0 and number > 0 else 1))
                inputs = 4 * width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.norm_last = nn.BatchNorm2d(inputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu(self.norm0(self.conv0(x)))
        found = [x]
        x = functional.max_pool2d(x, 3, 2, padding=1)
        for number, stage in enumerate(self.stages):
            for position, block in enumerate(cast(nn.Sequential, stage)):
                x, active = block(x)
                if position == 0 and number > 0:
                    found.append(active)
        return [*found, functional.relu(self.norm_last(x))]

    def units(self) -> list[nn.Module]:
        blocks = [block for stage in self.stages for block in cast(nn.Sequential, stage)]
        return [nn.Sequential(self.conv0, self.norm0), *blocks[:-1], nn.Sequential(blocks[-1], self.norm_last)]
