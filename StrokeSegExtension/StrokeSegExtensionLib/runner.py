"""`protocols.Runner` with a worker process that stays warm between cases."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.base.json_files import read_json_object
from StrokeSegLogic.base.locks import scratch_folder
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.worker.protocol import Event, Fault, error_of

from . import worker_job
from .protocols import Clock, Listener, Timer
from .study import Handle, Settings, StudyInputs
from .worker_job import WorkerJob, goes_on
from .worker_process import WorkerProcess

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume

POLL_S = 0.05
CANCEL_PATIENCE_S = 5.0
"""A worker that has not heeded a cancel for so long is ended by force."""


class WorkerRunner:
    """Runs jobs in a worker that it starts with the first job.

    Args:
        clock: asks now and then what the worker has said.
        make_worker: starts a worker with these arguments.
    """

    def __init__(self, clock: Clock, make_worker: Callable[[list[str]], WorkerProcess] = WorkerProcess) -> None:
        self._clock, self._make_worker = clock, make_worker
        self._worker: WorkerProcess | None = None
        self._session: Path | None = None
        self._folders = ExitStack()
        self._job: WorkerJob | None = None
        self._next: tuple[Callable[[], None], Listener] | None = None
        self._result: Path | None = None
        self._number = 0
        self._timer: Timer | None = None
        self._removals: list[threading.Thread] = []

    @property
    def worker_pid(self) -> int | None:
        """Number of the worker's process; None before it has told, and where none runs."""
        if self._worker is None or self._worker.exit_code is not None:
            return None
        return self._worker.pid

    @property
    def session(self) -> Path | None:
        """The folder of its temporary files; None before the first run and after `stop`."""
        return self._session

    def start(
        self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume], listener: Listener
    ) -> None:
        """See `protocols.Runner`, as for all methods here."""
        if self._job is None:
            self._begin(inputs, settings, voxels, listener)
        elif self._job.cancelled and self._next is None:
            # Left alone by a scene that was closed; it ends in a moment.
            self._next = (lambda: self._begin_later(inputs, settings, voxels, listener)), listener
        else:
            raise StrokeSegError("a run is under way", fix="Wait for it, or cancel it")

    def cancel(self) -> None:
        waiting, self._next = self._next, None
        if waiting is not None:
            _begin, listener = waiting
            listener.cancelled()
        job = self._job
        if job is None or job.cancelled:
            return
        job.cancel()
        job.force_at = time.monotonic() + CANCEL_PATIENCE_S

    def release(self) -> None:
        if self._result is not None:
            self._remove(self._result)
            self._result = None

    def stop(self) -> None:
        self._next = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
        if job is not None:
            job.join()
        for removal in self._removals:
            removal.join(2.0)
        self._removals.clear()
        self._result = None
        self._leave_session()

    def _begin(
        self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume], listener: Listener
    ) -> None:
        folder = self._new_folder()
        # Started before the volumes are written: importing the libraries takes as long as that.
        self._require_worker()
        self._job = WorkerJob(folder, listener)
        self._job.write(inputs, settings, voxels)
        listener.progressed(0.0, "handing over the volumes")
        self._poll_soon()

    def _begin_later(
        self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume], listener: Listener
    ) -> None:
        try:
            self._begin(inputs, settings, voxels, listener)
        except StrokeSegError as error:
            listener.failed(error)

    def _new_folder(self) -> Path:
        try:
            if self._session is None or not self._session.is_dir():
                self._leave_session()
                self._session = self._folders.enter_context(scratch_folder())
            self._number += 1
            folder = self._session / str(self._number)
            folder.mkdir()
        except OSError as error:
            raise StrokeSegError(
                f"no temporary folder can be made ({error.strerror or error})",
                where=tempfile.gettempdir(),
                fix="Free some space on its disk, or set TMPDIR to another disk",
            ) from error
        return folder

    def _leave_session(self) -> None:
        """Deletes the session's folder; that of a Slicer that was killed is deleted with the next session's begin."""
        self._folders.close()
        self._session = None

    def _require_worker(self) -> WorkerProcess:
        if self._worker is None or self._worker.exit_code is not None:
            self._worker = self._make_worker(["--session", str(self._session), "--parent", str(os.getpid())])
        return self._worker

    def _poll_soon(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(POLL_S, self._poll)

    def _poll(self) -> None:
        self._timer = None
        self._removals = [removal for removal in self._removals if goes_on(removal)]
        job, worker = self._job, self._worker
        if job is not None and worker is not None:
            self._listen(job, worker)
        if self._job is not None or self._removals:
            self._poll_soon()
        if self._job is None and self._next is not None:
            (begin, _listener), self._next = self._next, None
            begin()

    def _listen(self, job: WorkerJob, worker: WorkerProcess) -> None:
        for line in worker.lines():
            job.listener.logged(line)
        for event in worker.events():
            if self._job is job and event.job == job.folder.name:
                self._hear(job, event)
        if self._job is job:
            self._look_after(job, worker)

    def _hear(self, job: WorkerJob, event: Event) -> None:
        values = event.values
        if event.name == "started":
            job.started = True
            job.listener.started()
        elif event.name == "progress":
            job.listener.progressed(float(values["fraction"]), str(values["stage"]))
        elif event.name == "warning":
            job.listener.logged(f"Warning: {values['text']}")
        elif event.name == "error":
            self._fail(job, error_of(values, () if self._worker is None else self._worker.last_lines))
        elif event.name == "cancelled":
            self._end(job)
            job.listener.cancelled()
        elif event.name == "done":
            self._finish(job, values)

    def _look_after(self, job: WorkerJob, worker: WorkerProcess) -> None:
        """What the worker does not say: that it died or hangs, that the job could not be written."""
        error = job.writing_failed
        if error is not None:
            self._fail(job, error)
        elif job.cancelled and not job.posted and not job.writing:
            self._end(job)
            job.listener.cancelled()
        elif worker.exit_code is not None:
            self._on_death(job, worker)
        elif job.force_at is not None and time.monotonic() > job.force_at:
            worker.kill()
            self._worker = None
            self._end(job)
            job.listener.cancelled()
        elif job.silent(worker.heard) and not job.cancelled:
            job.listener.logged(f"The worker has said nothing for {worker_job.SILENCE_S:g} s. Cancel ends it.")

    def _on_death(self, job: WorkerJob, worker: WorkerProcess) -> None:
        self._worker = None
        if job.cancelled:
            self._end(job)
            job.listener.cancelled()
        elif worker.exit_code == 0 and not job.started and not job.again:
            # It went to rest at the very moment that the job came.
            job.again = True
            self._require_worker()
        else:
            self._fail(job, _death(worker))

    def _finish(self, job: WorkerJob, values: Mapping[str, Any]) -> None:
        try:
            record = ResultRecord.parse(read_json_object(Path(values["record"]), fix="Run it again"))
        except StrokeSegError as error:
            self._fail(job, error)
            return
        self.release()
        self._job, self._result = None, job.folder
        job.forget_inputs()
        volumes = {name: Path(file) for name, file in values["volumes"].items()}
        report = Path(values["report"]) if values["report"] else None
        job.listener.finished(record, volumes, report)

    def _fail(self, job: WorkerJob, error: StrokeSegError) -> None:
        self._end(job)
        if job.cancelled:
            job.listener.cancelled()
        else:
            job.listener.failed(error)

    def _end(self, job: WorkerJob) -> None:
        self._job = None
        self._remove(job.folder, after=job)

    def _remove(self, folder: Path, after: WorkerJob | None = None) -> None:
        """Deletes a folder on a thread: it may hold gigabytes, and a job's files may still be being written."""

        def remove() -> None:
            if after is not None:
                after.join(None)
            shutil.rmtree(folder, ignore_errors=True)

        self._removals.append(threading.Thread(target=remove, daemon=True))
        self._removals[-1].start()
        self._poll_soon()


def _death(worker: WorkerProcess) -> Fault:
    code = worker.exit_code or 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    fix = "See the last lines of its log"
    if code in (-9, 137):
        how += ", as when the computer runs out of memory"
        fix = "Close other programs, or segment fewer or smaller volumes; see the last lines of its log"
    return Fault(f"the worker ended before the result was there ({how})", fix=fix, log=worker.last_lines)
