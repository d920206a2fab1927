"""Every volume in a study folder, whatever its name and format."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...base.errors import InputError
from ...base.files import require_file, unreadable
from ...base.progress import check_cancelled
from ...base.records import is_aside
from .candidates import LITTER, Candidate, is_dicom
from .dicom import in_order
from .dicom_groups import grouped, in_time_order
from .dicom_headers import NoPydicom, Slice, read_slice
from .dicom_pixels import start_decoder
from .dicom_series import count_frames
from .nifti import SUFFIXES, open_nifti
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


def study_files(folder: str | Path) -> StudyFiles:
    """Every volume in a folder and its subfolders, and what was left aside.

    Hidden files and what is no image (tables, pictures, sidecars) are skipped; folders in which an earlier run put
    something aside are skipped and named, for what lies there would claim the roles of this study. DICOM files are
    known by their content. A DICOM series is split where one place was imaged several times: by b-value, echo time,
    image type, gradient direction, time. What is no regular file (a pipe, a device, a link to itself) and what is no
    intact DICOM is left aside and named.

    Raises:
        InputError: if the folder is missing or holds no volume, a file's header is not what its name says, or
            there is DICOM and pydicom is missing.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError("the folder does not exist", where=folder, fix="Check the path")
    if not folder.is_dir():
        raise InputError("is a file where a folder is wanted", where=folder, fix="Name its role", option="role")
    found: list[Candidate] = []
    slices: list[Slice] = []
    aside: list[InputError] = []
    paths, set_aside = _visible_files(folder)
    for path in paths:
        check_cancelled()
        suffix = volume_suffix(path)
        if suffix is None and path.suffix.lower() in LITTER:
            continue
        if _never_ends(path):
            aside.append(InputError("is no regular file (a pipe, a device, a socket, a link to itself)", where=path))
        elif suffix is not None:
            require_file(path)
            if suffix in SUFFIXES:
                open_nifti(path)  # a table or text under this name is told now, not only if it gets a role
            found.append(Candidate(path.relative_to(folder).as_posix(), files_of(path)))
        else:
            try:
                if not is_dicom(path):
                    continue
                start_decoder()
                record = read_slice(path)
            except NoPydicom:
                raise
            except InputError as error:
                aside.append(error)
            else:
                slices += [] if record is None else [record]
    found += _dicom_candidates(slices, folder) if slices else []
    aside += [
        InputError(
            "holds what an earlier run put aside", where=path, fix="Name that folder itself to have its volumes read"
        )
        for path in set_aside
    ]
    if not found:
        raise _no_volume(folder, aside)
    return StudyFiles(tuple(sorted(found, key=lambda c: c.name)), _left_aside(aside, folder))


def _no_volume(folder: Path, aside: Sequence[InputError]) -> InputError:
    if aside:
        return aside[0]
    return InputError(
        "the folder holds no volume", where=folder, fix="Give a folder with NIfTI, NRRD, MetaImage or DICOM files"
    )


def _left_aside(errors: Sequence[InputError], folder: Path) -> tuple[str, ...]:
    """What was left aside, in sentences, and how many more."""
    shown = [f"{Path(error.where or '').name} was left aside: it {error.what}" for error in errors[:_SHOWN]]
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
        for name in folders:
            # A folder named as a file is a mistake that would otherwise look like a missing volume.
            if volume_suffix(Path(name)):
                raise InputError("is a folder named as a file", where=Path(parent) / name, fix="Rename it")
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


def _dicom_candidates(slices: Iterable[Slice], folder: Path) -> list[Candidate]:
    named = [_candidate(group, folder) for group in grouped(slices)]
    names = [c.name for c in named]
    # Two series of one description are told apart by their first file.
    return [replace(c, name=f"{c.name} from {c.files[0].name}") if names.count(c.name) > 1 else c for c in named]


def _candidate(group: Sequence[Slice], folder: Path) -> Candidate:
    frames = count_frames(group)
    slices = in_time_order(group) if frames > 1 else in_order(group)
    first = slices[0]
    parent = first.path.parent.relative_to(folder).as_posix()
    title = first.tags.series_description or first.tags.protocol_name or "without description"
    b = "" if first.tags.b_value is None else f", b={first.tags.b_value:g}"
    echo = "" if first.tags.echo_time is None else f", TE={first.tags.echo_time:g} ms"
    times = f", {frames} times" if frames > 1 else ""
    name = f"{parent} (series '{title}'{b or echo}{times}, {len(slices)} files)"
    return Candidate(name, tuple(s.path for s in slices), replace(first.tags, frames=frames))
