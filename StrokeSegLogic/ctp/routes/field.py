"""A case laid on the fixed field of a one-network model, and the network's answer brought back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...base.errors import DeviceError, InputError, ModelError, is_out_of_memory
from ...brain.ct import MIP_HU, brain_of_ct
from ...brain.head import stripped_outline
from ...nets.models.field_spec import FieldSpec, InputSpec
from ...nets.run.inputs import LOWEST, normalise
from ...space.grid import Grid, reorient
from ...space.resampling import resample, resample_mask
from ...study.case import role_names
from .map_scales import delay, rainbow, relative

if TYPE_CHECKING:
    from ...base.progress import Progress
    from ...nets.networks.base import SegmentationNetwork
    from ...nets.run.network import Device

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)
"""Of torchvision's checkpoints: their images were shifted and scaled so."""


@dataclass(frozen=True)
class Field:
    """A case as a one-network model sees it.

    Attributes:
        grid: in working orientation; the whole field of view of the reference.
        channels: float32 (C, z, y, x).
        brain: bool (z, y, x): where a result may lie.
    """

    grid: Grid
    channels: np.ndarray
    brain: np.ndarray


def field_grid(reference: Grid, size: tuple[int, ...]) -> Grid:
    """The grid of a field: the reference's axes and centre in working orientation, square pixels.

    Args:
        reference: of the case.
        size: (H, W) keeps the reference's slices; (D, H, W) spreads D slices over its depth.
    """
    oriented = Grid.of(reorient(reference.image(np.zeros(reference.shape, np.uint8))))
    extent = np.asarray(oriented.size) * np.asarray(oriented.spacing)
    rows, columns = size[-2:]
    pixel = max(extent[0] / columns, extent[1] / rows)
    slices = oriented.size[2] if len(size) == 2 else size[0]
    return oriented.about_centre((columns, rows, slices), (pixel, pixel, extent[2] / slices))


def lay(images: Mapping[str, sitk.Image], reference: Grid, inputs: tuple[InputSpec, ...], field: FieldSpec) -> Field:
    """Lays images on the field and scales their values.

    Args:
        images: by name; the inputs, and the masking image if the field has any.
        reference: grid that the result will lie on.
        inputs: of the model.
        field: of the model.

    Raises:
        InputError: if an input or the masking image is missing, or no brain is found.
    """
    needed = [*(spec.name for spec in inputs), *([field.masked_by] if field.masked_by else [])]
    missing = [name for name in dict.fromkeys(needed) if name not in images]
    if missing:
        raise InputError(
            f"the model needs {role_names(missing)}", fix="Add them, or choose another model", roles=missing
        )
    grid = field_grid(reference, field.size)
    brain = _brain(images, grid, inputs, field)
    channels = [_channels(images[spec.name], grid, brain, spec) for spec in inputs]
    return Field(grid, np.concatenate(channels), brain)


def _brain(images: Mapping[str, sitk.Image], grid: Grid, inputs: tuple[InputSpec, ...], field: FieldSpec) -> np.ndarray:
    if field.masked_by:
        mask = brain_of_mip(images[field.masked_by]) if field.masked_by == "MIP" else images[field.masked_by] != 0
        brain = resample_mask(mask, grid)
    else:
        shown = [images[spec.name] for spec in inputs]
        outlines = [outline for outline in map(stripped_outline, shown) if outline is not None]
        # Whole heads (native CT) have no outline of their own; a map that is zero outside the brain has.
        brain = np.logical_or.reduce([resample_mask(outline, grid) for outline in outlines or [i != 0 for i in shown]])
    if not brain.any():
        raise InputError("no brain was found in the images", fix="Check the MIP and the maps: are they empty?")
    return brain


def brain_of_mip(mip: sitk.Image) -> sitk.Image:
    """The brain's outline on a maximum-intensity projection over time (HU), as a 0/1 image in working orientation.

    The source masks by the MIP too but does not say how (arXiv 2203.10039); the rule is `ct_brain`'s.
    """
    mip = reorient(mip)  # what is done within slices is done within axial slices, however the volume is stored
    return Grid.of(mip).image(brain_of_ct(mip, MIP_HU).astype(np.uint8))


