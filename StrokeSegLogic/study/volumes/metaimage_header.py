"""The header of a MetaImage file; where ITK reads the same file, it comes to the same numbers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .geometry import require_spacing
from .itk_header import UNDEFINED_SPACING, Encoding, ItkHeader, data_file, fault, first_bytes, numbers_of, whole

_KINDS = {
    **{"MET_CHAR": "i1", "MET_ASCII_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2"},
    # Longs are 4 bytes long in this format.
    **{"MET_INT": "i4", "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8"},
    **{"MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
_END = re.compile(rb"^\s*ElementDataFile\s*[=:][^\r\n]*(?:\r?\n|\Z)", re.M)
_LINE = re.compile(r"\s*([^=:]+?)\s*[=:]\s*(.*?)\s*")
_MOST_AXES = 4


def read_metaimage_header(path: Path) -> ItkHeader:
    """The header.

    Raises:
        InputError: if it is no MetaImage, or says what no volume or series of a head is; if its spacing is no
            positive number, which ITK would turn into a flipped axis.
    """
    content = first_bytes(path)
    end = _END.search(content)
    if end is None:
        raise fault(path)
    fields: dict[str, str] = {}
    try:
        for line in content[: end.end()].decode("utf-8", "replace").splitlines():
            if not line.strip():
                continue
            found = _LINE.fullmatch(line)
            if found is None or found[1] in fields:
                raise ValueError(f"line '{line[:40]}'")
            fields[found[1]] = found[2]
        return _header(path, fields, end.end())
    except (ValueError, KeyError) as error:
        raise fault(path, f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)) from error


def _header(path: Path, fields: dict[str, str], end: int) -> ItkHeader:
    count = whole(fields["NDims"])
    if not 1 <= count <= _MOST_AXES:
        raise ValueError(f"{count} axes")
    components = whole(fields.get("ElementNumberOfChannels", "1"))
    name = fields["ElementDataFile"]
    local = name.upper() == "LOCAL"
    start = whole(fields.get("HeaderSize", "0"))
    if start < -1:
        raise ValueError(f"a header of {start} bytes")
    return ItkHeader(
        path=path,
        size=tuple(whole(word) for word in _several(fields["DimSize"], count)),
        spacing=_spacing(fields, count, path),
        origin=tuple(_numbers(fields, ("Offset", "Position", "Origin"), count, [0.0] * count)),
        # One row an axis.
        direction=np.reshape(
            _numbers(fields, ("TransformMatrix", "Orientation", "Rotation"), count**2, np.eye(count).ravel().tolist()),
            (count, count),
        ).T,
        kind=np.dtype(_KINDS[fields["ElementType"]]).newbyteorder(">" if _is_big(fields) else "<"),
        encoding=_encoding(fields),
        data=path if local else data_file(path, name),
        components=components,
        component_axis=0 if components != 1 else None,
        start=None if start == -1 else start or (end if local else 0),
        pairs=fields,
    )


def _spacing(fields: dict[str, str], count: int, path: Path) -> tuple[float, ...]:
    try:
        spacing = _numbers(fields, ("ElementSpacing", "ElementSize"), count, [1.0] * count)
    except ValueError as error:
        raise fault(path, UNDEFINED_SPACING) from error
    require_spacing(spacing[:3], str(path))
    return tuple(spacing)


def _numbers(fields: dict[str, str], names: tuple[str, ...], count: int, otherwise: list[float]) -> list[float]:
    """The numbers of the first of several names that is there."""
    text = next((fields[name] for name in names if name in fields), None)
    return otherwise if text is None else numbers_of(" ".join(_several(text, count)))


def _several(text: str, count: int) -> list[str]:
    words = text.split()
    if len(words) != count:
        raise ValueError(f"'{text[:40]}' where {count} numbers are wanted")
    return words


def _is_true(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "")[:1] in ("T", "t", "1")


def _is_big(fields: dict[str, str]) -> bool:
    return _is_true(fields, "BinaryDataByteOrderMSB") or _is_true(fields, "ElementByteOrderMSB")


def _encoding(fields: dict[str, str]) -> Encoding:
    if _is_true(fields, "CompressedData"):
        return "zlib"
    return "raw" if _is_true(fields, "BinaryData") or "BinaryData" not in fields else "text"
