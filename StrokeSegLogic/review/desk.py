"""The desk: a reader takes a case from the worklist, and it becomes a reading."""

from __future__ import annotations

import getpass
import hashlib
import math
import os
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from ..base.errors import InputError
from ..base.records import listed
from .chain import Chain
from .drafts import DraftFiles
from .entry import ANOTHER, Claim, Entry
from .folder import ReviewFolder, Writer
from .reading import Session
from .worklist import Worklist

READER_VARIABLE = "STROKESEG_READER"
_LONGEST = 200


@dataclass(frozen=True)
class Reader:
    """Who reviews.

    Attributes:
        name: as they want to be told from others; nobody proves it.
        role: what they are: "neuroradiologist", "resident"; may be empty.
    """

    name: str
    role: str = ""

    def __post_init__(self) -> None:
        for word in (self.name, self.role):
            if len(word) > _LONGEST or not (word.isprintable() or not word):
                raise InputError(
                    "is no name that can be shown", where=repr(word[:40]), fix="Use printable letters", option="reader"
                )
        if not self.name.strip():
            raise InputError("is empty", option="reader", fix="Say who you are")
        # The same name, however a keyboard composes its letters.
        object.__setattr__(self, "name", unicodedata.normalize("NFC", " ".join(self.name.split())))

    @classmethod
    def known(cls, name: str | None = None, role: str = "") -> Reader:
        """The reader of that name; else of the variable STROKESEG_READER, else of the computer's account."""
        if name is None:
            name = os.environ.get(READER_VARIABLE) or _account()
        return cls(name, role)

    def as_recorded(self, chain: Chain) -> Reader:
        """The same reader under the spelling that a review has of them: "anna" is "Anna", and no second reader."""
        spellings = (str(event.get("reader", "")) for event in chain.events)
        known = next((name for name in spellings if name.casefold() == self.name.casefold()), self.name)
        return replace(self, name=known)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""  # an account without a name: then it must be said


