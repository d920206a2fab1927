"""Files moved to where they are looked for, so that a kill at any moment leaves the previous files or the new."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from .files import TEMPORARY, sha256_of, write_whole
from .json_files import read_json_object
from .records import PREVIOUS, WRITTEN, is_inside, is_there, is_unchanged, listed, move_new, sealed, unused, written_by

PREFIX, SUFFIX = ".strokeseg-", ".partial"
"""Of the hidden folder in which a run prepares its files. It lies in the output folder, under whose lock it is made."""
_NEW, _OLD, _JOURNAL = "new", "old", "journal.json"


class Workspace:
    """A hidden folder in the output folder: `new` for the files to come, `old` for those that they take the place of.

    `publish` writes a journal before it moves the first file. Whoever holds the folder's lock and finds the journal
    can tell how far a killed run came: once the new record, the last to move, has left `new`, the new files are whole
    in their places, and what they replaced goes; else every file goes back to where it was.

    Args:
        folder: that it lies in.
        root: what a killed run has left; without, a new folder is made.
    """

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self.folder = folder
        self.root = root or Path(tempfile.mkdtemp(prefix=PREFIX, suffix=SUFFIX, dir=folder))
        self.new, self.old, self._journal = self.root / _NEW, self.root / _OLD, self.root / _JOURNAL
        if root is None:
            self.new.mkdir()

    @classmethod
    def left_in(cls, folder: Path) -> list[Workspace]:
        """Those that killed runs have left, where nobody else holds the folder's lock."""
        found = [path for path in folder.glob(f"{PREFIX}*{SUFFIX}") if path.is_dir() and not path.is_symlink()]
        return [cls(folder, path) for path in sorted(found) if all(map(_is_part, path.iterdir()))]

    @property
    def begun(self) -> bool:
        """Whether files are being moved: then the folder must not be deleted before `undo` or `finish`."""
        return is_there(self._journal) or is_there(self.old)

    def publish(self, names: Sequence[str], leaving: Mapping[str, str | None]) -> None:
        """Moves the new files to their places, once those that go are in `old`; `finish` it then.

        Args:
            names: of all new files, "/" between folders, the record last.
            leaving: what goes from the folder, records first: the SHA-256 that proves a file ours, or None for what
                is the user's.

        Raises:
            OSError: if something cannot be moved; then everything is as it was before.
        """
        values = {
            "record": names[-1],
            "made": [parent for parent in _parents(names) if not is_there(self.folder / parent)],
            "leaving": dict(leaving),
        }
        digests = {name: sha256_of(self.new / name) for name in names}
        write_whole(self._journal, sealed(values, digests))
        try:
            for name in leaving:
                _move(self.folder / name, self.old / name)
            for name in names:
                _move(self.new / name, self.folder / name)
        except BaseException:
            # An interrupt, too, must not leave half a result, nor take the previous result away.
            self.undo()
            raise

    def undo(self) -> str:
        """Brings everything back to where it was; the new files are in `new` again.

        Returns:
            Where a previous file is now whose place something else has taken meanwhile, in words; else "".
        """
        journal = _Journal.read(self._journal)
        # The record, which came last, goes first: while it is in the draft, the new files count as not published.
        for name, digest in reversed(journal.new.items()):
            place, draft = self.folder / name, self.new / name
            if is_there(draft):
                # Killed between the two halves of a move: one file with two names.
                if _same_file(place, draft):
                    (place if is_unchanged(place, digest) else draft).unlink()
            elif is_unchanged(place, digest):
                _move(place, draft)
        for parent in reversed(journal.made):
            path = self.folder / parent
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        # The record, which went first, comes last.
        for name in reversed(self._left(journal)):
            previous, place = self.old / name, self.folder / name
            if not is_there(place):
                _move(previous, place)
            elif _same_file(previous, place):
                previous.unlink()
        return self._close()

    def finish(self) -> str:
        """Takes away what was replaced: what is proved ours and unchanged is deleted, the rest moved aside.

        Returns:
            Where the rest is now, in words; "" where there is none.
        """
        journal = _Journal.read(self._journal)
        for name in self._left(journal):
            path = self.old / name
            if is_unchanged(path, journal.leaving.get(name)):
                path.unlink()
        return self._close()

    def heal(self) -> list[str]:
        """Mends what a killed run left, and removes the folder. To be called under the output folder's lock only.

        Returns:
            What was done, in sentences; none where there was a draft alone.
        """
        said: list[str] = []
        if self.begun:
            journal = _Journal.read(self._journal)
            if journal.record and not is_there(self.new / journal.record):
                said = ["A run was killed when all its files were in place: its result is whole", self.finish()]
            else:
                said = ["A run was killed while it moved its files: what was there before is back", self.undo()]
        self.remove()
        return [sentence for sentence in said if sentence]

    def remove(self) -> None:
        """Deletes the folder with what is left of a draft; not while files are being moved."""
        if not self.begun:
            shutil.rmtree(self.root, ignore_errors=True)

    def _left(self, journal: _Journal) -> list[str]:
        """What is in `old`, in the order in which it came there."""
        known = [name for name in journal.leaving if is_there(self.old / name)]
        if known or not self.old.is_dir():
            return known
        # Without a readable journal nothing in it is proved ours, and nothing is lost.
        return sorted(path.name for path in self.old.iterdir())

    def _close(self) -> str:
        """No file is under way any more; what is still in `old` is moved aside, in one step."""
        words = ""
        if is_there(self.old):
            for path in sorted(self.old.rglob("*"), reverse=True):
                if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                    path.rmdir()
            names = sorted(path.name for path in self.old.iterdir())
            if names:
                place = unused(self.folder, PREVIOUS)
                self.old.rename(place)
                words = f"{listed(names)} moved to {place}"
            else:
                self.old.rmdir()
        self._journal.unlink(missing_ok=True)
        return words


class _Journal:
    """What a run was about to do; nothing, where the file is missing or damaged.

    Attributes:
        new: SHA-256 of each new file by name.
        record: the last of them.
        made: folders that did not exist before, the outermost first.
        leaving: as in `Workspace.publish`.
    """

    def __init__(self, new: dict[str, str], values: Mapping[str, Any]) -> None:
        self.new = new
        self.record: str = values.get("record", "")
        self.made: list[str] = values.get("made", [])
        self.leaving: dict[str, str | None] = {
            name: digest for name, digest in values.get("leaving", {}).items() if is_inside(name)
        }

    @classmethod
    def read(cls, path: Path) -> _Journal:
        proved = written_by(path)
        values = read_json_object(path) if proved else {}
        return cls(values.get(WRITTEN, {}), values)


def _is_part(path: Path) -> bool:
    """Whether a workspace has such a thing in it; a user's folder of such a name has others."""
    return path.name in (_NEW, _OLD, _JOURNAL) or path.match(TEMPORARY.format("*"))


def _parents(names: Sequence[str]) -> list[str]:
    """Folders on the way to the files, the outermost first, each once."""
    found = {str(parent): None for name in names for parent in reversed(PurePosixPath(name).parents) if parent.name}
    return list(found)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    move_new(source, target)


def _same_file(path: Path, other: Path) -> bool:
    """Whether both names are of one file; a link is not its target."""
    return is_there(path) and is_there(other) and os.path.samestat(path.lstat(), other.lstat())
