"""EF: early fusion of the images into three channels. See `.fusion` for the source.

The text says "a 2D convolutional layer to reduce the channel dimension"; that it is 3x3 with ReLU is from the authors'
later code (github.com/Biomedical-Data-Analysis-Laboratory/4D-mJ-Net).
"""

from __future__ import annotations

from torch import Tensor

from .encoders.vgg import VGG16
from .fusion import FusionNetwork, convolution, initialise
from .plans import REDUCED
from .spec import EarlyFusionSpec


class EarlyFusion(FusionNetwork):
    """All images through one convolution into three channels, and those through one VGG16."""

    def __init__(self, spec: EarlyFusionSpec) -> None:
        super().__init__(spec, [VGG16(REDUCED, spec.width, spec.least)])
        self.reduce = convolution(spec.channels, REDUCED)
        initialise(self.reduce)

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        return [self.backbones[0](self.reduce(images))]
