"""A folder of results that is written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .base.errors import OutputError

RESULT, MAPS = "result.json", "maps.json"
"""The records: the last file of a segmentation, and of maps alone. A folder that has one is whole and has no other."""
OURS = (
    "segmentation.seg.nrrd",
    "labels.nii.gz",
    "labels-thresholds.nii.gz",
    "labels-slow-fusion.nii.gz",
    "labels-unet3d.nii.gz",
    "probability.nii.gz",
    "probability-core.nii.gz",
    "probability-penumbra.nii.gz",
    "agreement.nii.gz",
    "report.html",
    "scene.mrb",
    "aif.svg",
    MAPS,
    RESULT,
)
"""Names that a run may replace, whoever wrote the file."""
MAP_FILES = ("CBF.nii.gz", "CBV.nii.gz", "MTT.nii.gz", "TTP.nii.gz", "TMAX.nii.gz", "MIP.nii.gz")
"""Names that a scanner's own maps may have, too: replaced only where a record says that StrokeSeg wrote them."""
_ELSEWHERE = "Choose another output folder"


def require_writable(folder: Path, record: str | None = None, *, maps: bool = False) -> None:
    """Refuses an output folder that nothing can be written to, before any long work; leaves nothing behind.

    Args:
        folder: made later if missing.
        record: which of the two records will be written: then the other one is in the way.
        maps: whether computed maps will be written: then files of that name that are not ours are in the way.

    Raises:
        OutputError: if the folder, or the nearest one above it that exists, cannot be written to, or holds what must
            not be lost.
    """
    try:
        existing = _nearest(folder)
        if not existing.is_dir():
            raise OutputError("is a file, not a folder", where=existing, fix=_ELSEWHERE)
        if folder.is_symlink() and not folder.exists():
            raise OutputError("is a link to nowhere", where=folder, fix=_ELSEWHERE)
        _require_room(folder, (*OURS, *(MAP_FILES if maps else ())), record)
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise _refused(folder, error) from error


@contextmanager
def draft_of(folder: Path) -> Iterator[Path]:
    """A hidden folder on the output's own disk that is gone afterwards; OS errors inside become OutputErrors.

    It lies inside the output folder if there is one (which may be a mount or a link, and its parent not writable),
    else where the output folder is to appear.
    """
    draft: Path | None = None
    made: list[Path] = []
    try:
        home = folder if folder.is_dir() else folder.absolute().parent
        made = [parent for parent in (home, *home.parents) if not parent.exists()]
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=home))
        yield draft
    except OSError as error:
        raise _refused(folder, error) from error
    except OutputError as error:
        if draft is None or str(draft) not in (error.where or ""):
            raise
        # The draft will be gone when the user reads this: what they know is the folder.
        name = Path(str(error.where)).name
        raise OutputError(f"{name} {error.what}", where=folder, fix=error.fix) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        # Parents that this run made and that stayed empty go again; one that holds something stays.
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def publish(draft: Path, folder: Path, names: Sequence[str]) -> None:
    """Moves the draft's files to where they are looked for.

    A new folder appears by one rename. In one that exists, the previous run's files are set aside and the new ones
    moved in, the record out first and in last: a folder with a record is whole, whenever a run was killed. If moving
    fails, the previous files come back.

    Args:
        draft: from `draft_of`.
        folder: the output folder.
        names: all that the draft holds, the record last.

    Raises:
        OutputError: if a file in the folder is in the way.
    """
    if not folder.is_dir():
        # mkdtemp makes a private folder; a result has the permissions of any folder that the user makes.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o777 & ~mask)
        draft.rename(folder)
        return
    _require_room(folder, names, names[-1])
    previous = draft / "previous"
    previous.mkdir()
    ours = {*names}
    if any((folder / record).exists() for record in (RESULT, MAPS)):
        # What an earlier result had and this one has not would else stand beside it.
        ours |= {*OURS, *_recorded(folder)}
    # The record first out and last in.
    old = sorted((name for name in ours if (folder / name).exists()), key=lambda name: name not in (RESULT, MAPS))
    moved: list[str] = []
    try:
        for name in old:
            (folder / name).rename(previous / name)
        for name in names:
            (draft / name).rename(folder / name)
            moved.append(name)
    except BaseException:
        # An interrupt, too, must not leave half a result, nor take the previous one away.
        for name in moved:
            (folder / name).unlink()
        for name in reversed(old):
            if (previous / name).exists():
                (previous / name).rename(folder / name)
        raise


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    return existing


def _require_room(folder: Path, names: Collection[str], record: str | None) -> None:
    """Refuses a folder in which files of these names, or a record beside another, would take something away."""
    taken = [name for name in names if (folder / name).is_dir()]
    if taken:
        raise OutputError(f"holds a folder named {taken[0]}, where a file is to be", where=folder, fix=_ELSEWHERE)
    foreign = [name for name in names if name in MAP_FILES and (folder / name).exists()]
    foreign = sorted(set(foreign) - _recorded(folder))
    if foreign:
        raise OutputError(
            f"holds {', '.join(foreign)}, which StrokeSeg did not write and would replace",
            where=folder,
            fix=_ELSEWHERE,
        )
    other, kind = (MAPS, "perfusion maps") if record == RESULT else (RESULT, "a segmentation")
    if record is not None and (folder / other).exists():
        raise OutputError(f"holds {kind} of an earlier run ({other})", where=folder, fix=_ELSEWHERE)


def _recorded(folder: Path) -> set[str]:
    """Which maps the folder's record says that an earlier run wrote."""
    for record in (RESULT, MAPS):
        if not (folder / record).is_file():
            continue
        try:
            values = json.loads((folder / record).read_text(encoding="utf-8"))
        except (ValueError, OSError):
            # No record of ours that can be read: then nothing is known to be ours.
            return set()
        named = values.get("files") if isinstance(values, dict) else None
        return set(MAP_FILES) & {name for name in named if isinstance(name, str)} if isinstance(named, list) else set()
    return set()


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written to ({error.strerror or error})",
        where=folder,
        fix="Free some space, or choose another folder with --output",
    )
