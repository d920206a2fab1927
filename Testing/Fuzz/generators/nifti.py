"""NIfTI: volumes, series over time, in one file or two; each begins as a valid file."""

from __future__ import annotations

import bz2
import gzip
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged
from . import volumes

_TYPES = ("u1", "i1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8")
_CODES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 1792, 2048, 2304, 255, -1)
_EXTREMES: tuple[Any, ...] = (0, 1, -1, 2, 3, 4, 5, 7, 8, 100, 255, 1000, 32767, -32768, 2**31 - 1, 2**40, 2**62)
_REALS: tuple[Any, ...] = (0.0, -1.0, 1e-30, 1e-6, 1e6, 1e30, 3e38, 1e300, np.nan, np.inf, -np.inf, 10.0, 1000.0)


def volume(rng: np.random.Generator, home: Path) -> Input:
    """A 3-D NIfTI file, given its role by the command."""
    data, ras = volumes.brain(rng), volumes.affine(rng)
    if chance(rng, 0.25):
        return _odd_but_right(rng, home, data, ras)
    image = (nib.Nifti1Image if chance(rng, 0.8) else nib.Nifti2Image)(data, ras)
    image.header.set_xyzt_units("mm")
    kind, content = _spoiled(rng, image, data)
    name, content, wrapped = _wrapped(rng, content)
    (home / name).write_bytes(content)
    return Input(f"{kind}{wrapped}", ("load", f"DWI={name}"), voxels=data.size)


def series(rng: np.random.Generator, home: Path) -> Input:
    """A 4-D NIfTI file as a CT perfusion series, sometimes with times beside it."""
    data, ras = volumes.frames(rng), volumes.affine(rng)
    image = (nib.Nifti1Image if chance(rng, 0.7) else nib.Nifti2Image)(data, ras)
    unit = pick(rng, ("sec", "sec", "sec", "msec", "usec", "hz", "ppm", None))
    image.header.set_xyzt_units("mm", unit)
    image.header["pixdim"][4] = pick(rng, (1.5, 1.5, 2.0, 1500.0, 1.0))
    if chance(rng, 0.25):
        image.header["pixdim"][4] = 2000.0 if unit == "msec" else 2.0
        nib.save(image, home / "CTP.nii.gz")
        sure = unit in ("sec", "msec")
        return volumes.right(home, "CTP", data, ras, f"4-D, unit {unit}", "CTP=CTP.nii.gz", must_work=sure)
    kind, content = _spoiled(rng, image, data)
    name, content, wrapped = _wrapped(rng, content, "CTP")
    (home / name).write_bytes(content)
    return Input(f"{kind}{wrapped}", ("load", f"CTP={name}"), voxels=data.size)


def _odd_but_right(rng: np.random.Generator, home: Path, data: np.ndarray, ras: np.ndarray) -> Input:
    """Files that are rarely met and nevertheless in order."""
    kind = pick(rng, ("types", "scaled", "big-endian", "NIfTI-2", "qform alone", "4-D of one frame", "extension"))
    image = nib.Nifti1Image(data, ras)
    shown = data.astype(np.float64)
    if kind == "types":
        dtype = np.dtype(pick(rng, _TYPES))
        shown = data.astype(np.float64) // 4 if dtype.itemsize == 1 else shown
        if dtype == np.int8:
            shown = shown // 2
        image = nib.Nifti1Image(shown.astype(dtype), ras, dtype=dtype)
    elif kind == "big-endian":
        image = nib.Nifti1Image(data, ras, nib.Nifti1Header(endianness=">"))
    elif kind == "NIfTI-2":
        image = nib.Nifti2Image(data, ras)
    elif kind == "qform alone":
        image.set_sform(None)
        image.set_qform(ras, 1)
        ras = image.get_qform()
    elif kind == "4-D of one frame":
        image = nib.Nifti1Image(data[..., None], ras)
    else:
        image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"x" * int(rng.integers(1, 4000))))
    image.header.set_xyzt_units("mm")
    name = pick(rng, ("DWI.nii", "DWI.nii.gz", "DWI.NII.GZ"))
    content = image.to_bytes()
    if kind == "scaled":
        header = bytearray(content)
        header[112:120] = struct.pack("<ff", 0.5, -20.0)
        content, shown = bytes(header), data * 0.5 - 20.0
    (home / name).write_bytes(gzip.compress(content, 1, mtime=0) if name.lower().endswith("gz") else content)
    return volumes.right(home, "DWI", shown, ras, f"in order: {kind}", f"DWI={name}")


