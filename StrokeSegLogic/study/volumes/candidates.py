"""A volume that may be given a role, whatever its format, and where its voxels lie by its header alone."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import SimpleITK as sitk

from ...base.errors import InputError
from ...base.files import require_file, sha256_of
from ...space.grid import Grid
from .dicom import in_order, read_dicom_colours, read_dicom_series, stack_grid
from .dicom_file import read_slices
from .dicom_headers import DicomTags, Slice, looks_like_dicom
from .dicom_series import read_dicom_time_series
from .frame_stack import TimeSeries
from .itk_series import header_grid
from .joined_series import FilePhase, read_phases
from .nifti import SUFFIXES, open_nifti
from .origin import Origin
from .reader import (
    files_of,
    frames_of,
    header_notes,
    is_colour,
    read_colours,
    read_time_series,
    read_volume,
    volume_suffix,
)
from .source_image import SourceImage

if TYPE_CHECKING:
    from .b_values import Weighting
    from .diffusion_maps import DiffusionMaps

_SEVERAL_WORDS = re.compile(r"\w[-_ ./^]|\d|[a-z][A-Z]|[^\x00-\x7f]")
_DICOM_SUFFIXES = (".dcm", ".ima", ".dicom")
# Never asked whether they are DICOM, so that a folder full of them is searched quickly.
LITTER = frozenset(
    {
        *(".json", ".tsv", ".csv", ".txt", ".md", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".bval", ".bvec"),
        *(".xml", ".html", ".log", ".raw", ".zraw", ".npz", ".npy", ".py", ".toml", ".yaml", ".bvals", ".bvecs"),
        *(".yml", ".db", ".ini", ".docx", ".xlsx", ".svg", ".mrb", ".mrml"),
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
        parts: the slices of each volume of a diffusion series that has its directions as volumes of their own.
        fault: why it cannot be read, where that is known already.
        slices: of a DICOM series, in order of position; several may be of one file, and a file hold others, too.
        phases: of one bolus in several files.
        phase_frames: of all of them.
        weightings: where each file is a volume of a diffusion series, how it is weighted; None in it is not known.
    """

    name: str
    files: tuple[Path, ...] = ()
    tags: DicomTags | None = None
    parts: tuple[tuple[Slice, ...], ...] = ()
    fault: InputError | None = None
    slices: tuple[Slice, ...] = ()
    phases: tuple[FilePhase, ...] = ()
    phase_frames: int = 0
    weightings: tuple[Weighting | None, ...] = ()

    def read_diffusion(self) -> DiffusionMaps | None:
        """Trace and ADC where it holds several b-values or directions; None for a single volume.

        Raises:
            InputError: as `read_diffusion` or `read_directions`.
        """
        if self.fault is not None:
            raise self.fault
        if self.parts:
            from .dicom_diffusion import read_directions

            return read_directions(self.parts)
        if self.weightings:
            from .diffusion_series import read_direction_files

            return read_direction_files(self.files, self.weightings)
        if self.tags is None and (self.frames or 1) > 1:
            from .diffusion_series import read_diffusion

            return read_diffusion(self.files[0])
        return None

    def read_map(self) -> sitk.Image:
        """The volume: 3-D float32, mm, LPS; NaN and infinity stand for no value.

        Raises:
            InputError: as `read_volume` or `read_dicom_series`.
        """
        if self.fault is not None:
            raise self.fault
        if self.tags is not None:
            return read_dicom_series(self.slices)
        return read_volume(self.files[0], finite=False)

    def read_time_series(self) -> TimeSeries:
        """The frames over time.

        Raises:
            InputError: as `reader.read_time_series` or `read_dicom_time_series`.
        """
        if self.phases:
            return read_phases(self.phases, self.phase_frames)
        return read_time_series(self.files[0]) if self.tags is None else read_dicom_time_series(self.slices)

    def read_colours(self) -> sitk.Image:
        """The colours: 3-D, three uint8 a voxel; mm, LPS.

        Raises:
            InputError: as `reader.read_colours` or `read_dicom_colours`.
        """
        return read_colours(self.files[0]) if self.tags is None else read_dicom_colours(self.slices)

    @property
    def frames(self) -> int | None:
        """How many frames over time it holds by its header; None where that is not known.

        Raises:
            InputError: if a NIfTI file's header cannot be read.
        """
        if self.tags is not None:
            return self.tags.frames
        if self.phases:
            return self.phase_frames
        if self.weightings:
            return len(self.weightings)
        return frames_of(self.files[0]) if self.files and self.fault is None else None

    def grid(self) -> Grid | None:
        """Where its voxels, or those of one frame, lie by its header; None where that is not in order."""
        return _grid(self.files, self.slices) if self.files else None

    @property
    def colour(self) -> bool:
        """Whether it holds colours by its header.

        Raises:
            InputError: as `frames`.
        """
        if self.tags is not None:
            return self.tags.colour
        return bool(self.files) and self.fault is None and is_colour(self.files[0])

    @property
    def origin(self) -> Origin:
        """Of whom and when it is, by its tags or its sidecar."""
        tags = self.tags or self.sidecar
        return Origin() if tags is None else tags.origin

    @property
    def stem(self) -> str:
        """Its path without the ending."""
        return self.path[: len(self.path) - len(volume_suffix(PurePosixPath(self.path)) or "")]

    @property
    def has_words(self) -> bool:
        """Whether its path says more than a single word: DWI.nii.gz says nothing of anybody."""
        return _SEVERAL_WORDS.search(self.stem) is not None

    @property
    def distinct(self) -> Hashable:
        """Something that differs wherever tags or names may say another patient or examination."""
        said = self.origin
        told = self.stem if self.tags is not None or self.has_words else ""
        return said, said.study_uid, said.acquisition_date, told

    @property
    def path(self) -> str:
        """Its place in the study folder, of a DICOM series that of its folder: without the series' description."""
        return self.name.partition(" (series '")[0]

    @cached_property
    def sidecar(self) -> DicomTags | None:
        """What the .json beside a file says of the series that it was converted from; None without any."""
        if self.tags is not None or not self.files:
            return None
        suffix = volume_suffix(self.files[0]) or ""
        beside = self.files[0].with_name(f"{self.files[0].name[: -len(suffix) or None]}.json")
        if not beside.is_file():
            return None
        from .sidecar import read_sidecar

        return read_sidecar(beside)

    @property
    def weighting(self) -> Weighting | None:
        """How a file of a single volume is weighted by diffusion, by the .bval beside it; None without any."""
        if self.tags is not None or not self.files or self.weightings:
            return None
        stem = self.files[0].name[: -len(volume_suffix(self.files[0]) or "") or None]
        if not any(self.files[0].with_name(f"{stem}{ending}").is_file() for ending in (".bval", ".bvals")):
            return None
        from .b_value_files import own_weighting

        return own_weighting(self.files[0])

    @property
    def places(self) -> frozenset[tuple[Path, int]]:
        """Where its slices are stored: the files, and of files of several slices their numbers in it."""
        if self.slices:
            return frozenset((record.path, record.frame) for record in self.slices)
        return frozenset((path, 0) for path in self.files)

    @property
    def images(self) -> tuple[SourceImage, ...]:
        """The DICOM images that its voxels come from, in their order: of series over time frame by frame, of diffusion
        in several volumes those that trace and ADC are made of; () for files."""
        slices = self.slices
        if self.parts:
            from .dicom_diffusion import taken_slices

            slices = taken_slices(self.parts)
        return tuple(SourceImage.of(record) for record in slices)

    @property
    def count(self) -> str:
        """How many files it consists of, and how many slices where these are not as many, in words."""
        files = "1 file" if len(self.files) == 1 else f"{len(self.files)} files"
        return files if len(self.slices) in (0, len(self.files)) else f"{len(self.slices)} slices in {files}"

    def sha256(self) -> str:
        """Hash of all its files in order."""
        return sha256_of(self.files)

    def notes(self) -> tuple[str, ...]:
        """What is doubtful in its header."""
        return header_notes(self.files[0]) if self.tags is None else ()


