"""SF: slow fusion of parametric maps, MIP and NIHSS. See `.fusion` for the source."""

from __future__ import annotations

from torch import Tensor

from .encoders.vgg import VGG16
from .fusion import FusionNetwork
from .spec import SlowFusionSpec


class SlowFusion(FusionNetwork):
    """A VGG16 for each image; their features meet at the bottleneck and at every skip connection."""

    def __init__(self, spec: SlowFusionSpec) -> None:
        super().__init__(spec, [VGG16(spec.channels_per_input, spec.width, spec.least) for _ in range(spec.inputs)])

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        each = images.chunk(len(self.backbones), dim=1)
        return [backbone(image) for backbone, image in zip(self.backbones, each, strict=True)]
