"""Voxels without a value: one rule in every public function."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import arrays, plain_case, segmented, simulated

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.maps.inputs import on_one_grid, standard_maps
from StrokeSegLogic.ctp.maps.recognition import recognise
from StrokeSegLogic.ctp.numbers.mismatch import measure_perfusion
from StrokeSegLogic.ctp.tissue.laterality import asymmetry
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.smoothing import gaussian_within
from StrokeSegLogic.study.case import Case, Role, Series

ODD = [np.nan, np.inf, -np.inf]


def holed(image: sitk.Image, places: np.ndarray, value: float) -> sitk.Image:
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    values[places] = value
    return Grid.of(image).image(values)


def case_of(images: dict[str, sitk.Image]) -> Case:
    return Case.of("p", [Series(Role(name), image, name, "", 1.0, "") for name, image in images.items()])


def few(image: sitk.Image) -> np.ndarray:
    values = sitk.GetArrayViewFromImage(image)
    return (values != 0) & (np.random.default_rng(0).random(values.shape) < 0.01)


@pytest.mark.parametrize("value", [np.nan, *(pytest.param(value, marks=pytest.mark.slow) for value in ODD[1:])])
@pytest.mark.parametrize("name", ["CBF", "CBV", "TMAX", "CT"])
@pytest.mark.quick(1)
def test_a_few_voxels_without_value_hardly_change_the_numbers_and_are_counted(name: str, value: float) -> None:
    maps = dict(simulated().images)
    expected = measure_perfusion(segmented())
    places = few(maps[name])
    found = segment_by_thresholds(maps | {name: holed(maps[name], places, value)})
    numbers = measure_perfusion(found)
    assert any(f"{name} holds NaN or infinite values in {places.sum()} voxels" in note for note in found.notes)
    assert numbers.core_ml == pytest.approx(expected.core_ml, rel=0.1)
    assert numbers.hypoperfused_ml == pytest.approx(expected.hypoperfused_ml, rel=0.05)
    assert numbers.reference_cbf == pytest.approx(expected.reference_cbf, rel=0.02)
    assert numbers.cbv_index == pytest.approx(expected.cbv_index, rel=0.05)


def test_where_flow_has_no_value_nothing_is_judged() -> None:
    maps = plain_case()
    places = np.zeros((14, 44, 44), bool)
    places[5, 10, 30:42] = True
    found = segment_by_thresholds(maps | {"CBF": holed(maps["CBF"], places, np.nan)})
    assert not found.tissue.tissue[places].any() and not found.core[places].any()


@pytest.mark.parametrize("name", ["CBF", "TMAX", "CT"])
def test_a_map_of_nan_alone_is_refused(name: str) -> None:
    maps = dict(simulated().images)
    maps[name] = maps[name] * np.nan
    with pytest.raises(InputError, match=f"{name}: holds no number, NaN alone"):
        segment_by_thresholds(maps)
    with pytest.raises(InputError, match=f"{name}: holds no number, NaN alone"):
        on_one_grid(maps)
    with pytest.raises(InputError, match=f"{name}: holds no number, NaN alone"):
        standard_maps(case_of(maps))


def test_one_nan_does_not_spread_over_a_map_that_is_resampled() -> None:
    image = simulated().images["TMAX"]
    place = np.zeros(Grid.of(image).shape, bool)
    place[8, 30, 30] = True
    coarse = Grid.of(image).about_centre((32, 32, 10), (7.2, 7.2, 12.0))
    reference = coarse.image(np.zeros(coarse.shape, np.float32))
    found, notes = on_one_grid({"CBF": reference, "TMAX": holed(image, place, np.nan)})
    assert np.isfinite(sitk.GetArrayFromImage(found["TMAX"])).all()
    assert any("NaN or infinite values in 1 voxels" in note.words for note in notes)


def test_maps_with_nan_around_the_brain_are_recognised() -> None:
    maps = {name: np.where(values == 0, np.nan, values) for name, values in arrays(simulated()).items() if name != "CT"}
    found = recognise(maps, {name: name for name in maps})
    for name, reading in found.items():
        assert (reading.role, reading.factor) == (name, 1.0) and "NaN" in reading.doubts[0].words
    nothing = recognise({"CBF": np.full((3, 4, 5), np.nan)}, {"CBF": "CBF"})["CBF"]
    assert nothing.factor is None and "60 voxels (100.0%)" in nothing.doubts[0].words


def test_outside_of_a_maps_field_of_view_nothing_is_judged_and_the_ct_is_air() -> None:
    maps = dict(simulated().images)
    grid = Grid.of(maps["CBF"])
    depth = grid.size[2] // 2
    small = grid.crop((0, 0, 0), (grid.size[0], grid.size[1], depth))
    for name in ("TMAX", "CT"):
        maps[name] = small.image(sitk.GetArrayFromImage(maps[name])[:depth])
    found = standard_maps(case_of(maps))
    assert found.unjudged is not None
    assert not found.unjudged[:depth].any() and found.unjudged[depth:].all()
    assert (sitk.GetArrayFromImage(found.images["CT"])[depth + 1 :] == -1024).all()
    assert any("nothing is judged there" in doubt.words for doubt in found.doubts)


def test_asymmetry_and_smoothing_leave_out_what_is_no_number() -> None:
    maps = simulated()
    values = arrays(maps)["TTP"]
    brain, grid = arrays(maps)["MIP"] != 0, Grid.of(maps.images["TTP"])
    odd = np.where(np.random.default_rng(1).random(values.shape) < 0.02, np.nan, values)
    assert asymmetry(odd, brain, grid).side == asymmetry(values, brain, grid).side is not None
    even = gaussian_within(odd, brain, grid, 3.0)
    assert np.isfinite(even).all()
    assert np.abs(even - gaussian_within(values, brain, grid, 3.0))[brain & np.isfinite(odd)].mean() < 0.1
