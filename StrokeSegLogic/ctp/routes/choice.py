"""Which routes a case's maps allow, and why the others were left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...base.settings import ROUTES, RouteName
from ...space.grid import Grid
from ...study.case import MAP_ROLES, Case, Role
from ..maps.choice import THRESHOLD_MAPS, doubts_about_unusable
from ..maps.inputs import StandardMaps
from ..settings import PerfusionSettings
from ..tissue.csf import find_csf, mirror_of
from ..tissue.thresholds import ThresholdSegmentation, segment_by_thresholds
from .methods import by_network, by_thresholds, require
from .route import Route

if TYPE_CHECKING:
    from ...nets.run.network import Device


@dataclass
class Routes:
    """Takes the routes; a route that cannot be taken leaves its reason.

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
            InputError: of the route asked for, or of the first if none can be taken; with what is doubtful about
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
        # A warning is no place for settings: whoever shows it does not know which it is about.
        left = [f"no route of {name}: {error.said(lambda option: '')}" for name, error in refused.items()]
        return asked or taken[0].name, taken, left

    def _explained(self, error: InputError) -> InputError:
        """The refusal with the doubts that led to it: an error shows no warnings beside it."""
        why = [doubt.words for doubt in doubts_about_unusable(self.case, self.standard)]
        out = [role for role in self.case.series if role in MAP_ROLES and role not in self.standard.images]
        fix, option = error.fix, error.option
        if self.standard.inverted.keys() & set(error.roles):
            fix, option = "Export them again, the right way round, or give the CTP series by itself", None
        elif set(error.roles).intersection(out):
            fix, option = f"Name the unit of {', '.join(out)}, or give the CTP series by itself", "unit"
        where = error.where or self.case.name
        return InputError("; ".join([error.what, *why]), where=where, fix=fix, option=option, roles=error.roles)

    def _take(self, name: RouteName, progress: Progress) -> Route:
        progress(0.0, f"route: {name}")
        standard = self.standard
        if name == "thresholds":
            require(standard.images, standard.usable, THRESHOLD_MAPS, "the route of thresholds")
            # A map whose unit is not known says nothing at an absolute limit.
            known = {role: image for role, image in standard.images.items() if role in standard.usable}
            self.thresholds = segment_by_thresholds(known, self.settings.thresholds, self.brain, standard.fluid)
            return by_thresholds(self.thresholds)
        nihss = self.case.clinical.nihss
        model = self.settings.models.get(name)
        return by_network(name, model, standard, self.grid, nihss, self.device, progress, self._csf())

    def _csf(self) -> np.ndarray:
        """What no route may mark, bool (z, y, x): as thresholds found it, else by the same rule."""
        if self.thresholds is not None:
            return self.thresholds.tissue.csf
        standard = self.standard
        told = [role for role in (Role.CT, Role.CBV) if role in standard.images and role not in standard.inverted]
        values = {
            role: sitk.GetArrayFromImage(standard.images[role]).astype(np.float32)
            for role in told
            # Any factor will do for CBV, which is relative to itself; no density is told without HU.
            if role is Role.CBV or standard.scales_known[role]
        }
        mirror = mirror_of(self.brain, self.grid)
        return find_csf(values, self.brain, self.grid, self.settings.thresholds, mirror, standard.fluid)[0]
