"""What one way to core and penumbra found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import SimpleITK as sitk

from ...base.settings import RouteName


@dataclass(frozen=True)
class Route:
    """What one way to core and penumbra found.

    Attributes:
        name: one of `base.settings.ROUTES`.
        title: for people, one line: "thresholds: core rCBF < 30 %, hypoperfused Tmax > 6 s".
        labels: uint8 on the reference's grid: 0, 1 penumbra, 2 core.
        core_ml: volume of the core.
        penumbra_ml: volume of the penumbra; None for a network that knows the core alone.
        trained_on: what a network has learned from, simulated data called so; "" for thresholds.
        model: JSON-ready name, version and weights_sha256 of a network; empty for thresholds.
        notes: what a reader must know of this route.
        probability: float32 on the reference's grid, 0 to 1, of "core" and "penumbra", where a network gave it.
        withheld: of the notes those on maps that a network was not shown.
    """

    name: RouteName
    title: str
    labels: sitk.Image
    core_ml: float
    penumbra_ml: float | None
    trained_on: str
    model: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    probability: Mapping[str, sitk.Image] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


def differing(chosen: Route, routes: Sequence[Route]) -> np.ndarray:
    """Voxels, bool (z, y, x), to which another route gives another label than the chosen route.

    A route that knows the core alone is asked for it alone.
    """
    ours = sitk.GetArrayViewFromImage(chosen.labels)
    labels = [(route, sitk.GetArrayViewFromImage(route.labels)) for route in routes]
    found = np.zeros(ours.shape, bool)
    core = max(int(values.max(initial=0)) for _, values in labels)
    for route, values in labels:
        if route.penumbra_ml is None or chosen.penumbra_ml is None:
            found |= (values == core) != (ours == core)
        else:
            found |= values != ours
    return found
