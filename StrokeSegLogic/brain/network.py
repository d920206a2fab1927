"""The brain in a head of any contrast, found by a small 3-D network that was trained on synthesised heads.

After SynthStrip (Hoopes et al., NeuroImage 2022): a network that was shown heads of every contrast needs no rule for
any. It looks twice: at the whole volume, to find where the brain is, and at a field of fixed size around it, so that
neck and shoulders change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ..base.progress import Progress
from ..nets.models.registry import BRAIN, find
from ..space.grid import Grid, bounding_box, working_grid
from ..space.masks import filled, largest_part
from ..space.resampling import resample

if TYPE_CHECKING:
    from torch import nn

    from ..nets.run.network import Device

DARKEST, BRIGHTEST = 2.0, 98.0
"""Percentiles of a volume that become 0 and 1 (as for MindGrab, arXiv 2506.11860)."""
CT_WINDOW_HU = (-100.0, 200.0)
"""What is shown of CT: over its whole range, brain and fluid would be the same."""


def find_brain(image: sitk.Image, grid: Grid, *, is_ct: bool = False, progress: Progress | None = None) -> np.ndarray:
    """The brain with its fluid spaces, bool (z, y, x): all that lies inside the skull, above the spinal cord.

    Args:
        image: a head or a stripped brain, of any contrast and orientation.
        grid: where the mask is wanted; False beyond the image's field of view.
        is_ct: whether values are HU, of which only tissue's are shown.
        progress: a cancel is heard between two layers.

    Returns:
        Empty if there is none.

    Raises:
        ModelError: if the model is missing or damaged.
    """
    from ..nets.run.network import choose, load

    bundle = find(BRAIN)
    spec = bundle.brain
    # Always on the CPU in float32: the mask is the same on every computer.
    device = choose("cpu", full_precision=True)
    network = load(bundle, device)["network"]
    coarse = working_grid(Grid.of(image), spec.spacing_mm)
    image = sitk.Cast(image, sitk.sitkFloat32)
    # Before resampling, which leaves of a few voxels of air something brighter.
    air = lowest(sitk.GetArrayViewFromImage(image))
    values = sitk.GetArrayFromImage(resample(image, coarse, fill=air))
    told = progress or Progress()
    probability = probability_of_head(network, device, values, spec.field, told, air=air, is_ct=is_ct)
    probability = one_brain(probability, spec.threshold)
    return sitk.GetArrayFromImage(resample(coarse.image(probability), grid)) >= spec.threshold


def probability_of_head(
    network: nn.Module,
    device: Device,
    values: np.ndarray,
    field: Sequence[int],
    progress: Progress,
    *,
    air: float | None = None,
    is_ct: bool = False,
) -> np.ndarray:
    """How probably each voxel (z, y, x) is brain, float32; 0 beyond the field around the brain.

    A constant that is added to all values changes nothing.

    Args:
        network: logits (1, 2, z, y, x) of (1, 1, z, y, x).
        device: where to compute.
        values: on cubic voxels of the spacing that the network was trained at, in working orientation.
        field: voxels (z, y, x) of the second look.
        progress: a cancel is heard between two layers.
        air: the value of what lies beyond the volume, if that is darker than all in it; its darkest voxel's if None.
        is_ct: see `find_brain`.
    """
    darkest = lowest(values)
    beyond = darkest if air is None else min(air, darkest)
    values = np.where(np.isfinite(values), values, np.float32(beyond))
    whole = tuple(max(n, side) for n, side in zip(values.shape, field, strict=True))
    first = _look(network, device, values, (0, 0, 0), whole, progress, beyond, is_ct)
    found = first > 0.5
    if not found.any():
        return first
    start = tuple(round(middle - side / 2) for middle, side in zip(_middle(found), field, strict=True))
    return _look(network, device, values, start, tuple(field), progress, beyond, is_ct)


def _look(
    network: nn.Module,
    device: Device,
    values: np.ndarray,
    start: Sequence[int],
    size: tuple[int, ...],
    progress: Progress,
    beyond: float,
    is_ct: bool,
) -> np.ndarray:
    """The probability in a window (start and size in voxels, z, y, x) that may go beyond the volume; 0 outside it."""
    # Of the volume, and of the window: where both are.
    inside = tuple(slice(max(at, 0), min(at + side, n)) for at, side, n in zip(start, size, values.shape, strict=True))
    within = tuple(slice(cut.start - at, cut.stop - at) for cut, at in zip(inside, start, strict=True))
    shown = np.full(size, beyond, np.float32)
    shown[within] = values[inside]
    out = np.zeros(values.shape, np.float32)
    out[inside] = _probability(network, device, comparable(shown, is_ct=is_ct), progress)[within]
    return out


def lowest(values: np.ndarray) -> float:
    """The lowest value that is a number, what air has in a volume of a head; 0 if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.min()) if finite.size else 0.0


def _middle(found: np.ndarray) -> list[float]:
    """The middle (z, y, x) of the largest part's box."""
    part = sitk.GetArrayFromImage(largest_part(sitk.GetImageFromArray(found.astype(np.uint8))))
    start, size = bounding_box(part)
    return [begin + length / 2 for begin, length in zip(start[::-1], size[::-1], strict=True)]


def _probability(network: nn.Module, device: Device, shown: np.ndarray, progress: Progress) -> np.ndarray:
    import torch

    from ..nets.run.network import heard_between_layers

    with torch.inference_mode(), heard_between_layers(network, progress):
        logits = network(torch.from_numpy(shown[None, None]).to(device.where))
        return logits.float().softmax(1)[0, 1].cpu().numpy()


def one_brain(probability: np.ndarray, threshold: float) -> np.ndarray:
    """The probability (z, y, x), 0 away from the largest part of what is probable enough, 1 in its holes."""
    enough = sitk.GetImageFromArray((probability >= threshold).astype(np.uint8))
    part = filled(largest_part(enough))
    near = sitk.GetArrayFromImage(sitk.BinaryDilate(part, (1, 1, 1)))
    inside = sitk.GetArrayViewFromImage(part) > 0
    hole = inside & (probability < threshold)
    return np.where(hole, np.float32(1), np.where(near > 0, probability, np.float32(0)))


def comparable(values: np.ndarray, *, is_ct: bool = False) -> np.ndarray:
    """A head's values from 0 to 1, float32: cut at the 2nd and 98th percentile of the volume; 0 where it is flat.

    Args:
        values: finite, of a whole volume.
        is_ct: whether values are HU.
    """
    if is_ct:
        values = values.clip(*CT_WINDOW_HU)
    low, high = np.percentile(values, (DARKEST, BRIGHTEST))
    if not high > low:
        return np.zeros(values.shape, np.float32)
    return ((values - low) / (high - low)).clip(0, 1).astype(np.float32)
