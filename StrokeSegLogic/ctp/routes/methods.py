"""The three ways from standard maps to core and penumbra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, ModelError
from ...base.settings import RouteName
from ...space.grid import Grid
from ...study.case import Role, role_names
from ...study.maps.units import STANDARD_UNITS
from ..maps.inputs import StandardMaps
from ..tissue.thresholds import CORE, PENUMBRA, ThresholdSegmentation
from .route import Route

if TYPE_CHECKING:
    from ...base.progress import Progress
    from ...nets.models.field_spec import InputSpec
    from ...nets.run.network import Device

_LABELS = {"penumbra": PENUMBRA, "core": CORE}
_LEAST_SAID_ML = 0.05
_TIMES = (Role.MTT, Role.TTP, Role.TMAX)


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
    standard: StandardMaps,
    reference: Grid,
    nihss: int | None,
    device: Device,
    progress: Progress,
    csf: np.ndarray,
) -> Route:
    """The route of a network.

    Args:
        name: "slow-fusion" or "unet3d".
        model: name or folder; None is the bundled model, of slow fusion that for the inputs that there are.
        standard: the maps; a network sees those that `seen_by` lets through.
        reference: grid of the labels.
        nihss: the score, None if unknown.
        device: where to compute.
        progress: of this route.
        csf: bool (z, y, x): where there is neither core nor penumbra, whatever the network says.

    Raises:
        InputError: if an image that the network needs is missing, or may not be shown to it.
        ModelError: if there is no such model, or it is damaged or of another kind.
    """
    from ...nets.models.registry import SLOW_FUSION, UNET3D, find
    from .field_engine import label, slow_fusion_for

    withheld: dict[Role, str] = {}
    try:
        if model is None and name == "slow-fusion":
            # All of slow fusion's models take their maps alike.
            images, withheld = seen_by(find(SLOW_FUSION).field.inputs, standard)
            model = slow_fusion_for(images, nihss)
        bundle = find(model or UNET3D)
        images, withheld = seen_by(bundle.field.inputs, standard)
        answer = label(bundle, images, reference, nihss, device, progress)
    except InputError as error:
        needed = {role: reason for role, reason in withheld.items() if role in error.roles}
        if not needed:
            raise
        raise InputError(
            f"{error.what}: {'; '.join(needed.values())}",
            where=error.where,
            fix=f"Name the unit of {' and '.join(needed)} if you know it, or give the CTP series by itself",
            option="unit",
            roles=error.roles,
        ) from error
    spec = bundle.field
    # A model counts its classes as it likes; a model that knows the core alone calls it 1.
    values = np.zeros(len(spec.classes), np.uint8)
    for number, meaning in enumerate(spec.classes):
        values[number] = _LABELS.get(meaning, 0)
    if not values.any():
        raise ModelError("knows neither core nor penumbra", where=spec.name, fix="Choose another model")
    marked = values[sitk.GetArrayViewFromImage(answer.labels)]
    outside = csf & (marked > 0)
    marked[outside] = 0
    labels = reference.image(marked)
    fluid_ml = float(outside.sum() * reference.voxel_ml)
    taken_off = (f"{fluid_ml:.1f} ml that it marked in fluid were taken off",) if fluid_ml >= _LEAST_SAID_ML else ()
    used = {"name": spec.name, "version": spec.version, "weights_sha256": spec.weights.sha256}
    shown = {meaning: _emptied(answer.probability[meaning], csf) for meaning in spec.classes if meaning in _LABELS}
    return _route(
        name,
        spec.title,
        labels,
        "penumbra" in spec.classes,
        spec.trained_on,
        used,
        (*withheld.values(), *answer.notes, *taken_off),
        shown,
        tuple(withheld.values()),
    )


def seen_by(inputs: Iterable[InputSpec], standard: StandardMaps) -> tuple[dict[str, sitk.Image], dict[Role, str]]:
    """The images that a network may see, and why it may not see the others, a sentence by role.

    Flow, volume and enhancement are taken relative to the brain, so that any factor will do. Times are not: minutes
    taken for seconds show no delay at all, and a network would say that there is no lesion.

    Args:
        inputs: the network's.
        standard: all images that there are.
    """
    from .field_engine import is_picture_of_time

    absolute = {spec.name for spec in inputs if spec.scale == "absolute"}
    images: dict[str, sitk.Image] = {}
    withheld: dict[Role, str] = {}
    for role, image in standard.images.items():
        picture = role in _TIMES and role not in absolute and is_picture_of_time(image)
        if role in standard.inverted:
            withheld[role] = f"{role.display_name} was not shown to the network: {standard.inverted[role]}"
        elif role in _TIMES and role not in standard.usable and not picture:
            withheld[role] = f"{role.display_name} was not shown to the network: its unit is unknown"
        elif role in absolute and role not in _TIMES and not standard.scales_known[role]:
            withheld[role] = (
                f"{role.display_name} was not shown to the network: it is not known to be in {STANDARD_UNITS[role]}"
            )
        else:
            images[str(role)] = image
    return images, withheld


def _emptied(probability: sitk.Image, where: np.ndarray) -> sitk.Image:
    values = sitk.GetArrayFromImage(probability)
    values[where] = 0
    return Grid.of(probability).image(values)


def require(images: Mapping[Role, sitk.Image], usable: frozenset[Role], roles: tuple[Role, ...], what: str) -> None:
    """Refuses a route whose maps are not there or have no known unit.

    Raises:
        InputError: naming them.
    """
    missing = [role for role in roles if role not in images]
    if missing:
        raise InputError(
            f"{what} needs {role_names(missing, ' and ')}",
            fix="Add them, or give the CTP series itself",
            roles=missing,
        )
    unknown = [role for role in roles if role not in usable]
    if unknown:
        raise InputError(
            f"{what} needs {' and '.join(unknown)} in a known unit",
            fix="Name it if you know it, or give the CTP series itself",
            option="unit",
            roles=unknown,
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
    withheld: tuple[str, ...] = (),
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
        withheld=withheld,
    )
