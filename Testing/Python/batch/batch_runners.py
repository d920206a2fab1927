"""What tests have a batch do with a case: next to nothing. Workers import it by its name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.outputs.settings import StudySettings

RUNS = "runs.txt"
"""In the folder of the studies: a line for each case that was computed to its end."""


def studies(home: Path, names: Iterable[str]) -> list[BatchCase]:
    """Cases whose study is a folder with a file."""
    cases = []
    for number, name in enumerate(names):
        folder = home / "studies" / f"{number:03d}"
        folder.mkdir(parents=True)
        (folder / "DWI.nii.gz").write_text(name, encoding="utf-8")
        cases.append(BatchCase(name, str(folder)))
    return cases


def runs(home: Path) -> list[str]:
    """Names of the cases that were computed, each as often as it was."""
    path = home / "studies" / RUNS
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def write(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
    """Leaves a result, and a line that says so; a case called "odd" fails."""
    progress(0.5, "writing")
    if case.name == "odd":
        raise ZeroDivisionError("nothing to divide by")
    _leave(case, folder)
    return {"modality": "mri", "lesion_ml": 3.25, "lesions": 2}


def write_slowly(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
    """The same, by a process whose number can be read meanwhile; "killer" ends its own process."""
    home = Path(str(case.study)).parent
    (home / f"{case.name}.pid").write_text(str(os.getpid()))
    if case.name == "a":
        time.sleep(1.0)  # the worker has its next case at hand by then
    if case.name == "killer":
        os.kill(os.getpid(), 9)
    # The case that is killed from outside waits for that, and for nothing when it comes a second time.
    first = home / f"{case.name}.begun"
    if case.name == "victim" and not first.exists():
        first.touch()
        time.sleep(600)
    return write(case, folder, settings, progress)


def write_after_a_moment(
    case: BatchCase, folder: Path, settings: StudySettings, progress: Progress
) -> Mapping[str, Any]:
    """The same within half a second, by a process whose number can be read meanwhile."""
    (Path(str(case.study)).parent / f"{case.name}.pid").write_text(str(os.getpid()))
    time.sleep(0.4)
    return write(case, folder, settings, progress)


def _leave(case: BatchCase, folder: Path) -> None:
    write_recorded(folder, {"labels.txt": lambda path: path.write_text(case.name, encoding="utf-8")}, "result.json", {})
    with (Path(str(case.study)).parent / RUNS).open("a", encoding="utf-8") as file:
        file.write(f"{case.name}\n")
