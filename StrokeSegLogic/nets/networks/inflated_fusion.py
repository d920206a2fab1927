"""EFI: early fusion with inflation. See `.fusion` and `.encoders.inflated_vgg` for the sources."""

from __future__ import annotations

from torch import Tensor

from .encoders.inflated_vgg import InflatedVGG16
from .fusion import FusionNetwork
from .spec import InflatedFusionSpec


class InflatedFusion(FusionNetwork):
    """The images as frames of a film through one VGG16 whose kernels are inflated along time."""

    def __init__(self, spec: InflatedFusionSpec) -> None:
        super().__init__(spec, [InflatedVGG16(spec.inputs, spec.channels_per_input, spec.width, spec.least)])

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        return [self.backbones[0](images)]
