"""Simulated maps on coarse grids, and hand-made maps whose answer is plain."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.ctp.tissue.thresholds import ThresholdSegmentation, segment_by_thresholds
from StrokeSegLogic.phantom.ctp_maps import CtpMaps, ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid

UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@lru_cache(maxsize=32)
def simulated(group: str = "LVO", seed: int = 0, noise: float = 1.0) -> CtpMaps:
    return ctp_patient(seed, group).maps(ctp_grid((4.6, 4.6, 6.5)), noise)


@lru_cache(maxsize=8)
def segmented(group: str = "LVO", seed: int = 0) -> ThresholdSegmentation:
    """What is found by thresholds on `simulated` maps as they are."""
    return segment_by_thresholds(simulated(group, seed).images)


def arrays(maps: CtpMaps) -> dict[str, np.ndarray]:
    return {name: sitk.GetArrayFromImage(image) for name, image in maps.images.items()}


def plain_case(core_voxels: int = 8, late_voxels: int = 20, late_s: float = 8.0) -> dict[str, sitk.Image]:
    """A brain of a block of 40 x 40 x 10 voxels of 1 ml: CBF 50 and Tmax 1 s; on the patient's left (high x) one row
    block of late tissue, its first voxels with a flow of 10."""
    shape = (14, 44, 44)
    grid = Grid((44, 44, 14), (10.0, 10.0, 10.0), (-215.0, -215.0, -65.0), UPRIGHT)
    cbf, cbv, tmax = (np.zeros(shape, np.float32) for _ in range(3))
    block = np.s_[2:12, 2:42, 2:42]
    cbf[block], cbv[block], tmax[block] = 50, 3, 1
    late = np.s_[5, 10, 41 - late_voxels + 1 : 42] if late_voxels <= 18 else np.s_[5:7, 10, 42 - late_voxels // 2 : 42]
    spot = np.zeros(shape, bool)
    spot[late] = True
    tmax[spot] = late_s
    places = np.argwhere(spot)[:core_voxels]
    cbf[tuple(places.T)] = 10
    return {"CBF": grid.image(cbf), "CBV": grid.image(cbv), "TMAX": grid.image(tmax)}


def edge_core(width: int = 6) -> tuple[dict[str, sitk.Image], np.ndarray]:
    """The block of `plain_case` with a core at its left edge, open to the outside, and late tissue around; where it is.

    Flow and volume of the core are low, its Tmax is late.
    """
    maps = plain_case(core_voxels=0)
    arrays = {name: sitk.GetArrayFromImage(image) for name, image in maps.items()}
    core = np.zeros(arrays["CBF"].shape, bool)
    core[4:8, 18:26, 42 - width : 42] = True
    arrays["TMAX"][3:9, 15:29, 42 - width - 3 : 42] = 9
    arrays["CBF"][core], arrays["CBV"][core] = 5, 1
    grid = Grid.of(maps["CBF"])
    return {name: grid.image(values) for name, values in arrays.items()}, core
