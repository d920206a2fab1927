"""The folder of a review: its records, the worklist that vouches for their end, and the lock of those who write."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.errors import InputError, OutputError
from ..base.files import write_whole
from ..base.json_files import read_json_object
from ..base.locks import Busy, error_says_no_locks, exclusive_within
from ..base.records import SCHEMA, SCHEMA_VERSION, proven, schema_of, sealed
from ..base.settings import from_mapping, one_of
from .chain import RECORDS, Chain, NewLines, append, read_chain, require_whole, withdraw

WORKLIST = "worklist.json"
CASES = "cases"
INSIDE = "review"
"""Folder of the review where the folder of the data was named in its place."""
LOCK = ".strokeseg-review.lock"
PATIENCE_S = 20.0
"""An event is written in hundredths of a second; a disk far away may take seconds."""
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
    """What the worklist says of the records: how many events there are, and the hash of the last."""

    events: int
    last_sha256: str

    @classmethod
    def of(cls, chain: Chain) -> Head:
        return cls(len(chain.events), chain.last_sha256)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def lost(self, chain: Chain) -> str:
        """What the records lack of what this head has seen; "" where they go on from it."""
        if len(chain.events) < self.events:
            missing = self.events - len(chain.events)
            return f"{missing} of {self.events} events are missing from the end of the records"
        if self.events and chain.events[self.events - 1].sha256 != self.last_sha256:
            return f"event {self.events} is not the event that was recorded"
        return ""


@dataclass(frozen=True)
class ReviewFolder:
    """A review on the disk; it may be shared by several readers.

    Attributes:
        path: of the folder.
        id: of the review, the same for ever.
        settings: how it is done.
        patience_s: how long a writer waits for another.
    """

    path: Path
    id: str
    settings: ReviewSettings
    patience_s: float = PATIENCE_S

    @classmethod
    def find(cls, place: str | Path) -> ReviewFolder:
        """The review in a folder, or in its folder `review`.

        Raises:
            InputError: if there is none, or its worklist is damaged or of a newer version.
        """
        place = Path(place)
        home = next((path for path in (place, place / INSIDE) if (path / WORKLIST).is_file()), None)
        if home is None:
            raise InputError("holds no review", where=place, fix="Make one: strokeseg review init DIR")
        return cls(home, *_read_worklist(home / WORKLIST)[:2])

    @property
    def records(self) -> Path:
        return self.path / RECORDS

    def head(self) -> Head:
        """What the worklist says of the records.

        Raises:
            InputError: if it is missing or damaged.
        """
        return _read_worklist(self.path / WORKLIST)[2]

    def chain(self) -> Chain:
        """The records. Nobody is waited for: an event that is just being written is not there yet.

        Raises:
            InputError: if they are damaged, or shorter than the worklist knows them.
        """
        # The worklist first: it is written last, so that the records are never behind what it says.
        head = self.head()
        chain = read_chain(self.records)
        require_whole(chain, self.records)
        if lost := head.lost(chain):
            raise InputError(lost, where=self.records, fix="See strokeseg review verify; take a copy back")
        return chain

    def notes(self) -> tuple[str, ...]:
        """What was said when the review began: cases that were left aside, images that were not there.

        Raises:
            InputError: as `chain`.
        """
        return tuple(self.chain().events[0].get("notes", ()))

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The one who writes: whatever is looked at inside the block stays as it is until the block ends.

        Raises:
            InputError: as `chain`, or if the worklist has other bytes than it was written with.
            OutputError: if another reader is still writing after `patience_s`, or the folder takes nothing.
        """
        try:
            with exclusive_within(self.path / LOCK, self.patience_s):
                if not is_untouched(self.path / WORKLIST):
                    # The next event would seal it anew, and nobody would ever see that it was changed.
                    raise InputError(
                        "was changed by another program: nothing is recorded",
                        where=self.path / WORKLIST,
                        fix="See strokeseg review verify; take a copy back",
                    )
                yield Writer(self, self.chain())
        except Busy:
            raise OutputError(
                f"somebody has been writing there for {self.patience_s:g} s",
                where=self.path,
                fix="Try again; what you have drawn is kept",
            ) from None
        except OSError as error:
            if error_says_no_locks(error):
                raise OutputError(
                    "its file system knows no locks: two readers could overwrite one another",
                    where=self.path,
                    fix="Keep the review on another disk",
                ) from error
            raise OutputError(
                f"cannot be written to ({error.strerror or error})",
                where=self.path,
                fix="Check the rights on the folder and the space on its disk",
            ) from error


class Writer:
    """The right to add an event; made by `ReviewFolder.writing`.

    Attributes:
        chain: the records as they are.
    """

    def __init__(self, folder: ReviewFolder, chain: Chain) -> None:
        self.folder = folder
        self.chain = chain

    def add(self, kind: str, values: Mapping[str, Any]) -> None:
        """Records what happened.

        Args:
            kind: of the event.
            values: JSON-ready.

        Raises:
            OutputError: if it cannot be written; then nothing is recorded.
        """
        folder = self.folder
        longer = append(folder.records, self.chain, kind, values)
        try:
            # After the records: a kill in between leaves a worklist that is an event behind, never ahead.
            write_whole(folder.path / WORKLIST, _worklist(folder.id, folder.settings, Head.of(longer)))
        except OutputError:
            if withdraw(folder.records, self.chain):
                raise
            # It is recorded, and cannot be taken back: the next event will bring the worklist up to it.
        self.chain = longer


def new_review(
    folder: Path,
    settings: ReviewSettings,
    events: Iterable[tuple[str, Mapping[str, Any]]],
    notes: Iterable[str] = (),
) -> ReviewFolder:
    """Writes the first records and the worklist into a folder; the worklist last.

    Args:
        folder: exists, without a review.
        settings: how the review is done.
        events: the first, after the review's own beginning.
        notes: on how the cases were found.
    """
    review = ReviewFolder(folder, uuid.uuid4().hex, settings)
    lines = NewLines()
    made = {SCHEMA: SCHEMA_VERSION, "review": review.id, "strokeseg": __version__, "settings": asdict(settings)}
    lines.add("created", {**made, "notes": list(notes)})
    for kind, values in events:
        lines.add(kind, values)
    write_whole(folder / RECORDS, lines.content)
    head = Head(lines.number, lines.previous)
    write_whole(folder / WORKLIST, _worklist(review.id, settings, head))
    return review


def _worklist(review: str, settings: ReviewSettings, head: Head) -> bytes:
    return sealed({"review": review, "settings": asdict(settings), "records": RECORDS, **head.record()}, {})


def _read_worklist(path: Path) -> tuple[str, ReviewSettings, Head]:
    fix = "See strokeseg review verify; take a copy back"
    values = read_json_object(path, fix=fix)
    schema_of(values, path)
    try:
        head = Head(int(values["events"]), str(values["last_sha256"]))
        return str(values["review"]), from_mapping(ReviewSettings, values["settings"], path), head
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"is no worklist of a review ({error})", where=path, fix=fix) from error


def is_untouched(worklist: Path) -> bool:
    """Whether a worklist has the bytes that it was written with."""
    return proven(worklist) is not None
