"""The walk from CT perfusion maps to core and penumbra, by every route, with the bundled networks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_cases import GRID, KNOWN, case_of, only, picture

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken
from StrokeSegLogic.base.settings import ROUTES, RouteName
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.ctp.maps.choice import compute_maps
from StrokeSegLogic.ctp.result import PerfusionSegmentation
from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp_maps import ctp_patient
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, ClinicalData, Role, Series


@pytest.fixture(scope="module")
def found(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> PerfusionSegmentation:
    return segment_perfusion(case_of(lvo[0]))


def test_an_occlusion_is_found_by_every_route_on_the_maps_own_grid(
    found: PerfusionSegmentation, lvo: tuple[dict[str, sitk.Image], np.ndarray]
) -> None:
    truth = lvo[1]
    assert [route.name for route in found.routes] == list(ROUTES)
    assert found.chosen == "thresholds"
    for route in found.routes:
        labels = sitk.GetArrayFromImage(route.labels)
        assert Grid.of(route.labels).same(GRID)
        assert dice(labels == CORE, truth == CORE) > 0.5, route.name
        if route.penumbra_ml is not None:
            assert dice(labels > 0, truth > 0) > 0.6, route.name
        assert route.core_ml == pytest.approx((labels == CORE).sum() * GRID.voxel_ml)


def test_a_networks_result_says_that_it_was_trained_on_simulated_perfusion(found: PerfusionSegmentation) -> None:
    for route in found.routes:
        if route.name == "thresholds":
            assert not route.trained_on
        else:
            assert route.trained_on.startswith("simulated perfusion")
            assert any(route.name in words and "simulated perfusion" in words for words in found.warnings)


def test_the_summary_is_strict_json_with_criteria_and_inputs(found: PerfusionSegmentation) -> None:
    again = json.loads(json.dumps(found.summary(), allow_nan=False))
    assert again["research_use_only"] is True
    assert [trial["trial"] for trial in again["criteria"]] == ["DEFUSE 3", "DAWN"]
    assert {entry["role"] for entry in again["provenance"]["inputs"]} == {str(role) for role in found.case.roles}
    assert again["provenance"]["reference"]["role"] == "CBF"
    assert again["numbers"]["mismatch_ml"] == pytest.approx(
        again["numbers"]["hypoperfused_ml"] - again["numbers"]["core_ml"]
    )


@pytest.mark.slow
def test_a_patient_without_stroke_gets_zeros_and_no_error() -> None:
    found = segment_perfusion(case_of(ctp_patient(1, "WIS").maps(GRID).images), route="thresholds")
    assert found.numbers is not None
    assert found.numbers.core_ml == found.numbers.hypoperfused_ml == 0
    assert not found.array().any()
    assert found.criteria[0].verdict == "not met"


@pytest.mark.slow
def test_the_result_lies_on_the_grid_of_the_map_asked_for(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    images = dict(lvo[0])
    other = GRID.about_centre((80, 80, 14), (2.6, 2.6, 8.5))
    images["TMAX"] = sitk.Resample(images["TMAX"], other.image(np.zeros(other.shape, np.float32)))
    found = segment_perfusion(case_of(images), reference="tmax", route="thresholds")
    assert found.grid.same(other)
    assert any("resampled" in words for words in found.warnings)


def test_without_tmax_the_networks_go_on_and_say_what_is_missing(
    lvo: tuple[dict[str, sitk.Image], np.ndarray],
) -> None:
    images = {name: image for name, image in lvo[0].items() if name != "TMAX"}
    found = segment_perfusion(case_of(images))
    assert found.chosen == "slow-fusion"
    assert found.numbers is None and not found.criteria
    assert any("no route of thresholds" in words and "Tmax" in words for words in found.warnings)


def test_a_route_asked_for_that_cannot_be_taken_is_an_error_that_names_what_is_missing(
    lvo: tuple[dict[str, sitk.Image], np.ndarray],
) -> None:
    images = {name: image for name, image in lvo[0].items() if name != "TMAX"}
    with pytest.raises(InputError, match="thresholds needs Tmax"):
        segment_perfusion(case_of(images), route="thresholds")


def test_other_cases_and_impossible_patients_are_refused(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    mri = Case.of("mri", [Series(Role.DWI, lvo[0]["CT"], "DWI", "named", 1.0, "0" * 64)])
    with pytest.raises(InputError, match="no CT perfusion"):
        segment_perfusion(mri)
    with pytest.raises(InputError, match="NIHSS is 43"):
        segment_perfusion(case_of(lvo[0], ClinicalData(nihss=43)))
    with pytest.raises(InputError, match="no 4-D CT perfusion series"):
        compute_maps(case_of(lvo[0]))
    with pytest.raises(InputError, match="no perfusion map|needs"):
        segment_perfusion(case_of({"CT": lvo[0]["CT"]}))


@pytest.mark.slow
def test_it_stops_when_asked(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    token = CancelToken()

    def stop(fraction: float, message: str) -> None:
        if message.startswith("route: slow-fusion"):
            token.cancel()

    with pytest.raises(Cancelled):
        segment_perfusion(case_of(lvo[0]), progress=stop, cancel=token)


def test_without_a_penumbra_the_network_of_the_core_marks_only_core(found: PerfusionSegmentation) -> None:
    core_only = next(route for route in found.routes if route.name == "unet3d")
    labels = sitk.GetArrayFromImage(core_only.labels)
    assert core_only.penumbra_ml is None
    assert not (labels == PENUMBRA).any()


@pytest.mark.slow
def test_a_ct_that_may_show_blood_is_the_first_warning(
    found: PerfusionSegmentation, lvo: tuple[dict[str, sitk.Image], np.ndarray]
) -> None:
    hu = sitk.GetArrayFromImage(lvo[0]["CT"])
    brain = np.argwhere(sitk.GetArrayFromImage(lvo[0]["CBF"]) > 0)
    z, y, x = brain.mean(axis=0).astype(int)
    hu[z - 1 : z + 2, y - 5 : y + 6, x + 8 : x + 18] = 68
    bleeding = segment_perfusion(case_of({**lvo[0], "CT": GRID.image(hu)}), route="thresholds")
    assert "as dense as blood" in bleeding.warnings[0]
    assert not any("blood" in words for words in found.warnings)


def times(image: sitk.Image, factor: float) -> sitk.Image:
    return sitk.Multiply(sitk.Cast(image, sitk.sitkFloat32), factor)


def inverted(image: sitk.Image) -> sitk.Image:
    return sitk.Subtract(float(sitk.GetArrayViewFromImage(image).max()), sitk.Cast(image, sitk.sitkFloat32))


@pytest.mark.slow
def test_no_network_sees_a_tmax_in_minutes_and_ttp_stands_in_for_it(
    lvo: tuple[dict[str, sitk.Image], np.ndarray],
) -> None:
    minutes = {**lvo[0], "TMAX": times(lvo[0]["TMAX"], 1 / 60)}
    found = segment_perfusion(case_of(minutes))
    assert found.chosen == "slow-fusion"
    assert dice(found.array() > 0, lvo[1] > 0) > 0.5
    assert any("Tmax was not shown to the network: its unit is unknown" in words for words in found.warnings)


@pytest.mark.parametrize("route", ["slow-fusion", "unet3d"])
@pytest.mark.quick(1)
def test_a_network_is_refused_where_no_time_map_has_a_known_unit(
    lvo: tuple[dict[str, sitk.Image], np.ndarray], route: RouteName
) -> None:
    minutes = {name: image for name, image in lvo[0].items() if name != "TTP"}
    minutes["TMAX"] = times(minutes["TMAX"], 1 / 60)
    with pytest.raises(InputError, match=r"Tmax was not shown to the network: its unit is unknown.*Name the unit"):
        segment_perfusion(case_of(minutes), route=route)


@pytest.mark.slow
def test_a_tmax_whose_unit_the_user_named_is_shown_to_the_networks(
    lvo: tuple[dict[str, sitk.Image], np.ndarray],
) -> None:
    images = only(lvo[0], "CBF", "CBV", "TMAX")
    case = case_of({**images, "TMAX": times(images["TMAX"], 10)})
    tenths = replace(case.series[Role.TMAX], unit="0.1 s")
    found = segment_perfusion(Case(case.name, {**case.series, Role.TMAX: tenths}, KNOWN), route="slow-fusion")
    assert dice(found.array() > 0, lvo[1] > 0) > 0.5


@pytest.mark.slow
def test_an_inverted_flow_is_shown_to_no_network(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    images = {**lvo[0], "CBF": inverted(lvo[0]["CBF"])}
    for route in ROUTES:
        with pytest.raises(InputError, match=r"CBF.*inverted.*right way round"):
            segment_perfusion(case_of(images), route=route)


@pytest.mark.slow
def test_an_inverted_volume_leaves_thresholds_as_they_are(
    found: PerfusionSegmentation, lvo: tuple[dict[str, sitk.Image], np.ndarray]
) -> None:
    upside_down = segment_perfusion(case_of({**lvo[0], "CBV": inverted(lvo[0]["CBV"])}))
    assert [route.name for route in upside_down.routes] == ["thresholds"]
    assert dice(upside_down.array() > 0, found.array() > 0) > 0.95


def test_maps_that_are_all_left_out_are_refused_with_the_reason(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    images = {"CBF": lvo[0]["CBF"], "TMAX": lvo[0]["CBV"]}
    for maps in (images, {**images, "CT": lvo[0]["CT"]}):
        case = case_of({**maps, "CBF": times(maps["CBF"], 0.5), "TMAX": times(maps["TMAX"], 0.01)}, confidence=0.8)
        with pytest.raises(InputError, match=r"Tmax was left out.*name it yourself"):
            segment_perfusion(case)


def test_a_refusal_says_why_a_map_cannot_be_used(lvo: tuple[dict[str, sitk.Image], np.ndarray]) -> None:
    images = only(lvo[0], "CBF", "TMAX")
    with pytest.raises(InputError, match=r"phantom: .*perhaps a picture of Tmax") as refused:
        segment_perfusion(case_of({**images, "TMAX": picture(images["TMAX"])}))
    assert refused.value.option == "unit" and refused.value.roles == ("TMAX",)
