"""An output folder held by one run, from before it computes until its files are in place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path, PurePosixPath

from .errors import OutputError
from .locks import Busy, error_says_no_locks, exclusive
from .publishing import Workspace
from .records import UNPUBLISHED, is_there, is_unchanged, listed, unused, written_by

LOCK = ".strokeseg.lock"
_ELSEWHERE = "Choose another output folder"
_TRIAL = 1 << 20
"""Bytes that are written as a trial: a full disk and a used-up quota are met before the work."""
_held: ContextVar[tuple[Reservation, ...]] = ContextVar("held", default=())


class Reservation:
    """The right to write into a folder; made by `reserved`.

    Args:
        folder: the output folder; exists.
        overwrite: whether what is in the way is moved aside.

    Attributes:
        place: the folder, without links on its way.
        notes: what the user has to be told: what was moved aside, what a killed run had left.
    """

    def __init__(self, folder: Path, overwrite: bool) -> None:
        self.folder = folder
        self.place = folder.resolve()
        self.overwrite = overwrite
        self.notes: list[str] = []

    def require_room(self, names: Collection[str], record: str | None, excluded: Mapping[str, str]) -> None:
        """Refuses a folder in which files of these names would take something of the user's away.

        Args:
            names: of files that the run may write, "/" between folders.
            record: of the run; those are ours that it lists with the hash that they have.
            excluded: other records that must not be in the same folder, and what they are of.

        Raises:
            OutputError: if something is in the way and was not to be moved aside.
        """
        if self.overwrite:
            return
        for other, kind in excluded.items():
            if is_there(self.folder / other):
                raise OutputError(f"holds {kind} of an earlier run ({other})", where=self.folder, fix=_ELSEWHERE)
        theirs = [name for name, digest in self._in_the_way(names, record).items() if digest is None]
        if not theirs:
            return
        if (self.folder / theirs[0]).is_dir():
            what = f"holds a folder named {theirs[0]}, where a file is to be"
        else:
            what = f"holds {listed(theirs)}, which no record shows to be StrokeSeg's own and unchanged"
        raise OutputError(
            what,
            where=self.folder,
            fix=f"{_ELSEWHERE}, or let it be moved aside: nothing is deleted",
            option="overwrite",
        )

    @contextmanager
    def draft(self) -> Iterator[Workspace]:
        """A hidden folder for the files to come, gone afterwards."""
        work = Workspace(self.folder)
        try:
            yield work
        finally:
            work.remove()

    def publish(
        self,
        work: Workspace,
        names: Sequence[str],
        *,
        keeping: Collection[str] = (),
        excluded: Mapping[str, str] | None = None,
    ) -> None:
        """Moves the draft's files to where they are looked for.

        What an earlier run's record lists, unchanged, is replaced, or taken away where this run has no such file.

        Args:
            work: the draft.
            names: all that it holds, the record last.
            keeping: what the new record lists, too, and stays as it is.
            excluded: as in `require_room`.

        Raises:
            OutputError: if something is in the way by now; then everything is as it was.
            OSError: if something cannot be moved; likewise.
        """
        record = names[-1]
        self.require_room(names, record, excluded or {})
        listed_before = written_by(self.folder / record)
        leaving = self._in_the_way(names, record)
        for name, digest in listed_before.items():
            if name not in leaving and name not in keeping and is_there(self.folder / name):
                if is_unchanged(self.folder / name, digest):
                    leaving[name] = digest
                else:
                    self.notes.append(f"{name} of the earlier run was changed since, and stays beside this run's files")
        for other in excluded or {}:
            for name in (other, *written_by(self.folder / other)):
                if is_there(self.folder / name):
                    # Ours, but of another kind of run: kept, not replaced.
                    leaving[name] = None
        records = {record, *(excluded or {})}
        work.publish(names, dict(sorted(leaving.items(), key=lambda item: item[0] not in records)))
        try:
            moved = work.finish()
        except OSError as error:
            # All is in its place; the next run takes away what was replaced.
            moved = f"What was replaced is still in {work.root} ({error.strerror or error})"
        self.notes += [moved] if moved else []

    def keep(self, work: Workspace) -> Path | None:
        """Brings a draft that could not be published under a name that is seen; None if that cannot be done, too."""
        try:
            place = unused(self.folder, UNPUBLISHED)
            work.new.rename(place)
        except OSError:
            # The reason is told already: it is that for which nothing could be published.
            return None
        return place

    def _in_the_way(self, names: Collection[str], record: str | None) -> dict[str, str | None]:
        """What exists under these names, or where their folders are to be: the hash that proves it ours, or None."""
        ours = {} if record is None else written_by(self.folder / record)
        found: dict[str, str | None] = {}
        for name in names:
            for parent in reversed(PurePosixPath(name).parents):
                path = self.folder / parent
                if is_there(path) and parent.name and (path.is_symlink() or not path.is_dir()):
                    found[str(parent)] = None
                    break
            else:
                path = self.folder / name
                if is_there(path):
                    found[name] = ours.get(name) if is_unchanged(path, ours.get(name)) else None
        return found

    def try_names(self, names: Collection[str]) -> None:
        """Writes a file of each name in a draft, and takes it away again: a name, a path or a disk that will not do is
        met before the work.

        Raises:
            OSError: if a file cannot be written.
        """
        with self.draft() as work:
            # Slicer's writers make folders of their own beside their file.
            deeper = work.new / ("trial" * 20)
            deeper.mkdir()
            for name in names or ("trial",):
                path = deeper / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"trial")
            (deeper / "size").write_bytes(bytes(_TRIAL))


@contextmanager
def reserved(
    folder: Path,
    names: Collection[str] = (),
    record: str | None = None,
    *,
    excluded: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Iterator[Reservation]:
    """Holds an output folder for the block, so that no other run writes into it.

    To be entered before long work. What a killed run left in the folder is mended or removed; then names, disk and
    permissions are tried, and what the run would replace is looked for. Blocks for the same folder may lie in one
    another: the outermost holds the lock.

    Args:
        folder: made if missing, and removed again if it stays empty.
        names: of the files that will be written, as far as they are known; "/" between folders.
        record: the run's record, one of the names: what it lists, unchanged, may be replaced.
        excluded: records of other runs that must not be in the folder, and what they are of.
        overwrite: move what is in the way aside, into a folder `previous-DATE-TIME` that `Reservation.notes` tells.

    Raises:
        OutputError: if another run holds the folder, it cannot be written to, or something is in the way.
    """
    outer = holding(folder)
    if outer is not None:
        outer.overwrite = outer.overwrite or overwrite
        try:
            outer.try_names(names)
        except OSError as error:
            raise cannot_write(folder, error) from error
        outer.require_room(names, record, excluded or {})
        yield outer
        return
    made: list[Path] = []
    try:
        with _locked(folder, made) as notes:
            reservation = Reservation(folder, overwrite)
            reservation.notes += notes
            try:
                reservation.try_names(names)
            except OSError as error:
                raise cannot_write(folder, error) from error
            reservation.require_room(names, record, excluded or {})
            token = _held.set((*_held.get(), reservation))
            try:
                yield reservation
            finally:
                _held.reset(token)
    finally:
        # Folders that this run made and that stayed empty go again; a folder that holds something stays.
        for path in made:
            with suppress(OSError):
                path.rmdir()


def cannot_write(folder: Path, error: OSError) -> OutputError:
    """The error for a folder that the system does not let us write to."""
    return OutputError(
        f"cannot be written to ({error.strerror or error})",
        where=folder,
        fix="Free some space, or choose another folder",
    )


def holding(folder: Path) -> Reservation | None:
    """This thread's own reservation of the folder, also where the folder has vanished since; None without."""
    for reservation in _held.get():
        if folder.resolve() == reservation.place or (
            folder.exists() and reservation.place.exists() and folder.samefile(reservation.place)
        ):
            return reservation
    return None


