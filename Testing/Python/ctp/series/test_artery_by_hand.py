"""The artery that a person points at, and a patient's own hematocrit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ctp_slab import ARTERY, FLUID, VEIN, WHITE, Slab, case_of_slab, grid_of_slab

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.ctp.series.artery_by_hand import artery_at
from StrokeSegLogic.ctp.series.maps import MapsSpec, PerfusionMaps, maps
from StrokeSegLogic.ctp.series.maps_record import maps_record
from StrokeSegLogic.ctp.series.time_series import checked
from StrokeSegLogic.ctp.settings import PerfusionSettings, with_artery
from StrokeSegLogic.outputs.files import html_report
from StrokeSegLogic.space.given_point import GivenPoint

SLAB = Slab(noise_hu=3.0, slices=2)
HU, GRID = SLAB.hu(), grid_of_slab(SLAB)
STILL = MapsSpec(motion=False, device="cpu")


def place(kind: int) -> np.ndarray:
    """A voxel z, y, x in the middle of a kind."""
    places = np.argwhere(SLAB.kinds() == kind)
    return places[len(places) // 4]


def mapped(spec: MapsSpec) -> PerfusionMaps:
    return maps(HU, SLAB.times_s, grid=GRID, spec=spec)


@pytest.mark.slow
def test_the_vessel_at_a_voxel_or_at_its_place_in_ras_is_the_artery() -> None:
    z, y, x = place(ARTERY)
    left, back, up = GRID.to_world(np.array([[x, y, z]], float))[0]
    voxel, mm = (
        mapped(with_artery(STILL, text, None)) for text in (f"{x},{y},{z}voxel", f"{-left:.2f},{-back:.2f},{up:.2f}mm")
    )
    assert np.array_equal(voxel.aif.voxels, mm.aif.voxels) and voxel.aif.given == f"{x},{y},{z}voxel"
    assert (SLAB.kinds()[tuple(voxel.aif.voxels.T)] == ARTERY).all()
    assert voxel.aif.curve.max() == pytest.approx(SLAB.curves()[ARTERY].max(), rel=0.1)
    found = mapped(STILL)
    assert np.median(np.abs(voxel.tmax - found.tmax)[found.brain]) < 0.5


@pytest.mark.slow
def test_a_vein_taken_for_the_artery_gives_the_veins_curve_and_shorter_delays() -> None:
    z, y, x = place(VEIN)
    asked = mapped(with_artery(STILL, f"{x},{y},{z}voxel", None))
    assert np.argmax(asked.aif.curve) > np.argmax(mapped(STILL).aif.curve)


@pytest.mark.parametrize("kind", [FLUID, WHITE])
def test_a_point_without_a_vessel_is_refused_with_what_was_seen_there(kind: int) -> None:
    places = np.argwhere(SLAB.kinds() == kind)
    vessels = np.argwhere(np.isin(SLAB.kinds(), (ARTERY, VEIN)))
    far = next(p for p in places if np.abs(vessels - p)[:, 1:].sum(axis=1).min() > 8)
    spec = replace(STILL, artery=GivenPoint((float(far[2]), float(far[1]), float(far[0])), "voxel"))
    with pytest.raises(InputError, match="no vessel within 4 mm") as refused:
        mapped(spec)
    assert refused.value.option == "aif"


@pytest.mark.parametrize(("xy", "words"), [((2, 2), "air"), ((65, 30), "bone"), ((65, 90), "metal")])
def test_a_point_in_air_bone_or_metal_is_refused_as_such(xy: tuple[int, int], words: str) -> None:
    hu = HU.copy()
    hu[:, :, 25:36, 60:71], hu[:, :, 85:96, 60:71] = 900, 3000
    series = checked(hu, SLAB.times_s, GRID)
    point = GivenPoint((float(xy[0]), float(xy[1]), 0.0), "voxel")
    with pytest.raises(InputError, match=f"lies in {words} .*HU before contrast") as refused:
        artery_at(point, series, hu[:4].mean(axis=0, dtype=np.float32), 4)
    assert refused.value.option == "aif"


@pytest.mark.slow
def test_a_hematocrit_scales_flow_and_volume_by_its_plasma_and_no_time() -> None:
    usual, anaemic = mapped(STILL), mapped(replace(STILL, hematocrit=0.3))
    inside = (usual.cbf > 1) & (usual.cbv > 0.01)
    # (1 - 0.3) / (1 - 0.3 * 25 / 45) over (1 - 0.45) / (1 - 0.25).
    factor = (0.7 / (1 - 0.3 * 0.25 / 0.45)) / (0.55 / 0.75)
    for name in ("cbf", "cbv"):
        ratio = getattr(anaemic, name)[inside] / getattr(usual, name)[inside]
        assert ratio == pytest.approx(factor, rel=1e-4)
    assert np.array_equal(usual.tmax, anaemic.tmax)
    assert maps_record(anaemic)["hematocrit"] == 0.3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (0.0, "no patient"),
        (0.1, "no patient"),
        (0.8, "no patient"),
        (-1.0, "no patient"),
        (45.0, "in percent: as a part of 1 it is 0.45"),
        (float("nan"), "no number"),
        (float("inf"), "no number"),
    ],
)
def test_an_impossible_hematocrit_is_refused_in_words(wrong: float, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        PerfusionSettings.of(hematocrit=wrong)
    assert refused.value.option == "hematocrit" and "part of 1" in refused.value.fix


@pytest.mark.slow
def test_the_report_says_where_both_vessels_are_and_the_result_how_they_came() -> None:
    z, y, x = place(ARTERY)
    settings = replace(
        PerfusionSettings(route="thresholds", device="cpu"), maps=with_artery(STILL, f"{x},{y},{z}voxel", 0.4)
    )
    result = segment_perfusion(case_of_slab(SLAB), settings=settings)
    page = html_report(result)
    assert f"given by hand ({x},{y},{z}voxel)" in page and "Hematocrit: 0.4" in page and "Vein:" in page
    assert any(line.startswith(f"Artery: given by hand ({x},{y},{z}voxel)") for line in result.headline())
    assert any(line.startswith("Vein: ") for line in result.headline())
    measured = result.summary()["measured"]
    assert measured["aif"]["given"] == f"{x},{y},{z}voxel" and measured["hematocrit"] == 0.4
    assert measured["aif"]["voxels_xyz"]


def test_an_artery_for_given_maps_is_refused() -> None:
    from perfusion_results import perfused

    for settings in (PerfusionSettings.of(aif="1,2,3voxel"), PerfusionSettings.of(hematocrit=0.4)):
        with pytest.raises(InputError, match="no meaning where maps are given"):
            segment_perfusion(perfused().case, settings=settings)
