"""What a model proposes for each case: taken from results that are there, or made by who is handed in (`batch/`)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.errors import InputError, OutputError
from ..base.files import make_folder, sha256_of
from ..base.json_files import read_json_object
from ..base.progress import Progress
from ..base.records import said_to_be_written
from ..outputs.files import RESULT
from ..result.record import ResultRecord
from .entry import Entry
from .folder import CASES, ReviewFolder
from .sources import Study, located, located_study, slug, stored
from .worklist import Worklist

PROPOSAL, RECORD = "proposal.seg.nrrd", "proposal.json"
"""Copies of a result's segmentation and record in the case's folder."""
RESULTS = "results"
"""Folder of the results that are made for the review."""
_SEGMENTATION = "segmentation.seg.nrrd"
EventValues = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """A case that needs a result.

    Attributes:
        name: of the case.
        study: its images.
        clinical: what is known of the patient: age (years), nihss, onset_hours.
        brain_mask: file of a mask of the brain; None for none.
    """

    name: str
    study: Study
    clinical: Mapping[str, float] = field(default_factory=dict)
    brain_mask: Path | None = None


@dataclass(frozen=True)
class Made:
    """What became of a case: the folder of its result, or None and why."""

    name: str
    result: Path | None
    problem: str = ""


Proposer = Callable[[Sequence[Wanted], Path, Callable[[Made], None], Progress], None]
"""Makes results in a folder and tells of each as soon as it is there, also of a case that fails."""


def case_folder(number: int, name: str) -> str:
    """Folder of a case, relative to the review's: the number tells cases apart whose names look alike in ASCII."""
    return f"{CASES}/{number:04d}-{slug(name)}"


def take_result(result: Path, name: str, folder: str, into: Path, home: Path) -> EventValues:
    """Copies a result's segmentation and record into a case's folder.

    Args:
        result: folder of the result.
        name: of the case.
        folder: of the case, relative to the review's.
        into: where the review's files are written now.
        home: where the review lies in the end.

    Returns:
        The event: "proposed", or "failed" with the reason.
    """
    try:
        return "proposed", _taken(result, name, folder, into, home)
    except InputError as error:
        return "failed", {"case": name, "reason": str(error)}


def _taken(result: Path, name: str, folder: str, into: Path, home: Path) -> Mapping[str, Any]:
    record = ResultRecord.parse(read_json_object(result / RESULT), str(result / RESULT))
    digest = sha256_of(result / _SEGMENTATION)
    said = said_to_be_written(result / RESULT).get(_SEGMENTATION, digest)
    if said != digest:
        raise InputError(
            "was changed since the model made it: it is no proposal",
            where=result / _SEGMENTATION,
            fix="Segment the study again; review the corrected version as an edited version",
        )
    place = into / folder
    make_folder(place)
    try:
        shutil.copyfile(result / _SEGMENTATION, place / PROPOSAL)
        shutil.copyfile(result / RESULT, place / RECORD)
    except OSError as error:
        raise OutputError(
            f"the proposal cannot be copied ({error.strerror or error})", where=place, fix="Check the space on its disk"
        ) from error
    made = record.content.get("provenance", {})
    try:
        inputs = [{key: str(entry.get(key, "")) for key in ("role", "source", "sha256")} for entry in made["inputs"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "does not say what it was made of", where=result / RESULT, fix="Segment the study again"
        ) from error
    return {
        "case": name,
        "file": f"{folder}/{PROPOSAL}",
        "sha256": digest,
        "record": f"{folder}/{RECORD}",
        "record_sha256": sha256_of(place / RECORD),
        "result": stored(result, home),
        "modality": record.modality,
        "model": {"name": record.maker.name, "weights_sha256": record.maker.weights_sha256},
        "inputs": inputs,
        "made_by": str(made.get("strokeseg", "")),
        "volume_ml": _volume_ml(record),
        "doubt": doubt_of(record),
    }


def _volume_ml(record: ResultRecord) -> float:
    if record.lesion is not None:
        return record.lesion.lesion_ml
    route = next(route for route in record.routes if route.name == record.chosen)
    return route.core_ml + (route.penumbra_ml or 0.0)


def doubt_of(record: ResultRecord) -> float | None:
    """How far the planes' lesions are from the vote: 1 less their mean Dice with it; None where no planes voted."""
    planes = record.lesion.planes if record.lesion is not None else ()
    return 1.0 - sum(plane.dice_with_vote for plane in planes) / len(planes) if planes else None


def waiting(folder: ReviewFolder, *, again: bool = False) -> list[Wanted]:
    """The cases that have a study and no proposal; those that failed before only if asked.

    Raises:
        InputError: if the records are damaged.
    """
    entries = Worklist.of(folder.chain()).entries.values()
    return [wanted for entry in entries if (wanted := _wanted(entry, folder, again)) is not None]


def _wanted(entry: Entry, folder: ReviewFolder, again: bool) -> Wanted | None:
    study = located_study(entry.study, folder.path)
    if entry.proposal is not None or not study or (entry.problem and not again):
        return None
    return Wanted(entry.name, study, entry.clinical, located(entry.brain_mask, folder.path))


def propose(
    folder: ReviewFolder, proposer: Proposer, progress: Progress | None = None, *, again: bool = False
) -> dict[str, str]:
    """Has results made for what waits for them; each case can be reviewed as soon as its own is there.

    Args:
        folder: of the review.
        proposer: makes the results.
        progress: of the work.
        again: try those, too, that failed before.

    Returns:
        Why there is none, by the case's name, where there is none.

    Raises:
        InputError: if the records are damaged.
        OutputError: if the review's folder cannot be written to.
        Cancelled: if the progress' token says so; what was made is kept.
    """
    wanted = waiting(folder, again=again)
    problems: dict[str, str] = {}
    report = progress or Progress()
    report(0.0, f"{len(wanted)} cases wait for a proposal")

    def record(made: Made) -> None:
        with folder.writing() as writer:
            entry = Worklist.of(writer.chain)[made.name]
            if entry.proposal is not None:
                return  # somebody else was quicker; what a reader has before them is not replaced
            if made.result is None:
                event: EventValues = "failed", {"case": made.name, "reason": made.problem}
            else:
                event = take_result(made.result, made.name, entry.folder, folder.path, folder.path)
            writer.add(*event)
        if event[0] == "failed":
            problems[made.name] = str(event[1]["reason"])

    if wanted:
        proposer(wanted, folder.path / RESULTS, record, report)
    return problems
