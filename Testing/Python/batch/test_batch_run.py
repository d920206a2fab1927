from __future__ import annotations

import csv
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from batch_runners import RUNS, runs, studies, write

from StrokeSegLogic.base.errors import Cancelled, InputError, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.base.records import proven, written_by
from StrokeSegLogic.batch.cases import BatchCase, find_cases
from StrokeSegLogic.batch.record import read_batch
from StrokeSegLogic.batch.run import run_batch
from StrokeSegLogic.outputs.settings import StudySettings


def events(output: Path, kind: str) -> list[str]:
    """Cases of that kind of event, in the journal's order."""
    lines = map(json.loads, (output / "batch.jsonl").read_text(encoding="utf-8").splitlines())
    return [line["case"] for line in lines if line["event"] == kind]


def states(output: Path) -> dict[str, str]:
    return {entry.case: entry.state for entry in read_batch(output).entries}


def test_every_case_gets_a_result_and_a_second_call_computes_nothing(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b"]), tmp_path / "out"
    first = run_batch(cases, output, runner=write)
    assert [(entry.case, entry.state) for entry in first.entries] == [("a", "done"), ("b", "done")]
    assert (output / "a" / "labels.txt").read_text() == "a"
    again = run_batch(cases, output, runner=write)
    assert again.counts == {"done": 2, "failed": 0, "waiting": 0}
    assert runs(tmp_path) == ["a", "b"] and events(output, "verified") == ["a", "b"]


def test_the_manifest_has_the_hashes_of_what_went_in_and_came_out(tmp_path: Path) -> None:
    output = tmp_path / "out"
    run_batch(studies(tmp_path, ["a"]), output, runner=write)
    record = proven(output / "batch.json")
    assert record is not None and set(record["written"]) == {"summary.csv", "report.html"}
    (case,) = record["cases"]
    assert case["outputs"] == written_by(output / "a" / "result.json") and len(case["inputs_sha256"]) == 64


def test_a_case_that_fails_is_named_with_its_reason_and_stops_no_other(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "odd", "b"]), tmp_path / "out"
    cases.append(BatchCase("gone", str(tmp_path / "nowhere")))
    result = run_batch(cases, output, runner=write)
    reasons = {entry.case: entry.reason for entry in result.of_state("failed")}
    assert set(reasons) == {"odd", "gone"}
    assert "ZeroDivisionError: nothing to divide by" in reasons["odd"] and "does not exist" in reasons["gone"]
    assert runs(tmp_path) == ["a", "b"]
    rows = list(csv.DictReader((output / "summary.csv").open(encoding="utf-8")))
    assert [(row["case"], row["state"], row["lesion_ml"]) for row in rows[:2]] == [
        ("a", "done", "3.25"),
        ("odd", "failed", ""),
    ]
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "nothing to divide by" in page and "3.25" in page and "Research use only" in page


def test_what_has_failed_is_tried_again_by_the_next_call(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    late = BatchCase("late", str(tmp_path / "late"))
    assert run_batch([*cases, late], output, runner=write).counts["failed"] == 1
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "DWI.nii.gz").write_text("here")
    assert run_batch([*cases, late], output, runner=write).counts == {"done": 2, "failed": 0, "waiting": 0}
    assert runs(tmp_path) == ["a"] and (tmp_path / "runs.txt").read_text() == "late\n"


