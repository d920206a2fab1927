"""A reader before a case: what they see, what is kept while they draw, and their decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, OutputError
from ..base.files import sha256_of
from ..evaluation.masks import Mask
from .active_time import ActiveTime
from .case_view import CaseView
from .changes import compared, left_before, made_with
from .drafts import Autosave, Draft, DraftFiles
from .entry import ANOTHER, Claim, Decision, Entry, Reading, ReadingName
from .folder import ReviewFolder, Writer
from .versions import Drawing, given_labels, keep_as_version, laid, read_version
from .worklist import Worklist


class Session(CaseView):
    """A case before a reader, from when they take it until they decide or leave. Made by `Desk.start` and `Desk.next`.

    Args:
        folder: of the review.
        reader, role: who reads.
        entry: the case as it was when it was taken.
        claim: by which the reader has it.
        clock: seconds that only grow.
        timed: whether signs of life are told, so that the time at work is known.
    """

    def __init__(
        self,
        folder: ReviewFolder,
        reader: str,
        role: str,
        entry: Entry,
        claim: Claim,
        clock: Callable[[], float] = monotonic,
        timed: bool = True,
    ) -> None:
        super().__init__(folder, reader, entry, claim)
        self.role = role
        self._since = claim.since
        self._taken = claim.time
        self._timed = timed
        self._place = folder.path / entry.folder
        self._drafts = DraftFiles(self._place, reader)
        self._autosave = Autosave(self._drafts, claim.since, clock)
        self._offered: Draft | None = None
        before = next(iter(self.drafts()), None)
        # What a sitting took that ended with an event stands there; what a crash has cut off, in the draft alone.
        cut_off = before is not None and before.since not in {sitting.since for sitting in entry.sittings}
        self.active = ActiveTime(before.active_s if before is not None and cut_off else 0.0, clock)

    # What is kept while the reader draws.

    def drafts(self) -> list[Draft]:
        """All that this reader has drawn on this case, on whatever computer, and neither saved nor put away; the newest
        first."""
        return self._drafts.open(self._entry, self.reader)

    def draft(self) -> Draft | None:
        """The newest of them, to be offered when the reader returns."""
        self._offered = next(iter(self.drafts()), None)
        return self._offered

    def path_of(self, draft: Draft) -> Path:
        """Where a draft's labels are."""
        return self._drafts.path(draft)

    @property
    def draft_path(self) -> Path | None:
        """Where the newest draft's labels are; None without a draft."""
        return None if (draft := self.draft()) is None else self.path_of(draft)

    def draft_labels(self, draft: Draft) -> Mask:
        """The labels of a draft, from which the reader goes on: it goes with the next draft, or with the decision.

        Raises:
            InputError: if they cannot be read.
        """
        labels = read_version(self.path_of(draft), draft.sha256)
        self._drafts.adopt(draft)
        return labels

    @property
    def draft_due(self) -> bool:
        """Whether `keep` would write a draft, if anything has changed."""
        return self._autosave.due

    def keep(self, labels: Callable[[], sitk.Image], *, now: bool = False) -> Draft | None:
        """Keeps what is drawn as a draft, if it is time and something has changed. Call it every few seconds.

        Args:
            labels: gives the labels as they are; asked only when a draft is due.
            now: whether or not it is time: the reader leaves, or the scene closes.

        Returns:
            The draft, if one was written.

        Raises:
            InputError: if the labels do not lie on the proposal's grid.
            OutputError: if it cannot be written; what is drawn is still there to be saved.
        """
        if not (now or self.draft_due):
            return None
        return self._autosave.keep(self._drawing(labels()), self.active.seconds)

    def reset(self) -> None:
        """The draft that was offered or kept goes: the reader begins with the proposal again. What undo brings back is
        kept anew."""
        if self._offered is not None and self._offered in self.drafts():
            self._drafts.adopt(self._offered)
        self._drafts.remove()
        self._autosave.forget()

    # What the reader decides.

    def accept(self, comment: str = "", *, of: ReadingName | None = None) -> Reading:
        """The proposal is right as it is; an arbiter may accept a reader's labels in its place.

        Args:
            comment: in the reader's words.
            of: whose labels an arbiter takes: "first" or "second"; None for the model's.

        Raises:
            InputError: if the case was taken over, or there is no such reading.
            OutputError: if it cannot be recorded.
        """
        if of is None:
            return self._decide("accepted", comment, file=self._proposal.file, sha256=self._proposal.sha256)
        reading = self.readings().get(of)
        if self.reading != "arbitration" or reading is None:
            raise InputError(f"there is no {of} reading to take", where=self.case, fix="Accept or save your own")
        if reading.decision == "rejected":
            return self._decide("rejected", comment, reason=reading.reason, chosen=of)
        return self._decide(reading.decision, comment, file=reading.file, sha256=reading.sha256, chosen=of)

    def save(self, labels: sitk.Image | Path, comment: str = "") -> Reading:
        """Saves corrected labels as a new version.

        Args:
            labels: on the proposal's grid; or a file of them (see `versions.given_labels`).
            comment: in the reader's words.

        Raises:
            InputError: if they lie on another grid, are no labels, or in a file those of the proposal, or the case was
                taken over.
            OutputError: if they cannot be saved; the error says where they are instead.
        """
        if isinstance(labels, Path):
            given = given_labels(labels, self.proposal(), self._proposal.modality)
            if np.array_equal(sitk.GetArrayViewFromImage(given), self.proposal().labels):
                raise InputError("nothing was changed in the proposal", where=labels, fix="Accept it")
            for draft in self.drafts():
                if self.path_of(draft).resolve() == labels.resolve():
                    self._drafts.adopt(draft)
        else:
            given = labels
        drawing = self._drawing(given)
        with drawing.apart(self._place) as path:
            digest = sha256_of(path)
            return self._decide("edited", comment, draft=path, sha256=digest, labels=drawing.labels)

    def reject(self, reason: str, comment: str = "") -> Reading:
        """The case cannot be used: wrong patient, no stroke, images that nobody can read.

        Raises:
            InputError: if there is no reason, or the case was taken over.
            OutputError: if it cannot be recorded.
        """
        if not reason.strip():
            raise InputError("a case is rejected for a reason", where=self.case, option="reason", fix="Say why")
        return self._decide("rejected", comment, reason=reason)

    def leave(self) -> None:
        """Gives the case back without a decision; the draft stays for when this reader takes it again.

        Raises:
            InputError: if the case was taken over.
            OutputError: if it cannot be recorded.
        """
        with self.folder.writing() as writer:
            self._require_mine(writer)
            by = {"reader": self.reader, "role": self.role}
            writer.add("left", {"case": self.case, **by, "active_s": self._active_s})

    def _drawing(self, labels: sitk.Image) -> Drawing:
        return Drawing(laid(labels, self.proposal(), self.case), self._proposal.modality, self.reader)

    def _decide(
        self,
        decision: Decision,
        comment: str,
        *,
        file: str = "",
        sha256: str = "",
        reason: str = "",
        chosen: ReadingName | None = None,
        draft: Path | None = None,
        labels: sitk.Image | None = None,
    ) -> Reading:
        # Read before the lock is taken: others do not wait for it.
        proposal = self.proposal()
        if labels is not None:
            mask = Mask(self._place, proposal.grid, sitk.GetArrayFromImage(labels).astype(np.uint16))
        elif file:
            mask = proposal if file == self._proposal.file else read_version(self.folder.path / file, sha256)
        else:
            mask = Mask(self._place, proposal.grid, np.zeros_like(proposal.labels))
        with self.folder.writing() as writer:
            entry = self._require_mine(writer)
            values = {**self._said(decision, comment, reason, chosen), **made_with(self._proposal)}
            if decision != "rejected":
                # What readers before have left is read only now that this reader has decided.
                before = left_before(self.folder.path, entry, self.reading, proposal)
                values |= compared(mask, proposal, self._proposal.modality, before)
            kept: Path | None = None
            if draft is not None:
                kept = keep_as_version(draft, self._place)
                file = kept.relative_to(self.folder.path).as_posix()
            values["drafts"] = [draft.mark for draft in self._drafts.adopted]
            values["labels"] = {"file": file, "sha256": sha256} if decision != "rejected" else None
            try:
                writer.add("decided", values)
            except OutputError:
                if kept is not None:
                    kept.unlink(missing_ok=True)
                raise
            done = Worklist.of(writer.chain)[self.case].readings[self.reading]
        self._drafts.remove()
        return done

    def _require_mine(self, writer: Writer) -> Entry:
        entry = Worklist.of(writer.chain)[self.case]
        if entry.claim is None or entry.claim.since != self._since:
            by = "" if entry.claim is None else ANOTHER if entry.is_blind(self.reader) else entry.claim.reader
            whose = f"was taken over by {by}" if by else "was given back"
            raise InputError(
                f"{whose} in the meantime: nothing was recorded", where=self.case, fix="Take the case again, and save"
            )
        return entry

    def _said(self, decision: Decision, comment: str, reason: str, chosen: ReadingName | None) -> dict[str, Any]:
        # By the clock on the wall, which may have been set in between.
        open_s = (datetime.now(timezone.utc) - datetime.fromisoformat(self._taken)).total_seconds()
        return {
            "case": self.case,
            "reader": self.reader,
            "role": self.role,
            "reading": self.reading,
            "decision": decision,
            "reason": reason,
            "comment": comment,
            "chosen": chosen,
            "active_s": self._active_s,
            "open_s": round(open_s, 1) if open_s >= 0 else None,
        }

    @property
    def _active_s(self) -> float | None:
        return round(self.active.seconds, 1) if self._timed else None
