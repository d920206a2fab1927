"""A reader before a case: what they see, what is kept while they draw, and their decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, OutputError
from ..base.files import sha256_of
from ..base.json_files import read_json_object
from ..evaluation.masks import Mask
from ..result.record import ResultRecord
from .active_time import ActiveTime
from .chain import Event
from .changes import compared, labels_left, left_before, made_with
from .drafts import Autosave, Draft, DraftFiles
from .entry import ANOTHER, Claim, Decision, Entry, Proposal, Reading, ReadingName
from .folder import ReviewFolder, Writer
from .sources import Study, located, located_study
from .versions import Drawing, given_labels, keep_as_version, laid, read_version
from .worklist import Worklist


class Session:
    """A case before a reader, from when they take it until they decide or leave. Made by `Desk.start` and `Desk.next`.

    Args:
        folder: of the review.
        reader, role: who reads.
        entry: the case as it was when it was taken.
        claim: by which the reader has it.
        clock: seconds that only grow.
        timed: whether signs of life are told, so that the time at work is known.

    Attributes:
        case: its name.
        reading: in which turn: "first", "second", "arbitration".
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
        assert entry.proposal is not None
        self.folder = folder
        self.reader = reader
        self.role = role
        self.case = entry.name
        self.reading: ReadingName = claim.reading
        self._entry = entry
        self._proposal: Proposal = entry.proposal
        self._since = claim.since
        self._taken = claim.time
        self._timed = timed
        self._place = folder.path / entry.folder
        self._drafts = DraftFiles(self._place, reader)
        self._autosave = Autosave(self._drafts, claim.since, clock)
        self._reference: Mask | None = None
        before = self.draft()
        # What a sitting took that ended with an event stands there; what a crash has cut off, in the draft alone.
        cut_off = before is not None and before.since not in {sitting.since for sitting in entry.sittings}
        self.active = ActiveTime(before.active_s if before is not None and cut_off else 0.0, clock)

    # What the reader sees.

    @property
    def study(self) -> Study | None:
        """The case's images, as `load_case` takes them; None where only its result is known."""
        return located_study(self._entry.study, self.folder.path) or None

    @property
    def result(self) -> Path | None:
        """Folder of the result that the proposal was taken from; it may have moved since."""
        return located(self._entry.result, self.folder.path)

    @property
    def proposal_sha256(self) -> str:
        """Of the result's segmentation that the proposal is a copy of."""
        return self._proposal.sha256

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 by role of the volumes that the proposal was made of."""
        return {str(entry["role"]): str(entry["sha256"]) for entry in self._proposal.inputs}

    @property
    def record(self) -> ResultRecord:
        """What the model's result says: doubtful slices, lesions, how volumes are shown.

        Raises:
            InputError: if it cannot be read.
        """
        path = (self.folder.path / self._proposal.file).with_name("proposal.json")
        return ResultRecord.parse(read_json_object(path), str(path))

    def proposal(self) -> Mask:
        """The model's labels; raises InputError if they were changed or cannot be read."""
        if self._reference is None:
            self._reference = read_version(self.folder.path / self._proposal.file, self._proposal.sha256)
        return self._reference

    def readings(self) -> dict[ReadingName, Reading]:
        """What other readers and this reader decided before, as far as this reader may know it: both readers' before
        an arbitration, a second reader's own, never the first's before the second has saved."""
        seen = self._entry.as_seen_by(self.reader).readings
        if self.reading == "second":
            seen = {turn: each for turn, each in seen.items() if each.reader == self.reader}
        return dict(seen)

    def comments(self) -> tuple[Event, ...]:
        """What readers have remarked on the case, with their decisions and beside them, as far as this reader may know
        it; each has "reader", "comment" and a time."""
        return self._entry.as_seen_by(self.reader).comments

    def labels_of(self, reading: Reading) -> Mask:
        """The labels that a reader left; empty where they rejected the case.

        Raises:
            InputError: if they were changed or cannot be read.
        """
        return labels_left(self.folder.path, reading, self.proposal())

    # What is kept while the reader draws.

    def draft(self) -> Draft | None:
        """What this reader has drawn since their last decision on the case and not saved; offered when they return."""
        return self._drafts.open(self._entry, self.reader)

    @property
    def draft_path(self) -> Path | None:
        """Where the draft's labels are; None without a draft."""
        return None if (draft := self.draft()) is None else self._drafts.path(draft)

    def draft_labels(self, draft: Draft) -> Mask:
        """The labels of a draft.

        Raises:
            InputError: if they cannot be read.
        """
        return read_version(self._drafts.path(draft), draft.sha256)

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
        """The draft goes: the reader begins with the proposal again. What undo brings back is kept anew."""
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
            InputError: if they lie on another grid or are no labels, or the case was taken over.
            OutputError: if they cannot be saved; the error says where they are instead.
        """
        given = given_labels(labels, self.proposal()) if isinstance(labels, Path) else labels
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
