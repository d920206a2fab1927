"""Decodes the pixels of DICOM files for another process, which lives on where GDCM crashes or never ends.

Started by its path, so that nothing else of the package is imported. Each line that comes in is a JSON list of a path,
whether it is in colour, and which of its frames is wanted (from 1; 0 for the only slice of a file). Each answer is a
line of JSON ({"shape", "kind"} or {"error"}) and, after a shape, the bytes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np

SECONDS = 60
"""That a slice may take; 512 x 512 pixels take some milliseconds."""
_MOST_MEMORY = 4 << 30
_PALETTE = ("Red", "Green", "Blue")
_OF_PIXELS = (
    *("NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *(f"{colour}PaletteColorLookupTable{part}" for colour in _PALETTE for part in ("Descriptor", "Data")),
)
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_EXPLICIT, _DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
_PIXEL_DATA = 0x7FE00010


def decode(path: str, colour: bool) -> np.ndarray:
    """The pixels of one file with its rescale slope and intercept: (rows, columns) float32, in colour with a third axis
    of three uint8.

    Raises:
        RuntimeError: if GDCM cannot read it.
    """
    import SimpleITK as sitk

    if colour and (colours := _from_palette(path)) is not None:
        return colours
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    # Each slice has its own rescale slope: without a common type ITK would round to the first slice's.
    reader.SetOutputPixelType(sitk.sitkVectorUInt8 if colour else sitk.sitkFloat32)
    with _utf8_name(path) as name:
        reader.SetFileName(name)
        array = sitk.GetArrayFromImage(reader.Execute())
    return array[0] if array.ndim == (4 if colour else 3) and len(array) == 1 else array


def decode_frame(path: str, colour: bool, frame: int) -> np.ndarray:
    """The stored values of a frame, counted from 1, of a file of several: (rows, columns) float32, in colour with a
    third axis of three uint8. Rescale slope and intercept, which each frame has its own, are not applied.

    Raises:
        RuntimeError: if there is no such frame, or it cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "frame"
        try:
            _write_alone(path, frame, alone)
        except Exception as error:  # whatever a file makes pydicom raise
            raise RuntimeError(str(error) or type(error).__name__) from error
        return decode(str(alone), colour)


@lru_cache(maxsize=1)
def _header(path: str, changed: float) -> tuple[Any, int]:
    """What a file says of its pixels, and the byte at which they begin; a header of many frames is long: read once."""
    from pydicom import dcmread

    with Path(path).open("rb") as file:
        header = dcmread(file, stop_before_pixels=True, specific_tags=list(_OF_PIXELS), force=True)
        return header, file.tell()


def _write_alone(path: str, frame: int, alone: Path) -> None:
    """Writes a frame as a file of a single slice: GDCM reads files as a whole, and knows one slope for all frames."""
    from pydicom import dcmwrite
    from pydicom.encaps import encapsulate

    header, start = _header(path, Path(path).stat().st_mtime)
    single = deepcopy(header)
    syntax = str(header.file_meta.get("TransferSyntaxUID", _EXPLICIT))
    count = int(header.get("NumberOfFrames") or 1)
    if not 1 <= frame <= count:
        raise RuntimeError(f"there is no frame {frame} of {count}")
    if syntax == _DEFLATED:
        from pydicom import dcmread

        pixels, syntax = dcmread(path).PixelData, _EXPLICIT
        single.file_meta.TransferSyntaxUID = syntax
        size = len(pixels) // count
        content = pixels[(frame - 1) * size : frame * size]
    else:
        with Path(path).open("rb") as file:
            content = _frame_bytes(file, start, header, frame - 1, count)
    packed = single.file_meta.TransferSyntaxUID.is_encapsulated
    single.PixelData = encapsulate([content]) if packed else content + b"\0" * (len(content) % 2)
    single["PixelData"].VR = "OB" if packed or single.BitsAllocated == 8 else "OW"
    single.pop("NumberOfFrames", None)
    single.SOPClassUID = single.file_meta.MediaStorageSOPClassUID = _SECONDARY_CAPTURE
    single.SOPInstanceUID = single.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dcmwrite(alone, single, enforce_file_format=True)


def _frame_bytes(file: BinaryIO, start: int, header: Any, place: int, count: int) -> bytes:
    """The bytes of a frame, as they are stored or packed."""
    from pydicom.encaps import get_frame

    implicit, little = header.original_encoding
    file.seek(start)
    group, element = (int.from_bytes(file.read(2), "little" if little else "big") for _ in range(2))
    if (group << 16) + element != _PIXEL_DATA:
        raise RuntimeError("there are no pixels where they should begin")
    file.seek(start + (8 if implicit else 12))
    if header.file_meta.TransferSyntaxUID.is_encapsulated:
        return get_frame(file, place, number_of_frames=count)
    bits = header.Rows * header.Columns * header.get("SamplesPerPixel", 1) * header.BitsAllocated
    if bits % 8:
        raise RuntimeError("frames do not begin with a byte")
    file.seek(place * bits // 8, os.SEEK_CUR)
    content = file.read(bits // 8)
    if len(content) < bits // 8:
        raise RuntimeError("the frame is cut short")
    return content


def _from_palette(path: str) -> np.ndarray | None:
    """The colours that a file's palette gives its pixels, (rows, columns, 3) uint8; None for a file without a palette.

    Not by ITK: where there is a rescale slope, too, what it reads then is memory that nobody has written.
    """
    from pydicom import dcmread
    from pydicom.pixels import apply_color_lut

    header = dcmread(path, force=True)
    if header.get("PhotometricInterpretation") != "PALETTE COLOR":
        return None
    colours = apply_color_lut(header.pixel_array, header)
    return colours if colours.itemsize == 1 else (colours >> 8).astype("uint8")


@contextmanager
def _utf8_name(path: str) -> Iterator[str]:
    """A name of the file that ITK takes: a folder's name may be in bytes of another encoding."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "slice"
            link.symlink_to(path)
            yield str(link)
    else:
        yield path


def main() -> None:
    """Answers until nobody asks any more."""
    # What ITK or GDCM print is no answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit_memory()
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    _say(answers, {"ready": True})
    for line in sys.stdin.buffer:
        path, colour, frame = json.loads(line)
        _alarm(SECONDS)
        try:
            pixels = decode_frame(path, colour, frame) if frame else decode(path, colour)
        except Exception as error:  # whatever a file makes it raise is an answer
            _say(answers, {"error": (str(error) or type(error).__name__)[-300:]})
        else:
            _say(answers, {"shape": pixels.shape, "kind": pixels.dtype.str}, pixels.tobytes())
        _alarm(0)


def _say(answers: object, head: dict[str, object], content: bytes = b"") -> None:
    answers.write(json.dumps(head).encode("ascii") + b"\n" + content)  # type: ignore[attr-defined]
    answers.flush()  # type: ignore[attr-defined]


def _alarm(seconds: int) -> None:
    # Its default action ends the process even inside of GDCM, and without a parent that would do it.
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def is_limited_from_outside() -> bool:
    """Whether this process, and with it whatever it starts, has less memory than a decoder may take: then a lack of it
    says nothing about the file."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return True
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    return hard != resource.RLIM_INFINITY and hard < _MOST_MEMORY


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard if is_limited_from_outside() else _MOST_MEMORY, hard))


if __name__ == "__main__":
    # The script's own folder, where modules have common names.
    del sys.path[0]
    main()
