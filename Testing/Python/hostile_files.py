"""Small files whose headers claim what cannot be, for the tests of reading."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np
from io_fixtures import voxels

SHORTS = np.arange(720, dtype="<i2").reshape(6, 12, 10)


def nifti_bytes(
    fields: Mapping[int, tuple[str, object]] | None = None, two: bool = False, data: np.ndarray | None = None
) -> bytes:
    """A NIfTI file with fields overwritten.

    Args:
        fields: byte offset to struct format and value.
        two: NIfTI-2.
        data: (x, y, z) or (x, y, z, t).
    """
    kind = nib.Nifti2Image if two else nib.Nifti1Image
    image = kind(SHORTS.T if data is None else data, np.diag([-2.0, -2.0, 5.0, 1.0]))
    image.header.set_xyzt_units("mm", "sec")
    content = bytearray(image.to_bytes())
    for offset, (code, value) in (fields or {}).items():
        struct.pack_into(code, content, offset, *(value if isinstance(value, tuple) else (value,)))
    return bytes(content)


def nrrd_bytes(more: str = "", data: bytes = SHORTS.tobytes(), **fields: str) -> bytes:
    """A NRRD file; fields go by their names with _ for a blank, and are left out where they are ""."""
    header = {
        **{"type": "short", "dimension": "3", "space": "left-posterior-superior", "sizes": "10 12 6"},
        **{"space_directions": "(2,0,0) (0,2,0) (0,0,5)", "kinds": "domain domain domain", "endian": "little"},
        **{"encoding": "raw", "space_origin": "(0,0,0)"},
        **fields,
    }
    lines = "".join(f"{name.replace('_', ' ')}: {value}\n" for name, value in header.items() if value)
    return b"NRRD0004\n" + (lines + more + "\n").encode("utf-8", "surrogateescape") + data


def meta_bytes(more: str = "", data: bytes = SHORTS.tobytes(), **fields: str) -> bytes:
    """A MetaImage file; fields are left out where they are ""."""
    header = {
        **{"ObjectType": "Image", "NDims": "3", "BinaryData": "True", "CompressedData": "False"},
        **{"TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "0 0 0", "ElementSpacing": "2 2 5"},
        **{"DimSize": "10 12 6", "ElementType": "MET_SHORT"},
        **fields,
        **{"ElementDataFile": fields.get("ElementDataFile", "LOCAL")},
    }
    lines = "".join(f"{name} = {value}\n" for name, value in header.items() if value)
    # The data file ends the header.
    last = f"ElementDataFile = {header['ElementDataFile']}\n"
    return (lines.replace(last, "") + more + last).encode("utf-8", "surrogateescape") + data


def zeros_packed(first: bytes, millions: int) -> bytes:
    """A gzip archive of some bytes and so many MB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(first), *(packer.compress(bytes(1 << 20)) for _ in range(millions)), packer.flush()]
    return b"".join(parts)


def written(path: Path, content: bytes) -> Path:
    """A file of these bytes, packed where its name says so and they are not."""
    packed = path.name.endswith(".gz") and content[:2] != b"\x1f\x8b"
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def good_nifti(path: Path) -> Path:
    """A NIfTI file that can be read."""
    return written(path, nifti_bytes(data=voxels()))
