"""Models: manifests, weights, and the one file that both are packed into."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tempfile
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged, json_bytes, replaced_value, text
from ..small_model import write_small_model

_NAMES = (
    "../up.json",
    "/tmp/abs",
    "a/b",
    "a\\b",
    "weights.safetensors/",
    "x" * 5000,
    "é",
    "CON",
    "model.json\0.txt",
    "",
)

_ARCHIVES = (
    *("in order", "damaged", "damaged", "damaged", "names", "more members", "doubled", "folder", "manifest", "weights"),
    *("method", "encrypted", "claims", "bomb", "many", "no zip", "link", "other name", "prefix", "wrong hash", "wide"),
)


def manifest(rng: np.random.Generator, home: Path) -> Input:
    """A model's folder whose manifest is odd."""
    kind, content = json_bytes(rng, _manifest()) if chance(rng, 0.5) else network_changed(rng)
    _write(home / "model", content, _weights())
    if chance(rng, 0.05):
        return Input(f"{kind}, packed", ("pack", "model", "out/m.zip"))
    return Input(kind, ("model", "model"))


def weights(rng: np.random.Generator, home: Path) -> Input:
    """A model's folder whose weights are odd, and whose manifest names their hash."""
    kind, content = _weights_changed(rng)
    values = _manifest()
    values["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    _write(home / "model", json.dumps(values).encode(), content)
    return Input(kind, ("model", "model"))


def archive(rng: np.random.Generator, home: Path) -> Input:
    """A model's one file, odd as a zip or in what it holds; now and then over an installed model of that name."""
    kind, content = _archive(rng)
    name = pick(rng, ("m.strokeseg-model.zip", "m.zip", "é.zip"))
    (home / name).write_bytes(content)
    kept: tuple[str, ...] = ()
    if chance(rng, 0.3):
        _write(home / "out" / "small", json.dumps(_manifest()).encode(), _weights())
        kept = ("out/small/model.json", "out/small/weights.safetensors")
    return Input(kind, ("install", name), replaceable=kept, must_work=kind == "in order")


def write_model(folder: Path) -> None:
    """Writes the small model."""
    _write(folder, *_whole())


@lru_cache
def _whole() -> tuple[bytes, bytes]:
    """Manifest and weights of a model that works; 12 MB."""
    with tempfile.TemporaryDirectory() as folder:
        home = write_small_model(Path(folder) / "small")
        return (home / "model.json").read_bytes(), (home / "weights.safetensors").read_bytes()


@lru_cache
def _model() -> tuple[bytes, bytes]:
    """The same with a few weights of each network: as a file it is in order, and made in no time."""
    header: dict[str, Any] = {}
    end = 0
    for member in ("axial", "coronal", "sagittal"):
        for name, size in (("encoder.stem.weight", 12), ("head.bias", 2)):
            header[f"{member}.{name}"] = {"dtype": "F16", "shape": [size], "data_offsets": [end, end + 2 * size]}
            end += 2 * size
    encoded = json.dumps(header).encode()
    content = struct.pack("<Q", len(encoded)) + encoded + bytes(end)
    values = json.loads(_whole()[0])
    values["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    return json.dumps(values).encode(), content


def _manifest() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(_model()[0])
    return values


def _weights() -> bytes:
    return _model()[1]


def _write(folder: Path, manifest_bytes: bytes, weights_bytes: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "model.json").write_bytes(manifest_bytes)
    (folder / "weights.safetensors").write_bytes(weights_bytes)


def network_changed(rng: np.random.Generator) -> tuple[str, bytes]:
    """Numbers of the network at an extreme: what would be built of it must not be allocated."""
    values = _manifest()
    key = pick(rng, ("decoder", "channels", "classes", "canvas", "spacing_mm", "encoder", "inputs", "file"))
    wide = int(pick(rng, (0, -1, 1, 10**4, 10**6, 10**9, 2**62)))
    if key == "decoder":
        values["network"]["decoder"] = [wide] * int(pick(rng, (0, 1, 4, 100)))
    elif key in ("channels", "classes"):
        values["network"][key] = wide
    elif key == "canvas":
        values["canvas"] = [wide, wide]
    elif key == "spacing_mm":
        values["spacing_mm"] = pick(rng, (1e-9, 1e9, 1e300))
    elif key == "encoder":
        values["network"]["encoder"] = text(rng)
    elif key == "inputs":
        values["inputs"] = values["inputs"] * int(pick(rng, (0, 2, 1000)))
    else:
        values["weights"]["file"] = pick(
            rng, ("../weights.safetensors", "/dev/zero", "a\0.safetensors", ".safetensors", "x" * 300)
        )
    return f"network: {key}", json.dumps(values).encode()


def _weights_changed(rng: np.random.Generator) -> tuple[str, bytes]:
    """Safetensors whose header or content is not what it should be."""
    content = _weights()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    how = pick(rng, ("length", "header", "tensor", "tensor", "bytes", "type", "JSON", "empty", "no number"))
    if how == "length":
        return "header's length", struct.pack(
            "<Q", int(pick(rng, (0, 1, length - 1, length + 1, 10**8, 2**40, 2**64 - 1)))
        ) + content[8:]
    if how == "bytes":
        kind, content = damaged(rng, content, pick(rng, (64, 8 + length, None)))
        return kind, content
    if how == "empty":
        return "empty file", pick(rng, (b"", b"\0" * 8, b"{}"))
    if how == "no number":
        return "values that are no number", content[: 8 + length] + b"\xff\x7f" * (len(data) // 2)
    if how == "header":
        kind, header = replaced_value(rng, header)
        encoded = json.dumps(header).encode()
    elif how == "JSON":
        kind, encoded = json_bytes(rng, header)
    else:
        name = pick(rng, [key for key in header if key != "__metadata__"])
        entry = header[name]
        if how == "type":
            entry["dtype"] = pick(rng, ("BF16", "F8_E4M3", "F64", "I64", "BOOL", "C64", "X", "F4"))
        else:
            part = pick(rng, ("shape", "data_offsets", "name"))
            if part == "shape":
                entry["shape"] = pick(rng, ([], [0], [2**40], [1] * 1000, [-1], [2**63], entry["shape"][::-1], [[1]]))
            elif part == "data_offsets":
                entry["data_offsets"] = pick(rng, ([0, 0], [0, 2**40], [-1, 2], [4, 2], [0], [0, len(data) + 1]))
            else:
                header[pick(rng, ("axial", "x.y", "axial.", ".w", text(rng)))] = header.pop(name)
        kind, encoded = f"tensor {how}", json.dumps(header).encode()
    return f"header: {kind}", struct.pack("<Q", len(encoded)) + encoded + data


def _archive(rng: np.random.Generator) -> tuple[str, bytes]:
    kind = pick(rng, _ARCHIVES)
    manifest_bytes, weights_bytes = _whole() if kind == "in order" else _model()
    members: list[tuple[str, bytes]] = [("model.json", manifest_bytes), ("weights.safetensors", weights_bytes)]
    method = zipfile.ZIP_STORED
    if kind == "names":
        members[int(rng.integers(2))] = (pick(rng, _NAMES), weights_bytes)
    elif kind == "more members":
        members.append((pick(rng, (*_NAMES, "extra.txt")), b"x"))
    elif kind == "doubled":
        members.append(members[int(rng.integers(2))])
    elif kind == "folder":
        members.append(("folder/", b""))
    elif kind == "manifest":
        members[0] = ("model.json", json_bytes(rng, json.loads(manifest_bytes))[1])
    elif kind in ("weights", "wide"):
        changed = _weights_changed(rng)[1] if kind == "weights" else weights_bytes
        values = json.loads(manifest_bytes)
        values["weights"]["sha256"] = hashlib.sha256(changed).hexdigest()
        if kind == "wide":
            values["network"]["decoder"] = [10**6] * 4
        members = [("model.json", json.dumps(values).encode()), ("weights.safetensors", changed)]
    elif kind == "method":
        method = pick(rng, (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED))
    elif kind == "bomb":
        return kind, _bomb()
    elif kind == "many":
        members += [(f"{place}", b"") for place in range(3000)]
    elif kind == "other name":
        values = {
            **json.loads(manifest_bytes),
            "name": pick(rng, ("..", ".", "", "a/b", "mri-compact", "x" * 300, text(rng))),
        }
        members[0] = ("model.json", json.dumps(values).encode())
    elif kind == "wrong hash":
        members[1] = ("weights.safetensors", weights_bytes[:-1] + b"\1")
    content = _zipped(members, method)
    if kind == "damaged":
        what, content = damaged(rng, content, pick(rng, (100, None)))
        return f"zip {what}", content
    if kind == "no zip":
        return "no zip", pick(rng, (b"", b"PK\3\4", b"PK\5\6" + bytes(18), manifest_bytes, b"\x1f\x8b\x08"))
    if kind == "prefix":
        return "bytes before the zip", rng.bytes(100) + content
    end = content.rfind(b"PK\1\2")
    if kind in ("encrypted", "claims", "link"):
        entry = bytearray(content)
        if kind == "encrypted":
            entry[end + 8] |= 1
        elif kind == "claims":
            struct.pack_into("<I", entry, end + pick(rng, (20, 24)), int(pick(rng, (0, 2**31, 2**32 - 1))))
        else:
            struct.pack_into("<I", entry, end + 38, 0o120777 << 16)
        content = bytes(entry)
    return kind, content


@lru_cache
def _bomb() -> bytes:
    """A manifest of 50 MB in a few kB."""
    members = [("model.json", b"[" + b" " * (50 << 20) + b"]"), ("weights.safetensors", _weights())]
    return _zipped(members, zipfile.ZIP_DEFLATED)


def _zipped(members: list[tuple[str, bytes]], method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, data in members:
            info = zipfile.ZipInfo(name or "nameless")
            info.compress_type = method
            packed.writestr(info, data)
    return buffer.getvalue()
