"""The result of a CT perfusion run: core and penumbra by each route, the maps, the numbers and the criteria."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ..base.json_files import json_ready
from ..base.records import SCHEMA, SCHEMA_VERSION
from ..base.settings import ROUTES as ROUTES
from ..base.settings import ExtraName, RouteName
from ..metrics.voxel import dice
from ..result.doubts import Doubt
from ..result.lesions import DOUBT_SHARE, Lesion, Places, lesions
from ..result.looks import SEGMENTS, SegmentStyle
from ..result.map_origins import MapOrigin
from ..result.outcome import AS_GIVEN, BRAIN, Layer, Maker, Outcome, Scale, brain_record
from ..space.grid import Grid
from ..study.case import Case, Role
from .headline import headline
from .maps.windows import map_layer
from .numbers.criteria import Criteria
from .numbers.mismatch import PerfusionNumbers
from .numbers.sweep import Sweep
from .routes.route import Route, differing
from .series.maps_record import maps_record, vessel_words
from .tissue.thresholds import CORE, PENUMBRA

if TYPE_CHECKING:
    from .series.maps import PerfusionMaps


@dataclass(frozen=True)
class PerfusionSegmentation:
    """Core and penumbra with all that is needed to judge them. Every image lies on the reference's grid exactly.

    Attributes:
        case: the inputs.
        reference: the role whose grid the images lie on.
        chosen: the route whose labels are the result.
        routes: all that were taken, the chosen route among them.
        maps: float32 in standard units by role: CBF, CBV, MTT, TTP, TMAX, MIP, CT, those that there are.
        units: of each map, in words: "ml/100 g/min", "s"; "unknown scale" where a map's could not be told.
        measured: how maps were computed, on the series' grid; None where all were given.
        brain: uint8 mask of the brain.
        numbers: volumes and ratios by thresholds; None where they could not be applied (then `warnings` says why).
        sweep: how they move over thresholds; None with `numbers`.
        criteria: DEFUSE 3 and DAWN, item by item; empty without `numbers`.
        provenance: JSON-ready: versions, device, inputs with hashes and reasons, settings, times.
        warnings: what a reader must know before trusting the result.
        computed: those of the maps that were computed here; the others were given.
        scales: factor and offset that made a map's values of those that were given; see `StandardMaps`.
    """

    case: Case
    reference: Role
    chosen: RouteName
    routes: tuple[Route, ...]
    maps: Mapping[Role, sitk.Image]
    units: Mapping[Role, str]
    measured: PerfusionMaps | None
    brain: sitk.Image
    numbers: PerfusionNumbers | None
    sweep: Sweep | None
    criteria: tuple[Criteria, ...]
    provenance: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    computed: frozenset[Role] = frozenset()
    scales: Mapping[Role, Scale] = field(default_factory=dict)

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

    def dice_with_chosen(self, route: Route) -> tuple[float | None, float | None]:
        """Dice of a route's core, and of its penumbra, with the chosen route's; 1 where both are empty.

        None for the penumbra where either knows the core alone.
        """
        ours, theirs = self.array(), sitk.GetArrayViewFromImage(route.labels)
        core = dice(ours == CORE, theirs == CORE)
        if self.route.penumbra_ml is None or route.penumbra_ml is None:
            return core, None
        return core, dice(ours == PENUMBRA, theirs == PENUMBRA)

    @property
    def unusual(self) -> tuple[Doubt, ...]:
        """Nothing: what is usual for core and penumbra was not measured."""
        return ()

    @property
    def styles(self) -> Mapping[int, SegmentStyle]:
        """The two segments, by label value; the core, drawn last by its number, is named first."""
        return SEGMENTS["ctp"]

    @property
    def maker(self) -> Maker:
        """The chosen route."""
        return Maker.of(self.route.model, self.route.trained_on, self.chosen)

    @property
    def brain_from(self) -> str:
        """What the brain was read off."""
        return str(self.provenance.get(BRAIN, ""))

    @property
    def alternatives(self) -> Mapping[str, Outcome]:
        """The same result with each other route chosen."""
        return {route.name: replace(self, chosen=route.name) for route in self.routes if route.name != self.chosen}

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The maps, and the chosen network's probability where it gave any."""
        brain = sitk.GetArrayViewFromImage(self.brain) > 0
        maps = (
            map_layer(role, image, self._unit(role), brain, role in self.computed, self.scales.get(role, AS_GIVEN))
            for role, image in self.maps.items()
        )
        chances = self._probability.items()
        return (*maps, *(Layer(f"Probability of {name}", image, "heat", (0.0, 1.0)) for name, image in chances))

    @property
    def _probability(self) -> dict[str, sitk.Image]:
        """The chosen route's, of what is found; that of healthy tissue is nobody's question."""
        return {name: image for name, image in self.route.probability.items() if name in ("core", "penumbra")}

    def _unit(self, role: Role) -> str:
        return self.units.get(role, "unknown scale")

    @property
    def background(self) -> str:
        """CT if there is any, else the map that tells tissue apart best."""
        telling = (Role.CT, Role.CBF, Role.MIP, Role.CBV, Role.TMAX)
        return str(next((role for role in telling if role in self.maps), next(iter(self.maps))))

    @property
    def foreground(self) -> str | None:
        """Tmax, where it is not the background already."""
        return Role.TMAX.value if Role.TMAX in self.maps and self.background != Role.TMAX else None

    @property
    def focus_mm(self) -> tuple[float, float, float] | None:
        """The centre of the largest connected part of core and penumbra."""
        parts = self._parts()
        return parts[0].centre_mm if parts else None

    def _parts(self) -> tuple[Lesion, ...]:
        found = self.array() > 0
        return lesions(found, found.astype(np.float32), self.grid)

    @property
    def methods(self) -> Mapping[str, sitk.Image]:
        """Each route's labels."""
        return {route.name: route.labels for route in self.routes}

    @property
    def extras(self) -> Mapping[ExtraName, Mapping[str, sitk.Image]]:
        return {"maps": {str(role): image for role, image in self.maps.items()}}

    def headline(self) -> tuple[str, ...]:
        """Volumes of the routes, numbers and trials."""
        lines = headline(self.chosen, self.routes, self.numbers, self.criteria, self.origins.values())
        return lines if self.measured is None else (*lines, *vessel_words(self.measured))

    @property
    def origins(self) -> Mapping[Role, MapOrigin]:
        """Where each map came from: its file, or the series that it was computed from."""
        return origins_of(self.case, self.maps, self.computed)

    def places(self) -> Places:
        """A slice is in doubt where the routes differ: none is with a single route."""
        unlike = differing(self.route, self.routes)
        counts = unlike.sum((1, 2))
        order = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k] > DOUBT_SHARE * counts.max()]
        return Places.of({k: unlike[k].astype(np.float32) for k in order}, self._parts(), self.grid)

    @property
    def volumes(self) -> Mapping[str, sitk.Image]:
        """The chosen labels and their probability, each route's labels, the brain, and maps that were computed here."""
        named = {
            "labels": self.labels,
            BRAIN: self.brain,
            **{f"labels-{name}": labels for name, labels in self.methods.items()},
        }
        named |= {f"probability-{name}": image for name, image in self._probability.items()}
        # The plain CT is the mean of frames and no map.
        named |= {str(role): image for role, image in self.maps.items() if role in self.computed and role != Role.CT}
        return named

    def summary(self) -> dict[str, Any]:
        """Strict JSON of numbers, criteria, warnings and provenance: the content of result.json."""
        return json_ready(
            {
                SCHEMA: SCHEMA_VERSION,
                "case": self.case.name,
                "modality": "ctp",
                "research_use_only": True,
                "reference": self.reference.value,
                "chosen": self.chosen,
                BRAIN: brain_record(self.brain_from, self.brain),
                "routes": [self._route_summary(route) for route in self.routes],
                "numbers": None if self.numbers is None else self.numbers.as_dict(),
                "sweep": None if self.sweep is None else _sweep_summary(self.sweep),
                "criteria": [trial.as_dict() for trial in self.criteria],
                "units": {str(role): unit for role, unit in self.units.items()},
                "maps": {str(role): origin.record() for role, origin in self.origins.items()},
                "layers": [layer.record() for layer in self.layers],
                "measured": None if self.measured is None else maps_record(self.measured, self.computed),
                "warnings": self.warnings,
                "provenance": self.provenance,
            }
        )

    def _route_summary(self, route: Route) -> dict[str, Any]:
        core, penumbra = self.dice_with_chosen(route)
        return {
            "name": route.name,
            "title": route.title,
            "core_ml": route.core_ml,
            "penumbra_ml": route.penumbra_ml,
            "dice_with_chosen": {"core": core, "penumbra": penumbra},
            "trained_on": route.trained_on,
            "model": route.model,
            "notes": route.notes,
        }


def origins_of(case: Case, maps: Iterable[Role], computed: Collection[Role]) -> dict[Role, MapOrigin]:
    """Where each of these maps came from.

    Args:
        case: whose they are.
        maps: roles.
        computed: those that were computed from the series.
    """
    files = {role: Role.CTP if role in computed else role for role in maps}
    return {
        role: MapOrigin(role, role in computed, case.series[file].source if file in case.series else "")
        for role, file in files.items()
    }


def _sweep_summary(table: Sweep) -> dict[str, Any]:
    return {
        "used": {"core_rcbf": table.core_rcbf, "tmax_s": table.tmax_s},
        "rows": [
            {
                "core_rcbf": row.core_rcbf,
                "tmax_s": row.tmax_s,
                "core_ml": row.core_ml,
                "hypoperfused_ml": row.hypoperfused_ml,
                "mismatch_ratio": row.mismatch_ratio,
            }
            for row in table.rows
        ],
    }
