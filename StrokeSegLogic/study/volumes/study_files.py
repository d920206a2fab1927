"""Every volume in a study folder, whatever its name and format."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...base.errors import InputError
from ...base.files import require_file, unreadable
from ...base.progress import check_cancelled
from ...base.records import RESULTS, is_aside, is_unchanged, said_to_be_written
from .archives import ARCHIVES, MOST_BYTES, unpack
from .candidates import LITTER, Candidate
from .dicom_candidates import dicom_candidates, dicom_slices
from .dicom_copies import without_copies
from .dicom_headers import NoPydicom, Slice
from .nifti import PAIR, SUFFIXES, open_nifti
from .reader import files_of, volume_suffix

_SHOWN = 5
"""Files left aside that are named one by one."""


@dataclass(frozen=True)
class StudyFiles:
    """What a study folder holds.

    Attributes:
        candidates: every volume, sorted by name.
        notes: what was left aside though it might have been a volume, in sentences.
    """

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def find_series(folder: str | Path) -> list[Candidate]:
    """Every volume in a folder and its subfolders, sorted by name.

    Raises:
        InputError: as `study_files`.
    """
    return list(study_files(folder).candidates)


def study_files(folder: str | Path, room: Callable[[], Path] | None = None) -> StudyFiles:
    """Every volume in a folder and its subfolders, and what was left aside.

    Hidden files and what is no image (tables, pictures, sidecars) are skipped. Folders in which an earlier run put
    something aside are skipped and named, and so is what an earlier run wrote: it would claim the roles of this study.
    DICOM files are known by their content, with or without preamble, or packed by gzip; of copies each is read once. A
    DICOM series is split where one place was imaged several times: by b-value, echo time, image type, gradient
    direction, time. What is no regular file (a pipe, a device, a link to itself), no intact DICOM, an archive, or of a
    format that is not read is left aside and named. A damaged volume is a candidate all the same: whether anybody needs
    it is not known yet.

    Args:
        folder: of the study.
        room: makes an empty folder that archives are unpacked into, each below its own path; it has to be there for
            as long as voxels are read. Without it archives are named only.

    Raises:
        InputError: if the folder is missing or holds no volume, or there is DICOM and pydicom is missing.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError("the folder does not exist", where=folder, fix="Check the path")
    if not folder.is_dir():
        raise InputError(
            "is a file where a folder is wanted",
            where=folder,
            fix="Say what it is, for instance DWI=FILE",
            option="sequence",
        )
    paths, set_aside = _visible_files(folder)
    packed = [path for path in paths if room is not None and path.name.lower().endswith(ARCHIVES)]
    roots, aside = [folder], list[InputError]()
    archives = _opened(packed, roots, room, aside) if room is not None and packed else {}
    for home in archives.values():
        more, more_aside = _visible_files(home)
        paths += more
        set_aside += more_aside
    recorded = _own_results(paths)
    marked = {path for path in paths if path not in recorded and _is_marked(path)}
    if marked:
        from .result_marks import of_our_scene, perhaps_own

        marked |= of_our_scene(marked, paths)
    own = recorded | marked
    aside += [
        InputError(
            "holds what an earlier run put aside", where=path, fix="Name that folder itself to have its volumes read"
        )
        for path in set_aside
    ]
    left = own | set(packed)
    found, notes = _read_headers([path for path in paths if path not in left], roots, aside)
    if marked:
        notes = (*perhaps_own(marked, [path for candidate in found for path in candidate.files]), *notes)
    used = {parent for candidate in found for path in candidate.files for parent in path.parents}
    aside += [
        InputError("is an archive without a volume", where=path, fix="Give the folder with the images")
        for path, home in archives.items()
        if home not in used
    ]
    if own and (found or any(path.parent != folder for path in own)):
        aside += [_of_earlier_run(home) for home in sorted({path.parent for path in recorded})]
        aside += [
            InputError("is a result of StrokeSeg, not an acquired image", where=path, fix="Name it to have it read")
            for path in sorted(marked)
        ]
    elif own:
        # Nothing else is there: who names a folder of results wants them.
        found, notes = _read_headers(paths, roots, [])
        notes = (*notes, f"the volumes of {folder.resolve().name} are results of an earlier run of StrokeSeg")
    if not found or all(candidate.fault is not None for candidate in found):
        raise _no_volume(folder, [*(candidate.fault for candidate in found if candidate.fault), *aside])
    return StudyFiles(tuple(sorted(found, key=lambda c: c.name)), (*notes, *_left_aside(aside, folder)))


