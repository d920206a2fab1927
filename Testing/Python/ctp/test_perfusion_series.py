"""The walk from a 4-D CT perfusion series: alone, or beside maps that it stands in for."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_cases import GRID, KNOWN, case_of, only, picture

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import ROUTES
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.ctp.maps.choice import choose_maps, compute_maps
from StrokeSegLogic.ctp.series.maps import MapsSpec
from StrokeSegLogic.ctp.settings import PerfusionSettings
from StrokeSegLogic.ctp.tissue.thresholds import CORE
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp import CtpSeries, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.study.case import Case, Role, Series

STILL = PerfusionSettings(maps=MapsSpec(motion=False))


def series_of(scan: CtpSeries) -> Series:
    image = sitk.JoinSeries([scan.grid.image(frame) for frame in scan.hu], 0.0, 1.0)
    return Series(Role.CTP, image, "CTP", "named by the test", 1.0, "0" * 64, times_s=tuple(scan.times_s))


@pytest.fixture(scope="module")
def scan() -> CtpSeries:
    return ctp_series(ctp_patient(0, "LVO"), GRID, CtpProtocol(tuple(2.5 * k for k in range(26))))


@pytest.mark.slow
def test_a_series_gives_maps_of_its_own_and_the_same_side(scan: CtpSeries) -> None:
    series = series_of(scan)
    found = segment_perfusion(Case("scan", {Role.CTP: series}, KNOWN), settings=STILL)
    assert found.measured is not None and found.reference is Role.CTP
    assert found.grid.same(GRID)
    assert set(found.maps) == {"CBF", "CBV", "MTT", "TTP", "TMAX", "MIP", "CT"}
    assert dice(found.array() > 0, scan.labels > 0) > 0.6
    assert found.provenance["maps"] == "computed from the 4-D series"
    assert found.brain_from == "cut out of the mean of the frames"


def test_maps_of_a_series_alone_are_those_of_the_walk(scan: CtpSeries) -> None:
    case = Case("scan", {Role.CTP: series_of(scan)})
    maps = compute_maps(case, STILL)
    walked = segment_perfusion(case, settings=STILL, route="thresholds").maps
    np.testing.assert_array_equal(maps.tmax, sitk.GetArrayFromImage(walked["TMAX"]))


@pytest.mark.slow
def test_given_maps_go_before_a_series(lvo: tuple[dict[str, sitk.Image], np.ndarray], scan: CtpSeries) -> None:
    case = case_of(lvo[0])
    both = Case(case.name, {**case.series, Role.CTP: series_of(scan)}, KNOWN)
    found = segment_perfusion(both, route="thresholds")
    assert found.measured is None and found.brain_from == "outline of the maps"
    assert next(entry for entry in found.provenance["inputs"] if entry["role"] == "CTP")["used"] is False


@pytest.mark.slow
def test_a_series_beside_a_map_of_unknown_scale_gives_all_maps(
    lvo: tuple[dict[str, sitk.Image], np.ndarray], scan: CtpSeries
) -> None:
    images = only(lvo[0], "CBF", "TMAX")
    maps = case_of({**images, "TMAX": picture(images["TMAX"])})
    case = Case(maps.name, {**maps.series, Role.CTP: series_of(scan)}, KNOWN)
    assert choose_maps(case).computes
    found = segment_perfusion(case, settings=STILL, route="thresholds")
    assert found.measured is not None and found.reference is Role.CTP
    assert any("the given CBF, Tmax were not used" in words for words in found.warnings)
    assert any("perhaps a picture of Tmax" in words for words in found.warnings)
    with pytest.raises(InputError, match="series' own grid"):
        segment_perfusion(case, settings=STILL, reference=Role.CBF)


@pytest.mark.slow
def test_a_series_beside_two_good_maps_opens_the_way_to_the_networks(
    lvo: tuple[dict[str, sitk.Image], np.ndarray], scan: CtpSeries
) -> None:
    case = Case("phantom", {**case_of(only(lvo[0], "CBF", "TMAX")).series, Role.CTP: series_of(scan)}, KNOWN)
    assert choose_maps(case).completes
    found = segment_perfusion(case, settings=STILL)
    assert [route.name for route in found.routes] == list(ROUTES) and found.reference is Role.CBF
    assert found.computed == {"CBV", "MTT", "TTP", "MIP", "CT"}
    assert all(dice(sitk.GetArrayFromImage(route.labels) == CORE, lvo[1] == CORE) > 0.4 for route in found.routes)
