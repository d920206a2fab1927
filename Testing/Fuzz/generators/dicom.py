"""DICOM: a small series whose elements are changed one by one, below what any library would write."""

from __future__ import annotations

import struct
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from ctp_files import at, dicom_ctp
from io_fixtures import dicom_slices
from multi_frame_files import AXIAL, csa, enhanced, macros, places, tiled

from ..inputs import Input, chance, expect, pick
from ..mutation import damaged, number, text
from . import volumes

_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"SQ", b"UT", b"UN", b"UC", b"UR", b"OL", b"SV", b"UV")
_VRS = (*_LONG_VRS, b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH")
_ALL_VRS = (*_VRS, b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US", b"ZZ", b"\0\0")
_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50")
_MORE_SYNTAXES = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.3", "")
_PREAMBLE = 132
_START = 356
"""Where the elements of the data set begin is found by walking; the file's own group stands before."""
_INTEREST = (0x0028, 0x0020, 0x0018, 0x0008)


@dataclass(frozen=True)
class Element:
    """One element in explicit little-endian, as it is written; `length` may lie."""

    tag: tuple[int, int]
    vr: bytes
    value: bytes
    length: int | None = None

    def encoded(self) -> bytes:
        length = len(self.value) if self.length is None else self.length
        head = struct.pack("<HH", *self.tag) + self.vr
        if self.vr in _LONG_VRS:
            return head + b"\0\0" + struct.pack("<I", length & 0xFFFFFFFF) + self.value
        return head + struct.pack("<H", length & 0xFFFF) + self.value


def series(rng: np.random.Generator, home: Path) -> Input:
    """A folder with a series of which one file, or all, are odd."""
    kind_of_file = pick(rng, ("slices", "slices", "slices", "frames", "enhanced", "mosaic"))
    files = _base(kind_of_file)
    study = home / "study"
    study.mkdir()
    if chance(rng, 0.1) and kind_of_file in ("slices", "enhanced"):
        return _right(home, study, files)
    kind, changed = _changed(rng, [list(elements) for elements in files])
    for place, content in enumerate(changed):
        (study / f"IM{place:04d}{'' if place % 2 else '.dcm'}").write_bytes(content)
    if chance(rng, 0.1) and changed:
        (study / "DICOMDIR").write_bytes(changed[0])
    voxels = sum(map(len, changed))
    return Input(f"{kind_of_file}: {kind}", ("load", "study"), voxels=voxels)


@lru_cache
def _base(kind: str) -> tuple[tuple[Element, ...], ...]:
    """The elements of each file of a valid series."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "frames":
            data = volumes.frames(np.random.default_rng(1), 4).T[:, :3]
            dicom_ctp(Path(folder), data, lambda frame, _: at(36000 + 2.0 * frame))
        else:
            data = volumes.brain(np.random.default_rng(1)).T
            _of_a_volume(Path(folder), kind, data.astype(np.uint16))
        files = [_walked(path.read_bytes()) for path in sorted(Path(folder).iterdir())]
    # pydicom draws them by chance.
    own = ((0x0002, 0x0003), (0x0008, 0x0018))
    names = {(place, tag): f"1.2.840.{place:03d}.".encode() + b"1" for place in range(len(files)) for tag in own}
    names |= {(place, (0x0020, 0x000E)): b"1.2.840.7" + b"\0" for place in range(len(files))}
    return tuple(
        tuple(replace(element, value=names.get((place, element.tag), element.value)) for element in elements)
        for place, elements in enumerate(files)
    )


def _of_a_volume(folder: Path, kind: str, data: np.ndarray) -> None:
    """A volume as a file a slice, as a file of all frames, or as a mosaic."""
    tags = {"SeriesDescription": "DWI b1000", "ProtocolName": "DWI"}
    if kind == "enhanced":
        where = places(len(data), AXIAL, (-10.0, 20.0, 30.0), 4.0)
        enhanced(folder / "e.dcm", data, [macros(place, b=1000.0) for place in where], tags=tags)
    elif kind == "mosaic":
        side = int(np.ceil(np.sqrt(len(data))))
        private = {
            (0x19, "SIEMENS MR HEADER", 0x0A): ("US", len(data)),
            (0x29, "SIEMENS CSA HEADER", 0x10): ("OB", csa({"SliceNormalVector": ["0", "0", "1"]})),
        }
        tags |= {"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}  # type: ignore[dict-item]
        dicom_slices(folder, tiled(data, side, side)[None].astype(int), tags=tags, private=private)
    else:
        dicom_slices(folder, data.astype(int), tags=tags)


def _right(home: Path, study: Path, files: tuple[tuple[Element, ...], ...]) -> Input:
    for place, elements in enumerate(files):
        (study / f"{(7 * place) % 10}_{place}").write_bytes(_file(elements))
    affine = np.diag([1.5, 2.0, 4.0, 1.0])
    affine[:3, 3] = (-10, 20, 30)
    expect(home, "DWI", volumes.brain(np.random.default_rng(1)).T.astype(np.float32), affine)
    return Input("in order", ("load", "study"), expected=True, must_work=True)


def _walked(content: bytes) -> tuple[Element, ...]:
    """The elements of a file in explicit little-endian, one level deep."""
    at_byte, found = _PREAMBLE, []
    while at_byte < len(content):
        tag, vr = struct.unpack_from("<HH", content, at_byte), content[at_byte + 4 : at_byte + 6]
        if vr in _LONG_VRS:
            (length,), head = struct.unpack_from("<I", content, at_byte + 8), 12
        else:
            (length,), head = struct.unpack_from("<H", content, at_byte + 6), 8
        value = content[at_byte + head : at_byte + head + length]
        found.append(Element((tag[0], tag[1]), vr, value))
        at_byte += head + length
    return tuple(found)


def _file(elements: Any) -> bytes:
    return bytes(128) + b"DICM" + b"".join(element.encoded() for element in elements)


def _changed(rng: np.random.Generator, files: list[list[Element]]) -> tuple[str, list[bytes]]:
    """The files with one fault, in one file or in all of them."""
    everywhere = chance(rng, 0.5)
    chosen = range(len(files)) if everywhere else [int(rng.integers(len(files)))]
    where = "all" if everywhere else "one"
    how = pick(rng, ("element", "element", "element", "element", "bytes", "whole", "added"))
    if how == "bytes":
        contents = [_file(elements) for elements in files]
        kind = ""
        for place in chosen:
            kind, contents[place] = damaged(rng, contents[place], pick(rng, (400, 900, None)))
        return f"{kind} in {where}", contents
    if how == "whole":
        return _whole(rng, [_file(elements) for elements in files], files)
    names = [element.tag for element in files[0] if element.tag[0] in _INTEREST or chance(rng, 0.3)]
    tag = pick(rng, names)
    edit = pick(rng, ("number", "number", "text", "VR", "length", "missing", "doubled", "bytes", "cut", "list"))
    draw = int(rng.integers(2**31))
    for place in chosen:
        # The same change in each file: a series that is odd as a whole.
        files[place] = _edited(np.random.default_rng(draw), files[place], tag, edit if how == "element" else "added")
    named = f"({tag[0]:04x},{tag[1]:04x})" if how == "element" else "element"
    return f"{named} {edit if how == 'element' else 'added'} in {where}", [_file(elements) for elements in files]


def _edited(rng: np.random.Generator, elements: list[Element], tag: tuple[int, int], edit: str) -> list[Element]:
    if edit == "added":
        return _added(rng, elements)
    found: list[Element] = []
    for element in elements:
        if element.tag != tag:
            found.append(element)
        elif edit == "doubled":
            found += [element, element]
        elif edit != "missing":
            found.append(_odd(rng, element, edit))
    return found


def _odd(rng: np.random.Generator, element: Element, edit: str) -> Element:
    if edit == "VR":
        return replace(element, vr=pick(rng, _ALL_VRS))
    if edit == "length":
        return replace(
            element, length=int(pick(rng, (0, 1, 3, 7, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(element.value) + 1)))
        )
    if edit == "cut":
        return replace(element, value=element.value[: int(rng.integers(len(element.value) + 1))])
    if edit == "bytes":
        return replace(element, value=rng.bytes(int(pick(rng, (1, 2, 3, 8, 64, 5000)))))
    if edit == "list":
        return replace(element, value=b"\\".join([element.value or b"1"] * int(pick(rng, (2, 7, 1000)))))
    if element.vr in (b"US", b"SS"):
        return replace(
            element,
            value=struct.pack("<H", int(pick(rng, (0, 1, 2, 3, 5, 8, 12, 15, 16, 17, 32, 64, 255, 32768, 65535)))),
        )
    words = number(rng) if edit == "number" else text(rng)
    parts = element.value.split(b"\\")
    parts[int(rng.integers(len(parts)))] = words.encode("utf-8", "surrogatepass")[:60_000]
    value = b"\\".join(parts)[:65_000]
    return replace(element, value=value if chance(rng, 0.1) else value + b" " * (len(value) % 2))


def _added(rng: np.random.Generator, elements: list[Element]) -> list[Element]:
    """With a further element: a deep sequence, many frames, a palette, a private block."""
    deep = b""
    for _ in range(int(pick(rng, (1, 50, 500)))):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(deep)) + deep
        deep = struct.pack("<HH", 0x0008, 0x1140) + b"SQ\0\0" + struct.pack("<I", len(item)) + item
    more = pick(
        rng,
        (
            Element((0x0028, 0x0008), b"IS", str(number(rng)).encode("utf-8")[:4000]),
            Element((0x0028, 0x1101), b"US", struct.pack("<HHH", 0, 0, 16)),
            Element((0x0008, 0x1140), b"SQ", deep),
            Element((0x0008, 0x1140), b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF), 0xFFFFFFFF),
            Element((0x0008, 0x0005), b"CS", text(rng).encode("utf-8", "surrogatepass")[:100]),
            Element((0x0029, 0x1010), b"OB", rng.bytes(100)),
            Element((0x0018, 0x9087), b"FD", struct.pack("<d", float(pick(rng, (0, -1, 1e300, np.nan, 1000))))),
            Element((0x0018, 0x9087), b"FD", b"1000"),
            Element((0x0028, 0x1053), b"DS", number(rng).encode("utf-8")[:60_000]),
            Element((0x0028, 0x1054), b"LO", text(rng).encode("utf-8", "surrogatepass")[:60_000]),
            Element((0x0054, 0x1001), b"CS", rng.bytes(16)),
            Element((0x0020, 0x0100), b"IS", number(rng).encode("utf-8")[:60_000]),
            Element((0x0018, 0x1060), b"DS", number(rng).encode("utf-8")[:60_000]),
            Element((0x7FE0, 0x0010), b"OW", b"", 0xFFFFFFFF),
        ),
    )
    kept = [element for element in elements if element.tag != more.tag]
    return sorted([*kept, more], key=lambda element: element.tag)


def _whole(rng: np.random.Generator, contents: list[bytes], files: list[list[Element]]) -> tuple[str, list[bytes]]:
    """Faults of a file or a folder as a whole."""
    kind = pick(
        rng, ("no preamble", "another syntax", "file doubled", "file missing", "empty file", "text", "mixed", "cut")
    )
    place = int(rng.integers(len(contents)))
    if kind == "no preamble":
        contents[place] = contents[place][pick(rng, (128, _PREAMBLE, _START)) :]
    elif kind == "another syntax":
        syntax = pick(rng, (*_SYNTAXES, *_MORE_SYNTAXES)).encode()
        syntax += b"\0" * (len(syntax) % 2)
        contents = [
            _file([replace(e, value=syntax) if e.tag == (0x0002, 0x0010) else e for e in elements])
            for elements in files
        ]
    elif kind == "file doubled":
        contents.append(contents[place])
    elif kind == "file missing":
        del contents[place]
    elif kind == "empty file":
        contents[place] = b""
    elif kind == "text":
        contents[place] = b"this is no image\n" * 20
    elif kind == "cut":
        contents = [content[: int(rng.integers(1, len(content)))] for content in contents]
    else:
        contents += [_file(elements) for elements in _base("frames")]
    return kind, contents
