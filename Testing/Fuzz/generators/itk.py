"""NRRD and MetaImage: text headers with every field at an extreme, data beside them or not."""

from __future__ import annotations

import bz2
import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged, number, text
from . import volumes

Fields = list[tuple[str, str]]
_NRRD_TYPES = {"short": "<i2", "ushort": "<u2", "int": "<i4", "float": "<f4", "double": "<f8", "uchar": "u1"}
_META_TYPES = {"MET_SHORT": "<i2", "MET_USHORT": "<u2", "MET_INT": "<i4", "MET_FLOAT": "<f4", "MET_DOUBLE": "<f8"}


def nrrd(rng: np.random.Generator, home: Path) -> Input:
    """A NRRD file of a volume or a series."""
    over_time = chance(rng, 0.3)
    return _made(rng, home, over_time, _nrrd_fields, _nrrd_text, (".nrrd", ".nhdr"), "data file")


def metaimage(rng: np.random.Generator, home: Path) -> Input:
    """A MetaImage file of a volume or a series."""
    over_time = chance(rng, 0.3)
    return _made(rng, home, over_time, _meta_fields, _meta_text, (".mha", ".mhd"), "ElementDataFile")


def _made(
    rng: np.random.Generator,
    home: Path,
    over_time: bool,
    fields_of: Callable[..., tuple[Fields, bytes, np.ndarray]],
    text_of: Callable[[Fields, str], bytes],
    suffixes: tuple[str, str],
    reference: str,
) -> Input:
    data = volumes.frames(rng) if over_time else volumes.brain(rng)
    role, ras = "CTP" if over_time else "DWI", volumes.affine(rng)
    fields, content, shown = fields_of(rng, data, ras)
    name = f"{role}{suffixes[0]}"
    if over_time:
        (home / "CTP.json").write_text('{"RepetitionTime": 2}', encoding="ascii")
    how = pick(rng, ("right", "field", "field", "field", "two fields", "structure", "structure", "bytes", "detached"))
    eol = "\r\n" if chance(rng, 0.1) and how != "right" else "\n"
    if how == "right":
        (home / name).write_bytes(text_of(fields, eol) + content)
        # ITK's NRRD knows no bzip2.
        known = ("encoding", "bzip2") not in fields
        return volumes.right(home, role, shown, ras, "in order", f"{role}={name}", must_work=known)
    if how in ("field", "two fields"):
        kind = _fields_changed(rng, fields, 1 if how == "field" else 2)
        (home / name).write_bytes(text_of(fields, eol) + content)
    elif how == "structure":
        kind, header = _restructured(rng, fields, text_of, eol)
        (home / name).write_bytes(header + content)
    elif how == "bytes":
        header = text_of(fields, eol)
        kind, content = damaged(rng, header + content, None if chance(rng, 0.3) else len(header))
        (home / name).write_bytes(content)
    else:
        name = f"{role}{suffixes[1]}"
        kind = _detached(rng, home, name, fields, content, text_of, reference)
    return Input(kind, ("load", f"{role}={name}"), voxels=data.size)


def _fields_changed(rng: np.random.Generator, fields: Fields, count: int) -> str:
    """Values of some fields at an extreme, or one number within them."""
    names = []
    for _ in range(count):
        place = int(rng.integers(len(fields)))
        key, value = fields[place]
        words = value.split(" ")
        if len(words) > 1 and chance(rng, 0.6):
            words[int(rng.integers(len(words)))] = number(rng) if chance(rng, 0.8) else text(rng)
            value = " ".join(words)
        else:
            value = number(rng) if chance(rng, 0.7) else text(rng)
        fields[place] = key, value
        names.append(key)
    return f"field {' and '.join(sorted(set(names)))}"


def _restructured(
    rng: np.random.Generator, fields: Fields, text_of: Callable[[Fields, str], bytes], eol: str
) -> tuple[str, bytes]:
    kind = pick(rng, ("missing", "doubled", "shuffled", "unknown", "long line", "many lines", "magic", "NUL", "dims"))
    place = int(rng.integers(len(fields)))
    if kind == "missing":
        return f"field {fields[place][0]} missing", text_of(fields[:place] + fields[place + 1 :], eol)
    if kind == "doubled":
        return "field doubled", text_of([*fields[:place], (fields[place][0], number(rng)), *fields[place:]], eol)
    if kind == "shuffled":
        order = rng.permutation(len(fields))
        return "fields shuffled", text_of([fields[int(index)] for index in order], eol)
    if kind == "unknown":
        return "unknown field", text_of([*fields[:place], (text(rng), text(rng)), *fields[place:]], eol)
    if kind == "long line":
        length = int(pick(rng, (700, 801, 1000, 5000, 70_000, 1_000_000)))
        more = pick(
            rng, (("#", "x" * length), ("x" * length, "1"), ("Comment", "y" * length), ("y:=" + "z" * length, ""))
        )
        return "long line", text_of([*fields[:-1], more, fields[-1]], eol)
    if kind == "many lines":
        return "many lines", text_of([*[("Comment", str(line)) for line in range(5000)], *fields], eol)
    header = text_of(fields, eol)
    if kind == "NUL":
        return "NUL in the header", header.replace(b" ", b"\0", 1)
    if kind == "magic":
        cut = header.find(b"\n")
        return "first line", pick(
            rng, (b"NRRD0009", b"NRRD", b"nrrd0004", b"", b"NRRD0004 x", b"\xef\xbb\xbfNRRD0004")
        ) + header[cut:]
    for key in ("dimension", "NDims"):
        fields = [
            (name, str(pick(rng, (-1, 0, 1, 2, 5, 16, 17, 100, 1000, 10**9))) if name == key else v)
            for name, v in fields
        ]
    return "number of axes", text_of(fields, eol)


