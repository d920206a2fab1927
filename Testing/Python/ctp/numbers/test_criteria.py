from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_cases import plain_case

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.numbers.criteria import Criteria, dawn, defuse3
from StrokeSegLogic.ctp.numbers.mismatch import PerfusionNumbers, measure_perfusion, mismatch_ratio
from StrokeSegLogic.ctp.numbers.uncertainty import plus_minus, repeated_scans
from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.study.case import ClinicalData

ANY = measure_perfusion(segment_by_thresholds(plain_case()))
GOOD = ClinicalData(age=70, nihss=15, onset_hours=10)


def numbers(core: float, whole: float) -> PerfusionNumbers:
    return replace(
        ANY,
        core_ml=core,
        hypoperfused_ml=whole,
        mismatch_ml=whole - core,
        mismatch_ratio=mismatch_ratio(whole, core),
    )


def verdicts(criteria: Criteria) -> dict[str, str]:
    return {item.name: item.verdict for item in criteria.items}


@pytest.mark.parametrize(
    ("core", "whole", "clinical", "failing"),
    [
        (20, 100, GOOD, None),
        (69.9, 130, GOOD, None),
        (70, 130, GOOD, "core volume"),
        (50, 90, GOOD, None),
        (50, 89, GOOD, "mismatch ratio"),
        (10, 25, GOOD, None),
        (10, 24.9, GOOD, "mismatch volume"),
        (0, 15, GOOD, None),
        (20, 100, ClinicalData(90, 6, 6), None),
        (20, 100, ClinicalData(18, 6, 16), None),
        (20, 100, ClinicalData(91, 6, 6), "age"),
        (20, 100, ClinicalData(17, 6, 6), "age"),
        (20, 100, ClinicalData(70, 5, 6), "NIHSS"),
        (20, 100, ClinicalData(70, 6, 5.9), "time since last known well"),
        (20, 100, ClinicalData(70, 6, 16.1), "time since last known well"),
    ],
)
def test_defuse3_item_by_item(core: float, whole: float, clinical: ClinicalData, failing: str | None) -> None:
    found = defuse3(numbers(core, whole), clinical)
    assert [name for name, verdict in verdicts(found).items() if verdict != "met"] == ([failing] if failing else [])
    assert found.verdict == ("not met" if failing else "met")


@pytest.mark.parametrize(
    ("age", "nihss", "core", "group"),
    [
        (80, 10, 20.9, "A"),
        (80, 10, 21, None),
        (80, 25, 30, None),
        (79, 10, 30.9, "B"),
        (79, 10, 31, None),
        (79, 19, 40, None),
        (79, 20, 31, "C"),
        (79, 20, 50.9, "C"),
        (79, 20, 51, None),
        (79, 9, 5, None),
    ],
)
def test_dawn_groups(age: int, nihss: int, core: float, group: str | None) -> None:
    found = dawn(numbers(core, 120), ClinicalData(age, nihss, 24))
    mismatch = found.items[-1]
    assert [part.name for part in mismatch.parts if part.verdict == "met"] == ([f"group {group}"] if group else [])
    assert found.verdict == ("met" if group else "not met")


def test_what_is_missing_is_unknown_and_named() -> None:
    found = defuse3(numbers(20, 100), ClinicalData())
    unknown = {name for name, verdict in verdicts(found).items() if verdict == "unknown"}
    assert unknown == {"time since last known well", "age", "NIHSS"} and found.verdict == "unknown"
    assert all(item.value is None for item in found.items if item.verdict == "unknown")


def test_one_item_not_met_settles_it_whatever_is_missing() -> None:
    assert defuse3(numbers(90, 200), ClinicalData()).verdict == "not met"
    assert dawn(numbers(60, 200), ClinicalData()).verdict == "not met"


