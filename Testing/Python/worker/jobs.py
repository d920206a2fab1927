"""Jobs that tests write, and the worker that they start."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import SimpleITK as sitk

import StrokeSegLogic
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import ClinicalData, Role
from StrokeSegLogic.worker.job import FORMAT, NAME, Job, JobOptions, JobVolume, write_job
from StrokeSegLogic.worker.protocol import Event, parse_line
from StrokeSegLogic.worker.volume_files import write_volume

MAIN = Path(StrokeSegLogic.__file__).parent / "worker" / "__main__.py"
PATIENCE_S = 120.0


def mri_job(home: Path, images: Mapping[Role, sitk.Image], options: JobOptions) -> Path:
    """A folder with MR volumes and the job that names them; the job's path."""
    return job_of("mri", home, images, options)


def job_of(
    modality: str,
    home: Path,
    images: Mapping[Role, sitk.Image],
    options: JobOptions,
    clinical: ClinicalData | None = None,
) -> Path:
    """A folder with volumes and the job that names them; the job's path."""
    home.mkdir(parents=True)
    volumes = {}
    for role, image in images.items():
        write_volume(home / f"{role}.npz", Volume.of(image))
        volumes[role.value] = JobVolume(f"{role}.npz", f"{role} of the scene")
    write_job(home / NAME, Job(FORMAT, "phantom", modality, volumes, clinical or ClinicalData(), None, options))
    return home / NAME


class Worker:
    """A worker process, started by its path as Slicer starts it; its events are gathered as they come."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        bare = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONUNBUFFERED")}
        self.process = subprocess.Popen(
            [sys.executable, str(MAIN), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**bare, **(environment or {})},
        )
        self.events: list[Event] = []
        self.strays: list[str] = []
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._gather), threading.Thread(target=self._gather_errors)]
        for thread in self._threads:
            thread.start()

    def _gather(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = parse_line(line)
            if event is None:
                self.strays.append(line)
            else:
                self.events.append(event)

    def _gather_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def names(self, job: str) -> list[str]:
        return [event.name for event in self.events if event.job == job]

    def wait_for(self, met: Callable[[Event], bool]) -> Event:
        """The first event of that kind, once it has come."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for event in list(self.events):
                if met(event):
                    return event
            if self.process.poll() is not None and not any(thread.is_alive() for thread in self._threads):
                break
            time.sleep(0.01)
        raise AssertionError(f"it never came; came {self.events[-5:]}, errors {self.errors[-20:]}")

    def last_of(self, job: str) -> Event:
        return self.wait_for(lambda event: event.job == job and event.name in ("done", "error", "cancelled"))

    def join(self, seconds: float = PATIENCE_S) -> int:
        code = self.process.wait(seconds)
        for thread in self._threads:
            thread.join()
        return code

    def close(self) -> None:
        """Ends it whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
