"""How a CT perfusion case is segmented: the one set that command line, jobs, panel, console and Python share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..base.errors import InputError
from ..base.settings import DEVICES, ROUTES, RouteName, one_of
from ..space.given_point import GivenPoint
from .series.artery_by_hand import OPTION as ARTERY_OPTION
from .series.maps import MapsSpec
from .threshold_settings import ThresholdSettings


@dataclass(frozen=True)
class PerfusionSettings:
    """How a CT perfusion case is segmented.

    Attributes:
        maps: how maps are computed from a 4-D series.
        thresholds: of the route of thresholds and of the numbers.
        models: name or folder of a model for "slow-fusion" and "unet3d"; the bundled models where none is given.
        device: one of `base.settings.DEVICES`; "auto" takes a GPU where there is any.
        route: whose core and penumbra are the result; None is the first of `base.settings.ROUTES` that can be taken.
        anonymous: names of folder, files and series are left out of the result.

    Raises:
        InputError: if there is no such device or route.
    """

    maps: MapsSpec = field(default_factory=MapsSpec)
    thresholds: ThresholdSettings = field(default_factory=ThresholdSettings)
    models: Mapping[RouteName, str] = field(default_factory=dict)
    device: str = "auto"
    route: RouteName | None = None
    anonymous: bool = False

    def __post_init__(self) -> None:
        one_of(self.device, DEVICES, "device")
        if self.route is not None:
            one_of(self.route, ROUTES, "route")

    @classmethod
    def of(
        cls,
        route: str | None = None,
        model: str | None = None,
        device: str = "auto",
        anonymous: bool = False,
        aif: str | None = None,
        hematocrit: float | None = None,
    ) -> PerfusionSettings:
        """Settings of one route and its model, as command line and jobs name them; None or "" is the default.

        `aif` is a point as `GivenPoint.parse` reads it.

        Raises:
            InputError: if there is no such route, point or hematocrit, or a model is named without its route.
        """
        chosen = one_of(route, ROUTES, "route") if route else None
        if model and chosen in (None, "thresholds"):
            raise InputError(
                "a model is named without its route", option="model", fix="Choose the route slow-fusion or unet3d, too"
            )
        models = {chosen: model} if chosen and model else {}
        maps = with_artery(MapsSpec(), aif, hematocrit)
        return cls(maps=maps, models=models, device=device, route=chosen, anonymous=anonymous)


def with_artery(spec: MapsSpec, aif: str | None, hematocrit: float | None) -> MapsSpec:
    """How maps are made, with the artery and hematocrit that a user names; None or "" is the default.

    Raises:
        InputError: if there is no such point or hematocrit.
    """
    if aif:
        spec = replace(spec, artery=GivenPoint.parse(aif, ARTERY_OPTION))
    return spec if hematocrit is None else replace(spec, hematocrit=hematocrit)