def file_candidate(path: Path, name: str) -> Candidate:
    """A candidate of one file of any format; a format that cannot be read is refused when it is read.

    Raises:
        InputError: if it is missing, a folder, empty, or not what its name says.
    """
    require_file(path)
    if volume_suffix(path) is None and is_dicom(path):
        slices = tuple(read_slices(path))
        return Candidate(name, (path,), slices[0].tags if slices else None, slices=slices)
    return Candidate(name, files_of(path))


def is_dicom(path: Path) -> bool:
    """Whether the file is DICOM by its content.

    Raises:
        InputError: if it is not though it is named so, or cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix in LITTER or path.name.upper() == "DICOMDIR" or not path.exists():
        return False
    marked = looks_like_dicom(path)
    if suffix in _DICOM_SUFFIXES and not marked:
        raise InputError(
            "is not a DICOM file though it is named so",
            where=path,
            fix="Export it again or take it out of the folder",
        )
    return marked


def _grid(files: Sequence[Path], slices: Sequence[Slice]) -> Grid | None:
    """The grid of a volume, or of one frame of a series over time; None for what is no volume of proper geometry."""
    try:
        if slices:
            places = {record.position: record for record in in_order(slices)}
            return stack_grid(list(places.values()), str(files[0]))
        if volume_suffix(files[0]) in SUFFIXES:
            return open_nifti(files[0]).grid()
        return header_grid(files[0])
    except InputError:
        # Reading the volume says what is wrong with it; here only places are compared.
        return None