def _opened(
    paths: Sequence[Path], roots: list[Path], room: Callable[[], Path], aside: list[InputError]
) -> dict[Path, Path]:
    """Where each archive was unpacked to, which is added to `roots`; those that cannot be are added to `aside`."""
    try:
        roots.append(room())
    except OSError as error:
        why = f"is an archive, and there is no place to unpack it ({error.strerror or error})"
        aside += [InputError(why, where=path, fix="Unpack it") for path in paths]
        return {}
    homes, left = {}, MOST_BYTES
    for path in paths:
        home = roots[-1] / path.relative_to(roots[0])
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            left -= unpack(path, home, left)
            homes[path] = home
        except InputError as error:
            aside.append(error)
    return {path: home for path, home in homes.items() if home.exists()}


def _name(path: Path, roots: Sequence[Path]) -> str:
    """A path below the study folder, or below that which its archives were unpacked into."""
    return path.relative_to(next(root for root in roots if path.is_relative_to(root))).as_posix()


def _of_earlier_run(home: Path) -> InputError:
    fix = "Name that folder itself to have its volumes read"
    return InputError("holds the results of an earlier run of StrokeSeg", where=home, fix=fix)


def _own_results(paths: Sequence[Path]) -> set[Path]:
    """The volumes that a record beside them proves to be what StrokeSeg wrote."""
    found = set()
    for record in (path for path in paths if path.name in RESULTS):
        for name, digest in said_to_be_written(record).items():
            path = record.parent / name
            if volume_suffix(path) is not None and is_unchanged(path, digest):
                found.add(path)
    return found


def _is_marked(path: Path) -> bool:
    """Whether a file says of itself that it is a result of ours."""
    suffix = volume_suffix(path)
    if suffix is None or _never_ends(path):
        return False
    if suffix not in SUFFIXES:
        from .result_marks import is_own_volume

        return is_own_volume(path)
    try:
        return open_nifti(path).is_result
    except InputError:
        return False


def _read_headers(
    paths: Sequence[Path], roots: Sequence[Path], aside: list[InputError]
) -> tuple[list[Candidate], tuple[str, ...]]:
    """The candidates that files are, and notes; what is left aside is added to `aside`."""
    found: list[Candidate] = []
    slices: list[Slice] = []
    for path in paths:
        check_cancelled()
        suffix = volume_suffix(path)
        if suffix is None and path.suffix.lower() in LITTER:
            continue
        if _never_ends(path):
            aside.append(InputError("is no regular file (a pipe, a device, a socket, a link to itself)", where=path))
        elif suffix is not None:
            found.append(_file_candidate(path, _name(path, roots)))
        elif not (path.suffix.lower() == ".img" and path.with_suffix(PAIR) in paths):
            try:
                found_in_it = dicom_slices(path, aside)
            except NoPydicom:
                raise
            except InputError as error:
                aside.append(error)
            else:
                slices += found_in_it
    if not slices:
        return found, ()
    slices, copies = without_copies(slices)
    notes: tuple[str, ...] = ()
    if copies:
        first = _name(copies[0].path, roots)
        more = f" and {len(copies) - 1} more files were" if len(copies) > 1 else " was"
        notes = (f"{first}{more} left aside: copies of DICOM files that are there already",)
    return found + dicom_candidates(slices, partial(_name, roots=roots)), notes


def _file_candidate(path: Path, name: str) -> Candidate:
    try:
        require_file(path)
        if volume_suffix(path) in SUFFIXES:
            open_nifti(path)  # a table or text under this name is told now, not only if it gets a role
        return Candidate(name, files_of(path))
    except InputError as error:
        return Candidate(name, (path,), fault=error)


def _no_volume(folder: Path, aside: Sequence[InputError]) -> InputError:
    if aside:
        return aside[0]
    return InputError(
        "the folder holds no volume", where=folder, fix="Give a folder with NIfTI, NRRD, MetaImage or DICOM files"
    )


def _left_aside(errors: Sequence[InputError], folder: Path) -> tuple[str, ...]:
    """What was left aside, in sentences, and how many more."""
    shown = [f"{Path(error.where or '').name} was left aside: {error.clause}" for error in errors[:_SHOWN]]
    more = len(errors) - len(shown)
    return (*shown, *([f"{more} more files of {folder.name} were left aside for such reasons"] if more else []))


def _visible_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a study, and the folders in which earlier runs put something aside."""

    def fail(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error) from error

    found, set_aside = [], []
    for parent, folders, names in os.walk(folder, onerror=fail):
        set_aside += [Path(parent) / name for name in sorted(folders) if is_aside(name)]
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")) and not is_aside(f))
        found += [Path(parent) / name for name in sorted(names) if not name.startswith(".")]
    return found, set_aside


def _never_ends(path: Path) -> bool:
    """Whether it is a pipe, a device, a socket, or a link to itself."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return True
        raise unreadable(path, error) from error
    return not stat.S_ISREG(mode)
