"""The worklist as a reader at the panel has it: read anew when somebody writes, and the nearest case of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import StrokeSegError

from .protocols import Clock, Timer
from .review_words import CaseRow, case_row
from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.review.desk import Desk
    from StrokeSegLogic.review.entry import Claim, Entry
    from StrokeSegLogic.review.folder import ReviewFolder

LOOK_S = 2.0
"""Between two looks at the records, for what other readers and `propose` have written."""
PATIENCE_S = 2.0
"""How long the window stands still at most while another reader's computer writes; after that the reader is told."""


class ReviewList:
    """A reader before a worklist.

    Attributes:
        desk: of the reader; None where no review is open.
        order: "name", "volume" or "doubt".
        entries: in that order, as this reader may see them.
        typed: name and role as the reader has typed them; the desk may know another spelling.
        drafts: cases in which this reader has drawn and not decided.

    Args:
        clock: looks now and then.
        told: called when the entries are others.
        failed: called when the records cannot be read.
    """

    def __init__(self, clock: Clock, told: Callable[[], None], failed: Callable[[StrokeSegError], None]) -> None:
        self._clock, self._told, self._failed = clock, told, failed
        self.desk: Desk | None = None
        self.order = "name"
        self.entries: list[Entry] = []
        self.typed = ("", "")
        self.drafts = set[str]()
        self._seen = (0, 0)
        self._timer: Timer | None = None

    def sit_down(self, folder: ReviewFolder, reader: str, role: str) -> None:
        """A reader sits down before a review.

        Raises:
            StrokeSegError: if nobody can be called that, or the records cannot be read.
        """
        from StrokeSegLogic.review.desk import Desk, Reader

        desk = Desk(replace(folder, patience_s=PATIENCE_S), Reader(reader, role))
        self.drafts = set(desk.drafts())
        if self.desk is None or self.desk.folder.path != folder.path:
            self.order = folder.settings.order
        self.desk, self.typed = desk, (reader, role)
        self.refresh()
        if self._timer is None:
            self._timer = self._clock.call_later(LOOK_S, self._look)

    def refresh(self) -> None:
        """Reads the worklist anew."""
        if self.desk is not None:
            try:
                self._seen = _state_of(self.desk.folder.records)
                self.entries = self.desk.worklist(self.order)
            except StrokeSegError as error:
                self._failed(error)
        self._told()

    def rows(self, current: str | None) -> list[CaseRow]:
        """As the table shows the entries, with the case that is before the reader."""
        agreement = 0.0 if self.desk is None else self.desk.folder.settings.agreement
        return [case_row(entry, agreement, current, self.drafts) for entry in self.entries]

    def comment(self, case: str, text: str) -> None:
        """Records a remark on a case.

        Raises:
            StrokeSegError: if it is empty, or cannot be recorded.
        """
        if self.desk is not None:
            self.desk.comment(case, text)
            self.refresh()

    def toggle_second(self, case: str) -> str:
        """Asks for a second reader of a case, or takes that back; what holds now, in words.

        Raises:
            StrokeSegError: if it cannot be recorded.
        """
        entry = self.entry(case)
        if self.desk is None or entry is None:
            return ""
        wanted = not entry.second_wanted
        if not wanted and entry.hidden:
            # What the first reader did is hidden from this one, and would not be once the request is gone.
            return _("{case} waits for a second reader: open it, and you are it").format(case=case)
        changed = self.desk.want_second([case], wanted)
        self.refresh()
        if not changed:
            return _("{case} has been read twice").format(case=case)
        words = _("{case} waits for a second reader") if wanted else _("{case} needs no second reader any more")
        return words.format(case=case)

    def close(self) -> None:
        """Nobody looks any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.desk, self.entries = None, []

    def entry(self, case: str) -> Entry | None:
        """The case of that name."""
        return next((entry for entry in self.entries if entry.name == case), None)

    def claim_of_another(self, case: str) -> Claim | None:
        """By which another reader has a case before them."""
        entry, reader = self.entry(case), None if self.desk is None else self.desk.reader.name
        return None if entry is None or entry.claim is None or entry.claim.reader == reader else entry.claim

    @property
    def begun(self) -> list[str]:
        """Cases that this reader has before them, or has drawn in, and not decided."""
        reader = None if self.desk is None else self.desk.reader.name

        def held(entry: Entry) -> bool:
            return entry.claim is not None and entry.claim.reader == reader

        return [entry.name for entry in self.entries if held(entry) or entry.name in self.drafts]

    def left(self, case: str, drawn: bool) -> None:
        """A case has gone from before the reader, with or without a draft."""
        (self.drafts.add if drawn else self.drafts.discard)(case)

    def after(self, here: str) -> str | None:
        """The next case that waits for this reader, from a case on and round."""
        desk = self.desk
        if desk is None:
            return None
        agreement = desk.folder.settings.agreement
        return self._around(here, 1, lambda entry: entry.is_open_to(desk.reader.name, agreement))

    def before(self, here: str | None) -> str | None:
        """The case before in the list that this reader may have before them, read or not."""
        desk = self.desk
        if desk is None:
            return None
        agreement, reader = desk.folder.settings.agreement, desk.reader.name

        def may(entry: Entry) -> bool:
            free = entry.claim is None or entry.claim.reader == reader
            return free and entry.turn_of(reader, agreement) is not None

        return self._around(here, -1, may)

    def _around(self, here: str | None, by: int, fits: Callable[[Entry], bool]) -> str | None:
        names = [entry.name for entry in self.entries]
        at = names.index(here) if here in names else 0
        turn = [self.entries[(at + by * step) % len(names)] for step in range(1, len(names) + 1)]
        return next((entry.name for entry in turn if entry.name != here and fits(entry)), None)

    def _look(self) -> None:
        self._timer = self._clock.call_later(LOOK_S, self._look)
        if self.desk is not None and _state_of(self.desk.folder.records) != self._seen:
            self.refresh()


def review_at(place: Path) -> tuple[Callable[[], ReviewFolder] | None, Path]:
    """What opens the review of a folder, None where there is none; and where it would begin."""
    from StrokeSegLogic.review.folder import INSIDE, WORKLIST, ReviewFolder

    there = any((home / WORKLIST).exists() for home in (place, place / INSIDE))
    return (lambda: ReviewFolder.find(place)) if there else None, place / INSIDE


def beginning(place: Path) -> tuple[Callable[[], ReviewFolder], Callable[[], str]]:
    """What begins a review with all that lies in a folder, and what that is at, in words."""
    from StrokeSegLogic.base.progress import Progress
    from StrokeSegLogic.batch.beginning import begin_review

    stage = [""]
    progress = Progress(lambda _fraction, words: stage.__setitem__(0, words))
    return lambda: begin_review(place, progress=progress), lambda: stage[0]


def _state_of(records: Path) -> tuple[int, int]:
    """By which a change of the records is seen; (0, 0) while they cannot be looked at."""
    try:
        found = records.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
