"""How a CT perfusion case is worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..base.choices import RouteName
from ..ctp.threshold_settings import ThresholdSettings
from .maps import MapsSpec


@dataclass(frozen=True)
class PerfusionSettings:
    """How a case is worked on.

    Attributes:
        maps: how maps are computed from a 4-D series.
        thresholds: of the route of thresholds and of the numbers.
        models: name or folder of a model for "slow-fusion" and "unet3d"; the bundled ones where none is given.
        device: "auto", "cpu", "cuda" or "mps".
    """

    maps: MapsSpec = field(default_factory=MapsSpec)
    thresholds: ThresholdSettings = field(default_factory=ThresholdSettings)
    models: Mapping[RouteName, str] = field(default_factory=dict)
    device: str = "auto"