def _detached(
    rng: np.random.Generator,
    home: Path,
    name: str,
    fields: Fields,
    content: bytes,
    text_of: Callable[[Fields, str], bytes],
    reference: str,
) -> str:
    """A header file beside its data, or beside what is none."""
    kind = pick(
        rng,
        (
            "there",
            "short",
            "missing",
            "device",
            "passwd",
            "itself",
            "LIST",
            "pattern",
            "pipe",
            "folder",
            "absolute",
            "link",
        )
        + ("many", "odd name"),
    )
    (home / "voxels.raw").write_bytes(content[: len(content) // 2] if kind == "short" else content)
    named = {
        "missing": "none.raw",
        "device": pick(rng, ("/dev/zero", "/dev/stdin", "/dev/null", "/proc/self/mem")),
        "passwd": "../../../../../../etc/passwd",
        "itself": name,
        "LIST": pick(rng, ("LIST", "LIST\nnone.raw\nnone.raw", "LIST 2\nvoxels.raw", "LIST 999999999\nx")),
        "pattern": pick(
            rng, ("voxels%d.raw 1 6 1", "x%n%s.raw 0 99999999999 1", "%999999999d.raw 1 2 1", "v%03d 1 6 0")
        ),
        "pipe": "pipe",
        "folder": "folder",
        "absolute": str(home / "voxels.raw"),
        "link": "link",
        "many": "voxels.raw " * 300,
        "odd name": text(rng),
    }.get(kind, "voxels.raw")
    if kind == "pipe":
        os.mkfifo(home / "pipe")
    elif kind == "folder":
        (home / "folder").mkdir()
    elif kind == "link":
        (home / "link").symlink_to(pick(rng, ("/dev/zero", "link", "voxels.raw", "nowhere")))
    fields = [*(field for field in fields if field[0] != reference), (reference, named)]
    (home / name).write_bytes(text_of(fields, "\n"))
    return f"data file: {kind}"


def _nrrd_fields(rng: np.random.Generator, data: np.ndarray, ras: np.ndarray) -> tuple[Fields, bytes, np.ndarray]:
    name = pick(rng, tuple(_NRRD_TYPES))
    shown = data.clip(0, 255) if name in ("uchar", "ushort") else data
    shown = shown.astype(np.uint8) if name == "uchar" else shown
    endian = pick(rng, ("little", "big"))
    dtype = np.dtype(_NRRD_TYPES[name]).newbyteorder("<" if endian == "little" else ">")
    raw = shown.astype(dtype).tobytes("F")
    encoding = pick(rng, ("raw", "raw", "gzip", "bzip2", "ascii", "hex"))
    if encoding == "ascii":
        content = " ".join(f"{value:g}" for value in shown.ravel("F")).encode()
    else:
        content = {
            "raw": raw,
            "gzip": gzip.compress(raw, 1, mtime=0),
            "bzip2": bz2.compress(raw),
            "hex": raw.hex().encode(),
        }[encoding]
    place = volumes.lps(ras)
    axes = [f"({','.join(repr(float(v)) for v in place[:3, axis])})" for axis in range(3)]
    four = data.ndim == 4
    fields = [
        ("type", name),
        ("dimension", str(data.ndim)),
        ("space", "left-posterior-superior"),
        ("sizes", " ".join(map(str, data.shape))),
        ("space directions", " ".join([*axes, *(["none"] if four else [])])),
        ("kinds", "domain domain domain" + (" list" if four else "")),
        ("endian", endian),
        ("encoding", encoding),
        ("space origin", f"({','.join(repr(float(v)) for v in place[:3, 3])})"),
    ]
    return fields, content, shown


def _nrrd_text(fields: Fields, eol: str) -> bytes:
    lines = ["NRRD0004", *(f"{key}: {value}" if key != "#" else f"# {value}" for key, value in fields), "", ""]
    return eol.join(lines).encode("utf-8", "surrogatepass")


def _meta_fields(rng: np.random.Generator, data: np.ndarray, ras: np.ndarray) -> tuple[Fields, bytes, np.ndarray]:
    name = pick(rng, tuple(_META_TYPES))
    shown = data.clip(0, None) if name == "MET_USHORT" else data
    raw = shown.astype(_META_TYPES[name]).tobytes("F")
    packed = chance(rng, 0.3)
    place, dims = volumes.lps(ras), data.ndim
    spacing = np.ones(dims)
    spacing[:3] = np.linalg.norm(place[:3, :3], axis=0)
    turn = np.eye(dims)
    turn[:3, :3] = place[:3, :3] / spacing[:3]
    offset = np.zeros(dims)
    offset[:3] = place[:3, 3]
    content = zlib.compress(raw) if packed else raw
    fields = [
        ("ObjectType", "Image"),
        ("NDims", str(dims)),
        ("BinaryData", "True"),
        ("BinaryDataByteOrderMSB", "False"),
        ("CompressedData", str(packed)),
        *([("CompressedDataSize", str(len(content)))] if packed else []),
        # Of each axis its direction, one after the other.
        ("TransformMatrix", " ".join(repr(float(v)) for v in turn.T.ravel())),
        ("Offset", " ".join(repr(float(v)) for v in offset)),
        ("ElementSpacing", " ".join(repr(float(v)) for v in spacing)),
        ("DimSize", " ".join(map(str, data.shape))),
        ("ElementType", name),
        ("ElementDataFile", "LOCAL"),
    ]
    return fields, content, shown


def _meta_text(fields: Fields, eol: str) -> bytes:
    lines = [*(f"{key} = {value}" for key, value in fields), ""]
    return eol.join(lines).encode("utf-8", "surrogatepass")
