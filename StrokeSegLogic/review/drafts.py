"""Drafts: what a reader has drawn and not saved yet, kept so that a crash loses half a minute at most."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic

import SimpleITK as sitk

from ..base.errors import InputError
from ..base.files import sha256_of, write_whole
from ..base.json_files import json_bytes, read_json_object
from ..base.records import is_plain_file
from ..base.settings import from_mapping
from .entry import Entry
from .sources import slug
from .versions import SUFFIX, Drawing

DRAFTS = "drafts"
AUTOSAVE_S = 20.0
"""Between two drafts while something changes: with the time that writing takes, less than 30 s are lost."""


@dataclass(frozen=True)
class Draft:
    """What was drawn and not saved.

    Attributes:
        file: name of the labels' file, beside the draft's record.
        sha256: of it.
        since: number of the event with which the reader started on the case.
        time: when it was written, ISO 8601, UTC.
        active_s: time at work until then.
    """

    file: str
    sha256: str
    since: int
    time: str
    active_s: float


class DraftFiles:
    """The draft of one reader of one case, in the case's folder.

    Args:
        case: folder of the case.
        reader: whose.
    """

    def __init__(self, case: Path, reader: str) -> None:
        # The hash tells readers apart whose names look alike in ASCII.
        key = hashlib.sha256(reader.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        self.folder = case / DRAFTS / f"{slug(reader, 20)}-{key}"
        self._record = self.folder / "draft.json"

    def write(self, drawing: Drawing, since: int, active_s: float) -> Draft:
        """Keeps a drawing in the place of the draft before; a kill leaves the one or the other, whole.

        Raises:
            OutputError: if it cannot be written; the draft before stays.
        """
        with drawing.apart(self.folder) as path:
            digest = sha256_of(path)
            name = f"{digest[:12]}{SUFFIX}"
            path.replace(self.folder / name)
            time = datetime.now(timezone.utc).isoformat(timespec="seconds")
            draft = Draft(name, digest, since, time, round(active_s, 1))
            write_whole(self._record, json_bytes(asdict(draft)))
        for old in self.folder.glob(f"*{SUFFIX}"):
            if old.name != name:
                with suppress(OSError):
                    old.unlink()
        return draft

    def read(self) -> Draft | None:
        """The draft that is there, whole; None without one."""
        try:
            draft = from_mapping(Draft, read_json_object(self._record), self._record)
            whole = is_plain_file(self.path(draft)) and sha256_of(self.path(draft)) == draft.sha256
        except InputError:
            return None
        return draft if whole else None

    def open(self, entry: Entry, reader: str) -> Draft | None:
        """The draft that is there, if its reader has not decided on the case since."""
        decided = max((each.number for each in entry.readings.values() if each.reader == reader), default=0)
        draft = self.read()
        return draft if draft is not None and draft.since > decided else None

    def path(self, draft: Draft) -> Path:
        """Of its labels."""
        return self.folder / Path(draft.file).name

    def remove(self) -> None:
        """The draft goes; where it cannot, it is known for old by the event that it began with."""
        for path in (self._record, *self.folder.glob(f"*{SUFFIX}")):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for folder in (self.folder, self.folder.parent):
            with suppress(OSError):
                folder.rmdir()


class Autosave:
    """Decides when the next draft is due.

    Args:
        files: where drafts go.
        since: number of the event with which the reader started on the case.
        clock: seconds that only grow.
    """

    def __init__(self, files: DraftFiles, since: int, clock: Callable[[], float] = monotonic) -> None:
        self._files = files
        self._since = since
        self._clock = clock
        self._written = clock()
        self._content = ""

    def forget(self) -> None:
        """What was kept last is not there any more: the same labels are written again."""
        self._content = ""

    @property
    def due(self) -> bool:
        return self._clock() - self._written >= AUTOSAVE_S

    def keep(self, drawing: Drawing, active_s: float) -> Draft | None:
        """Writes a draft if the labels are others than those that were kept last.

        Raises:
            OutputError: if it cannot be written.
        """
        content = hashlib.sha256(sitk.GetArrayViewFromImage(drawing.labels).tobytes()).hexdigest()
        self._written = self._clock()
        if content == self._content:
            return None
        draft = self._files.write(drawing, self._since, active_s)
        self._content = content
        return draft
