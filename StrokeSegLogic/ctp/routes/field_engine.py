"""A model of one network on a CT perfusion case: the labels of core and penumbra on the case's own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, ModelError
from ...nets.models.field_spec import FieldModelSpec
from ...nets.models.registry import SLOW_FUSION, names
from ...space.grid import Grid
from ...space.resampling import resample
from ...study.case import role_names
from .field import labels_on, lay, predict

if TYPE_CHECKING:
    from torch import nn

    from ...base.progress import Progress
    from ...nets.models.bundle import Bundle
    from ...nets.run.network import Device

PICTURE_SPAN_S = 20.0
"""What the range of a time map stored as a picture is taken for. Ours: frames of 40 to 60 s hold delays of so long."""
_PICTURE = 255
_LATEST_S = 120.0
"""No time map in s reaches it."""


@dataclass(frozen=True)
class FieldAnswer:
    """What a network says of a case.

    Attributes:
        labels: uint8 on the reference's grid: 0, or the number of the class as the model counts them.
        probability: float32 on the reference's grid by class name, 0 to 1; 0 for all where nothing was looked at.
        notes: what a reader must know: which images were used, and what stood in for what.
    """

    labels: sitk.Image
    probability: Mapping[str, sitk.Image]
    notes: tuple[str, ...]


def slow_fusion_for(images: Mapping[str, sitk.Image], nihss: float | None) -> str:
    """The name of the bundled slow fusion that uses most of what is there: maps, MIP, and the NIHSS score if known.

    Args:
        images: by name.
        nihss: None if unknown.

    Raises:
        InputError: if a map is missing that nothing can stand in for.
    """
    needed = (("CBF",), ("CBV",), ("TTP", "TMAX"))
    missing = [names for names in needed if not any(name in images for name in names)]
    if missing:
        raise InputError(
            f"slow fusion needs {' and '.join(role_names(names, ' or ') for names in missing)}",
            fix="Add them, or give the CTP series by itself: all maps are then computed from it",
            roles=chain.from_iterable(missing),
        )
    fit = [
        SLOW_FUSION + mip + score
        for mip in (("-m", "") if "MIP" in images else ("",))
        for score in (("-n", "") if nihss is not None else ("",))
    ]
    return next((name for name in fit if name in names()), SLOW_FUSION)


def label(
    bundle: Bundle,
    images: Mapping[str, sitk.Image],
    reference: Grid,
    nihss: float | None,
    device: Device,
    progress: Progress,
) -> FieldAnswer:
    """Runs a model on a case.

    What is missing and can be told from other images is made, and said in the notes: Tmax from TTP or TTP from Tmax,
    MTT from CBV and CBF, the brain's outline from the maps where there is no MIP.

    Args:
        bundle: of one network.
        images: by name, in standard units; flow, volume and MIP may have any factor, times any zero. A time map in
            another unit would be read as a map without delays: leave it out (see `methods.seen_by`).
        reference: grid of the answer.
        nihss: the score, None if unknown.
        device: where to compute.
        progress: asked between slices.

    Raises:
        InputError: if an image is missing, the score is and the model asks for it, or no brain is found.
        ModelError: if the model is of another kind or damaged, or its answer is no number.
        Cancelled: if the user stopped it.
    """
    from ...nets.run.network import load

    spec = bundle.field
    ready, fitted, notes = completed(spec, images)
    return answer(fitted, load(bundle, device)["network"], ready, reference, nihss, device, progress, notes)


def answer(
    spec: FieldModelSpec,
    network: nn.Module,
    images: Mapping[str, sitk.Image],
    reference: Grid,
    nihss: float | None,
    device: Device,
    progress: Progress,
    notes: tuple[str, ...] = (),
    message: str = "the network's answer",
) -> FieldAnswer:
    """What a loaded network says; see `label`. Nothing stands in for anything.

    Raises:
        InputError: if an image or the score is missing, or no brain is found.
        ModelError: if the network's answer is no number.
    """
    from ...nets.networks.base import SegmentationNetwork

    if not isinstance(network, SegmentationNetwork):
        raise ModelError("holds no network for images of a fixed field", where=spec.name, fix="Choose another model")
    if spec.nihss and nihss is None:
        raise InputError(
            f"the model {spec.name} asks for the NIHSS score, which is unknown",
            fix="Give it (0 to 42), or use a model without it",
            option="nihss",
        )
    field = lay(images, reference, spec.inputs, spec.field)
    whole = len(spec.field.size) == 3
    found = predict(network, field, whole, nihss if spec.nihss else None, device, progress, message)
    labels = reference.image(labels_on(found, field, reference))
    probability = {
        name: resample(field.grid.image(np.ascontiguousarray(values)), reference)
        for name, values in zip(spec.classes, found, strict=True)
    }
    return FieldAnswer(labels, probability, notes)


def completed(
    spec: FieldModelSpec, images: Mapping[str, sitk.Image]
) -> tuple[dict[str, sitk.Image], FieldModelSpec, tuple[str, ...]]:
    """The images with what can stand in for missing images, the model fitted to them, and what is to be said of it.

    Raises:
        InputError: if an image is missing that nothing can stand in for.
    """
    missing = spec.missing(images)
    if missing:
        raise InputError(
            f"the model {spec.name} needs {role_names(missing)}", fix="Add them, or choose another model", roles=missing
        )
    ready, notes = dict(images), []
    scale = {wanted.name: wanted.scale for wanted in spec.inputs}
    for name in ("TTP", "TMAX"):
        if scale.get(name) == "delay" and name in ready and is_picture_of_time(ready[name]):
            ready[name] = sitk.Multiply(sitk.Cast(ready[name], sitk.sitkFloat32), PICTURE_SPAN_S / _PICTURE)
            notes.append(
                f"{name} has no unit (whole numbers up to {_PICTURE}): its range was taken for {PICTURE_SPAN_S:g} s"
            )
    if scale.get("TMAX") == "delay" and "TMAX" not in ready and "TTP" in ready:
        # Scaled as a delay it becomes TTP less that of normal tissue.
        ready["TMAX"] = ready["TTP"]
        notes.append("there is no Tmax: TTP less that of normal tissue stood in for it")
    if scale.get("TTP") == "delay" and "TTP" not in ready and "TMAX" in ready:
        ready["TTP"] = ready["TMAX"]
        notes.append("there is no TTP: Tmax stood in for it, with the delays alone")
    if scale.get("MTT") == "relative" and "MTT" not in ready and {"CBF", "CBV"} <= ready.keys():
        ready["MTT"] = _transit_time(ready["CBF"], ready["CBV"])
        notes.append("there is no MTT: 60 CBV / CBF stood in for it")
    if spec.field.masked_by and spec.field.masked_by not in ready:
        notes.append(f"there is no {spec.field.masked_by}: the maps' own outline keeps the result inside the brain")
        spec = replace(spec, field=replace(spec.field, masked_by=""))
    used = ", ".join(wanted.name for wanted in spec.inputs) + (", NIHSS" if spec.nihss else "")
    return ready, spec, (f"the network saw {used}", *notes)


def is_picture_of_time(image: sitk.Image) -> bool:
    """Whether a time map holds a picture's whole numbers, which `completed` takes for `PICTURE_SPAN_S`, not for s."""
    values = sitk.GetArrayViewFromImage(image)
    whole = values.min() >= 0 and values.max() <= _PICTURE and bool((values == np.round(values)).all())
    return bool(whole and values.max() > _LATEST_S)


def _transit_time(cbf: sitk.Image, cbv: sitk.Image) -> sitk.Image:
    """Relative to itself, so that the maps' factors do not matter."""
    grid = Grid.of(cbf)
    flow = sitk.GetArrayFromImage(cbf).astype(np.float32)
    volume = sitk.GetArrayFromImage(resample(sitk.Cast(cbv, sitk.sitkFloat32), grid))
    shown = flow[flow > 0]
    least = 0.03 * float(np.median(shown)) if shown.size else 1.0
    return grid.image(np.where(flow > least, 60 * volume / np.maximum(flow, least), 0).astype(np.float32))
