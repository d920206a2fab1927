"""The file of the worklist: how a review is done, and what vouches for the end of its records."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.json_files import read_json_object
from ..base.records import proven, schema_of, sealed
from ..base.settings import from_mapping, one_of
from .chain import RECORDS, Chain

FIX = "See strokeseg review verify; take a copy back"
ORDERS = ("name", "volume", "doubt")
"""By name, the largest lesion first, the most doubtful first."""


@dataclass(frozen=True)
class ReviewSettings:
    """How a review is done.

    Attributes:
        order: in which the cases come.
        agreement: Dice from which two readers agree.
        title: of the review.
    """

    order: str = "name"
    agreement: float = 0.7
    title: str = ""

    def __post_init__(self) -> None:
        one_of(self.order, ORDERS, "order")
        if not 0 <= self.agreement <= 1:
            raise ValueError(f"a Dice of {self.agreement} is none: it lies between 0 and 1")


@dataclass(frozen=True)
class Head:
    """What the worklist says of the records.

    Attributes:
        events: how many there are.
        last_sha256: of the last.
        next_sha256: of the event that is about to be written, or was when a process was killed; "" where nobody is
            writing; None in what was written before it was said.
    """

    events: int
    last_sha256: str
    next_sha256: str | None = ""

    @classmethod
    def of(cls, chain: Chain) -> Head:
        return cls(len(chain.events), chain.last_sha256)

    def record(self) -> dict[str, Any]:
        """JSON-ready: as every export holds it."""
        return {"events": self.events, "last_sha256": self.last_sha256}

    def lost(self, chain: Chain) -> str:
        """What the records lack of what this head has seen; "" where they go on from it."""
        if len(chain.events) < self.events:
            missing = self.events - len(chain.events)
            return f"{missing} of {self.events} events are missing from the end of the records"
        if self.events and chain.events[self.events - 1].sha256 != self.last_sha256:
            return f"event {self.events} is not the event that was recorded"
        return ""

    def added(self, chain: Chain) -> str:
        """What the records hold that this head neither counts nor announces; "" where there is no such thing.

        An event is announced before it is written: whatever else is there was written by nobody who holds the lock.
        """
        more = chain.events[self.events :]
        if self.next_sha256 is None and len(more) <= 1:
            return ""
        if len(more) > 1 or (more and more[0].sha256 != self.next_sha256):
            return f"{len(more)} event(s) from number {self.events + 1} on were added by another program, or changed"
        if chain.torn and (more or not self.next_sha256):
            return f"{chain.torn} bytes at the end were added by another program"
        return ""


def worklist_bytes(review: str, settings: ReviewSettings, head: Head) -> bytes:
    return sealed({"review": review, "settings": asdict(settings), "records": RECORDS, **asdict(head)}, {})


def read_worklist(path: Path) -> tuple[str, ReviewSettings, Head]:
    values = read_json_object(path, fix=FIX)
    schema_of(values, path)
    try:
        announced = values.get("next_sha256")
        head = Head(int(values["events"]), str(values["last_sha256"]), None if announced is None else str(announced))
        return str(values["review"]), from_mapping(ReviewSettings, values["settings"], path), head
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"is no worklist of a review ({error})", where=path, fix=FIX) from error


def is_untouched(worklist: Path) -> bool:
    """Whether a worklist has the bytes that it was written with."""
    return proven(worklist) is not None
