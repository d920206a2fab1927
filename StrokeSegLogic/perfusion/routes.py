"""The three ways from standard maps to core and penumbra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ..errors import InputError, ModelError
from ..grid import Grid
from .result import Route, RouteName
from .thresholds import CORE, PENUMBRA, ThresholdSegmentation

if TYPE_CHECKING:
    from ..inference.device import Device
    from ..progress import Progress

UNET = "ctp-unet3d"
"""The bundled 3-D U-Net."""
_LABELS = {"penumbra": PENUMBRA, "core": CORE}


def by_thresholds(found: ThresholdSegmentation) -> Route:
    """The route of thresholds."""
    settings = found.settings
    title = (
        f"thresholds: core rCBF < {100 * settings.core_rcbf:g} % of {found.tissue.reference.words}, "
        f"hypoperfused Tmax > {settings.hypoperfusion_tmax_s:g} s"
    )
    return _route("thresholds", title, found.labels, True, notes=found.notes)


def by_network(
    name: RouteName,
    model: str | None,
    images: Mapping[str, sitk.Image],
    reference: Grid,
    nihss: int | None,
    device: Device,
    progress: Progress,
) -> Route:
    """The route of a network.

    Args:
        name: "slow-fusion" or "unet3d".
        model: name or folder; None is the bundled one, of slow fusion the one for the inputs that there are.
        images: in standard units, by name.
        reference: grid of the labels.
        nihss: the score, None if unknown.
        device: where to compute.
        progress: of this route.

    Raises:
        InputError: if an image that the network needs is missing.
        ModelError: if there is no such model, or it is damaged or of another kind.
    """
    from ..inference.field_engine import label, slow_fusion_for
    from ..models.registry import find

    if model is None and name == "slow-fusion":
        model = slow_fusion_for(images, nihss)
    bundle = find(model or UNET)
    answer = label(bundle, images, reference, nihss, device, progress)
    spec = bundle.field
    # A model counts its classes as it likes; one that knows the core alone calls it 1.
    values = np.zeros(len(spec.classes), np.uint8)
    for number, meaning in enumerate(spec.classes):
        values[number] = _LABELS.get(meaning, 0)
    if not values.any():
        raise ModelError("knows neither core nor penumbra", where=spec.name, fix="Choose another model")
    labels = reference.image(values[sitk.GetArrayViewFromImage(answer.labels)])
    used = {"name": spec.name, "version": spec.version, "weights_sha256": spec.weights.sha256}
    shown = {meaning: answer.probability[meaning] for meaning in spec.classes if meaning in _LABELS}
    return _route(name, spec.title, labels, "penumbra" in spec.classes, spec.trained_on, used, answer.notes, shown)


def require(images: Mapping[str, sitk.Image], usable: frozenset[str], names: tuple[str, ...], what: str) -> None:
    """Refuses a route whose maps are not there or have no known unit.

    Raises:
        InputError: naming them.
    """
    missing = [name for name in names if name not in images]
    if missing:
        raise InputError(f"{what} needs {' and '.join(missing)}", fix="Add them, or give the CTP series itself")
    unknown = [name for name in names if name not in usable]
    if unknown:
        raise InputError(
            f"{what} needs {' and '.join(unknown)} in a known unit",
            fix="Export the maps with their unit, or give the CTP series itself",
        )


def _route(
    name: RouteName,
    title: str,
    labels: sitk.Image,
    knows_penumbra: bool,
    trained_on: str = "",
    model: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
    probability: Mapping[str, sitk.Image] | None = None,
) -> Route:
    values = sitk.GetArrayViewFromImage(labels)
    voxel_ml = Grid.of(labels).voxel_ml
    return Route(
        name=name,
        title=title,
        labels=labels,
        core_ml=float((values == CORE).sum() * voxel_ml),
        penumbra_ml=float((values == PENUMBRA).sum() * voxel_ml) if knows_penumbra else None,
        trained_on=trained_on,
        model=model or {},
        notes=notes,
        probability=probability or {},
    )
