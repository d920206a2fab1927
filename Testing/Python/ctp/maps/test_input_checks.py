from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import UPRIGHT

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.maps.doubts import DoubtKind
from StrokeSegLogic.ctp.maps.inputs import on_one_grid
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.space.grid import Grid, are_two_slabs

GRID = Grid((32, 32, 4), (7.0, 7.0, 10.0), (-110.0, -110.0, 0.0), UPRIGHT)


def ramp(grid: Grid) -> sitk.Image:
    z, y, x = np.indices(grid.shape)
    world = grid.to_world(np.stack([x, y, z], -1).reshape(-1, 3))
    return grid.image((world[:, 0] + 300).reshape(grid.shape).astype(np.float32))


def shifted(by_mm: float) -> Grid:
    return Grid(GRID.size, GRID.spacing, (-110.0, -110.0, by_mm), UPRIGHT)


def test_maps_on_one_grid_stay_as_they_are() -> None:
    maps = {"CBF": ramp(GRID), "TMAX": ramp(GRID)}
    found, notes = on_one_grid(maps)
    assert notes == [] and found["TMAX"] is maps["TMAX"]


def test_a_map_on_another_grid_is_resampled_in_space_and_that_is_said() -> None:
    fine = Grid((64, 64, 4), (3.5, 3.5, 10.0), (-111.75, -111.75, 0.0), UPRIGHT)
    found, notes = on_one_grid({"TMAX": ramp(fine), "CBF": ramp(GRID)})
    assert Grid.of(found["TMAX"]).same(GRID)
    words = (
        "Tmax lay on another grid (64 x 64 x 4 voxels of 3.5 x 3.5 x 10 mm) than CBF (32 x 32 x 4 voxels of 7 x 7 x 10 "
        "mm) and was resampled"
    )
    assert notes == [Doubt(("TMAX",), DoubtKind.GRID, words)]
    inner = np.s_[:, 2:-2, 2:-2]
    expected = sitk.GetArrayFromImage(ramp(GRID))
    assert sitk.GetArrayFromImage(found["TMAX"])[inner] == pytest.approx(expected[inner], abs=1e-2)


def test_two_slabs_of_one_patient_are_refused_as_such() -> None:
    assert are_two_slabs(GRID, shifted(40)) and are_two_slabs(shifted(40), GRID)
    assert are_two_slabs(GRID, shifted(52)), "a small gap between slabs"
    assert not are_two_slabs(GRID, GRID) and not are_two_slabs(GRID, shifted(20))
    assert not are_two_slabs(GRID, shifted(400))
    with pytest.raises(InputError, match="TMAX: Tmax and CBF are of two slabs of one patient"):
        on_one_grid({"CBF": ramp(GRID), "TMAX": ramp(shifted(40))})


def test_maps_of_different_places_are_refused() -> None:
    with pytest.raises(InputError, match="does not overlap in space with the reference CBF"):
        on_one_grid({"CBF": ramp(GRID), "TMAX": ramp(shifted(700))})
    with pytest.raises(InputError, match="the reference MTT is not among the maps"):
        on_one_grid({"CBF": ramp(GRID)}, "MTT")
    with pytest.raises(InputError, match="no map was given"):
        on_one_grid({})
