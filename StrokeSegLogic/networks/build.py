"""Networks from their specs."""

from __future__ import annotations

from .encoders.base import Encoder
from .encoders.compact import Compact
from .encoders.resnet import resnet
from .res_unet import ResUNet
from .spec import NetworkSpec


def build(spec: NetworkSpec) -> ResUNet:
    """The network of that spec, freshly initialised by torch's defaults.

    Raises:
        ValueError: if the decoder's widths do not fit the encoder.
    """
    encoder: Encoder
    encoder = Compact(spec.channels) if spec.encoder == "compact" else resnet(spec.encoder, spec.channels)
    return ResUNet(encoder, spec.classes, spec.decoder)