def test_changed_inputs_and_lost_files_are_computed_anew(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b", "c"]), tmp_path / "out"
    run_batch(cases, output, runner=write)
    (Path(str(cases[0].study)) / "DWI.nii.gz").write_text("another scan")
    (output / "b" / "labels.txt").unlink()
    assert run_batch(cases, output, runner=write).counts["done"] == 3
    assert runs(tmp_path) == ["a", "b", "c", "a", "b"]


def test_a_result_that_somebody_has_corrected_stays_until_he_says_otherwise(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    run_batch(cases, output, runner=write)
    (output / "a" / "labels.txt").write_text("by hand")
    (entry,) = run_batch(cases, output, runner=write).entries
    assert entry.state == "done" and entry.changed == ("labels.txt",)
    assert (output / "a" / "labels.txt").read_text() == "by hand" and runs(tmp_path) == ["a"]
    (entry,) = run_batch(cases, output, runner=write, overwrite=True).entries
    assert entry.changed == () and (output / "a" / "labels.txt").read_text() == "a"
    (aside,) = (output / "a").glob("previous-*/labels.txt")
    assert aside.read_text() == "by hand"


def test_a_name_is_never_given_to_another_study(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b"]), tmp_path / "out"
    run_batch(cases[:1], output, runner=write)
    (entry,) = run_batch([BatchCase("a", cases[1].study)], output, runner=write).entries
    assert entry.state == "failed" and "another study before" in entry.reason
    assert (output / "a" / "labels.txt").read_text() == "a"


def test_other_settings_are_refused_unless_all_is_to_be_computed_anew(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    run_batch(cases, output, StudySettings(device="cpu"), runner=write)
    run_batch(cases, output, StudySettings(device="auto"), runner=write)
    with pytest.raises(OutputError, match="other settings \\(threshold None, now 0.4\\)"):
        run_batch(cases, output, StudySettings(threshold=0.4), runner=write)
    assert runs(tmp_path) == ["a"]
    run_batch(cases, output, StudySettings(threshold=0.4), runner=write, overwrite=True)
    assert runs(tmp_path) == ["a", "a"]


def test_a_cancel_in_the_middle_keeps_what_is_done_and_the_next_call_goes_on(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b", "c"]), tmp_path / "out"
    token = CancelToken()

    def at_b(fraction: float, message: str) -> None:
        if "b: writing" in message:
            token.cancel()

    progress = Progress(at_b, token)
    with pytest.raises(Cancelled), hearing(progress):
        run_batch(cases, output, progress=progress, runner=write)
    assert states(output) == {"a": "done", "b": "waiting", "c": "waiting"}
    assert "waiting" in (output / "summary.csv").read_text()
    run_batch(cases, output, runner=write)
    assert runs(tmp_path) == ["a", "b", "c"] and events(output, "done") == ["a", "b", "c"]


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from batch_runners import write_slowly
from StrokeSegLogic.batch.cases import BatchCase, find_cases
from StrokeSegLogic.batch.run import run_batch
home = Path(sys.argv[2])
cases = [BatchCase(name, str(home / "studies" / f"{number:03d}")) for number, name in enumerate(["a", "killer", "b"])]
run_batch(cases, home / "out", runner=write_slowly)
"""


def test_a_case_that_ends_the_process_twice_is_named_and_left_alone_unless_asked_for(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "killer", "b"]), tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path)]
    for _ in range(2):
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert states(output) == {"a": "done", "killer": "waiting", "b": "waiting"}
    result = run_batch(cases, output, runner=write)
    (entry,) = result.of_state("failed")
    assert entry.case == "killer" and "ended 2 times in the middle of it" in entry.reason
    assert runs(tmp_path) == ["a", "b"]
    assert run_batch(cases, output, runner=write, retry=True).counts["done"] == 3
    assert sorted(events(output, "done")) == ["a", "b", "killer"]


def test_a_second_batch_into_the_folder_is_told_of_the_first(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    refused: list[str] = []

    def second() -> None:
        try:
            run_batch(cases, output, runner=write)
        except OutputError as error:
            refused.append(str(error))

    def with_another(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
        other = threading.Thread(target=second)
        other.start()
        other.join()
        return write(case, folder, settings, progress)

    assert run_batch(cases, output, runner=with_another).counts["done"] == 1
    assert len(refused) == 1 and "another run is writing there" in refused[0]
    assert runs(tmp_path) == ["a"]


def test_a_disk_that_is_full_in_the_middle_ends_the_batch_and_loses_nothing(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b", "c"]), tmp_path / "out"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_at_b(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
        if case.name == "b":
            # The disk's own refusal, as far as one process can have it: no file grows beyond so many bytes.
            resource.setrlimit(resource.RLIMIT_FSIZE, ((output / "batch.jsonl").stat().st_size, before[1]))
        return write(case, folder, settings, progress)

    try:
        with pytest.raises(OutputError, match="(cannot be written|cannot be written to)"):
            run_batch(cases, output, runner=fill_at_b)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert states(output)["a"] == "done" and states(output)["c"] == "waiting"
    assert run_batch(cases, output, runner=write).counts["done"] == 3
    assert runs(tmp_path).count("a") == 1 and events(output, "done").count("a") == 1


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file", "is a file, not a folder"),
        ("/dev/null", "is a file, not a folder"),
        pytest.param(
            "/proc/results",
            "cannot be written to",
            marks=pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux"),
        ),
    ],
)
def test_an_output_that_takes_nothing_is_refused_before_anything_is_computed(
    tmp_path: Path, place: str, words: str
) -> None:
    cases = studies(tmp_path, ["a"])
    (tmp_path / "file").write_text("mine")
    output = tmp_path / place
    with pytest.raises(OutputError, match=words):
        run_batch(cases, output, runner=write)
    assert (tmp_path / "file").read_text() == "mine" and runs(tmp_path) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only to an administrator")
def test_a_read_only_output_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    output.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot be written to"):
        run_batch(cases, output, runner=write)
    assert runs(tmp_path) == []


def test_files_of_the_user_that_have_the_batchs_names_stop_it(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    output.mkdir()
    for name in ("summary.csv", "batch.jsonl"):
        (output / name).write_text("mine\n")
        with pytest.raises(OutputError, match="(no record shows|no journal of a batch)"):
            run_batch(cases, output, runner=write)
        assert (output / name).read_text() == "mine\n"
        (output / name).unlink()


def test_results_inside_of_a_study_are_refused_and_studies_inside_of_the_output_are_safe(tmp_path: Path) -> None:
    cases = studies(tmp_path, ["a"])
    with pytest.raises(InputError, match="lies inside of the study a"):
        run_batch(cases, Path(str(cases[0].study)) / "out", runner=write)
    # The results' folder would be called as that in which the inputs lie.
    named = BatchCase("studies", cases[0].study)
    (entry,) = run_batch([named], tmp_path, runner=write).entries
    assert entry.state == "done" and entry.folder.name.startswith("studies-")
    assert run_batch([named], tmp_path, runner=write).entries[0].folder == entry.folder


def test_results_may_lie_beside_their_studies_and_are_no_studies_of_the_next_call(tmp_path: Path) -> None:
    cases = studies(tmp_path, ["a"])
    place = tmp_path / "studies"
    for _ in range(2):
        found = find_cases(place, output=place)
        assert [case.name for case in found.cases] == ["000"]
        (entry,) = run_batch(found.cases, place, runner=write).entries
        assert entry.state == "done" and entry.folder != Path(str(cases[0].study))
        (place / "begun").mkdir(exist_ok=True)
        (place / "begun" / ".strokeseg-x.partial").mkdir(exist_ok=True)
    assert len((place / RUNS).read_text().splitlines()) == 1


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"cases": []}, {"cases": "twice"}])
def test_what_cannot_be_is_refused_before_anything_is_made(tmp_path: Path, wrong: dict[str, Any]) -> None:
    cases = studies(tmp_path, ["a"])
    given = {"cases": cases, **wrong}
    given["cases"] = cases * 2 if given["cases"] == "twice" else given["cases"]
    with pytest.raises(InputError):
        run_batch(output=tmp_path / "out", runner=write, **given)
    assert not (tmp_path / "out").exists()
