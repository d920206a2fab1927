from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from StrokeSegExtensionLib import runner as runner_file
from StrokeSegExtensionLib import worker_job
from StrokeSegExtensionLib.runner import WorkerRunner
from StrokeSegExtensionLib.study import Problem, Settings, StudyInputs, Voxels
from StrokeSegExtensionLib.worker_process import WorkerProcess

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.base.scratch import LOCK
from StrokeSegLogic.case import ClinicalData, Role
from StrokeSegLogic.grid import Grid
from StrokeSegLogic.models.bundle import Bundle
from StrokeSegLogic.phantom import MriPhantom
from StrokeSegLogic.worker.job import read_job
from StrokeSegLogic.worker.nrrd import read_nrrd

from .doubles import Clock

SCRIPT = Path(__file__).parent / "scripted_worker.py"
SMALL = Voxels("n", np.zeros((2, 3, 4), np.int64), (1, 1, 1), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
INPUTS = StudyInputs(volumes={Role.DWI: "n"})
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


class Heard:
    """`protocols.Listener` that keeps what it hears."""

    def __init__(self) -> None:
        self.last_word = ""
        self.begun = False
        self.progress: list[tuple[float, str]] = []
        self.log: list[str] = []
        self.record: Mapping[str, Any] = {}
        self.volumes: Mapping[str, Path] = {}
        self.problem: Problem | None = None

    def started(self) -> None:
        self.begun = True

    def progressed(self, fraction: float, stage: str) -> None:
        self.progress.append((fraction, stage))

    def logged(self, line: str) -> None:
        self.log.append(line)

    def finished(self, record: Mapping[str, Any], volumes: Mapping[str, Path], report: Path | None) -> None:
        self._end("finished")
        self.record, self.volumes = record, volumes

    def cancelled(self) -> None:
        self._end("cancelled")

    def failed(self, problem: Problem) -> None:
        self._end("failed")
        self.problem = problem

    def _end(self, word: str) -> None:
        assert not self.last_word, f"{word} after {self.last_word}"
        self.last_word = word


class Bench:
    """A runner with a worker that plays a part, or the real one."""

    def __init__(self, part: str | None, temporary: Path) -> None:
        self.clock, self.temporary, self.workers = Clock(), temporary, list[WorkerProcess]()
        self.runner = WorkerRunner(self.clock, lambda arguments: self._worker(part, arguments))

    def _worker(self, part: str | None, arguments: list[str]) -> WorkerProcess:
        self.workers.append(WorkerProcess(arguments) if part is None else WorkerProcess([part, *arguments], SCRIPT))
        return self.workers[-1]

    def start(
        self,
        inputs: StudyInputs = INPUTS,
        settings: Settings | None = None,
        voxels: Mapping[Role, Voxels] | None = None,
    ) -> Heard:
        heard = Heard()
        self.runner.start(inputs, settings or Settings(), voxels or {Role.DWI: SMALL}, heard)
        return heard

    def wait(self, heard: Heard, seconds: float = 120.0) -> Heard:
        self.clock.wait(lambda: bool(heard.last_word), seconds)
        return heard

    @property
    def files(self) -> list[str]:
        """What lies in the folder of temporary files beside the lock, once what was to be deleted is."""
        self.clock.wait(lambda: not self.runner._removals)
        found = (path for path in self.temporary.rglob("*") if path.suffix != LOCK)
        return sorted(path.relative_to(self.temporary).as_posix() for path in found)

    def close(self) -> None:
        self.runner.stop()
        assert self.files == [] and not list(self.temporary.iterdir()), "nothing stays"
        assert self.clock.waiting == 0
        for worker in self.workers:
            assert worker._process.poll() is not None, "no process stays"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], Bench]]:
    folder = tmp_path / "temporär 脳"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    made: list[Bench] = []

    def make(part: str | None) -> Bench:
        made.append(Bench(part, folder))
        return made[-1]

    yield make
    for one in made:
        one.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended and whose parent has not asked is no process any more.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_run_hands_over_what_the_worker_wrote_until_it_is_released(bench: Callable) -> None:
    one = bench("succeed")
    heard = one.wait(one.start())
    assert (heard.last_word, heard.begun, heard.record["reference"]) == ("finished", True, "DWI")
    assert heard.progress == [(0.0, "handing over the volumes"), (0.5, "half")]
    assert "Warning: mind the gap" in heard.log
    assert heard.volumes["labels"].read_bytes() == b"labels"
    assert not any(name.endswith(("DWI.nrrd", "job.json")) for name in one.files), "the inputs' copies go at once"
    one.runner.release()
    assert len(one.files) == 1, "the session's folder"
    assert not heard.volumes["labels"].exists()


