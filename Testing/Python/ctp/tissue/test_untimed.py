"""Infarcts whose flow is too low to be timed, at the edge of the brain too, and healthy tissue whose Tmax is 0."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from map_cases import UPRIGHT, arrays, edge_core, plain_case, segmented, simulated
from scipy import ndimage

from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import CORE, segment_by_thresholds
from StrokeSegLogic.ctp.tissue.untimed import find_untimed, nearest_delay
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.space.grid import Grid

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def with_values(maps: dict[str, sitk.Image], **changed: np.ndarray) -> dict[str, sitk.Image]:
    return maps | {name: Grid.of(maps[name]).image(values.astype(np.float32)) for name, values in changed.items()}


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_a_core_at_the_brains_edge_whose_tmax_failed_is_core(nothing: float) -> None:
    maps, core = edge_core()
    tmax = sitk.GetArrayFromImage(maps["TMAX"])
    tmax[core] = nothing
    found = segment_by_thresholds(with_values(maps, TMAX=tmax), PLAIN)
    assert np.array_equal(found.core, core)
    assert found.hypoperfused[core].all() and found.tissue.reference.affected == "left"


@pytest.mark.slow
def test_simulated_cores_whose_tmax_failed_are_found_as_well_as_with_it() -> None:
    for seed in (0, 1, 4):
        maps = dict(simulated("LVO", seed).images)
        truth = sitk.GetArrayFromImage(simulated("LVO", seed).truth)
        tmax = arrays(simulated("LVO", seed))["TMAX"]
        tmax[truth == CORE] = 0
        found = segment_by_thresholds(with_values(maps, TMAX=tmax))
        usual = segmented("LVO", seed)
        assert dice(found.core, truth == CORE) > dice(usual.core, truth == CORE) - 0.05
        assert dice(found.hypoperfused, truth > 0) > 0.85


def test_a_healthy_island_with_tmax_0_within_late_tissue_is_no_lesion() -> None:
    maps = plain_case(core_voxels=0, late_voxels=20)
    tmax, cbf = (sitk.GetArrayFromImage(maps[name]) for name in ("TMAX", "CBF"))
    tmax[8, 18:25, 25:32] = 9
    tmax[8, 21, 27:30] = 0
    cbf[8, 21, 28] = 2
    tmax[3, 5, 5], cbf[3, 5, 5] = 0, 2
    found = segment_by_thresholds(with_values(maps, TMAX=tmax, CBF=cbf), PLAIN).hypoperfused
    assert not found[8, 21, 27] and not found[8, 21, 29], "flow is normal: no delay"
    assert not found[3, 5, 5], "still tissue beside healthy tissue"


def test_maps_with_tmax_0_in_all_healthy_tissue_have_the_same_lesion() -> None:
    maps = plain_case()
    expected = segment_by_thresholds(maps, PLAIN)
    tmax = sitk.GetArrayFromImage(maps["TMAX"])
    found = segment_by_thresholds(with_values(maps, TMAX=np.where(tmax < 4, 0, tmax)), PLAIN)
    assert np.array_equal(found.hypoperfused, expected.hypoperfused) and np.array_equal(found.core, expected.core)
    assert found.tissue.reference.cbf == pytest.approx(expected.tissue.reference.cbf)


def test_what_is_still_on_both_sides_is_no_infarct() -> None:
    maps = plain_case()
    tmax, cbf = (sitk.GetArrayFromImage(maps[name]) for name in ("TMAX", "CBF"))
    for row in (2, 41):
        tmax[5, 9:12, row], cbf[5, 9:12, row] = 0, 1
    found = segment_by_thresholds(with_values(maps, TMAX=tmax, CBF=cbf), PLAIN)
    assert not found.hypoperfused[5, 9:12, [2, 41]].any() or not found.tissue.no_time[5, 9:12, [2, 41]].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 6.0))
def test_still_tissue_takes_the_delay_of_the_tissue_that_scipy_finds_nearest(seed: int, thickness: float) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid((24, 23, 5), (1.0, 1.0, thickness), (0.0, 0.0, 0.0), UPRIGHT)
    steps = grid.spacing[::-1]
    late, early = (ndimage.binary_dilation(rng.random(grid.shape) < 0.004, iterations=2) for _ in range(2))
    late, early = late & ~early, early | (np.indices(grid.shape).sum(axis=0) == 0)
    tmax = np.select([late, early], [9.0, 1.0], 0.0).astype(np.float32)
    still = ~(late | early) & (np.indices(grid.shape)[2] % 3 == 0)
    to_late = ndimage.distance_transform_edt(~late, sampling=steps) if late.any() else np.full(grid.shape, 1e3)
    to_early = ndimage.distance_transform_edt(~early, sampling=steps)
    found = nearest_delay(tmax, still, late | early, grid)
    assert np.array_equal(found[~still], tmax[~still])
    # ITK's distance is not exact; parts that are late for the most part are so as a whole.
    margin = 2.0
    assert (found[still & (to_late < to_early - margin)] == 9).all()
    parts, count = ndimage.label(still, np.ones((3, 3, 3)))
    for part in range(1, count + 1):
        own = parts == part
        if (to_late[own] > to_early[own] + margin).mean() > 0.5:
            assert (found[own & (to_late > to_early + margin)] == 1).all()


def test_where_no_blood_flows_at_all_nothing_is_untimed() -> None:
    none = np.zeros((3, 4, 5))
    assert not find_untimed(none, none, np.ones((3, 4, 5), bool), None).any()
