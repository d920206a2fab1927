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
from ..base.locks import Busy, error_says_no_locks, exclusive_within
from ..base.records import SCHEMA, SCHEMA_VERSION
from ..base.settings import from_mapping
from .chain import RECORDS, Chain, NewLines, append, next_line, read_chain, require_whole, withdraw
from .worklist_file import FIX, Head, ReviewSettings, is_untouched, read_worklist, worklist_bytes

WORKLIST = "worklist.json"
CASES = "cases"
INSIDE = "review"
"""Folder of the review where the folder of the data was named in its place."""
LOCK = ".strokeseg-review.lock"
_LOOKS = 100
PATIENCE_S = 20.0
"""An event is written in hundredths of a second; a disk far away may take seconds."""


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
        return cls(home, *read_worklist(home / WORKLIST)[:2])

    @property
    def records(self) -> Path:
        return self.path / RECORDS

    def head(self) -> Head:
        """What the worklist says of the records.

        Raises:
            InputError: if it is missing, damaged, or not any more the one that was opened.
        """
        review, settings, head = read_worklist(self.path / WORKLIST)
        if (review, settings) != (self.id, self.settings):
            raise InputError(
                "is another review's by now, or its settings were changed", where=self.path / WORKLIST, fix=FIX
            )
        return head

    def foreign(self, chain: Chain) -> str:
        """How the worklist is not that of the records: by the review's id, or by settings other than it began with;
        "" where it is."""
        if not chain.events:
            return ""
        if chain.events[0].get("review") != self.id:
            return "is another review's"
        try:
            began = from_mapping(ReviewSettings, chain.events[0].get("settings"), self.records)
        except InputError as error:
            return f"cannot be held against the records ({error.clause})"
        now, then = asdict(self.settings), asdict(began)
        other = [f"{name} {now[name]!r} in place of {then[name]!r}" for name in now if now[name] != then[name]]
        return f"has other settings than the review began with: {', '.join(other)}" if other else ""

    def chain(self) -> Chain:
        """The records. Nobody is waited for: an event that is just being written is not there yet.

        Raises:
            InputError: if they are damaged, shorter than the worklist knows them or longer than it announces them, or
                the worklist is not theirs.
        """
        head, chain = self.state()
        require_whole(chain, self.records)
        if wrong := head.lost(chain) or head.added(chain):
            raise InputError(wrong, where=self.records, fix=FIX)
        if foreign := self.foreign(chain):
            raise InputError(foreign, where=self.path / WORKLIST, fix=FIX)
        return chain

    def state(self) -> tuple[Head, Chain]:
        """What the worklist says of the records, and the records, of one moment: whoever is writing is not waited for.

        Raises:
            InputError: if either is missing, or the worklist is damaged.
        """
        head = self.head()
        for _ in range(_LOOKS):
            chain, after = read_chain(self.records), self.head()
            if after == head:
                break
            head = after  # somebody has written in between
        return head, chain

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
                        fix=FIX,
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
        line = next_line(self.chain, kind, values)
        before = Head(len(self.chain.events), self.chain.last_sha256, line.previous)
        # Announced, written, counted: a kill in between leaves an event that is known or none, and an event that
        # somebody else has added was never announced.
        self._write(before)
        longer = append(folder.records, self.chain, line)
        try:
            self._write(Head.of(longer))
        except OutputError:
            if withdraw(folder.records, self.chain):
                raise
            # It is recorded, and cannot be taken back: the next event will bring the worklist up to it.
        self.chain = longer

    def _write(self, head: Head) -> None:
        folder = self.folder
        write_whole(folder.path / WORKLIST, worklist_bytes(folder.id, folder.settings, head))


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
    write_whole(folder / WORKLIST, worklist_bytes(review.id, settings, head))
    return review
