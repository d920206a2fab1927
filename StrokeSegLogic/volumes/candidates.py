"""Every volume in a study folder, whatever its name and format."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk

from ..base.errors import InputError
from ..base.files import require_file, sha256_of, unreadable
from ..grid import Grid
from .dicom import in_order, read_dicom_colours, read_dicom_series
from .dicom_groups import grouped, in_time_order
from .dicom_headers import DicomTags, Slice, looks_like_dicom, read_slice
from .dicom_series import count_frames, read_dicom_time_series
from .frame_stack import TimeSeries
from .header_grid import grid_of_files
from .nifti_header import SUFFIXES, open_nifti
from .reader import files_of, header_notes, read_volume, volume_suffix
from .series_reader import frames_of, is_colour, read_colours, read_time_series

_DICOM_SUFFIXES = (".dcm", ".ima", ".dicom")
# Never asked whether they are DICOM, so that a folder full of them is searched quickly.
_LITTER = frozenset(
    {
        *(".json", ".tsv", ".csv", ".txt", ".md", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".bval", ".bvec"),
        *(".xml", ".html", ".log", ".zip", ".gz", ".raw", ".zraw", ".npz", ".npy", ".py", ".toml", ".yaml"),
        *(".yml", ".db", ".ini", ".docx", ".xlsx"),
    }
)


@dataclass(frozen=True)
class Candidate:
    """A volume that may be given a role; its voxels are not read yet.

    Attributes:
        name: path relative to the study folder with "/" between folders; for DICOM the folder, the series'
            description and its b-value. It is shown to people, and for files the role is read from it.
        files: what it consists of; DICOM slices in order of position.
        tags: of a DICOM series, else None.
    """

    name: str
    files: tuple[Path, ...] = ()
    tags: DicomTags | None = None

    def read(self) -> sitk.Image:
        """The volume: 3-D float32, mm, LPS.

        Raises:
            InputError: as `read_volume` or `read_dicom_series`.
        """
        return read_volume(self.files[0]) if self.tags is None else read_dicom_series(self.files)

    def read_time_series(self) -> TimeSeries:
        """The frames over time.

        Raises:
            InputError: as `series_reader.read_time_series` or `read_dicom_time_series`.
        """
        return read_time_series(self.files[0]) if self.tags is None else read_dicom_time_series(self.files)

    def read_colours(self) -> sitk.Image:
        """The colours: 3-D, three uint8 a voxel; mm, LPS.

        Raises:
            InputError: as `series_reader.read_colours` or `read_dicom_colours`.
        """
        return read_colours(self.files[0]) if self.tags is None else read_dicom_colours(self.files)

    @property
    def frames(self) -> int | None:
        """How many frames over time it holds by its header; None where that is not known.

        Raises:
            InputError: if a NIfTI file's header cannot be read.
        """
        if self.tags is not None:
            return self.tags.frames
        return frames_of(self.files[0]) if self.files else None

    def grid(self) -> Grid | None:
        """Where its voxels, or those of one frame, lie by its header; None where that is not in order."""
        return grid_of_files(self.files, self.tags is not None) if self.files else None

    @property
    def colour(self) -> bool:
        """Whether it holds colours by its header.

        Raises:
            InputError: as `frames`.
        """
        if self.tags is not None:
            return self.tags.colour
        return bool(self.files) and is_colour(self.files[0])

    def sha256(self) -> str:
        """Hash of all its files in order."""
        return sha256_of(self.files)

    def notes(self) -> tuple[str, ...]:
        """What is doubtful in its header."""
        return header_notes(self.files[0]) if self.tags is None else ()


def find_series(folder: str | Path) -> list[Candidate]:
    """Every volume in a folder and its subfolders, sorted by name.

    Hidden files and what is no image (tables, pictures, sidecars) are skipped; DICOM files are known by their
    content. A DICOM series is split where one place was imaged several times: by b-value, echo time, image type,
    gradient direction, time.

    Raises:
        InputError: if the folder is missing or holds no volume, a file's header is not what its name says, or
            there is DICOM and pydicom is missing.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError("the folder does not exist", where=folder, fix="Check the path")
    if not folder.is_dir():
        raise InputError("is a file where a folder is wanted", where=folder, fix="Name its role: ROLE=FILE")
    found: list[Candidate] = []
    slices: list[Slice] = []
    for path in _visible_files(folder):
        suffix = volume_suffix(path)
        if suffix is not None:
            require_file(path)
            if suffix in SUFFIXES:
                open_nifti(path)  # a table or text under this name is told now, not only if it gets a role
            found.append(Candidate(path.relative_to(folder).as_posix(), files_of(path)))
        elif _is_dicom(path) and (record := read_slice(path)) is not None:
            slices.append(record)
    found += _dicom_candidates(slices, folder)
    if not found:
        raise InputError(
            "the folder holds no volume",
            where=folder,
            fix="Give a folder with NIfTI, NRRD, MetaImage or DICOM files",
        )
    return sorted(found, key=lambda c: c.name)


def file_candidate(path: Path, name: str) -> Candidate:
    """A candidate of one file of any format; a format that cannot be read is refused when it is read.

    Raises:
        InputError: if it is missing, a folder, empty, or not what its name says.
    """
    require_file(path)
    if volume_suffix(path) is None and _is_dicom(path):
        record = read_slice(path)
        return Candidate(name, (path,), None if record is None else record.tags)
    return Candidate(name, files_of(path))


def _visible_files(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error) from error

    found = []
    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        for name in folders:
            # A folder named as a file is a mistake that would otherwise look like a missing volume.
            if volume_suffix(Path(name)):
                raise InputError("is a folder named as a file", where=Path(parent) / name, fix="Rename it")
        found += [Path(parent) / name for name in sorted(names) if not name.startswith(".")]
    return found


def _is_dicom(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in _LITTER or path.name.upper() == "DICOMDIR":
        return False
    try:
        marked = path.is_file() and looks_like_dicom(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if suffix in _DICOM_SUFFIXES and not marked:
        raise InputError(
            "is not a DICOM file though it is named so",
            where=path,
            fix="Export it again or take it out of the folder",
        )
    return marked


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
