"""Values of DICOM elements; a value that is not what its type allows is left out, whatever pydicom makes of it.

Writers put decimal commas, two numbers for one, and texts of any length where the standard wants something else; that
is no reason to refuse the file as long as the element is not needed.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

# Private b-values: group, element offset, start of the creator's name.
PRIVATE_B = (
    (0x0019, 0x0C, "SIEMENS MR HEADER"),
    (0x0043, 0x39, "GEMS_PARM_01"),
    (0x2001, 0x03, "PHILIPS IMAGING DD"),
)
PRIVATE_SLOTS = range(0x10, 0x14)
"""A vendor's block may stand in any of the slots that its creator's name reserves."""
_SEQUENCE_B = re.compile(r"\*?ep_b(\d+)", re.I)
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
    """The diffusion weighting in s/mm²: the standard's tag, else Siemens', GE's or Philips', else None.

    GE stores it with flags added in the millions and more (1000001000 is 1000).
    """
    if (standard := number(header, "DiffusionBValue")) is not None:
        return standard
    for group, offset, creator in PRIVATE_B:
        for slot in PRIVATE_SLOTS:
            if not _creator(header, group, slot).startswith(creator):
                continue
            found = _private_number(header, group, (slot << 8) + offset)
            if found is not None:
                return found % 100_000 if creator.startswith("GEMS") else found
    return sequence_b_value(text(header, "SequenceName"))


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
    try:
        raw = header.get_item((group, element))
        found = None if raw is None else raw.value
        if raw is not None and raw.VR not in (None, "UN"):
            found = header[group, element].value
    except parser_faults():
        return None
    # Without a type an element is raw bytes, whatever a vendor's dictionary says: digits as text, or one little-endian
    # number.
    if isinstance(found, bytes):
        digits = found.strip(b"\0 ")
        if re.fullmatch(rb"[\d.\\+\- eE]+", digits):
            found = digits.decode("ascii").split("\\")
        elif len(found) in (4, 8):
            found = struct.unpack("<f" if len(found) == 4 else "<d", found)
    try:
        first = float(_listed(found)[0])
    except (IndexError, TypeError, ValueError, OverflowError):
        return None
    return first if math.isfinite(first) else None
