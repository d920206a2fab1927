"""Values of DICOM elements; a value that is not what its type allows is left out, whatever pydicom makes of it.

Writers put decimal commas, two numbers for one, and texts of any length where the standard wants something else; that
is no reason to refuse the file as long as the element is not needed.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

# Private b-values: group, element offset, start of the creator's name.
PRIVATE_B = (
    (0x0019, 0x0C, "SIEMENS MR HEADER"),
    (0x0043, 0x39, "GEMS_PARM_01"),
    (0x2001, 0x03, "PHILIPS IMAGING DD"),
    (0x0065, 0x09, "IMAGE PRIVATE HEADER"),
)
# Of United Imaging the last; the same for what a diffusion gradient's direction is, in words and as a vector.
PRIVATE_DIRECTION = ((0x0019, 0x0D, "SIEMENS MR HEADER"), (0x2001, 0x04, "PHILIPS IMAGING DD"))
PRIVATE_VECTOR = ((0x0019, 0x0E, "SIEMENS MR HEADER"), (0x0065, 0x37, "IMAGE PRIVATE HEADER"))
PRIVATE_AXES = (
    tuple((0x0019, offset, "GEMS_ACQU_01") for offset in (0xBB, 0xBC, 0xBD)),
    tuple((0x2005, offset, "PHILIPS MR IMAGING DD 001") for offset in (0xB0, 0xB1, 0xB2)),
)
"""Vectors whose three numbers stand in elements of their own. GE's are along the slice's columns, rows and normal."""
REAL_WORLD, REAL_WORLD_SLOPE = "RealWorldValueMappingSequence", "RealWorldValueSlope"
PRIVATE_SCALE = (0x2005, 0x0E, "PHILIPS MR IMAGING DD 001")
PRIVATE_ELEMENTS = (
    *(*PRIVATE_B, *PRIVATE_DIRECTION, *PRIVATE_VECTOR, PRIVATE_SCALE),
    *(element for axes in PRIVATE_AXES for element in axes),
)
ISOTROPIC, DIRECTIONAL = "ISOTROPIC", "DIRECTIONAL"
PRIVATE_SLOTS = range(0x10, 0x14)
"""A vendor's block may stand in any of the slots that its creator's name reserves."""
_SEQUENCE_B = re.compile(r"\*?ep_(?:c_)?b(\d+)", re.I)
_COMMENTED_B = re.compile(r"\bb(?:-?value)?\s*=\s*(\d{1,5})(?!\d)", re.I)
_COMMENTED_VECTOR = re.compile(r"\bb\s*=\s*[\d.]+\s*\(\s*([-\d.]+)\s*,\s*([-\d.]+)\s*,\s*([-\d.]+)\s*\)", re.I)
"""Canon's: b=1000(0.445,0.000,0.895)."""
_MOST_TEXT = 1024
_FAULTS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RecursionError),
    *(TypeError, ValueError, struct.error, zlib.error),
)


def parser_faults() -> tuple[type[Exception], ...]:
    """What pydicom raises over bytes that are no DICOM."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (*_FAULTS, BytesLengthException, InvalidDicomError)


def value(header: Dataset, keyword: str) -> Any:
    """An element's value; None if it is missing, empty, or cannot be read."""
    try:
        found = header.get(keyword)
    except parser_faults():
        # Left out: whoever needs it says that it is missing.
        return None
    return None if found == "" else found


def text(header: Dataset, keyword: str) -> str:
    """An element's value as text of no more than 1,024 characters, "" without a value."""
    found = value(header, keyword)
    return "" if found is None else str(found)[:_MOST_TEXT].replace("\0", "")


