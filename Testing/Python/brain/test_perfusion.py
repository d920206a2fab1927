from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import arrays, plain_case, simulated

from StrokeSegLogic.brain.perfusion import brain_of_maps
from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.space.grid import Grid

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def test_one_hot_voxel_does_not_hide_the_brain() -> None:
    maps = plain_case()
    grid = Grid.of(maps["CBF"]).crop((2, 2, 2), (40, 40, 10))
    inner = {name: sitk.GetArrayFromImage(image)[2:12, 2:42, 2:42] for name, image in maps.items()}
    # Cut to the brain's own box: there is no background to tell its outline.
    inner["CBF"] = np.random.default_rng(0).uniform(20, 70, grid.shape).astype(np.float32)
    inner["CBF"][0, 0, 0] = 1e6
    assert brain_of_maps(grid, inner)[1:].all()


def test_a_brain_mask_of_any_type_is_a_mask() -> None:
    maps = plain_case()
    mask = sitk.GetArrayFromImage(maps["CBF"]) > 0
    expected = segment_by_thresholds(maps, brain=mask)
    for kind, value in ((np.uint8, 1), (np.uint8, 255), (np.float32, 1)):
        found = segment_by_thresholds(maps, brain=mask.astype(kind) * kind(value))
        assert np.array_equal(found.core, expected.core) and np.array_equal(found.hypoperfused, expected.hypoperfused)
        assert found.tissue.brain.dtype == bool and np.array_equal(found.tissue.tissue, expected.tissue.tissue)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.quick(1)
def test_the_outline_of_maps_is_the_brain_with_and_without_its_ct(seed: int) -> None:
    maps = simulated("LVO", seed)
    values, brain = arrays(maps), arrays(maps)["MIP"] != 0
    with_ct = brain_of_maps(Grid.of(maps.images["CBF"]), values)
    without = brain_of_maps(Grid.of(maps.images["CBF"]), {name: values[name] for name in ("CBF", "TMAX")})
    assert dice(with_ct, brain) > 0.95 and dice(without, brain) > 0.95


def test_a_map_of_delay_that_shows_the_whole_head_does_not_make_the_brain_larger() -> None:
    maps = simulated("LVO", 0)
    grid, values = Grid.of(maps.images["CBF"]), arrays(maps)
    alone = brain_of_maps(grid, {"CBF": values["CBF"]})
    head = values["CT"] > -300
    both = brain_of_maps(grid, {"CBF": values["CBF"], "TMAX": np.where(head, 3.0, 0.0).astype(np.float32)})
    assert both.sum() < 1.05 * alone.sum()