def test_a_warm_worker_serves_the_next_case(bench: Callable) -> None:
    one = bench("succeed")
    pids = [one.wait(one.start()).record["pid"] for _ in range(3)]
    assert len(set(pids)) == len(one.workers) == 1


def test_the_result_before_stays_until_the_next_one_is_there(bench: Callable) -> None:
    one = bench("succeed")
    first = one.wait(one.start())
    second = one.start()
    assert first.volumes["labels"].exists()
    one.wait(second)
    one.clock.wait(lambda: not one.runner._removals)
    assert not first.volumes["labels"].exists()
    assert second.volumes["labels"].exists()


def test_the_job_says_what_was_chosen(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    clinical = ClinicalData(70, 5, 2.5)
    settings = Settings(model="m", device="cpu", threshold=0.4, minimum_lesion_ml=0.1, agreement=False, maps=False)
    heard = one.start(StudyInputs("mri", {Role.DWI: "n"}, clinical, Role.DWI, "Größe"), settings)
    one.clock.wait(lambda: heard.begun)
    path = next(one.temporary.rglob("job.json"))
    job = read_job(path)
    volume = read_nrrd(path.parent / "DWI.nrrd")
    one.runner.cancel()
    one.wait(heard)
    assert (job.name, job.modality, job.reference, job.clinical) == ("Größe", "mri", "DWI", clinical)
    assert (job.options.model, job.options.threshold, job.options.extras) == ("m", 0.4, ("probability", "report"))
    assert volume.array.shape == (2, 3, 4)


def test_an_error_of_the_worker_comes_in_its_own_words(bench: Callable) -> None:
    one = bench("fail")
    heard = one.wait(one.start())
    assert (heard.last_word, str(heard.problem)) == ("failed", "model: no lesion network. Install it.")
    assert len(one.files) == 1
    assert one.wait(one.start()).last_word == "failed", "and the worker lives on"
    assert len(one.workers) == 1


def test_a_worker_that_dies_leaves_its_last_lines_and_the_next_run_has_a_new_one(bench: Callable) -> None:
    one = bench("die")
    heard = one.wait(one.start())
    assert heard.last_word == "failed"
    assert "exit code 7" in heard.problem.what
    assert heard.problem.log[-2:] == ("loading", "out of ideas")
    assert len(one.files) == 1
    one.wait(one.start())
    assert len(one.workers) == 2


@posix
def test_a_worker_that_is_killed_is_said_to_lack_memory(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: heard.begun)
    os.kill(one.workers[0].pid, signal.SIGKILL)
    one.wait(heard)
    assert "memory" in heard.problem.what
    assert "Close other programs" in heard.problem.fix


def test_a_worker_that_heeds_a_cancel_lives_on(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: heard.begun)
    one.runner.cancel()
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    assert len(one.files) == 1
    again = one.start()
    one.clock.wait(lambda: again.begun)
    assert len(one.workers) == 1


@posix
def test_a_worker_that_hangs_is_ended_with_all_that_it_started(
    bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_file, "CANCEL_PATIENCE_S", 0.3)
    one = bench("hang")
    heard = one.start()
    one.clock.wait(lambda: any(name.endswith("pids") for name in one.files))
    time.sleep(0.1)
    pids = [int(pid) for pid in next(one.temporary.rglob("pids")).read_text().split()]
    assert all(alive(pid) for pid in pids)
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    time.sleep(0.1)
    assert not any(alive(pid) for pid in pids)


def test_a_worker_that_says_nothing_is_spoken_of(bench: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_job, "SILENCE_S", 0.2)
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: any("said nothing" in line for line in heard.log))
    assert heard.last_word == ""


def test_a_flood_of_lines_does_not_hold_the_result_up(bench: Callable) -> None:
    one = bench("flood")
    heard = one.wait(one.start())
    assert heard.last_word == "finished"
    assert len(heard.log) < 50_000, "of a flood the end is kept"
    assert "line 199999" in " ".join(heard.log)


def test_bytes_of_another_code_page_and_endless_lines_do_no_harm(bench: Callable) -> None:
    one = bench("odd")
    heard = one.wait(one.start())
    assert heard.last_word == "finished"
    assert (0.25, "nach 中") in heard.progress
    assert max(len(line) for line in heard.log) <= 2000


def test_a_worker_that_went_to_rest_as_the_job_came_is_started_again(bench: Callable) -> None:
    one = bench("rest")
    assert one.wait(one.start()).last_word == "finished"
    assert len(one.workers) == 2


