from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import SimpleITK as sitk
from worker.jobs import Worker

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.job import JobOptions


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    """Starts workers, none of which outlives the test."""
    started: list[Worker] = []

    def now(*arguments: str, **environment: str) -> Worker:
        started.append(Worker(*arguments, environment=environment))
        return started[-1]

    yield now
    for worker in started:
        worker.close()


@pytest.fixture(scope="session")
def pair(phantom: MriPhantom) -> dict[Role, sitk.Image]:
    return {role: phantom.images[role] for role in (Role.DWI, Role.FLAIR)}


@pytest.fixture(scope="session")
def options(untrained: Bundle) -> JobOptions:
    return JobOptions(model=str(untrained.folder), device="cpu")


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session's folder as a panel that was killed has left it, in a place that old code pages cannot spell."""
    place = tmp_path / "Sitzung Größe 脳"
    place.mkdir()
    code = (
        "import os, sys; from pathlib import Path; from StrokeSegLogic.base.locks import scratch_folder\n"
        "with scratch_folder(Path(sys.argv[1])): os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(place)], check=True)
    return next(path for path in place.iterdir() if path.is_dir())
