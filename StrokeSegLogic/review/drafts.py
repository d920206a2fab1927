"""Drafts: what a reader has drawn and not saved yet, kept so that a crash loses half a minute at most."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from socket import gethostname
from time import monotonic
from typing import Any
from uuid import uuid4

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
_RECORD = "draft.json"
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
        host: name of the computer that it was drawn on; "" where that was not written down.
    """

    file: str
    sha256: str
    since: int
    time: str
    active_s: float
    host: str = ""

    @property
    def elsewhere(self) -> str:
        """The computer that it was drawn on, if it was another than this; "" else."""
        return "" if self.host == gethostname() else self.host

    @property
    def mark(self) -> dict[str, Any]:
        """JSON-ready: what a decision's record says of a draft that became it."""
        return {"sha256": self.sha256, "since": self.since}


class DraftFiles:
    """The drafts of one reader of one case, in the case's folder.

    Whoever draws has a folder of their own, and replaces or removes no other draft than those that they have adopted:
    one of the same reader may be open on another computer, or in another program.

    Args:
        case: folder of the case.
        reader: whose.
    """

    def __init__(self, case: Path, reader: str) -> None:
        # The hash tells readers apart whose names look alike in ASCII.
        key = hashlib.sha256(reader.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        self._home = case / DRAFTS
        self._name = f"{slug(reader, 20)}-{key}"
        self.folder = self._home / f"{self._name}-{uuid4().hex[:8]}"
        self._places: dict[Draft, Path] = {}
        self._adopted: dict[Draft, Path] = {}

    def write(self, drawing: Drawing, since: int, active_s: float) -> Draft:
        """Keeps a drawing in the place of the adopted drafts; a kill leaves the one or the others, whole.

        Raises:
            OutputError: if it cannot be written; the drafts before stay.
        """
        with drawing.apart(self.folder) as path:
            digest = sha256_of(path)
            name = f"{digest[:12]}{SUFFIX}"
            path.replace(self.folder / name)
            time = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            draft = Draft(name, digest, since, time, round(active_s, 1), gethostname())
            write_whole(self.folder / _RECORD, json_bytes(asdict(draft)))
        for old in self.folder.glob(f"*{SUFFIX}"):
            if old.name != name:
                with suppress(OSError):
                    old.unlink()
        for folder in {*self._adopted.values()} - {self.folder}:
            _remove(folder)
        self._places[draft] = self.folder
        self._adopted = {draft: self.folder}
        return draft

    def read(self) -> list[Draft]:
        """The drafts that are there, whole; the newest first."""
        self._places = {}
        for folder in self._folders():
            record = folder / _RECORD
            try:
                draft = from_mapping(Draft, read_json_object(record), record)
                path = folder / Path(draft.file).name
                if is_plain_file(path) and sha256_of(path) == draft.sha256:
                    self._places[draft] = folder
            except InputError:
                continue
        return sorted(self._places, key=lambda draft: draft.time, reverse=True)

    def _folders(self) -> list[Path]:
        try:
            found = [path for path in self._home.iterdir() if path.is_dir()]
        except OSError:
            return []  # nobody has drawn anything yet
        # Drafts of before there were several have no more than the reader's name.
        return sorted(path for path in found if path.name == self._name or path.name.startswith(f"{self._name}-"))

    def open(self, entry: Entry, reader: str) -> list[Draft]:
        """Those of them that became no decision of their reader's; the newest first."""
        return [draft for draft in self.read() if not entry.is_used(draft.mark, reader)]

    def path(self, draft: Draft) -> Path:
        """Of its labels."""
        return self._places[draft] / Path(draft.file).name

    def adopt(self, draft: Draft) -> None:
        """Whoever draws goes on from this draft: it goes with the next one, or with the decision."""
        self._adopted[draft] = self._places[draft]

    @property
    def adopted(self) -> list[Draft]:
        """The drafts from which whoever draws went on."""
        return list(self._adopted)

    def remove(self) -> None:
        """The adopted drafts go; where one cannot, it is known for old by the decision that it became."""
        for folder in self._adopted.values():
            _remove(folder)
        self._adopted = {}


def _remove(folder: Path) -> None:
    for path in (folder / _RECORD, *folder.glob(f"*{SUFFIX}")):
        with suppress(OSError):
            path.unlink(missing_ok=True)
    for place in (folder, folder.parent):
        with suppress(OSError):
            place.rmdir()


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
