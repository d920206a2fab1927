from __future__ import annotations

import json
import math

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import plain_case, segmented, simulated

from StrokeSegLogic.ctp.numbers.mismatch import measure_perfusion, mismatch_ratio
from StrokeSegLogic.ctp.numbers.sweep import sweep
from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.space.grid import Grid

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def test_numbers_of_a_plain_case_are_those_counted_by_hand() -> None:
    numbers = measure_perfusion(segment_by_thresholds(plain_case(8, 20, late_s=9.0), PLAIN))
    assert (numbers.core_ml, numbers.penumbra_ml, numbers.hypoperfused_ml) == pytest.approx((8, 12, 20))
    assert [delay.ml for delay in numbers.delays] == pytest.approx([20, 20, 20, 0])
    assert numbers.mismatch_ml == pytest.approx(12) and numbers.mismatch_ratio == pytest.approx(2.5)
    assert numbers.hypoperfusion_intensity_ratio == 0.0
    assert numbers.cbv_index == pytest.approx(1.0)
    assert (numbers.left_share, numbers.side) == (1.0, "left")
    assert numbers.tissue_ml == pytest.approx(16000)


def test_a_lesion_without_core_has_an_infinite_ratio_that_json_can_hold() -> None:
    numbers = measure_perfusion(segment_by_thresholds(plain_case(0, 20), PLAIN))
    assert numbers.mismatch_ratio == math.inf
    assert numbers.mismatch_ratio_words == "infinite (no core)"
    assert json.loads(json.dumps(numbers.as_dict(), allow_nan=False))["mismatch_ratio"] == "infinite"


def test_no_lesion_is_a_result_of_zeros() -> None:
    numbers = measure_perfusion(segmented("WIS", 3))
    assert (numbers.core_ml, numbers.penumbra_ml, numbers.hypoperfused_ml, numbers.mismatch_ml) == (0, 0, 0, 0)
    assert {delay.ml for delay in numbers.delays} <= {0.0} or numbers.delays[0].ml < 5
    assert numbers.mismatch_ratio is None and numbers.hypoperfusion_intensity_ratio is None
    assert numbers.cbv_index is None and numbers.side is None and numbers.left_share is None
    assert numbers.mismatch_ratio_words == "undefined (no lesion)"
    json.dumps(numbers.as_dict(), allow_nan=False)


def test_longer_delays_have_smaller_volumes_and_core_and_penumbra_make_the_whole() -> None:
    numbers = measure_perfusion(segmented())
    volumes = [delay.ml for delay in numbers.delays]
    assert volumes == sorted(volumes, reverse=True) and volumes[1] == pytest.approx(numbers.hypoperfused_ml)
    assert numbers.core_ml + numbers.penumbra_ml == pytest.approx(numbers.hypoperfused_ml)
    assert numbers.hypoperfusion_intensity_ratio == pytest.approx(volumes[3] / volumes[1])


def test_volumes_agree_with_the_simulated_truth() -> None:
    maps = simulated()
    numbers = measure_perfusion(segment_by_thresholds(maps.images))
    truth = sitk.GetArrayFromImage(maps.truth)
    voxel_ml = float(np.prod(maps.truth.GetSpacing())) / 1000
    assert numbers.hypoperfused_ml == pytest.approx((truth > 0).sum() * voxel_ml, rel=0.15)
    assert numbers.core_ml == pytest.approx((truth == 2).sum() * voxel_ml, abs=15)


def test_ratio_of_volumes() -> None:
    assert mismatch_ratio(90, 50) == pytest.approx(1.8)
    assert mismatch_ratio(0, 0) is None and mismatch_ratio(0, 5) == 0.0


def test_of_a_small_lesion_no_intensity_ratio_is_told() -> None:
    for voxels, told in ((9, False), (10, True)):
        numbers = measure_perfusion(segment_by_thresholds(plain_case(0, voxels, late_s=12.0), PLAIN))
        assert numbers.hypoperfused_ml == voxels
        assert numbers.hypoperfusion_intensity_ratio == (1.0 if told else None)


def test_equal_delay_on_both_sides_is_of_neither() -> None:
    maps = plain_case()
    for name in ("CBF", "TMAX"):
        values = sitk.GetArrayFromImage(maps[name])
        least = np.minimum if name == "CBF" else np.maximum
        maps[name] = Grid.of(maps[name]).image(least(values, values[:, :, ::-1]))
    found = segment_by_thresholds(maps, PLAIN)
    numbers = measure_perfusion(found)
    assert found.tissue.reference.affected is None and "both hemispheres" in numbers.reference
    assert (numbers.left_share, numbers.side) == (0.5, "both")
    assert any("no healthy reference" in note for note in numbers.notes)


@pytest.mark.parametrize("kept", ["left", "right"])
def test_of_one_hemisphere_alone_the_side_is_unknown_and_flow_is_relative_to_its_own_tissue(kept: str) -> None:
    simulation = simulated()
    middle = Grid.of(simulation.images["CBF"]).size[0] // 2
    half = np.s_[:, :, middle:] if kept == "left" else np.s_[:, :, :middle]
    maps = {}
    for name, image in simulation.images.items():
        values = sitk.GetArrayFromImage(image)
        empty = np.full_like(values, -1000 if name == "CT" else 0)
        empty[half] = values[half]
        maps[name] = Grid.of(image).image(empty)
    found = segment_by_thresholds(maps)
    numbers = measure_perfusion(found)
    assert not found.tissue.both_sides and found.tissue.reference.affected is None
    assert numbers.left_share is None and numbers.side in ("unknown", None)
    assert (numbers.side is None) == (numbers.hypoperfused_ml == 0)
    assert "in the one hemisphere that is seen" in numbers.reference
    assert any("one hemisphere alone" in note for note in numbers.notes)


@pytest.mark.parametrize(("end", "told"), [(8.0, 2), (10.0, 3), (10.5, 4)])
@pytest.mark.quick(1)
def test_volumes_beyond_the_end_of_the_scale_are_not_told(end: float, told: int) -> None:
    maps = dict(simulated().images)
    expected = measure_perfusion(segmented())
    maps["TMAX"] = sitk.Minimum(maps["TMAX"], end)
    found = segment_by_thresholds(maps)
    numbers = measure_perfusion(found)
    assert [delay.ml is not None for delay in numbers.delays] == [True] * told + [False] * (4 - told)
    assert (numbers.hypoperfusion_intensity_ratio is None) == (told < 4)
    assert any(f"the scale of Tmax is cut off at {end:g} s" in note for note in numbers.notes)
    assert numbers.hypoperfused_ml == pytest.approx(expected.hypoperfused_ml, rel=0.15)
    assert max(row.tmax_s for row in sweep(found, (0.3,)).rows) < end
    json.dumps(numbers.as_dict(), allow_nan=False)
