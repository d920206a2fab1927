"""A case of the worklist: its proposal, who has it, who has read it, and whose turn is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..study.case import Modality
from .chain import Event
from .sources import Study

State = Literal["waiting", "proposed", "in review", "accepted", "edited", "rejected", "second read"]
STATES: tuple[State, ...] = ("waiting", "proposed", "in review", "accepted", "edited", "rejected", "second read")
Decision = Literal["accepted", "edited", "rejected"]
DECISIONS: tuple[Decision, ...] = ("accepted", "edited", "rejected")
ReadingName = Literal["first", "second", "arbitration"]
"""Whose look at a case it is: the first reader's, the second's, or of whoever decides between both."""


ANOTHER = "another reader"
"""What a reader is called to whoever must not know them."""


@dataclass(frozen=True)
class Proposal:
    """What a model proposes.

    Attributes:
        file: of its labels, relative to the review's folder.
        sha256: of that file.
        modality: of the case.
        maker: "name", "weights_sha256" of the model.
        inputs: "role", "source", "sha256" of each volume that it was made of.
        volume_ml: of all that is marked.
        doubt: 0 to 1, how far the planes disagree; None where that is not known.
    """

    file: str
    sha256: str
    modality: Modality
    maker: Mapping[str, str]
    inputs: tuple[Mapping[str, Any], ...]
    volume_ml: float
    doubt: float | None


@dataclass(frozen=True)
class Claim:
    """A case that a reader has before them.

    Attributes:
        reader: who; "" where whoever looks must not know it.
        reading: in which turn.
        since: number of the event.
        time: of the event.
    """

    reader: str
    reading: ReadingName
    since: int
    time: str

    @property
    def who(self) -> str:
        """The reader, in words."""
        return self.reader or ANOTHER


@dataclass(frozen=True)
class Sitting:
    """A reader had the case before them, and left it or decided.

    Attributes:
        reader: who.
        reading: in which turn.
        since: number of the event with which it began.
        active_s: time at work in it; None where nobody measured it.
    """

    reader: str
    reading: ReadingName
    since: int
    active_s: float | None


@dataclass(frozen=True)
class Reading:
    """A reader's decision on a case.

    Attributes:
        reader: who; "reading" says in which turn.
        decision: what became of the proposal.
        file, sha256: of the labels that hold now; "" where the proposal was rejected.
        reason, comment: in the reader's words.
        number, time: of the event.
        active_s: time at work on it in all of the reader's sittings in this turn, also those that ended without a
            decision; None where nobody measured any.
        content: all of the event; its `active_s` is that of the last sitting.
    """

    reader: str
    reading: ReadingName
    decision: Decision
    file: str
    sha256: str
    reason: str
    comment: str
    number: int
    time: str
    active_s: float | None
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A case of the worklist.

    Attributes:
        name: of the case; unique.
        number: from 1 on, in the order in which cases were added.
        folder: of its files, relative to the review's.
        study: what its images are given by, "" where they are not known.
        result: path of the result it was proposed by, "" where there is none.
        group, patient: of the cohort.
        clinical: what is known of the patient: age (years), nihss, onset_hours.
        brain_mask: path of a mask of the brain, "" for none.
        proposal: None as long as there is none.
        problem: why there is none; "" where nothing went wrong.
        claim: who has it before them.
        second_wanted: whether a second reader is to look.
        opened: readers who have had it before them.
        knowing: readers who took the request for a second one back: then they could see what the first had done.
        readings: the last of each turn.
        sittings: that have ended, in order.
        used: drafts that became decisions: number of the event with which their sitting began, and SHA-256.
        comments: the events in which readers remark something, beside a decision or with it.
        hidden: whether a reading was left out because this reader must not know it yet.
    """

    name: str
    number: int
    folder: str
    study: Study = ""
    result: str = ""
    group: str = ""
    patient: str = ""
    clinical: Mapping[str, float] = field(default_factory=dict)
    brain_mask: str = ""
    proposal: Proposal | None = None
    problem: str = ""
    claim: Claim | None = None
    second_wanted: bool = False
    opened: frozenset[str] = frozenset()
    knowing: frozenset[str] = frozenset()
    readings: Mapping[ReadingName, Reading] = field(default_factory=dict)
    sittings: tuple[Sitting, ...] = ()
    used: frozenset[tuple[int, str]] = frozenset()
    comments: tuple[Event, ...] = ()
    hidden: bool = False

    @property
    def remarks(self) -> str:
        """What readers have remarked, in one line; "" where nobody has."""
        return "; ".join(f"{event['reader']}: {' '.join(event['comment'].split())}" for event in self.comments)

    @property
    def first(self) -> Reading | None:
        return self.readings.get("first")

    @property
    def second(self) -> Reading | None:
        return self.readings.get("second")

    @property
    def final(self) -> Reading | None:
        """The decision that holds: the arbiter's, else the first reader's."""
        return self.readings.get("arbitration") or self.first

    @property
    def state(self) -> State:
        if self.claim is not None:
            return "in review"
        if self.hidden:
            return "second read"
        if self.first is None:
            return "waiting" if self.proposal is None else "proposed"
        if self.second_wanted and self.second is None:
            return "second read"
        assert self.final is not None
        return self.final.decision

    def disputed(self, agreement: float) -> bool:
        """Whether two readers disagree and nobody has decided between them.

        They do where only one of them rejects the case, or the Dice of their labels is below the limit.
        """
        if self.first is None or self.second is None or "arbitration" in self.readings:
            return False
        if (self.first.decision == "rejected") != (self.second.decision == "rejected"):
            return True
        between = self.second.content.get("to_first")
        return between is not None and float(between["dice"]) < agreement

    @property
    def figures(self) -> tuple[str, str]:
        """Volume (ml) and doubt of the proposal, as a list shows them; "" for what is not known."""
        if self.proposal is None:
            return "", ""
        doubt = self.proposal.doubt
        return f"{self.proposal.volume_ml:.1f}", "" if doubt is None else f"{doubt:.2f}"

    def remark(self, agreement: float) -> str:
        """What a list says beside the state: why there is no proposal, who has the case or has decided it."""
        if self.problem:
            return self.problem
        if self.claim is not None:
            return f"{self.claim.who} since {self.claim.time[:16]}"
        if self.disputed(agreement):
            return "readers disagree"
        if self.final is None:
            return ""
        return f"{self.final.reader}{f': {self.final.reason}' if self.final.reason else ''}"

    def turn_of(self, reader: str, agreement: float) -> ReadingName | None:
        """In which turn a reader may look at the case; None where there is nothing for them to do.

        A first reading stays open to its reader until somebody else has read the case, an arbitration to its arbiter.
        A second reading is closed once it is saved: then its reader knows the first.
        """
        if self.proposal is None or "arbitration" in self.readings:
            return "arbitration" if self._by(reader, "arbitration") else None
        if self.first is None:
            return "first"
        if self.second is None:
            if self.first.reader == reader:
                return "first"
            return "second" if self.second_wanted and reader not in self.knowing else None
        readers = (self.first.reader, self.second.reader)
        return "arbitration" if self.disputed(agreement) and reader not in readers else None

    def _by(self, reader: str, turn: ReadingName) -> bool:
        return turn in self.readings and self.readings[turn].reader == reader

    def is_used(self, draft: Mapping[str, Any], reader: str) -> bool:
        """Whether a reader's draft became a decision; `draft` as a decision's record names it."""
        # Before decisions named their drafts, each ended all drafts of its reader.
        ended = [r.number for r in self.readings.values() if r.reader == reader and "drafts" not in r.content]
        return (draft["since"], draft["sha256"]) in self.used or draft["since"] <= max(ended, default=0)

    def is_open_to(self, reader: str, agreement: float) -> bool:
        """Whether the case waits for this reader: held by nobody else, and not read by them yet."""
        if self.claim is not None:
            return self.claim.reader == reader
        turn = self.turn_of(reader, agreement)
        return turn is not None and turn not in self.readings

    def is_blind(self, reader: str) -> bool:
        """Whether this reader may still be the second, and must not know who reads the case or what they say."""
        read_by_them = self.first is not None and self.first.reader == reader
        return self.second_wanted and self.second is None and "arbitration" not in self.readings and not read_by_them

    def as_seen_by(self, reader: str) -> Entry:
        """The case without what this reader must not know yet; "" is anybody."""
        if not self.is_blind(reader):
            return self
        others = self.claim is not None and self.claim.reader != reader
        if self.first is None:
            # That it is being read everybody may know; who does, and what they remark, is the first reader's.
            claim = replace(self.claim, reader="") if others and self.claim is not None else self.claim
            told = tuple(event for event in self.comments if event["reader"] == reader or not self._opened(event))
            return replace(self, comments=told, claim=claim)
        own = tuple(event for event in self.comments if event["reader"] == reader)
        return replace(self, readings={}, comments=own, claim=None if others else self.claim, hidden=True)

    def _opened(self, event: Event) -> bool:
        return event["reader"] in self.opened
