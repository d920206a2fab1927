"""A runner with a worker that plays a part, and who hears of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from StrokeSegExtensionLib.runner import WorkerRunner
from StrokeSegExtensionLib.study import Handle, Settings, StudyInputs
from StrokeSegExtensionLib.worker_process import WorkerProcess

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.base.locks import SCRATCH_LOCK
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import Role

from .doubles import Clock

SCRIPT = Path(__file__).parent / "scripted_worker.py"
PLACE = Grid((4, 3, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
SMALL = Volume(np.zeros(PLACE.shape, np.int64), PLACE, "n")
INPUTS = StudyInputs(volumes={Role.DWI: "n"})


class Heard:
    """`protocols.Listener` that keeps what it hears."""

    def __init__(self) -> None:
        self.last_word = ""
        self.begun = False
        self.progress: list[tuple[float, str]] = []
        self.log: list[str] = []
        self.record: ResultRecord | None = None
        self.volumes: Mapping[str, Path] = {}
        self.error: StrokeSegError | None = None

    def started(self) -> None:
        self.begun = True

    def progressed(self, fraction: float, stage: str) -> None:
        self.progress.append((fraction, stage))

    def logged(self, line: str) -> None:
        self.log.append(line)

    def finished(self, record: ResultRecord, volumes: Mapping[str, Path], report: Path | None) -> None:
        self._end("finished")
        self.record, self.volumes = record, volumes

    def cancelled(self) -> None:
        self._end("cancelled")

    def failed(self, error: StrokeSegError) -> None:
        self._end("failed")
        self.error = error

    def _end(self, word: str) -> None:
        assert not self.last_word, f"{word} after {self.last_word}"
        self.last_word = word


class Bench:
    """A runner with a worker that plays a part, or the real worker."""

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
        voxels: Mapping[Handle, Volume] | None = None,
    ) -> Heard:
        heard = Heard()
        self.runner.start(inputs, settings or Settings(), voxels or {"n": SMALL}, heard)
        return heard

    def wait(self, heard: Heard, seconds: float = 120.0) -> Heard:
        self.clock.wait(lambda: bool(heard.last_word), seconds)
        return heard

    @property
    def files(self) -> list[str]:
        """What lies in the folder of temporary files beside the lock, once what was to be deleted is."""
        self.clock.wait(lambda: not self.runner._removals)
        found = (path for path in self.temporary.rglob("*") if path.suffix != SCRATCH_LOCK)
        return sorted(path.relative_to(self.temporary).as_posix() for path in found)

    def close(self) -> None:
        self.runner.stop()
        assert self.files == [] and not list(self.temporary.iterdir()), "nothing stays"
        assert self.clock.waiting == 0
        for worker in self.workers:
            assert worker._process.poll() is not None, "no process stays"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended and whose parent has not asked is no process any more.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