@contextmanager
def _locked(folder: Path, made: list[Path]) -> Iterator[list[str]]:
    """The folder's lock, held; what a killed run left is mended. Yields what there is to tell.

    Args:
        folder: made if missing.
        made: gets the folders that were, the innermost first.
    """
    notes: list[str] = []
    try:
        made += _make(folder)
        lock = exclusive(folder / LOCK)
        lock.__enter__()
    except Busy:
        raise OutputError(
            "another run is writing there", where=folder, fix=f"Wait until it has ended, or c{_ELSEWHERE[1:]}"
        ) from None
    except OSError as error:
        if not error_says_no_locks(error):
            raise cannot_write(folder, error) from error
        # Without locks nobody can tell a killed run's draft from a live run's: all of them stay.
        (folder / LOCK).unlink(missing_ok=True)
        notes.append("This file system knows no locks: see to it that no other run writes to the folder")
        yield notes
        return
    try:
        try:
            for work in Workspace.left_in(folder):
                notes += work.heal()
        except OSError as error:
            raise cannot_write(folder, error) from error
        yield notes
    finally:
        lock.__exit__(None, None, None)


def _make(folder: Path) -> list[Path]:
    """Makes the folder with those above it; returns those that it made, the innermost first."""
    existing = folder.absolute()
    while not existing.exists():
        if existing.is_symlink():
            raise OutputError("is a link to nowhere", where=folder, fix=_ELSEWHERE)
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError("is a file, not a folder", where=existing, fix=_ELSEWHERE)
    path = folder.absolute()
    missing = [place for place in (path, *path.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing
