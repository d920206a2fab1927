from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from worker.jobs import MAIN, PATIENCE_S, Worker, mri_job

import StrokeSegLogic
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.worker.job import JobOptions, JobVolume, read_job
from StrokeSegLogic.worker.run import run_job
from StrokeSegLogic.worker.volume_files import read_volume, write_volume

Start = Callable[..., Worker]
Pair = dict[Role, sitk.Image]
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def in_networks(name: str) -> Callable:
    return lambda event: event.job == name and event.name == "progress" and "plane" in event.values["stage"]


ENDED = (0, 3)
"""By itself, or on a busy machine by force, because it had not come to it in time."""


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment without torch: a worker that is to end needs none, and bringing it in takes seconds."""
    folder = tmp_path / "without torch"
    folder.mkdir()
    (folder / "torch.py").write_text('raise ImportError("left out by a test")')
    return {"PYTHONPATH": str(folder)}


def soon(so: Callable[[], bool]) -> bool:
    """Whether something becomes so; the time bounds a hang and promises nothing."""
    until = time.monotonic() + PATIENCE_S
    while not so() and time.monotonic() < until:
        time.sleep(0.05)
    return so()


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_job_in_one_result_out_as_the_engine_gives_it(
    start: Start, session: Path, pair: Pair, options: JobOptions, pair_result: Segmentation
) -> None:
    job = mri_job(session / "1", pair, options)
    worker = start(str(job))
    done = worker.last_of("1")
    assert worker.join() == 0, worker.errors
    assert done.name == "done", done
    assert worker.strays == []
    names = [event.name for event in worker.events]
    assert (names[0], names[1], names[-1]) == ("ready", "started", "bye")
    fractions = [event.values["fraction"] for event in worker.events if event.name == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    expected = pair_result
    for name, image in {"labels": expected.labels, "probability": expected.probability}.items():
        volume = read_volume(Path(done.values["volumes"][name]))
        np.testing.assert_array_equal(volume.array, sitk.GetArrayFromImage(image))
        assert volume.grid == Grid.of(image)
    assert set(done.values["volumes"]) == {"labels", "brain", "probability", "agreement"}
    record = json.loads(Path(done.values["record"]).read_text())
    assert record["statistics"]["volume_ml"] == pytest.approx(expected.statistics.volume_ml)
    assert [series["source"] for series in record["provenance"]["inputs"]] == ["DWI of the scene", "FLAIR of the scene"]
    assert [place["index"] for place in record["navigation"]["slices"]] == list(expected.statistics.doubtful_slices)
    warned = [event.values["text"] for event in worker.events if event.name == "warning"]
    assert warned == list(expected.warnings)
    assert {path.name for path in job.parent.iterdir()} == {"job.json", "DWI.npz", "FLAIR.npz", "result"}


@pytest.mark.slow
def test_a_job_brings_its_brain_mask_along(
    session: Path, pair: Pair, options: JobOptions, untrained: Bundle, make_case: Callable[..., Case]
) -> None:
    found = StrokeSegLogic.segment(make_case(pair), model=untrained.folder, device="cpu")
    half = sitk.GetArrayFromImage(found.brain)
    half[: len(half) // 2] = 0
    path = mri_job(session / "1", pair, options)
    write_volume(path.parent / "brain.npz", Volume(half, found.grid))
    job = replace(read_job(path), brain_mask=JobVolume("brain.npz", "drawn by hand"))
    written = run_job(job, path.parent, path.parent / "result", Progress())
    expected = StrokeSegLogic.segment(make_case(pair), model=untrained.folder, device="cpu", brain_mask=half)
    for name, image in (("labels", expected.labels), ("brain", expected.brain)):
        np.testing.assert_array_equal(read_volume(written.volumes[name]).array, sitk.GetArrayFromImage(image))
    assert not np.array_equal(expected.array(), found.array())
    record = json.loads(written.record.read_text())
    assert record["brain"]["how"] == "given by the user: drawn by hand"
    assert record["brain"]["volume_ml"] < found.statistics.brain_ml


@pytest.mark.slow
def test_a_warm_worker_does_the_second_case_the_same(
    start: Start, session: Path, pair: Pair, options: JobOptions
) -> None:
    worker = start("--session", str(session), "--parent", str(os.getpid()))
    mri_job(session / "1", pair, options)
    first = worker.last_of("1")
    mri_job(session / "2", pair, options)
    second = worker.last_of("2")
    assert [event.name for event in worker.events].count("ready") == 1
    cold, warm = (read_volume(Path(event.values["volumes"]["labels"])).array for event in (first, second))
    np.testing.assert_array_equal(cold, warm)

    (session / "quit").touch()
    assert worker.join() == 0
    assert session.exists(), "what is in it belongs to whoever ended the worker"


@pytest.mark.slow
@pytest.mark.parametrize("way", [pytest.param("file", marks=pytest.mark.slow), "line"])
def test_a_cancel_is_heard_among_the_planes_and_the_worker_lives_on(
    start: Start, session: Path, pair: Pair, untrained: Bundle, way: str
) -> None:
    worker = start("--session", str(session), "--lines")
    # Many passes through the networks, so that the cancel comes among them on any machine.
    mri_job(session / "1", pair, JobOptions(model=str(untrained.folder), device="cpu", flips=True, reproducible=True))
    worker.wait_for(in_networks("1"))
    if way == "file":
        (session / "1" / "cancel").touch()
    else:
        worker.say('{"command": "cancel"}')
    assert worker.last_of("1").name == "cancelled"
    said = [event.values["stage"] for event in worker.events if event.name == "progress"]
    assert "plane" in said[-1], "nothing was begun after the planes"
    assert not (session / "1" / "result").exists()
    assert {path.name for path in (session / "1").iterdir()} - {"cancel"} == {"job.json", "DWI.npz", "FLAIR.npz"}

    mri_job(session / "2", pair, JobOptions(model="no such model", device="cpu"))
    error = worker.last_of("2")
    assert (error.name, error.values["code"]) == ("error", 1)
    assert "no such model" in error.values["what"]
    worker.say("quit")
    assert worker.join() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "not readable as JSON"), ('{"format": 1}', "is missing"), ("", "not readable as JSON")],
)
def test_a_bad_job_file_is_an_error_in_words(start: Start, session: Path, content: str, words: str) -> None:
    job = session / "1" / "job.json"
    job.parent.mkdir()
    job.write_text(content)
    worker = start(str(job))
    error = worker.last_of("1")
    assert (error.name, error.values["code"]) == ("error", 1)
    assert words in error.values["what"]
    assert error.values["fix"]
    assert worker.join() == 1
    assert worker.errors == [], "bad input has no traceback"


def test_a_volume_that_is_cut_short_is_named(start: Start, session: Path, pair: Pair, options: JobOptions) -> None:
    job = mri_job(session / "1", pair, options)
    os.truncate(job.parent / "FLAIR.npz", 5000)
    worker = start(str(job))
    error = worker.last_of("1")
    assert "FLAIR.npz" in error.values["where"]
    assert worker.join() == 1


def test_a_fault_of_ours_leaves_its_traceback_in_the_log(start: Start, session: Path, pair: Pair) -> None:
    job = mri_job(session / "1", pair, JobOptions(device="cpu"))
    faulty = session / "faulty"
    faulty.mkdir()
    (faulty / "sitecustomize.py").write_text("import uuid\nuuid.uuid4 = lambda: 1 / 0\n")
    worker = start(str(job), PYTHONPATH=str(faulty))
    error = worker.last_of("1")
    assert error.values["code"] == 2
    assert "report it" in error.values["fix"]
    assert worker.join() == 2
    assert any("Traceback" in line for line in worker.errors)


def test_a_folder_of_the_users_that_is_called_as_a_result_is_left_alone(
    start: Start, session: Path, pair: Pair, options: JobOptions
) -> None:
    job = mri_job(session / "1", pair, options)
    (job.parent / "result").mkdir()
    (job.parent / "result" / "report.html").write_text("mine")
    (job.parent / "result" / "DWI.npz").mkdir()
    worker = start(str(job))
    error = worker.last_of("1")
    assert worker.join() == 1
    assert "report.html" in error.values["what"]
    assert (job.parent / "result" / "report.html").read_text() == "mine"
    assert {path.name for path in (job.parent / "result").iterdir()} == {"report.html", "DWI.npz"}


def test_a_session_that_no_panel_has_made_is_never_deleted(start: Start, tmp_path: Path, bare: dict[str, str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.txt").write_text("mine", encoding="utf-8")
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    worker = start("--session", str(tmp_path / "data"), "--parent", str(finished.pid), **bare)
    assert worker.join() in ENDED
    assert (tmp_path / "data" / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("sign", ["end of its input", "folder gone", "no such parent"])
def test_a_worker_that_nobody_needs_ends_and_takes_its_folder_along(
    start: Start, session: Path, bare: dict[str, str], sign: str
) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    parent = ["--parent", str(finished.pid)] if sign == "no such parent" else []
    lines = ["--lines"] if sign == "end of its input" else []
    worker = start("--session", str(session), *parent, *lines, **bare)
    worker.wait_for(lambda event: event.name == "ready")
    if sign == "end of its input":
        worker.process.stdin.close()
        worker.process.stdin = None
    elif sign == "folder gone":
        session.rmdir()
    assert worker.join() in ENDED
    assert soon(lambda: not session.exists())


@posix
def test_the_death_of_its_parent_in_the_middle_of_a_job_ends_the_worker_and_its_folder(
    session: Path, pair: Pair, options: JobOptions
) -> None:
    mri_job(session / "1", pair, JobOptions(model=options.model, device="cpu", flips=True, reproducible=True))
    code = (
        "import os, subprocess, sys\n"
        "w = subprocess.Popen([sys.executable, sys.argv[1], '--session', sys.argv[2], '--parent', str(os.getpid())],"
        " stdout=subprocess.PIPE, text=True)\n"
        "for line in w.stdout: print(line, end='', flush=True)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(MAIN), str(session)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    lines = []
    for line in parent.stdout:
        lines.append(line)
        if "plane" in line:
            break
    worker = json.loads(lines[0])["pid"]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: not session.exists())
    try:
        assert soon(lambda: ended(worker)), "the worker outlived its parent"
    finally:
        if not ended(worker):
            os.kill(worker, signal.SIGKILL)


def test_an_idle_worker_ends_by_itself(start: Start, session: Path, bare: dict[str, str]) -> None:
    worker = start("--session", str(session), "--idle", "0.1", **bare)
    assert worker.join() == 0
    assert [event.name for event in worker.events][-1] == "bye"


@posix
def test_a_worker_leads_a_group_of_its_own(start: Start, session: Path, bare: dict[str, str]) -> None:
    worker = start("--session", str(session), **bare)
    ready = worker.wait_for(lambda event: event.name == "ready")
    assert ready.values["leads_group"] is True
    pid = ready.values["pid"]
    assert os.getpgid(pid) == pid != os.getpgrp()
    os.killpg(pid, signal.SIGTERM)
    assert worker.join() in ENDED