def test_dawns_mismatch_is_known_where_a_missing_age_makes_no_difference() -> None:
    small = dawn(numbers(15, 100), ClinicalData(None, 12, 10)).items[-1]
    assert small.verdict == "met" and {part.verdict for part in small.parts[:2]} == {"unknown"}
    between = dawn(numbers(25, 100), ClinicalData(None, 12, 10)).items[-1]
    assert between.verdict == "unknown"
    assert dawn(numbers(60, 100), ClinicalData(None, 12, 10)).items[-1].verdict == "not met"
    assert dawn(numbers(40, 100), ClinicalData(60, None, 10)).items[-1].verdict == "unknown"


@given(
    st.floats(0, 150),
    st.floats(0, 250),
    st.one_of(st.none(), st.integers(0, 110)),
    st.one_of(st.none(), st.integers(0, 42)),
    st.one_of(st.none(), st.floats(0, 48)),
)
def test_the_verdict_follows_from_the_items(
    core: float, whole: float, age: int | None, nihss: int | None, hours: float | None
) -> None:
    for trial in (defuse3, dawn):
        found = trial(numbers(core, whole), ClinicalData(age, nihss, hours))
        each = set(verdicts(found).values())
        expected = "not met" if "not met" in each else "unknown" if "unknown" in each else "met"
        assert found.verdict == expected and not found.flips and found.uncertainty is None


@given(st.floats(0, 120), st.integers(0, 90), st.integers(0, 42))
def test_filling_in_what_is_missing_never_contradicts(core: float, age: int, nihss: int) -> None:
    open_ = dawn(numbers(core, 150), ClinicalData(None, None, 10)).items[-1].verdict
    known = dawn(numbers(core, 150), ClinicalData(age, nihss, 10)).items[-1].verdict
    assert open_ in ("unknown", known)


def test_a_verdict_that_flips_within_the_uncertainty_says_at_which_item() -> None:
    case = numbers(68, 160)
    found = defuse3(case, GOOD, plus_minus(case, 5, 5))
    assert found.verdict == "met" and found.flips
    assert [item.name for item in found.items if item.flips] == ["core volume"]
    assert not defuse3(case, GOOD, plus_minus(case, 1, 1)).flips


def test_a_verdict_settled_elsewhere_does_not_flip_though_an_item_does() -> None:
    case = numbers(68, 160)
    found = defuse3(case, replace(GOOD, onset_hours=20), plus_minus(case, 5, 5))
    assert found.verdict == "not met" and not found.flips
    assert [item.name for item in found.items if item.flips] == ["core volume"]


def test_a_group_of_dawn_flips_with_the_core() -> None:
    case = numbers(33, 150)
    found = dawn(case, GOOD, plus_minus(case, 4, 0))
    assert found.flips and [part.name for part in found.items[-1].parts if part.flips] == ["group B"]


def test_without_lesion_there_is_no_mismatch_and_repeated_scans_could_show_some() -> None:
    case = numbers(0, 0)
    found = defuse3(case, GOOD, repeated_scans(case))
    assert found.verdict == "not met" and verdicts(found)["mismatch ratio"] == "not met"
    assert found.flips and "two scans of one patient" in str(found.uncertainty)


@pytest.mark.parametrize(("core", "whole"), [(9.0, 16.2), (0.9 * 25, 1.62 * 25), (0.1 * 3, 0.54), (11.1, 19.98)])
def test_a_ratio_of_exactly_1_8_is_met_whatever_rounding_makes_of_it(core: float, whole: float) -> None:
    assert verdicts(defuse3(numbers(core, whole), GOOD))["mismatch ratio"] == "met"
    assert verdicts(defuse3(numbers(core, whole - 1e-3), GOOD))["mismatch ratio"] == "not met"


