"""VGG16's convolutions under torchvision's parameter names.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015, configuration D:
13 convolutions of 3x3 in five blocks, each block ended by a max-pooling. A torchvision checkpoint of `vgg16` loads
strictly once its `classifier.*` entries are dropped.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..base import Encoder
from ..spec import VGG_BLOCKS, scaled

STRIDES = (1, 2, 4, 8, 16, 32)


def features_of(layers: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What each block's last convolution (after its ReLU) gives, and the last pooling: six scales, finest first."""
    found = []
    for layer in layers:
        if isinstance(layer, nn.MaxPool2d | nn.MaxPool3d):
            found.append(x)
        x = layer(x)
    return [*found, x]


def initialise(layers: nn.Sequential) -> None:
    """He's initialisation, as VGG in torchvision has it: thirteen layers without normalisation need it to learn."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


class VGG16(Encoder):
    """Features after each block's last convolution, strides 1 to 16, and after the last pooling, stride 32."""

    strides = STRIDES

    def __init__(self, channels: int, width: float = 1.0, least: int = 1) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = channels
        for full, convolutions in VGG_BLOCKS:
            for _ in range(convolutions):
                outputs = scaled(full, width, least)
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.widths = (*(scaled(full, width, least) for full, _ in VGG_BLOCKS), inputs)
        initialise(self.features)

    def forward(self, x: Tensor) -> list[Tensor]:
        return features_of(self.features, x)

    def units(self) -> list[nn.Module]:
        return [layer for layer in self.features if isinstance(layer, nn.Conv2d)]
