"""What is measured on a voted lesion."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..base.progress import check_cancelled
from ..brain.hemispheres import MidPlane
from ..metrics.voxel import dice
from ..result.lesions import DOUBT_SHARE, lesions
from ..space.grid import Grid, Plane
from .result import LESION, PlaneVote, Statistics


def measure(
    labels: np.ndarray,
    probability: np.ndarray,
    members: Mapping[Plane, np.ndarray],
    brain: np.ndarray,
    grid: Grid,
    slices: Mapping[Plane, int],
    weights: Mapping[str, float],
) -> Statistics:
    """Statistics of a result on the reference grid; all arrays (z, y, x) of that grid.

    Args:
        labels: 1 is lesion.
        probability: 0 to 1.
        members: each plane's own lesion, bool.
        brain: bool.
        grid: the reference's.
        slices: how many slices each plane's network saw.
        weights: each plane's share in the weighted vote.
    """
    lesion = labels == LESION
    check_cancelled()
    left = left_share(lesion, brain, grid)
    check_cancelled()
    return Statistics(
        volume_ml=float(lesion.sum() * grid.voxel_ml),
        brain_ml=float(brain.sum() * grid.voxel_ml),
        lesions=lesions(lesion, probability, grid),
        left_share=left,
        right_share=None if left is None else 1.0 - left,
        planes=tuple(
            _plane_vote(plane, member, lesion, grid, slices[plane], weights[plane]) for plane, member in members.items()
        ),
        doubtful_slices=doubtful_slices(probability),
    )


def _plane_vote(
    plane: Plane, member: np.ndarray, lesion: np.ndarray, grid: Grid, slices: int, weight: float
) -> PlaneVote:
    check_cancelled()
    return PlaneVote(plane, float(member.sum() * grid.voxel_ml), dice(member, lesion), slices, float(weight))


def left_share(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> float | None:
    """Part of the lesion on the patient's left of the mid-sagittal plane; None without lesion.

    The plane between them is `hemispheres.MidPlane`, so a turned or shifted head spills no lesion onto the other side.
    """
    if not lesion.any():
        return None
    spot = grid.to_world(np.argwhere(lesion)[:, ::-1])
    return float(MidPlane.of(brain, grid).left_of(spot).mean())


def doubtful_slices(probability: np.ndarray) -> tuple[int, ...]:
    """Slices along the first axis in descending doubt: the sum of each voxel's binary entropy."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    check_cancelled()
    of_lesion = p * np.log2(p)
    check_cancelled()
    of_rest = (1 - p) * np.log2(1 - p)
    check_cancelled()
    # Below one in a hundred a voxel is not in doubt; a whole brain of such voxels would drown a small lesion.
    entropy = np.where(probability > 0.01, -(of_lesion + of_rest), 0.0).sum((1, 2))
    order = np.argsort(-entropy, kind="stable")
    return tuple(int(k) for k in order if entropy[k] > 0 and entropy[k] >= DOUBT_SHARE * entropy.max())