def test_limits_reached_exactly_are_not_missed_by_rounding() -> None:
    # 0.7 ml a hundred times is 70.00000000000001 ml or 69.99999999999999 ml, whichever way it is added up.
    for core in (sum([0.7] * 100), 70 - 1e-9):
        assert verdicts(defuse3(numbers(core, 200), GOOD))["core volume"] == "not met"
    assert verdicts(defuse3(numbers(0.1 + 0.2, 15.3), GOOD))["mismatch volume"] == "met"
    assert dawn(numbers(31 - 1e-9, 150), GOOD).items[-1].verdict == "not met"


@given(st.one_of(st.none(), st.integers(18, 110)), st.one_of(st.none(), st.integers(10, 42)))
def test_without_any_lesion_dawns_mismatch_is_not_met_and_a_missed_lesion_would_flip_it(
    age: int | None, nihss: int | None
) -> None:
    case = numbers(0, 0)
    found = dawn(case, ClinicalData(age, nihss, 10), repeated_scans(case))
    assert found.verdict == "not met" and found.items[-1].verdict == "not met"
    assert {part.verdict for part in found.items[-1].parts} == {"not met"}
    assert found.flips and found.items[-1].flips


OTHERS = [{"core_rcbf": 0.38}, {"hypoperfusion_tmax_s": 4.0}, {"core_within_hypoperfusion": False}]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("trial", [defuse3, dawn])
def test_volumes_at_other_thresholds_than_the_trials_are_not_judged(
    trial: Callable[..., Criteria], other: dict[str, object]
) -> None:
    case = replace(numbers(20, 100), **other)
    found = trial(case, GOOD, plus_minus(case, 30, 30))
    assert found.verdict == "unknown" and not found.flips
    of_volumes = [item for item in found.items if item.name not in ("time since last known well", "age", "NIHSS")]
    assert {item.verdict for item in of_volumes} == {"unknown"}
    assert all("not judged: thresholds differ" in item.limit for item in of_volumes)
    assert "thresholds differ" in found.not_judged[0] and "the trial's are 30 % and 6 s" in found.not_judged[0]
    assert {item.verdict for item in found.items if item not in of_volumes} == {"met"}
    assert trial(case, replace(GOOD, age=10)).verdict == "not met", "the age settles it"


@pytest.mark.parametrize("other", OTHERS)
def test_numbers_know_the_thresholds_that_they_were_measured_with(other: dict[str, object]) -> None:
    measured = measure_perfusion(segment_by_thresholds(plain_case(), ThresholdSettings(**other)))
    assert {name: getattr(measured, name) for name in other} == other
    assert defuse3(measured, GOOD).verdict != "met"


def test_criteria_become_json_and_carry_their_source_and_the_research_words() -> None:
    for trial, volume in ((defuse3, "378:708"), (dawn, "378:11")):
        values = json.loads(json.dumps(trial(numbers(0, 80), GOOD).as_dict(), allow_nan=False))
        assert volume in values["source"] and values["research_use_only"].startswith("Research use only")
        assert any("occlusion" in words for words in values["not_judged"])
    ratio = defuse3(numbers(0, 80), GOOD).as_dict()["items"][4]
    assert (ratio["value"], ratio["verdict"]) == ("infinite", "met")


@pytest.mark.parametrize(
    ("clinical", "words"),
    [
        (ClinicalData(nihss=43), "NIHSS is 43; it is a whole number from 0 to 42"),
        (ClinicalData(nihss=-1), "NIHSS is -1"),
        (ClinicalData(age=-3), "the age is -3 years"),
        (ClinicalData(age=130), "between 0 and 120"),
        (ClinicalData(onset_hours=-2), "lies in the future"),
        (ClinicalData(onset_hours=1000), "more than two weeks ago"),
        (ClinicalData(onset_hours=float("nan")), "is not a number"),
        (ClinicalData(age=float("nan")), "the age is nan"),
    ],
)
def test_clinical_data_that_no_patient_has_are_refused(clinical: ClinicalData, words: str) -> None:
    with pytest.raises(InputError, match=words):
        defuse3(numbers(10, 50), clinical)
