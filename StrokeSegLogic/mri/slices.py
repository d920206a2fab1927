"""Loose slices in, lesion probability out: for evaluation and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.progress import Progress
from ..base.settings import PLANES
from ..nets.models.registry import find
from ..nets.run.inputs import normalise
from ..space.resampling import SpacingMm, resample_slices
from ..study.case import Role


def predict_slices(
    model: str | Path | None,
    plane: str,
    images: Mapping[Role, np.ndarray],
    spacing_mm: SpacingMm,
    device: str = "auto",
) -> np.ndarray:
    """Lesion probability of slices of one plane, each slice normalised by itself.

    Rows and columns as `grid.to_stack` gives them: axial from front to back, coronal and sagittal from head to
    feet; columns from left to right, in sagittal slices from back to front.

    Args:
        model: name or folder; None is the default bundled model.
        plane: "axial", "coronal" or "sagittal".
        images: skull-stripped slices (N, H, W) of each sequence, any gain, 0 outside the brain, on one pixel grid.
        spacing_mm: distance of rows and of columns.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        float32 (N, H, W), 0 outside the brain.

    Raises:
        InputError: if plane, shapes, spacing or values cannot be used.
        ModelError: if the model is unknown, damaged, or cannot work with these sequences.
        DeviceError: if the device is not there.
    """
    stacks = _checked(plane, images, spacing_mm)
    spacing_mm = (float(spacing_mm[0]), float(spacing_mm[1]))
    bundle = find(model)
    spec = bundle.planes
    spec.require_inputs(stacks)
    shape = next(iter(stacks.values())).shape
    out = np.zeros(shape, np.float32)
    if out.size == 0:
        return out
    target = spec.spacing_mm
    brain = np.logical_or.reduce([stack != 0 for stack in stacks.values()])
    small_brain = resample_slices(brain.astype(np.float32), spacing_mm, (target, target)) > 0.5
    inputs = np.zeros((shape[0], len(spec.inputs), *small_brain.shape[1:]), np.float32)
    for channel, role in enumerate(spec.roles):
        if role in stacks:
            own = resample_slices((stacks[role] != 0).astype(np.float32), spacing_mm, (target, target)) > 0.5
            for number, values in enumerate(resample_slices(stacks[role], spacing_mm, (target, target))):
                # Where this sequence shows nothing but another shows brain, it is missing: 0, as in the engine.
                seen = small_brain[number] & (own[number] if len(stacks) > 1 else True)
                if values[seen].any():
                    inputs[number, channel] = normalise(values, seen)
                    inputs[number, channel][small_brain[number] & ~seen] = 0.0
    from ..nets.run.network import choose, lesion_probability, load

    where = choose(device)
    network = load(bundle, where)[plane]
    probability = lesion_probability(network, inputs, where, Progress(), plane, spec.canvas)
    return resample_slices(probability, (target, target), spacing_mm, shape[1:]) * brain


def _checked(plane: str, images: Mapping[Role, np.ndarray], spacing_mm: SpacingMm) -> dict[Role, np.ndarray]:
    if plane not in PLANES:
        raise InputError(f"'{plane}' is no plane", fix=f"Use one of {', '.join(PLANES)}")
    if len(spacing_mm) != 2 or not all(0 < step < np.inf for step in spacing_mm):
        raise InputError(f"spacing {spacing_mm} is not two positive numbers", fix="Give (rows, columns) in mm")
    stacks = {Role.parse(role): np.asarray(stack, np.float32) for role, stack in images.items()}
    if not stacks:
        raise InputError("there are no slices", fix="Give at least one sequence")
    if len({stack.shape for stack in stacks.values()}) > 1 or next(iter(stacks.values())).ndim != 3:
        shapes = ", ".join(f"{role} {stack.shape}" for role, stack in stacks.items())
        raise InputError(f"slices must be (N, H, W), alike for all sequences, not {shapes}", fix="Resample them first")
    for role, stack in stacks.items():
        if not np.isfinite(stack).all():
            raise InputError("NaN or infinite pixels", where=str(role), fix="Replace them before")
    return stacks
