"""ResNet-18, -34 and -50 without the classifier, under torchvision's parameter names.

He et al., Deep Residual Learning for Image Recognition, CVPR 2016; as in torchvision, a bottleneck's stride sits in
its 3x3 convolution ("v1.5"). A torchvision checkpoint loads strictly once its `fc.*` entries are dropped and its
first convolution is adapted to the number of sequences (see `..pretrained`).
"""

from __future__ import annotations

from torch import Tensor, nn

from ..base import Encoder
from ..spec import EXPANSION, RESNET_DEPTHS, RESNET_WIDTHS


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut; four times as wide at its end as inside."""

    expansion = EXPANSION

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    """The projection that a shortcut needs where shape changes, or None."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class ResNet(Encoder):
    """Features after the first convolution and after each of the four layers: strides 2, 4, 8, 16, 32."""

    strides = (2, 4, 8, 16, 32)

    def __init__(
        self, channels: int, block: type[BasicBlock] | type[Bottleneck], depths: tuple[int, int, int, int]
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        inputs = 64
        for number, (width, depth) in enumerate(zip(RESNET_WIDTHS, depths, strict=True), start=1):
            blocks: list[nn.Module] = []
            for position in range(depth):
                stride = 2 if position == 0 and number > 1 else 1
                blocks.append(block(inputs, width, stride))
                inputs = width * block.expansion
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        self.widths = (64, *(width * block.expansion for width in RESNET_WIDTHS))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.relu(self.bn1(self.conv1(x)))
        found = [x]
        x = self.maxpool(x)
        for number in range(1, 5):
            x = getattr(self, f"layer{number}")(x)
            found.append(x)
        return found

    def units(self) -> list[nn.Module]:
        layers = [getattr(self, f"layer{number}") for number in range(1, 5)]
        return [nn.Sequential(self.conv1, self.bn1), *(block for layer in layers for block in layer)]


def resnet(name: str, channels: int) -> ResNet:
    """The ResNet of that name ("resnet18", "resnet34" or "resnet50") for so many input channels."""
    if name not in RESNET_DEPTHS:
        raise ValueError(f"no ResNet is called '{name}'")
    return ResNet(channels, Bottleneck if name == "resnet50" else BasicBlock, RESNET_DEPTHS[name])