def _channels(image: sitk.Image, grid: Grid, brain: np.ndarray, spec: InputSpec) -> np.ndarray:
    """One image as (1 or 3, z, y, x)."""
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid))
    if spec.low is None or spec.high is None:
        return normalise(values, brain)[None]
    if spec.scale == "relative":
        values = relative(values, brain)
    elif spec.scale == "delay":
        values = delay(values, brain)
    unit = np.clip((values - spec.low) / (spec.high - spec.low), 0.0, 1.0)
    shown = rainbow(unit) if spec.shown == "rainbow" else np.repeat(unit[None], spec.channels, axis=0)
    black = np.reshape(background(spec), (-1, 1, 1, 1))
    return np.where(brain, shown / np.reshape(_sd(spec), (-1, 1, 1, 1)) + black, black).astype(np.float32)


def background(spec: InputSpec) -> tuple[float, ...]:
    """The value of each channel outside the brain: black, or no signal."""
    if spec.low is None:
        return (LOWEST,)
    mean = IMAGENET_MEAN if spec.channels == 3 else (sum(IMAGENET_MEAN) / 3,)
    return tuple(-m / s for m, s in zip(mean, _sd(spec), strict=True))


def _sd(spec: InputSpec) -> tuple[float, ...]:
    return IMAGENET_SD if spec.channels == 3 else (sum(IMAGENET_SD) / 3,)


def predict(
    network: SegmentationNetwork,
    field: Field,
    whole: bool,
    nihss: float | None,
    device: Device,
    progress: Progress,
    message: str = "the network's answer",
) -> np.ndarray:
    """Class probabilities (classes, z, y, x) of a field; slices without brain are not looked at, theirs are 0.

    Args:
        network: in evaluation mode on the device.
        field: the case.
        whole: whether the network takes the volume at once, and not slice by slice.
        nihss: the score, for networks that ask for it.
        device: where to compute.
        progress: asked between slices.
        message: the stage in words.

    Raises:
        DeviceError: if the device has too little memory.
        ModelError: if the network's answer is no number.
    """
    import torch

    from ...nets.run.network import heard_between_layers

    score = None if nihss is None else torch.tensor([nihss], dtype=torch.float32, device=device.where)
    images = torch.from_numpy(np.ascontiguousarray(field.channels))

    def answer(batch: torch.Tensor) -> np.ndarray:
        try:
            with heard_between_layers(network, progress):
                found = network(batch[None].to(device.where), score).float().softmax(1)[0]
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            what = "the volume" if whole else "one slice"
            raise DeviceError(
                f"the device has too little memory for {what}", where=device.name, fix="Use cpu", option="device"
            ) from error
        if not torch.isfinite(found).all():
            raise ModelError(
                "the network's answer is not a number",
                where=device.name,
                fix="Try cpu, or another model",
                option="device",
            )
        return found.cpu().numpy()

    progress(0.0, message)
    with torch.inference_mode():
        if whole:
            return answer(images)
        seen = np.flatnonzero(field.brain.any(axis=(1, 2)))
        answers = {}
        for number, k in enumerate(seen):
            progress(number / len(seen), message)
            answers[int(k)] = answer(images[:, k])
    nothing = np.zeros_like(next(iter(answers.values())))
    return np.stack([answers.get(k, nothing) for k in range(images.shape[1])], axis=1)


def labels_on(probabilities: np.ndarray, field: Field, reference: Grid) -> np.ndarray:
    """Labels uint8 (z, y, x) on the reference's grid: the most probable class within the brain, 0 elsewhere.

    Args:
        probabilities: (classes, z, y, x) on the field.
        field: where they lie; its brain mask is applied before the choice, as in the source.
        reference: grid of the result.
    """
    best = np.zeros(reference.shape, np.uint8)
    highest = np.full(reference.shape, -1.0, np.float32)
    brain = resample_mask(field.grid.image(field.brain.astype(np.uint8)), reference)
    for number, probability in enumerate(probabilities):
        values = sitk.GetArrayFromImage(resample(field.grid.image(np.ascontiguousarray(probability)), reference))
        better = values > highest
        best[better], highest[better] = number, values[better]
    return np.where(brain, best, np.uint8(0))