def _spoiled(rng: np.random.Generator, image: Any, data: np.ndarray) -> tuple[str, bytes]:
    """The bytes of an image with one or two faults."""
    content = image.to_bytes()
    how = pick(rng, ("field", "field", "field", "two fields", "header bytes", "any bytes", "extension", "values"))
    if how == "header bytes":
        kind, content = damaged(rng, content, 352)
        return f"header: {kind}", content
    if how == "any bytes":
        kind, content = damaged(rng, content)
        return f"file: {kind}", content
    if how == "values":
        return _odd_values(rng, image, data)
    if how == "extension":
        start = 540 if isinstance(image, nib.Nifti2Image) else 348
        sizes = struct.pack("<ii", int(pick(rng, (0, 1, 8, 16, -16, 2**31 - 1, 17))), 6)
        return "extension of odd size", content[:start] + b"\1\0\0\0" + sizes + content[start + 12 :]
    names = []
    for _ in range(1 if how == "field" else 2):
        name, content = _field_changed(rng, image, content)
        names.append(name)
    return f"field {' and '.join(sorted(set(names)))}", content


def _field_changed(rng: np.random.Generator, image: Any, content: bytes) -> tuple[str, bytes]:
    """The file with a field of its header at an extreme, written without anybody's check."""
    layout = image.header.structarr.dtype
    name = pick(
        rng,
        ("dim", "dim", "dim", "pixdim", "pixdim", "datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter")
        + ("qform_code", "sform_code", "quatern_b", "quatern_d", "qoffset_x", "srow_x", "srow_z", "xyzt_units")
        + ("sizeof_hdr", "magic", "cal_max", "toffset", "intent_code", "slice_end", "descrip"),
    )
    header = np.frombuffer(content[: layout.itemsize], layout).copy()
    field = header[name]
    if field.dtype.kind == "S":
        field[...] = pick(rng, (b"", b"n+1", b"ni1", b"n+2", b"\xff\xfe\x80", b"x" * 80))
    else:
        flat = field.reshape(-1)
        place = int(rng.integers(flat.size))
        choices = _CODES if name == "datatype" else _REALS if field.dtype.kind == "f" else _EXTREMES
        with np.errstate(all="ignore"):
            value = np.asarray(float(pick(rng, choices)))
            info = None if field.dtype.kind == "f" else np.iinfo(field.dtype)
            flat[place] = value if info is None else np.clip(value, info.min, info.max)
        if name == "dim" and chance(rng, 0.3):
            flat[1:4] = pick(rng, (1500, 32767, 1, 2, 3))
        header[name] = flat.reshape(field.shape)
    return name, header.tobytes() + content[layout.itemsize :]


def _odd_values(rng: np.random.Generator, image: Any, data: np.ndarray) -> tuple[str, bytes]:
    kind = pick(rng, ("constant", "NaN", "infinite", "huge", "negative", "denormal", "one voxel", "complex", "RGB"))
    values = data.astype(np.float32)
    if kind == "constant":
        values[:] = pick(rng, (0, 1, -1))
    elif kind in ("NaN", "infinite"):
        values.flat[int(rng.integers(values.size))] = np.nan if kind == "NaN" else np.inf
    elif kind == "huge":
        values *= 1e35
    elif kind == "negative":
        values -= 1000
    elif kind == "denormal":
        values *= 1e-42
    elif kind == "one voxel":
        values[:] = 0
        values.flat[int(rng.integers(values.size))] = 1
    elif kind == "complex":
        return "complex values", nib.Nifti1Image(data.astype(np.complex64), image.affine).to_bytes()
    else:
        colours = np.zeros(data.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])
        colours["R"] = data // 2
        return "RGB values", nib.Nifti1Image(colours, image.affine).to_bytes()
    return f"{kind} values", type(image)(values, image.affine).to_bytes()


def _wrapped(rng: np.random.Generator, content: bytes, stem: str = "DWI") -> tuple[str, bytes, str]:
    """Name, bytes and words of the file, as it is or compressed, properly or not."""
    how = pick(rng, ("plain", "plain", "plain", "gz", "gz", "gz", "odd"))
    if how == "plain":
        return f"{stem}.nii", content, ""
    packed = gzip.compress(content, 1, mtime=0)
    if how == "gz":
        return f"{stem}.nii.gz", packed, ""
    how = pick(
        rng, ("cut", "damaged", "tail", "twice", "bz2", "not packed", "named plain", "zlib", "two members", "bomb")
    )
    if how == "bomb":
        return f"{stem}.nii.gz", packed + _zeros(), ", gz bomb"
    variants: dict[str, tuple[str, bytes]] = {
        "cut": (f"{stem}.nii.gz", packed[: int(rng.integers(len(packed)))]),
        "damaged": (f"{stem}.nii.gz", damaged(rng, packed)[1]),
        "tail": (f"{stem}.nii.gz", packed + rng.bytes(100)),
        "twice": (f"{stem}.nii.gz", gzip.compress(packed, 1, mtime=0)),
        "bz2": (f"{stem}.nii.gz", bz2.compress(content)),
        "not packed": (f"{stem}.nii.gz", content),
        "named plain": (f"{stem}.nii", packed),
        "zlib": (f"{stem}.nii.gz", zlib.compress(content)),
        "two members": (f"{stem}.nii.gz", packed + packed),
    }
    name, content = variants[how]
    return name, content, f", gz {how}"


@lru_cache
def _zeros() -> bytes:
    """50 MB of zeros as a further member of a gz file."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()
