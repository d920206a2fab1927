"""Networks from their specs."""

from __future__ import annotations

from collections.abc import Callable

from .base import Encoder, SegmentationNetwork
from .encoders.compact import Compact
from .encoders.densenet import DenseNet121
from .encoders.mobilenet import MobileNetV2
from .encoders.preactivation import PreActivationResNet50
from .encoders.resnet import resnet
from .encoders.vgg import VGG16
from .fusion import EarlyFusion, InflatedFusion, SlowFusion
from .spec import (
    EarlyFusionSpec,
    InflatedFusionSpec,
    NetworkSpec,
    SlowFusionSpec,
    SubvoxelUNet3DSpec,
    UNet2DSpec,
    UNet3DSpec,
)
from .unet import SubvoxelUNet3D, UNet2D, UNet3D

_ENCODERS: dict[str, Callable[[int], Encoder]] = {
    "compact": Compact,
    "resnet18": lambda channels: resnet("resnet18", channels),
    "resnet34": lambda channels: resnet("resnet34", channels),
    "resnet50": lambda channels: resnet("resnet50", channels),
    "resnet50_preactivation": PreActivationResNet50,
    "vgg16": VGG16,
    "densenet121": DenseNet121,
    "mobilenet_v2": MobileNetV2,
}
"""As many as `spec.ENCODERS` names, each made for a number of input channels."""


def build_encoder(name: str, channels: int) -> Encoder:
    """The encoder of that name for so many input channels.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in _ENCODERS:
        raise ValueError(f"encoder '{name}' is not one of {', '.join(_ENCODERS)}")
    return _ENCODERS[name](channels)


def build(spec: NetworkSpec) -> SegmentationNetwork:
    """The network of that spec, freshly initialised.

    Raises:
        ValueError: if the decoder's widths do not fit the encoder.
    """
    match spec:
        case UNet2DSpec():
            encoder = build_encoder(spec.encoder, spec.channels)
            return UNet2D(encoder, spec.classes, spec.decoder, spec.attention)
        case SlowFusionSpec():
            return SlowFusion(spec)
        case EarlyFusionSpec():
            return EarlyFusion(spec)
        case InflatedFusionSpec():
            return InflatedFusion(spec)
        case UNet3DSpec():
            return UNet3D(spec.channels, spec.classes, spec.modified, spec.dropout, spec.base_width, spec.levels)
        case SubvoxelUNet3DSpec():
            return SubvoxelUNet3D(spec.channels, spec.classes, spec.widths, spec.factor, spec.refine)
