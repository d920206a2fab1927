"""The kills of Testing/Fuzz themselves: spread over the whole run, and able to fail."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from Fuzz import forked
from Fuzz.forked import Ended, Kill
from Fuzz.kills import plan
from Fuzz.memory_slope import WARM, slope_mb
from Fuzz.scenarios import SegmentScenario

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")


def test_kills_hit_first_and_last_step_and_call_and_are_spread_evenly() -> None:
    kills = list(plan(Ended(0, 40, 60, 4.0, ""), 8.0, 200, 1))
    assert len(kills) == 200
    assert {kill.number for kill in kills if kill.at == "call"} == set(range(60))
    assert {kill.number for kill in kills if kill.at == "step"} == set(range(40))
    moments = sorted(kill.number for kill in kills if kill.at == "moment")
    assert len(moments) == 20 and moments[-1] == 8.0
    assert np.ptp(np.diff(moments)) < 1e-9


def test_a_few_kills_are_spread_over_the_run_too() -> None:
    kills = list(plan(Ended(0, 100, 100, 4.0, ""), 8.0, 10, 1))
    for at in ("call", "step"):
        numbers = [kill.number for kill in kills if kill.at == at]
        assert min(numbers) == 0 and max(numbers) == 99


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ({"result.json": "", "labels.nii.gz": "new"}, "notes.txt of somebody else is changed or gone"),
        (
            {"result.json": "", "labels.nii.gz": "half", "notes.txt": "mine"},
            "the result is neither the previous nor the new result",
        ),
        ({"result.json": "", "notes.txt": "mine"}, "labels.nii.gz, which the record names, is missing"),
        ({"result.json": "", "labels.nii.gz": "new", "notes.txt": "mine"}, "labels.nii.gz has not the record's hash"),
        ({"result.json": "", "labels.nii.gz": "new", "notes.txt": "mine"}, None),
        ({"result.json": "", "labels.nii.gz": "old", "notes.txt": "mine"}, None),
        ({"notes.txt": "mine"}, None),
    ],
    ids=["foreign file", "half", "missing", "hash", "new", "previous", "between the renames"],
)
def test_what_a_kill_must_not_leave_is_found(
    found: dict[str, str], fault: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = SegmentScenario()
    scenario.whole = {"labels.nii.gz": "new", "result.json": "new"}
    monkeypatch.setattr(scenario, "_before", {"labels.nii.gz": "old", "notes.txt": "mine", "expert.nii.gz": "theirs"})
    monkeypatch.setattr(scenario, "_volatile", {"result.json"})
    (tmp_path / "out").mkdir()
    # "other" is no hash that a file of this test has.
    hashes = {"labels.nii.gz": "other" if fault and "hash" in fault else found.get("labels.nii.gz")}
    record = {"files": ["labels.nii.gz"], "written": hashes}
    (tmp_path / "out" / "result.json").write_text(json.dumps(record), encoding="ascii")
    monkeypatch.setattr("Fuzz.scenarios.files_below", lambda folder: {**found, "expert.nii.gz": "theirs"})
    faults = scenario.after_kill(tmp_path, 0)
    assert faults == ([] if fault is None else faults) and (fault is None or fault in faults)


def test_a_command_is_killed_before_the_call_of_that_number(tmp_path: Path) -> None:
    # In this process torch's threads may run: a command that computes nothing is forked.
    home = tmp_path / "place" / "home"
    home.mkdir(parents=True)
    words = ("dataset", "make", "isles2022", "data", "--patients", "1", "--small")
    ended = forked.run(words, home, Kill("call", 2))
    assert ended.code == -9
    assert (home / "data").is_dir() and not list(home.rglob("*.nii.gz"))


@pytest.mark.parametrize(("each", "slope"), [(0.0, 0.0), (2.0, 2.0)])
def test_memory_that_each_case_leaves_is_the_slope_and_what_the_first_cases_load_is_not(
    each: float, slope: float
) -> None:
    sizes = [500 + min(case, WARM) * 40 + each * case for case in range(WARM + 20)]
    assert slope_mb(sizes) == pytest.approx(slope, abs=1e-6)
