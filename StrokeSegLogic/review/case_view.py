"""A case as a reader sees it: its images, the proposal, and what others have said of it that they may know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..base.json_files import read_json_object
from ..evaluation.masks import Mask
from ..result.record import ResultRecord
from .chain import Event
from .changes import labels_left
from .entry import Claim, Entry, Proposal, Reading, ReadingName
from .folder import ReviewFolder
from .sources import Study, located, located_study
from .versions import read_version


class CaseView:
    """What a reader sees of a case that they have before them.

    Args:
        folder: of the review.
        reader: who reads.
        entry: the case as it was when it was taken.
        claim: by which the reader has it.

    Attributes:
        case: its name.
        reading: in which turn: "first", "second", "arbitration".
    """

    def __init__(self, folder: ReviewFolder, reader: str, entry: Entry, claim: Claim) -> None:
        assert entry.proposal is not None
        self.folder = folder
        self.reader = reader
        self.case = entry.name
        self.reading: ReadingName = claim.reading
        self._entry = entry
        self._proposal: Proposal = entry.proposal
        self._reference: Mask | None = None

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