class Desk:
    """What a reader can do with a review; panel and command line alike.

    Every call reads the records anew: several readers may share the folder.

    Args:
        folder: of the review.
        reader: who is at the desk; from the first call on under the spelling that the records have of them.
        clock: seconds that only grow.
        timed: whether a session's `active` is told of the reader's signs of life.
    """

    def __init__(
        self, folder: ReviewFolder, reader: Reader, clock: Callable[[], float] = monotonic, timed: bool = True
    ) -> None:
        self.folder = folder
        self.reader = reader
        self._clock = clock
        self._timed = timed

    @classmethod
    def open(cls, place: str | Path, reader: Reader, *, timed: bool = True) -> Desk:
        """The desk of a review's folder.

        Raises:
            InputError: if there is no review.
        """
        return cls(ReviewFolder.find(place), reader, timed=timed)

    def _cases(self, chain: Chain) -> Worklist:
        self.reader = self.reader.as_recorded(chain)
        return Worklist.of(chain)

    def worklist(self, order: str | None = None) -> list[Entry]:
        """All cases, without what this reader must not know yet.

        Args:
            order: "name", "volume" or "doubt"; None as the review is set.

        Raises:
            InputError: if the records are damaged.
        """
        cases = self._cases(self.folder.chain())
        return cases.as_seen_by(self.reader.name).ordered(order or self.folder.settings.order)

    def entry(self, case: str) -> Entry:
        """One case, without what this reader must not know yet.

        Raises:
            InputError: if there is no such case, or the records are damaged.
        """
        cases = self._cases(self.folder.chain())
        return cases[case].as_seen_by(self.reader.name)

    def drafts(self) -> list[str]:
        """Cases in which this reader has drawn and not decided since; every case's folder is looked into.

        Raises:
            InputError: if the records are damaged.
        """
        found, entries = [], self._cases(self.folder.chain()).entries.values()
        reader = self.reader.name
        for entry in entries:
            if DraftFiles(self.folder.path / entry.folder, reader).open(entry, reader):
                found.append(entry.name)
        return found

    def next(self, order: str | None = None, without: Collection[str] = ()) -> Session | None:
        """Takes the next case that waits for this reader, their own begun cases first; None if nothing waits.

        Cases without a proposal are passed over, whatever the reason.

        Args:
            order: of the cases; None is the review's own.
            without: cases that are passed over, too: those that could not be read.

        Raises:
            InputError: if the records are damaged.
            OutputError: if the folder cannot be written to.
        """
        settings = self.folder.settings
        with self.folder.writing() as writer:
            cases = self._cases(writer.chain)
            waiting = cases.open_to(self.reader.name, order or settings.order, settings.agreement)
            entry = next((entry for entry in waiting if entry.name not in without), None)
            return None if entry is None else self._begin(writer, entry, take_over=False)

    def start(self, case: str, *, take_over: bool = False) -> Session:
        """Takes a case, so that no other reader gets it.

        Args:
            case: its name.
            take_over: also from a reader who has it before them; what they have not saved stays their draft.

        Raises:
            InputError: if there is no such case, it has no proposal, another reader has it, or this reader has no turn.
            OutputError: if the folder cannot be written to.
        """
        with self.folder.writing() as writer:
            return self._begin(writer, self._cases(writer.chain)[case], take_over)

    def _begin(self, writer: Writer, entry: Entry, take_over: bool) -> Session:
        reader = self.reader.name
        if entry.proposal is None:
            why = f": {entry.problem}" if entry.problem else ""
            raise InputError(f"has no proposal yet{why}", where=entry.name, fix="Run strokeseg review propose")
        claim = entry.claim
        if claim is not None and claim.reader != reader and not take_over:
            whose = ANOTHER if entry.is_blind(reader) else f"{claim.reader} since {claim.time}"
            raise InputError(f"is before {whose}", where=entry.name, fix="Take another, or take it over")
        turn = entry.turn_of(reader, self.folder.settings.agreement)
        if turn is None:
            raise InputError(f"has nothing to do for {reader}", where=entry.name, fix="Take the next case")
        if claim is not None and claim.reader == reader:
            return self._session(entry, claim)
        values = {"case": entry.name, "reader": reader, "role": self.reader.role, "reading": turn}
        if claim is not None:
            values["taken_from"] = claim.reader
        writer.add("started", values)
        entry = Worklist.of(writer.chain)[entry.name]
        assert entry.claim is not None
        return self._session(entry, entry.claim)

    def _session(self, entry: Entry, claim: Claim) -> Session:
        return Session(self.folder, self.reader.name, self.reader.role, entry, claim, self._clock, self._timed)

    def comment(self, case: str, text: str) -> None:
        """Records a remark on a case, whoever has it.

        Raises:
            InputError: if there is no such case, or the remark is empty.
            OutputError: if the folder cannot be written to.
        """
        if not text.strip():
            raise InputError("the comment is empty", where=case, fix="Write something")
        with self.folder.writing() as writer:
            entry = self._cases(writer.chain)[case]
            by = {"reader": self.reader.name, "role": self.reader.role}
            writer.add("commented", {"case": entry.name, **by, "comment": text})

    def want_second(self, cases: Iterable[str], wanted: bool = True) -> list[str]:
        """Asks for a second reader of cases, or takes that back where none has read yet.

        Returns:
            The cases for which that is new.

        Raises:
            InputError: if there is no such case, or a second reader is at one whose request is to be taken back: what
                they see would change under their hands, and what they save would stand against a reading that nobody
                asked to be held against another.
            OutputError: if the folder cannot be written to.
        """
        with self.folder.writing() as writer:
            worklist = self._cases(writer.chain)
            entries = [worklist[case] for case in cases]
            busy = [each.name for each in entries if each.claim is not None and each.claim.reading == "second"]
            if busy and not wanted:
                raise InputError(
                    "has a second reader before it: the request is not taken back",
                    where=listed(busy),
                    fix="Let them save; or take it over and leave it, and take the request back then",
                )
            new = [entry.name for entry in entries if entry.second_wanted != wanted and entry.second is None]
            by = {"reader": self.reader.name, "role": self.reader.role, "wanted": wanted}
            if new:
                writer.add("second", {"cases": new, **by})
        return new


def share_of(chain: Chain, share: float, seed: int = 0) -> list[str]:
    """Cases for a second reader: a part of all, drawn by the hash of seed and name, whatever has been read so far.

    Args:
        chain: the records.
        share: 0 to 1; rounded up to whole cases.
        seed: of the draw.

    Raises:
        InputError: if the share is none.
    """
    if not 0 < share <= 1:
        raise InputError(f"{share:g} is no share", option="share", fix="Give a part between 0 and 1")
    names = list(Worklist.of(chain).entries)
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
    return sorted(drawn[: math.ceil(share * len(names))])