def test_a_second_run_is_refused_and_one_after_a_cancel_waits_for_its_end(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    first = one.start()
    with pytest.raises(StrokeSegError, match="under way"):
        one.start()
    one.clock.wait(lambda: first.begun)
    one.runner.cancel()
    second = one.start()
    one.clock.wait(lambda: second.begun)
    assert first.last_word == "cancelled"


def test_a_run_that_waits_for_the_end_of_another_can_be_cancelled_too(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    first = one.start()
    one.clock.wait(lambda: first.begun)
    one.runner.cancel()
    second = one.start()
    one.runner.cancel()
    assert second.last_word == "cancelled"
    third = one.start()
    one.clock.wait(lambda: third.begun)
    assert first.last_word == "cancelled"
    assert not second.begun and second.progress == []


def test_a_cancel_while_the_volumes_are_written_starts_nothing(
    bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = worker_job.write_job_files

    def write_slowly(*arguments: Any) -> None:
        cancelled = arguments[-1]
        while not cancelled():
            time.sleep(0.005)
        write(*arguments)

    monkeypatch.setattr(worker_job, "write_job_files", write_slowly)
    one = bench("succeed")
    heard = one.start(voxels={Role.DWI: SMALL, Role.FLAIR: SMALL})
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    assert len(one.files) == 1, "the session's folder"


def test_nobody_waits_for_files_that_are_deleted(bench: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench("succeed")
    heard = one.wait(one.start())
    delete, may_go = runner_file.shutil.rmtree, threading.Event()

    def delete_slowly(*arguments: Any, **options: Any) -> None:
        assert may_go.wait(20)
        delete(*arguments, **options)

    monkeypatch.setattr(runner_file.shutil, "rmtree", delete_slowly)
    one.runner.release()
    again = one.wait(one.start())
    assert again.last_word == "finished"
    assert heard.volumes["labels"].exists()
    may_go.set()
    one.clock.wait(lambda: not heard.volumes["labels"].exists())


def test_volumes_that_cannot_be_written_are_named(bench: Callable) -> None:
    one = bench("succeed")
    complex_voxels = Voxels("n", np.zeros((2, 2, 2), complex), (1, 1, 1), (0, 0, 0), SMALL.direction)
    heard = one.wait(one.start(voxels={Role.DWI: complex_voxels}))
    assert heard.last_word == "failed"
    assert "no real number" in heard.problem.what
    assert len(one.files) == 1


def test_without_a_folder_for_temporary_files_a_run_does_not_start(bench: Callable) -> None:
    one = bench("succeed")
    one.temporary.rmdir()
    try:
        with pytest.raises(StrokeSegError, match="no temporary folder"):
            one.start()
    finally:
        one.temporary.mkdir()


@pytest.mark.parametrize("part", ["hang", "wait_for_cancel", "flood"])
def test_stop_ends_everything_at_once_and_nobody_hears_of_it(bench: Callable, part: str) -> None:
    one = bench(part)
    heard = one.start()
    one.clock.wait(lambda: bool(heard.begun))
    began = time.monotonic()
    one.runner.stop()
    assert time.monotonic() - began < 5
    one.clock.pass_(10)
    assert heard.last_word == ""
    assert one.files == []
    again = one.start()
    one.clock.wait(lambda: again.begun)
    assert len(one.workers) == 2


def voxels_of(image: sitk.Image) -> Voxels:
    grid = Grid.of(image)
    return Voxels("phantom", sitk.GetArrayFromImage(image), grid.spacing, grid.origin, grid.direction)


def test_the_real_worker_segments_cancels_and_serves_again(
    bench: Callable, phantom: MriPhantom, untrained: Bundle
) -> None:
    one = bench(None)
    voxels = {role: voxels_of(phantom.images[role]) for role in (Role.DWI, Role.FLAIR)}
    inputs = StudyInputs(volumes={Role.DWI: "a", Role.FLAIR: "b"})
    settings = Settings(model=str(untrained.folder), device="cpu")
    heard = one.start(inputs, settings, voxels)
    one.clock.wait(lambda: any("plane" in stage for _, stage in heard.progress))
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"

    heard = one.wait(one.start(inputs, settings, voxels))
    assert heard.last_word == "finished", (heard.problem, heard.log)
    assert len(one.workers) == 1
    labels = read_nrrd(heard.volumes["labels"])
    assert labels.array.shape == voxels[Role.DWI].array.shape
    assert labels.origin == voxels[Role.DWI].origin
    assert set(heard.volumes) == {"labels", "brain", "probability", "agreement"}
    assert json.dumps(heard.record)
