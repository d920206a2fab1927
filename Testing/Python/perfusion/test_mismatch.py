from __future__ import annotations

import json
import math

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import plain_case, simulated

from StrokeSegLogic.perfusion.mismatch import measure_perfusion, mismatch_ratio, ratio_words
from StrokeSegLogic.perfusion.thresholds import ThresholdSettings, segment_by_thresholds

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def test_numbers_of_a_plain_case_are_those_counted_by_hand() -> None:
    numbers = measure_perfusion(segment_by_thresholds(plain_case(8, 20, late_s=9.0), PLAIN))
    assert (numbers.core_ml, numbers.penumbra_ml, numbers.hypoperfused_ml) == pytest.approx((8, 12, 20))
    assert [one.ml for one in numbers.delays] == pytest.approx([20, 20, 20, 0])
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
    numbers = measure_perfusion(segment_by_thresholds(simulated("WIS", 3).images))
    assert (numbers.core_ml, numbers.penumbra_ml, numbers.hypoperfused_ml, numbers.mismatch_ml) == (0, 0, 0, 0)
    assert {one.ml for one in numbers.delays} <= {0.0} or numbers.delays[0].ml < 5
    assert numbers.mismatch_ratio is None and numbers.hypoperfusion_intensity_ratio is None
    assert numbers.cbv_index is None and numbers.side is None and numbers.left_share is None
    assert ratio_words(numbers.mismatch_ratio) == "undefined (no lesion)"
    json.dumps(numbers.as_dict(), allow_nan=False)


def test_longer_delays_have_smaller_volumes_and_core_and_penumbra_make_the_whole() -> None:
    numbers = measure_perfusion(segment_by_thresholds(simulated().images))
    volumes = [one.ml for one in numbers.delays]
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
