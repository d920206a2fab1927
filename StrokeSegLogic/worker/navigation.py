"""Where a reviewer should look: doubtful slices and lesions, as points in space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ..grid import Grid
from ..segmentation import Segmentation
from ..statistics import DOUBT_SHARE, lesions

if TYPE_CHECKING:
    from ..perfusion.result import PerfusionSegmentation


def navigation(result: Segmentation | PerfusionSegmentation) -> dict[str, Any]:
    """JSON-ready: `slices` in descending doubt and `lesions` in descending volume, each with a point, mm, LPS.

    An MRI slice is in doubt where the probability is far from 0 and 1; one of CT perfusion where the routes differ, so
    that there is none with a single route. The point lies in the middle of the doubt.
    """
    if isinstance(result, Segmentation):
        probability = sitk.GetArrayViewFromImage(result.probability)
        order = result.statistics.doubtful_slices
        doubts = {k: probability[k] * (1 - probability[k]) for k in order}
        found = result.statistics.lesions
    else:
        differing = _differing(result)
        counts = differing.sum((1, 2))
        order = tuple(int(k) for k in np.argsort(-counts, kind="stable") if counts[k] > DOUBT_SHARE * counts.max())
        doubts = {k: differing[k].astype(np.float32) for k in order}
        lesion = result.array() > 0
        found = lesions(lesion, lesion.astype(np.float32), result.grid)
    return {
        "slices": [{"index": k, "point_lps_mm": _middle(doubts[k], k, result.grid)} for k in order],
        "lesions": [{"volume_ml": one.volume_ml, "point_lps_mm": list(one.centre_mm)} for one in found],
    }


def _differing(result: PerfusionSegmentation) -> np.ndarray:
    """Voxels (z, y, x) to which two routes give different labels; a route that knows the core alone is asked for it
    alone."""
    labels = [(route, sitk.GetArrayViewFromImage(route.labels)) for route in result.routes]
    differing = np.zeros(labels[0][1].shape, bool)
    core = max(int(values.max(initial=0)) for _, values in labels)
    first = next(((route, values) for route, values in labels if route.name == result.chosen), labels[0])
    for route, values in labels:
        if route.penumbra_ml is None or first[0].penumbra_ml is None:
            differing |= (values == core) != (first[1] == core)
        else:
            differing |= values != first[1]
    return differing


def _middle(doubt: np.ndarray, k: int, grid: Grid) -> list[float]:
    rows, columns = np.indices(doubt.shape)
    total = float(doubt.sum())
    index = np.array([[float((columns * doubt).sum()) / total, float((rows * doubt).sum()) / total, float(k)]])
    point: list[float] = grid.to_world(index)[0].tolist()
    return point
