"""Which routes a case's maps allow, and why the others were left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..case import MAP_ROLES, Case
from ..errors import InputError
from ..grid import Grid
from ..progress import Progress
from .inputs import StandardMaps
from .map_choice import THRESHOLD_MAPS, said_of
from .map_units import STANDARD_UNITS
from .result import ROUTES, Route, RouteName
from .routes import by_network, by_thresholds, require
from .settings import PerfusionSettings
from .thresholds import ThresholdSegmentation, segment_by_thresholds

if TYPE_CHECKING:
    from ..inference.device import Device


class Routes:
    """Takes the routes; one that cannot be taken leaves its reason."""

    def __init__(
        self,
        case: Case,
        standard: StandardMaps,
        grid: Grid,
        brain: np.ndarray,
        settings: PerfusionSettings,
        device: Device,
    ) -> None:
        self._case = case
        self._standard = standard
        self._grid = grid
        self._brain = brain
        self._settings = settings
        self._device = device
        self.thresholds: ThresholdSegmentation | None = None

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
        said = said_of(self._case, self._standard)
        out = [str(role) for role in self._case.series if role in MAP_ROLES and str(role) not in self._standard.images]
        concerned = {name for name in STANDARD_UNITS if re.search(rf"\b{name}\b", error.what)}
        fix = error.fix
        if concerned & self._standard.inverted.keys():
            fix = "Export them again, the right way round, or give the CTP series by itself"
        elif concerned.intersection(out):
            fix = f"Name the role and unit of {', '.join(out)}, or give the CTP series by itself"
        return InputError("; ".join([error.what, *said]), where=error.where or self._case.name, fix=fix)

    def _take(self, name: RouteName, progress: Progress) -> Route:
        progress(0.0, f"route: {name}")
        standard = self._standard
        if name == "thresholds":
            require(standard.images, standard.usable, THRESHOLD_MAPS, "the route of thresholds")
            # A map whose unit is not known says nothing at an absolute limit.
            known = {role: image for role, image in standard.images.items() if role in standard.usable}
            self.thresholds = segment_by_thresholds(known, self._settings.thresholds, self._brain)
            return by_thresholds(self.thresholds)
        nihss = self._case.clinical.nihss
        model = self._settings.models.get(name)
        return by_network(name, model, standard, self._grid, nihss, self._device, progress)
