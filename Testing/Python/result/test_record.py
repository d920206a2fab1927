"""What result.json says, of today and as older versions stored it."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from panel.studies import lesion_result
from perfusion_results import by_network, perfused, unknown_scales

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.mri.doubts import Unusual
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.result.outcome import Display, Maker
from StrokeSegLogic.result.record import ResultRecord, SequencePosition
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.run import summary_of

STORED = Path(__file__).parents[1] / "panel" / "records"
"""Records of a scene that was saved before there was a reader for them: without layers."""


def stored(name: str) -> dict[str, Any]:
    return json.loads((STORED / f"{name}.json").read_text(encoding="ascii"))


def told(result: Any) -> ResultRecord:
    return ResultRecord.parse(json.loads(json.dumps(summary_of(result), allow_nan=False)))


def test_a_lesion_is_read_as_it_was_measured() -> None:
    result = lesion_result()
    record, statistics = told(result), result.statistics
    assert (record.modality, record.reference, record.warnings) == ("mri", Role.DWI, result.warnings)
    assert record.maker == result.maker == Maker("three-planes 2.1", "ab" * 32, "simulated heads")
    assert record.lesion is not None and record.mismatch is None
    assert record.lesion.lesion_ml == statistics.volume_ml
    assert record.lesion.lesions_ml == tuple(lesion.volume_ml for lesion in statistics.lesions)
    assert [plane.plane for plane in record.lesion.planes] == [plane.plane for plane in statistics.planes]
    assert [place.index for place in record.slices] == list(statistics.doubtful_slices)
    assert record.lesions[0].point_lps_mm == pytest.approx(statistics.lesions[0].centre_mm)


def test_where_sequences_lie_is_read_and_was_not_said_by_older_versions() -> None:
    content = summary_of(lesion_result())
    moved = {"role": "FLAIR", "measured_on": "FLAIR", "decision": "moved", "shift_mm": 2.5, "angle_deg": 1.25}
    unmeasured = {"role": "T1", "measured_on": "T1", "decision": "not measured"}
    content["provenance"] = {**content["provenance"], "registration": [moved, unmeasured]}
    assert ResultRecord.parse(content).positions == (
        SequencePosition(Role.FLAIR, "moved", 2.5, 1.25),
        SequencePosition(Role.T1, "not measured", None, None),
    )
    assert ResultRecord.parse(stored("mri")).positions == ()


def test_what_is_unusual_is_read_in_words_and_older_records_have_nothing_unusual() -> None:
    alarm = Doubt((), Unusual.LARGE, "300 ml are marked")
    assert told(replace(lesion_result(), unusual=(alarm,))).unusual == ("300 ml are marked",)
    assert ResultRecord.parse(stored("mri")).unusual == ()


@pytest.mark.parametrize("make", [perfused, by_network, unknown_scales])
def test_routes_numbers_and_criteria_are_read_as_they_were_computed(make: Any) -> None:
    result = make()
    record = told(result)
    assert (record.modality, record.chosen, record.maker) == ("ctp", result.chosen, result.maker)
    assert [(route.name, route.core_ml, route.penumbra_ml) for route in record.routes] == [
        (route.name, route.core_ml, route.penumbra_ml) for route in result.routes
    ]
    assert [trial.name for trial in record.criteria] == [trial.trial for trial in result.criteria]
    if result.numbers is None:
        assert record.mismatch is None
    else:
        assert record.mismatch is not None
        assert record.mismatch.mismatch_ratio == result.numbers.mismatch_ratio
        assert record.mismatch.delays == tuple((delay.tmax_s, delay.ml) for delay in result.numbers.delays)


@pytest.mark.parametrize("make", [lesion_result, perfused, unknown_scales])
def test_every_layer_is_shown_as_the_result_itself_says(make: Any) -> None:
    result = make()
    assert told(result).displays == {layer.name: layer.display for layer in result.layers}


def test_flow_is_shown_over_one_window_wherever_its_unit_is_known() -> None:
    assert told(perfused()).displays["CBF"] == Display("flow", (0.0, 80.0), "ml/100 g/min")
    scaled = replace(perfused(), scales={Role.CBF: (0.1, 5.0)})
    assert told(scaled).displays["CBF"].of_given == Display("flow", (-50.0, 750.0))
    low, high = told(unknown_scales()).displays["CBF"].window or (0.0, 0.0)
    assert 0 <= low < high and (low, high) != (0.0, 80.0)


def test_a_lesion_record_of_an_older_version_is_read() -> None:
    record = ResultRecord.parse(stored("mri"))
    assert record.lesion is not None and record.lesion.lesion_ml == pytest.approx(124.432)
    assert record.maker.name == "three-planes 2.1" and len(record.lesions) == 2
    assert record.displays == {}


def test_a_perfusion_record_of_an_older_version_is_read() -> None:
    record = ResultRecord.parse(stored("ctp"))
    assert record.mismatch is not None and record.mismatch.mismatch_ratio == pytest.approx(4.717)
    assert [route.penumbra_ml is None for route in record.routes] == [False, False, True]
    dawn = record.criteria[1]
    assert (dawn.name, dawn.verdict, dawn.flips) == ("DAWN", "met", True)
    assert [part.name for part in dawn.parts[-1].parts] == ["group A", "group B", "group C"]


@pytest.mark.parametrize("name", ["mri", "ctp"])
def test_the_version_of_the_layout_is_told_and_a_newer_version_refused(name: str) -> None:
    content = stored(name)
    assert ResultRecord.parse(content).schema == 0
    assert ResultRecord.parse(content | {"schema": 1, "of another day": 3}).schema == 1
    with pytest.raises(InputError, match=r"^here: the record is of schema 2, .* newer .*Update StrokeSeg"):
        ResultRecord.parse(content | {"schema": 2}, "here")


@pytest.mark.parametrize("make", [lesion_result, perfused])
def test_what_is_written_today_says_its_version(make: Any) -> None:
    assert told(make()).schema == 1


def test_an_infinite_ratio_and_undefined_numbers_are_numbers_again() -> None:
    content = stored("ctp")
    content["numbers"] |= {"mismatch_ratio": "infinite", "cbv_index": None}
    content["numbers"]["delays"][0]["ml"] = None
    record = ResultRecord.parse(content)
    assert record.mismatch is not None
    assert (record.mismatch.mismatch_ratio, record.mismatch.cbv_index) == (math.inf, None)
    assert record.mismatch.delays[0] == (4.0, None)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("mri", ("reference",), "PD"),
        ("mri", ("reference",), None),
        ("mri", ("statistics",), None),
        ("mri", ("statistics", "volume_ml"), "much"),
        ("mri", ("statistics", "lesions"), 3),
        ("mri", ("navigation", "slices"), [{"index": 1, "point_lps_mm": [1.0, 2.0]}]),
        ("ctp", ("chosen",), "none such"),
        ("ctp", ("numbers", "delays"), [{"tmax_s": "late"}]),
        ("ctp", ("criteria",), [{"trial": "DAWN"}]),
        ("ctp", ("routes",), {}),
    ],
)
def test_a_record_of_another_make_is_refused_in_one_line(name: str, path: tuple[str, ...], value: Any) -> None:
    content = copy.deepcopy(stored(name))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError, match=r"^here: the record of the result cannot be used .*Segment the study again"):
        ResultRecord.parse(content, "here")


@pytest.mark.parametrize("content", [[], "text", 3, None, {}])
def test_what_is_no_record_at_all_is_refused(content: Any) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        ResultRecord.parse(content)
