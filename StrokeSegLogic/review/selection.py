"""Which labels leave a review: those that hold, a reader's, the model's, or a consensus of readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.errors import InputError
from ..base.settings import one_of
from ..evaluation.masks import Mask
from .changes import labels_left
from .consensus import WAYS, consensus
from .entry import Entry, Reading
from .folder import ReviewFolder
from .versions import read_version
from .worklist import Worklist
from .worklist_file import Head

CHOICES = ("final", "first", "second", "proposal", *WAYS)
"""What holds in the end, a reader's, the model's, or a consensus of all who have read a case."""


_BLIND = "is being read blind by a second reader"
"""Why a case does not leave: whether the first has decided on it, and how, is not said."""


@dataclass(frozen=True)
class Chosen:
    """The labels of a case, on their way out.

    Attributes:
        entry: the case.
        which: one of `CHOICES`.
        readings: the decisions that they rest on; none for the model's.
    """

    entry: Entry
    which: str
    readings: tuple[Reading, ...]

    def labels(self, folder: ReviewFolder) -> Mask:
        """The label map.

        Raises:
            InputError: if a file was changed since it was recorded.
        """
        proposal = self.entry.proposal
        assert proposal is not None
        model = read_version(folder.path / proposal.file, proposal.sha256)
        read = [labels_left(folder.path, reading, model) for reading in self.readings]
        if not read:
            return model
        if self.which not in WAYS:
            return read[0]
        return Mask(folder.path, model.grid, consensus([each.labels for each in read], self.which).astype(np.uint16))

    def record(self) -> dict[str, Any]:
        """JSON-ready: whose they are."""
        proposal = self.entry.proposal
        assert proposal is not None
        return {
            "case": self.entry.name,
            "which": self.which,
            "model": dict(proposal.maker),
            "readings": [
                {
                    "reading": each.reading,
                    "reader": each.reader,
                    "role": each.content["role"],
                    "decision": each.decision,
                    "event": each.number,
                    "sha256": each.sha256,
                }
                for each in self.readings
            ],
        }


@dataclass(frozen=True)
class Selection:
    """What leaves, and what does not.

    Attributes:
        head: of the records that it was chosen by.
        chosen: by case, in order.
        left_out: why the others are not there.
    """

    head: Head
    chosen: tuple[Chosen, ...]
    left_out: dict[str, str]


def select(folder: ReviewFolder, which: str = "final", *, open_second_reads: bool = False) -> Selection:
    """Chooses labels of every case that has such.

    Rejected cases never leave, nor do cases that wait for arbitration under "final", nor readings of cases that wait
    for a second reader.

    Args:
        folder: of the review.
        which: one of `CHOICES`.
        open_second_reads: let also leave what was decided on cases that wait for a second reader; whoever may be that
            reader would not be blind any more.

    Raises:
        InputError: if there is no such choice, or the records are damaged.
    """
    one_of(which, CHOICES, "choice of labels")
    chain = folder.chain()
    chosen: list[Chosen] = []
    left_out: dict[str, str] = {}
    for entry in Worklist.of(chain).ordered("name"):
        open_to_a_second = which != "proposal" and entry.as_seen_by("").hidden and not open_second_reads
        found = _BLIND if open_to_a_second else _readings(entry, which, folder.settings.agreement)
        if isinstance(found, str):
            left_out[entry.name] = found
        else:
            chosen.append(Chosen(entry, which, tuple(found)))
    return Selection(Head.of(chain), tuple(chosen), left_out)


def _readings(entry: Entry, which: str, agreement: float) -> Sequence[Reading] | str:
    """The readings that labels rest on, or why there are none."""
    if entry.proposal is None:
        return f"has no proposal{f': {entry.problem}' if entry.problem else ''}"
    if which == "proposal":
        return ()
    if which in WAYS:
        read = [each for each in (entry.first, entry.second) if each is not None]
        if len(read) < 2:
            return "was not read twice"
        return "was rejected" if any(each.decision == "rejected" for each in read) else read
    if which == "final" and entry.disputed(agreement):
        return "waits for arbitration"
    reading = {"final": entry.final, "first": entry.first, "second": entry.second}[which]
    if reading is None:
        return f"is not decided ({entry.state})"
    return f"was rejected: {reading.reason}" if reading.decision == "rejected" else [reading]


def require_some(selection: Selection, folder: ReviewFolder) -> None:
    """Refuses an export of nothing.

    Raises:
        InputError: saying why the first case is not there.
    """
    if not selection.chosen:
        case, why = next(iter(selection.left_out.items()), ("", "there is no case"))
        raise InputError(f"no case can leave the review ({case} {why})", where=folder.path, fix="Review cases first")
