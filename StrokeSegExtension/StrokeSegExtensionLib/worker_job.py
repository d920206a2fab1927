"""One job on its way to the worker and back: its files, whom to tell, how far it has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import Cancelled, StrokeSegError
from StrokeSegLogic.worker.job import CANCEL, NAME, RESULT
from StrokeSegLogic.worker.protocol import as_error

from .job_files import write_job_files
from .protocols import Listener
from .study import Handle, Settings, StudyInputs

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume

SILENCE_S = 60.0
"""A worker says something every two seconds; after so long without a word the user is told."""


class WorkerJob:
    """One job: its folder, whom to tell, how far it has come."""

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.folder, self.listener = folder, listener
        self.started = self.again = self.cancelled = False
        self.force_at: float | None = None
        self.writing_failed: StrokeSegError | None = None
        self._thread: threading.Thread | None = None
        self._heard, self._heard_at = 0, time.monotonic()

    @property
    def writing(self) -> bool:
        if self._thread is not None:
            return goes_on(self._thread)
        return False

    @property
    def posted(self) -> bool:
        """Whether the worker can see it."""
        return (self.folder / NAME).exists()

    def write(self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume]) -> None:
        """Begins to write the job's files, on a thread: they may be gigabytes."""

        def write() -> None:
            try:
                write_job_files(self.folder, inputs, settings, voxels, lambda: self.cancelled)
            except Cancelled:
                return
            except Exception as error:  # on this thread nobody else would hear of it
                self.writing_failed = as_error(error)

        self._thread = threading.Thread(target=write, daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        self.cancelled = True
        try:
            (self.folder / CANCEL).touch()
        except OSError:
            return  # the folder is gone, and with it the job

    def join(self, seconds: float | None = 2.0) -> None:
        """Waits for the files that are being written: until then the folder cannot be deleted."""
        if self._thread is not None:
            self._thread.join(seconds)

    def forget_inputs(self) -> None:
        """Deletes all but the result."""
        for path in self.folder.iterdir():
            if path.name != RESULT and path.is_file():
                path.unlink(missing_ok=True)

    def silent(self, heard: int) -> bool:
        """Whether nothing has been heard for long; true once each time."""
        now = time.monotonic()
        if heard != self._heard or self.writing:
            self._heard, self._heard_at = heard, now
        if now - self._heard_at > SILENCE_S:
            self._heard_at = now
            return True
        return False


def goes_on(thread: threading.Thread) -> bool:
    """Whether a thread still works; gives it a moment for that."""
    # Waiting lets the thread run: Slicer's event loop may hold Python's lock.
    thread.join(0.001)
    return thread.is_alive()
