"""Which routes a case's maps allow, and why the others were left."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..base.choices import ROUTES, RouteName
from ..base.errors import InputError
from ..base.progress import Progress
from ..case import MAP_ROLES, Case
from ..grid import Grid
from .inputs import StandardMaps
from .map_choice import THRESHOLD_MAPS, said_of
from .map_units import STANDARD_UNITS
from .result import Route
from .routes import by_network, by_thresholds, require
from .settings import PerfusionSettings
from .thresholds import ThresholdSegmentation, segment_by_thresholds

if TYPE_CHECKING:
    from ..inference.device import Device


@dataclass
class Routes:
    """Takes the routes; one that cannot be taken leaves its reason.

    Attributes:
        case: whose maps they are.
        standard: its maps.
        grid: of the maps.
        brain: bool (z, y, x).
        settings: how the case is worked on.
        device: where networks compute.
        thresholds: what the route of thresholds found, once it was taken.
    """

    case: Case
    standard: StandardMaps
    grid: Grid
    brain: np.ndarray
    settings: PerfusionSettings
    device: Device
    thresholds: ThresholdSegmentation | None = field(default=None, init=False)

    def all(self, asked: RouteName | None, progress: Progress) -> tuple[RouteName, list[Route], list[str]]:
        """The chosen route's name, all that were taken, and why others were not.

        Raises:
            InputError: of the route asked for, or of the first one if none can be taken; with what is doubtful about
                the maps that could not be used.
        """
        taken: list[Route] = []
        refused: dict[RouteName, InputError] = {}
        for number, name in enumerate(ROUTES):
            span = progress.span(number / len(ROUTES), (number + 1) / len(ROUTES))
            try:
                taken.append(self._take(name, span))
            except InputError as error:
                if name == asked:
                    raise self._explained(error) from error
                refused[name] = error
        if not taken:
            raise self._explained(next(iter(refused.values())))
        return asked or taken[0].name, taken, [f"no route of {name}: {error}" for name, error in refused.items()]

    def _explained(self, error: InputError) -> InputError:
        """The refusal with the doubts that led to it: an error shows no warnings beside it."""
        said = said_of(self.case, self.standard)
        out = [str(role) for role in self.case.series if role in MAP_ROLES and str(role) not in self.standard.images]
        concerned = {name for name in STANDARD_UNITS if re.search(rf"\b{name}\b", error.what)}
        fix = error.fix
        if concerned & self.standard.inverted.keys():
            fix = "Export them again, the right way round, or give the CTP series by itself"
        elif concerned.intersection(out):
            fix = f"Name the role and unit of {', '.join(out)}, or give the CTP series by itself"
        return InputError("; ".join([error.what, *said]), where=error.where or self.case.name, fix=fix)

    def _take(self, name: RouteName, progress: Progress) -> Route:
        progress(0.0, f"route: {name}")
        standard = self.standard
        if name == "thresholds":
            require(standard.images, standard.usable, THRESHOLD_MAPS, "the route of thresholds")
            # A map whose unit is not known says nothing at an absolute limit.
            known = {role: image for role, image in standard.images.items() if role in standard.usable}
            self.thresholds = segment_by_thresholds(known, self.settings.thresholds, self.brain)
            return by_thresholds(self.thresholds)
        nihss = self.case.clinical.nihss
        model = self.settings.models.get(name)
        return by_network(name, model, standard, self.grid, nihss, self.device, progress)