def words(header: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of an element in capital letters."""
    found = value(header, keyword)
    if found is None:
        return ()
    return (found.upper(),) if isinstance(found, str) else tuple(str(word).upper() for word in _listed(found))


def number(header: Dataset, keyword: str) -> float | None:
    """The one finite number of an element."""
    found = numbers(header, keyword, 1)
    return None if found is None else found[0]


def numbers(header: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """The numbers of an element if they are so many, and finite."""
    found = value(header, keyword)
    listed = _listed(found)
    try:
        values = tuple(float(item) for item in listed)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None


def whole(header: Dataset, keyword: str, otherwise: int) -> int:
    """The whole number of an element."""
    found = number(header, keyword)
    return otherwise if found is None else int(found)


def window(header: Dataset) -> tuple[float, float] | None:
    """Centre and width; of several windows the first, which is what a viewer shows."""
    firsts = []
    for keyword in ("WindowCenter", "WindowWidth"):
        listed = _listed(value(header, keyword))
        try:
            firsts.append(float(listed[0]))
        except (IndexError, TypeError, ValueError, OverflowError):
            return None
    return firsts[0], firsts[1]


def b_value(header: Dataset) -> float | None:
    """The diffusion weighting in s/mm²: the standard's tag, else that of Siemens, GE, Philips or United Imaging, else
    what Siemens' sequence name or Canon's image comment says, else None.

    GE stores it with flags added in the millions and more (1000001000 is 1000).
    """
    if (standard := number(header, "DiffusionBValue")) is not None:
        return standard
    for group, element, creator in _private(header, PRIVATE_B):
        found = _private_number(header, group, element)
        if found is not None:
            return found % 100_000 if creator.startswith("GEMS") else found
    if (named := sequence_b_value(text(header, "SequenceName"))) is not None:
        return named
    commented = _COMMENTED_B.search(text(header, "ImageComments"))
    return float(commented[1]) if commented else None


def gradient(header: Dataset) -> tuple[float, ...]:
    """The unit vector of the diffusion gradient to three digits; empty where none is said.

    What tells directions of a series apart: of GE along the slice's axes, of all others along the patient's.
    """
    found = numbers(header, "DiffusionGradientOrientation", 3)
    for group, element, _ in () if found else _private(header, PRIVATE_VECTOR):
        found = _private_numbers(header, group, element, 3) or found
    for axes in () if found else PRIVATE_AXES:
        parts = [_private_number(header, group, element) for group, element, _ in _private(header, axes)]
        found = tuple(part for part in parts if part is not None) if len(parts) == 3 and None not in parts else found
    if not found and (commented := _COMMENTED_VECTOR.search(text(header, "ImageComments"))):
        try:
            found = tuple(map(float, commented.groups()))
        except ValueError:
            found = None
    return tuple(round(part, 3) for part in found or ()) if any(found or ()) else ()


def gain(header: Dataset, slope: float) -> float | None:
    """By what display values differ from those that were measured: Philips' scale slope times the rescale slope.

    Display values are stored * RS + RI, those measured stored / SS + RI / (RS * SS) (Chenevert et al., Transl Oncol
    2014). Where private elements were taken out the real-world value's slope, which is 1 / SS, says the same.
    """
    scale = private_number(header, PRIVATE_SCALE)
    if scale is None and (real := _real_world_slope(header)):
        scale = 1 / real
    return scale * slope if scale is not None and math.isfinite(scale) and scale * slope > 0 else None


def _real_world_slope(header: Dataset) -> float | None:
    """Of a frame's own header, or of a classic header's mapping."""
    if (said := number(header, REAL_WORLD_SLOPE)) is not None:
        return said
    items = _listed(value(header, REAL_WORLD))
    return number(items[0], REAL_WORLD_SLOPE) if items and hasattr(items[0], "get") else None


def direction(header: Dataset) -> str:
    """ISOTROPIC for an image of all directions (a trace), DIRECTIONAL for one of a single direction, "" if not said."""
    said = text(header, "DiffusionDirectionality").upper()
    for group, element, _ in () if said else _private(header, PRIVATE_DIRECTION):
        try:
            found = header[group, element].value
        except parser_faults():
            continue
        said = (found.decode("latin-1") if isinstance(found, bytes) else str(found or "")).strip(" \0").upper()
    if said in (ISOTROPIC, "I"):
        return ISOTROPIC
    single = said in (DIRECTIONAL, "BMATRIX", "P", "M", "S", "O") or re.search(r"#\d+$", text(header, "SequenceName"))
    return DIRECTIONAL if single or gradient(header) else ""


def private_items(header: Dataset, of: tuple[int, int, str]) -> list[Any]:
    """The items of a private sequence."""
    for group, element, _ in _private(header, (of,)):
        try:
            found = header[group, element].value
        except parser_faults():
            continue
        if found is not None and not isinstance(found, (str, bytes)) and hasattr(found, "__len__"):
            return list(found)
    return []


def private_number(header: Dataset, of: tuple[int, int, str]) -> float | None:
    """The first number of a private element."""
    for group, element, _ in _private(header, (of,)):
        if (found := _private_number(header, group, element)) is not None:
            return found
    return None


def private_bytes(header: Dataset, of: tuple[int, int, str]) -> bytes:
    """A private element that is no more than bytes."""
    for group, element, _ in _private(header, (of,)):
        try:
            found = header[group, element].value
        except parser_faults():
            continue
        if isinstance(found, bytes):
            return found
    return b""


def _private(header: Dataset, of: tuple[tuple[int, int, str], ...]) -> Iterator[tuple[int, int, str]]:
    """Group, element and creator of those private elements whose block is there."""
    for group, offset, creator in of:
        for slot in PRIVATE_SLOTS:
            if _creator(header, group, slot).startswith(creator):
                yield group, (slot << 8) + offset, creator


def sequence_b_value(sequence_name: str) -> float | None:
    """The b-value in a Siemens sequence name such as *ep_b1000t."""
    found = _SEQUENCE_B.match(sequence_name)
    return float(found[1]) if found else None


def _listed(found: Any) -> list[Any]:
    if found is None:
        return []
    return [found] if isinstance(found, (str, bytes, int, float)) or not hasattr(found, "__len__") else list(found)


def _creator(header: Dataset, group: int, slot: int) -> str:
    try:
        element = header.get((group, slot))
    except parser_faults():
        return ""
    found = None if element is None else element.value
    return (found.decode("latin-1") if isinstance(found, bytes) else str(found or "")).upper()


def _private_number(header: Dataset, group: int, element: int) -> float | None:
    found = _private_numbers(header, group, element)
    return found[0] if found else None


def _private_numbers(header: Dataset, group: int, element: int, count: int = 0) -> tuple[float, ...] | None:
    """The finite numbers of a private element, where a count is given if they are so many."""
    try:
        raw = header.get_item((group, element))
        found = None if raw is None else raw.value
        if raw is not None and raw.VR not in (None, "UN"):
            found = header[group, element].value
    except parser_faults():
        return None
    # Without a type an element is raw bytes, whatever a vendor's dictionary says: digits as text, or little-endian
    # numbers.
    if isinstance(found, bytes):
        digits = found.strip(b"\0 ")
        if re.fullmatch(rb"[\d.\\+\- eE]+", digits):
            found = digits.decode("ascii").split("\\")
        elif len(found) in (8, 24):
            found = struct.unpack(f"<{len(found) // 8}d", found)
        elif len(found) in (4, 12):
            found = struct.unpack(f"<{len(found) // 4}f", found)
    try:
        numbers = tuple(float(item) for item in _listed(found))
    except (TypeError, ValueError, OverflowError):
        # GE's b-value has flags behind it that need not be numbers.
        numbers = _first(found)
    if not numbers or (count and len(numbers) != count) or not all(map(math.isfinite, numbers[: count or 1])):
        return None
    return numbers


def _first(found: Any) -> tuple[float, ...]:
    try:
        return (float(_listed(found)[0]),)
    except (IndexError, TypeError, ValueError, OverflowError):
        return ()
