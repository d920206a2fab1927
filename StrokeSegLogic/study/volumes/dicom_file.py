"""The slices that a DICOM file holds, by its header: one, the frames of an enhanced file, or the tiles of a mosaic."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...base.errors import InputError, within_memory
from . import dicom_values as values
from .dicom_container import begins_as_dicom, open_dicom, require_inflatable, size_of
from .dicom_frames import FRAME_TAGS, PER_FRAME, frame_headers
from .dicom_headers import NoPydicom, Slice
from .dicom_mosaic import MOSAIC_TAGS, SIEMENS_COUNT, SIEMENS_CSA, UIH_COUNT, UIH_FRAMES, is_mosaic, tiles_of
from .dicom_record import RECORD_TAGS, slice_of

if TYPE_CHECKING:
    from pydicom import Dataset

_NOT_IMAGES = frozenset({"SR", "PR", "KO", "DOC", "RTSTRUCT", "RTPLAN", "RTDOSE", "RWV", "REG", "FID"})


def read_slices(path: Path) -> list[Slice]:
    """The records of the slices of a file, none if it is DICOM without a picture (report, structure set, directory).

    A value that cannot be read is left out.

    Raises:
        NoPydicom: if it is not installed.
        InputError: if the file is not intact DICOM, or a slice has more pixels than any has.
    """
    try:
        import pydicom
    except ImportError as error:
        raise NoPydicom(
            "reading DICOM needs pydicom", where=path, fix='Install it with pip install "strokeseg[dicom]"'
        ) from error
    with within_memory(path), open_dicom(path) as file, warnings.catch_warnings():
        # What pydicom warns of, a value too long for its type for instance, either reads all the same or is left out.
        warnings.simplefilter("ignore")
        try:
            require_inflatable(file, path)
            clamped, bare = _Clamped(file, size_of(path)), begins_as_dicom(file.read(256))
            file.seek(0)
            header = pydicom.dcmread(clamped, stop_before_pixels=True, specific_tags=_wanted(), force=bare)
            if values.text(header, "Modality") in _NOT_IMAGES or not values.whole(header, "Rows", 0):
                return []
            return _slices(path, header)
        except values.parser_faults() as error:
            raise InputError(
                "is not an intact DICOM file", where=path, fix="Copy or export it again, or take it out of the folder"
            ) from error


def _slices(path: Path, header: Dataset) -> list[Slice]:
    syntax = str(header.file_meta.get("TransferSyntaxUID", ""))
    if values.value(header, PER_FRAME):
        return [slice_of(path, frame, syntax, number + 1) for number, frame in enumerate(frame_headers(header))]
    whole = slice_of(path, header, syntax)
    return (is_mosaic(whole) and tiles_of(whole, header)) or [whole]


def _wanted() -> list[Any]:
    """The elements that are read; all else is passed over."""
    private: tuple[tuple[int, int, str], ...] = (
        *values.PRIVATE_ELEMENTS,
        *(SIEMENS_COUNT, SIEMENS_CSA, UIH_COUNT, UIH_FRAMES),
    )
    wanted: list[Any] = [*RECORD_TAGS, *FRAME_TAGS, *MOSAIC_TAGS]
    for group, offset, _ in private:
        for slot in values.PRIVATE_SLOTS:
            wanted += [(group << 16) + slot, (group << 16) + (slot << 8) + offset]
    return wanted


class _Clamped:
    """A file of which no more is asked than it holds: for the length that an element claims memory is taken at once."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self._file.tell(), 0)
        return self._file.read(left if size < 0 else min(size, left))
