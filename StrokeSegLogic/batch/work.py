"""One case of a batch, in whichever process: verified where it is done, else computed; a fault is an answer."""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .. import __version__
from ..base.errors import Cancelled, InputError, OutputError, StrokeSegError, expected
from ..base.progress import Progress, hearing
from ..base.records import is_there, is_unchanged, listed, written_by
from ..outputs.files import RESULT, SEGMENTATION_FILES, reserved_for, segment_study
from ..outputs.settings import StudySettings
from ..result.record import ResultRecord
from .cases import BatchCase
from .inputs import hash_inputs

Runner = Callable[[BatchCase, Path, StudySettings, Progress], Mapping[str, Any]]
"""What is done with a case: leaves result.json and its files in the folder, and returns what the summary shows."""
Verdict = Literal["done", "verified", "failed", "cancelled"]


@dataclass(frozen=True)
class Known:
    """What the journal tells of a case that is done.

    Attributes:
        study: what it was given by.
        inputs_sha256: see `inputs`.
        outputs: SHA-256 of each file of the result by its name.
    """

    study: str | tuple[str, ...]
    inputs_sha256: str
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Task:
    """What a worker is told.

    Attributes:
        case, settings, runner: what to do.
        folder: for the result.
        known: of an earlier call.
        overwrite: whether what is in the way is moved aside.
        version: of StrokeSeg, by whoever asks.
    """

    case: BatchCase
    folder: Path
    settings: StudySettings
    runner: Runner
    known: Known | None = None
    overwrite: bool = False
    version: str = __version__


@dataclass(frozen=True)
class Answer:
    """What became of a case.

    Attributes:
        verdict: "verified" is done by an earlier call, and all of it is as it was.
        reason: of a failure, in one line.
        kind: of a failure: the error's class.
        inputs_sha256, files, bytes: of the study.
        outputs: SHA-256 by file.
        values: for the summary.
        seconds: that it took.
        worker: computer and process.
        changed: files of a verified result that somebody has changed since.
        trace: of a fault of StrokeSeg's own.
    """

    verdict: Verdict
    reason: str = ""
    kind: str = ""
    inputs_sha256: str = ""
    files: int = 0
    bytes: int = 0
    outputs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    worker: str = ""
    changed: tuple[str, ...] = ()
    trace: str = ""


def segment_case(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
    """The runner of a batch: a study into the files of its result."""
    result, _ = segment_study(
        case.study if isinstance(case.study, str) else list(case.study),
        folder,
        settings,
        progress,
        name=case.name,
        clinical=case.clinical,
        brain_mask=case.brain_mask,
    )
    return summary_values(ResultRecord.parse(result.summary()))


def summary_values(record: ResultRecord) -> dict[str, Any]:
    """What a summary shows of a result: ml, counts, words, and what drew it."""
    route = next((route for route in record.routes if route.name == record.chosen), None)
    return {
        "modality": record.modality,
        "reference": record.reference.value,
        "lesion_ml": None if record.lesion is None else record.lesion.lesion_ml,
        "lesions": None if record.lesion is None else len(record.lesion.lesions_ml),
        "core_ml": None if route is None else route.core_ml,
        "penumbra_ml": None if route is None else route.penumbra_ml,
        "unusual": "; ".join(record.unusual),
        "warnings": len(record.warnings),
        "drawn_by": record.maker.name,
        "weights_sha256": record.maker.weights_sha256,
        "version": __version__,
    }


def work(task: Task, progress: Progress) -> Answer:
    """Does a case; whatever goes wrong with it is told in the answer."""
    begun = time.monotonic()
    found: dict[str, Any] = {"worker": f"{socket.gethostname()} {os.getpid()}"}
    try:
        with hearing(progress):
            found |= _done(task, progress)
    except Cancelled:
        found |= {"verdict": "cancelled"}
    except Exception as error:
        found |= {"verdict": "failed", **_told(error)}
    return Answer(seconds=round(time.monotonic() - begun, 3), **found)


def _done(task: Task, progress: Progress) -> dict[str, Any]:
    if task.version != __version__:
        raise InputError(
            f"this worker has StrokeSeg {__version__}, the batch {task.version}", fix="Install the one version on both"
        )
    case, known = task.case, task.known
    inputs = hash_inputs(case.study, case.brain_mask)
    found = {"inputs_sha256": inputs.sha256, "files": inputs.files, "bytes": inputs.bytes}
    if known is not None and known.inputs_sha256 == inputs.sha256:
        missing, changed = _compared(task.folder, known.outputs)
        if not missing and not (changed and task.overwrite):
            return {"verdict": "verified", "changed": tuple(changed), "outputs": known.outputs, **found}
    elif known is not None and known.study != case.study:
        raise InputError(
            f"this name was given to another study before ({_shown(known.study)})",
            where=case.name,
            fix="Give the case another name, or the batch another output folder",
        )
    with reserved_for(task.folder, RESULT, SEGMENTATION_FILES, overwrite=task.overwrite):
        values = task.runner(case, task.folder, task.settings, progress)
    outputs = written_by(task.folder / RESULT)
    if not outputs:
        raise OutputError(f"the case ended without its {RESULT}", where=task.folder, fix="Please report it")
    return {"verdict": "done", "outputs": outputs, "values": dict(values), **found}


def _compared(folder: Path, outputs: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Files of a result that are gone, and those that are not as they were."""
    missing = [name for name in outputs if not is_there(folder / name)]
    return missing, [n for n, digest in outputs.items() if n not in missing and not is_unchanged(folder / n, digest)]


def _shown(study: str | tuple[str, ...]) -> str:
    return study if isinstance(study, str) else listed(list(study))


def _told(error: Exception) -> dict[str, Any]:
    known = expected(error)
    if known is not None:
        return {"reason": str(known), "kind": type(known).__name__}
    told = StrokeSegError(f"a fault of StrokeSeg's ({type(error).__name__}: {error})", fix="Please report it")
    return {"reason": str(told), "kind": type(error).__name__, "trace": traceback.format_exc()}
