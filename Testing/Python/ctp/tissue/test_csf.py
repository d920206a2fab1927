"""What is taken for CSF, and infarcts that must not be."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import edge_core, plain_case, simulated

from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import CORE, segment_by_thresholds
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.space.grid import Grid

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def changed(maps: dict[str, sitk.Image], **values: np.ndarray) -> dict[str, sitk.Image]:
    return maps | {name: Grid.of(maps["CBF"]).image(array.astype(np.float32)) for name, array in values.items()}


def array(maps: dict[str, sitk.Image], name: str) -> np.ndarray:
    return sitk.GetArrayFromImage(maps[name])


def ct_of(maps: dict[str, sitk.Image]) -> np.ndarray:
    return np.where(array(maps, "CBF") > 0, 32.0, -1000.0)


@pytest.mark.parametrize("with_ct", [True, False])
@pytest.mark.parametrize("tmax", [0.0, 9.0])
def test_a_core_that_the_maps_hold_zeros_in_is_core(with_ct: bool, tmax: float) -> None:
    maps, core = edge_core()
    inner = core.copy()
    inner[:, :, 41] = False
    delay, empty = array(maps, "TMAX"), ct_of(maps)
    delay[inner] = tmax
    flow, volume = array(maps, "CBF"), array(maps, "CBV")
    flow[inner], volume[inner] = 0, 0
    given = changed(maps, TMAX=delay, CBF=flow, CBV=volume)
    found = segment_by_thresholds(changed(given, CT=empty) if with_ct else given, PLAIN)
    assert np.array_equal(found.core, core)


@pytest.mark.parametrize("with_ct", [True, False])
def test_zeros_at_the_very_edge_are_brain_where_another_map_or_the_ct_says_so(with_ct: bool) -> None:
    maps = dict(simulated("LVO", 0).images)
    core = sitk.GetArrayFromImage(simulated("LVO", 0).truth) == CORE
    if not with_ct:
        del maps["CT"]
    arrays = {name: array(maps, name) for name in ("CBF", "CBV", "TMAX")}
    for name in ("CBF", "CBV"):
        arrays[name][core] = 0
    found = segment_by_thresholds(changed(maps, **arrays))
    assert dice(found.core, core) > 0.6


def test_ventricles_without_ct_are_csf_though_late_tissue_lies_beside_them() -> None:
    maps, core = edge_core()
    flow, volume, delay = (array(maps, name) for name in ("CBF", "CBV", "TMAX"))
    for columns in (slice(33, 35), slice(9, 11)):
        for values in (flow, volume, delay):
            values[4:8, 18:26, columns] = 0
    found = segment_by_thresholds(changed(maps, CBF=flow, CBV=volume, TMAX=delay), PLAIN)
    assert not found.tissue.tissue[4:8, 18:26, 33:35].any()
    assert np.array_equal(found.core, core)


def test_an_infarct_of_20_hu_is_core_and_a_ventricle_of_6_hu_beside_it_is_not() -> None:
    maps, core = edge_core()
    hu = ct_of(maps)
    hu[core] = 20
    hu[4:8, 18:26, 33:36] = 6
    found = segment_by_thresholds(changed(maps, CT=hu), PLAIN)
    assert np.array_equal(found.core, core)
    assert not found.tissue.tissue[4:8, 18:26, 33:36].any()


def test_a_late_infarct_of_12_hu_far_from_csf_is_core() -> None:
    maps, core = edge_core()
    hu = ct_of(maps)
    hu[core] = 12
    assert np.array_equal(segment_by_thresholds(changed(maps, CT=hu), PLAIN).core, core)


def test_partial_volume_of_csf_is_csf_and_as_much_elsewhere_is_tissue() -> None:
    grid = Grid((44, 44, 14), (2.0, 2.0, 5.0), (-43.0, -43.0, 0.0), Grid.of(plain_case()["CBF"]).direction)
    maps = {name: grid.image(sitk.GetArrayFromImage(image)) for name, image in plain_case().items()}
    hu = ct_of(maps)
    hu[5, 20:24, 20:24] = 12
    hu[5, 21:23, 21:23] = 5
    hu[9, 20:24, 20:24] = 12
    tissue = segment_by_thresholds(changed(maps, CT=hu), PLAIN).tissue.tissue
    assert not tissue[5, 20:24, 20:24].any() and tissue[9, 20:24, 20:24].all()


@pytest.mark.parametrize("beyond", [-1024.0, -2048.0, np.nan])
def test_brain_outside_of_the_ct_is_no_csf(beyond: float) -> None:
    maps = plain_case()
    hu = ct_of(maps)
    hu[7:] = beyond
    found = segment_by_thresholds(changed(maps, CT=hu), PLAIN)
    assert found.tissue.tissue[7:12, 2:42, 2:42].all()
    assert any("50% of the brain lies outside of the CT" in note for note in found.notes)


@pytest.mark.slow
def test_maps_whose_ct_has_fewer_slices_keep_their_lesion() -> None:
    maps = dict(simulated("LVO", 0).images)
    expected = segment_by_thresholds(maps)
    hu = array(maps, "CT")
    k = int(expected.core.sum(axis=(1, 2)).argmax())
    hu[k + 1 :] = -1024
    found = segment_by_thresholds(changed(maps, CT=hu))
    assert dice(found.hypoperfused, expected.hypoperfused) > 0.95 and dice(found.core, expected.core) > 0.9
