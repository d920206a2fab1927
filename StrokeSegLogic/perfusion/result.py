"""The result of a CT perfusion run: core and penumbra by each route, the maps, the numbers and the criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import SimpleITK as sitk

from ..case import Case, Role
from ..grid import Grid
from .criteria import Criteria
from .mismatch import PerfusionNumbers
from .sweep import Sweep

if TYPE_CHECKING:
    from .maps import PerfusionMaps

RouteName = Literal["thresholds", "slow-fusion", "unet3d"]
ROUTES: tuple[RouteName, ...] = ("thresholds", "slow-fusion", "unet3d")


@dataclass(frozen=True)
class Route:
    """What one way to core and penumbra found.

    Attributes:
        name: one of `ROUTES`.
        title: for people, one line: "thresholds: core rCBF < 30 %, hypoperfused Tmax > 6 s".
        labels: uint8 on the reference's grid: 0, 1 penumbra, 2 core.
        core_ml: volume of the core.
        penumbra_ml: volume of the penumbra; None for a network that knows the core alone.
        trained_on: what a network has learned from, simulated data called so; "" for thresholds.
        model: JSON-ready name, version and weights_sha256 of a network; empty for thresholds.
        notes: what a reader must know of this route.
    """

    name: RouteName
    title: str
    labels: sitk.Image
    core_ml: float
    penumbra_ml: float | None
    trained_on: str
    model: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PerfusionSegmentation:
    """Core and penumbra with all that is needed to judge them. Every image lies on the reference's grid exactly.

    Attributes:
        case: the inputs.
        reference: the role whose grid the images lie on.
        chosen: the route whose labels are the result.
        routes: all that were taken, the chosen one among them.
        maps: float32 in standard units by name: CBF, CBV, MTT, TTP, TMAX, MIP, CT, those that there are.
        units: of each map, in words: "ml/100 g/min", "s"; "unknown scale" where a map's could not be told.
        measured: how the maps were computed; None where they were given.
        brain: uint8 mask of the brain.
        numbers: volumes and ratios by thresholds; None where the maps' units are not known (then `warnings` says so).
        sweep: how they move over thresholds; None with `numbers`.
        criteria: DEFUSE 3 and DAWN, item by item; empty without `numbers`.
        provenance: JSON-ready: versions, device, inputs with hashes and reasons, settings, times.
        warnings: what a reader must know before trusting the result.
    """

    case: Case
    reference: Role
    chosen: RouteName
    routes: tuple[Route, ...]
    maps: Mapping[str, sitk.Image]
    units: Mapping[str, str]
    measured: PerfusionMaps | None
    brain: sitk.Image
    numbers: PerfusionNumbers | None
    sweep: Sweep | None
    criteria: tuple[Criteria, ...]
    provenance: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def route(self) -> Route:
        """The chosen route."""
        return next(route for route in self.routes if route.name == self.chosen)

    @property
    def labels(self) -> sitk.Image:
        """The chosen route's labels: uint8, 0, 1 penumbra, 2 core."""
        return self.route.labels

    @property
    def grid(self) -> Grid:
        return Grid.of(self.labels)

    def array(self) -> np.ndarray:
        """The labels as an array (z, y, x), uint8."""
        return sitk.GetArrayFromImage(self.labels)

    def summary(self) -> dict[str, Any]:
        """JSON-ready numbers, criteria, warnings and provenance: the content of result.json."""
        return {
            "case": self.case.name,
            "modality": "ctp",
            "research_use_only": True,
            "reference": self.reference.value,
            "chosen": self.chosen,
            "routes": [
                {
                    "name": route.name,
                    "title": route.title,
                    "core_ml": route.core_ml,
                    "penumbra_ml": route.penumbra_ml,
                    "trained_on": route.trained_on,
                    "model": dict(route.model),
                    "notes": list(route.notes),
                }
                for route in self.routes
            ],
            "numbers": None if self.numbers is None else self.numbers.as_dict(),
            "criteria": [asdict(one) for one in self.criteria],
            "units": dict(self.units),
            "warnings": list(self.warnings),
            "provenance": dict(self.provenance),
        }
