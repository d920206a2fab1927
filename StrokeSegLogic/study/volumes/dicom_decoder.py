"""Decodes the pixels of DICOM files for another process, which lives on where GDCM crashes or never ends.

Started by its path, so that nothing else of the package is imported. Each line that comes in is a JSON list of a path
and whether it is in colour; each answer a line of JSON ({"shape", "kind"} or {"error"}) and, after a shape, the bytes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SECONDS = 60
"""That a slice may take; 512 x 512 pixels take some milliseconds."""
_MOST_MEMORY = 4 << 30


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
        path, colour = json.loads(line)
        _alarm(SECONDS)
        try:
            pixels = decode(path, colour)
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
