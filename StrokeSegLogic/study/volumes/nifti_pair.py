"""NIfTI as a pair of files: a header, .hdr, and the voxels beside it, .img."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import InputError

_HEADER_BYTES = 348
_MAGIC = (b"ni1\0", b"ni2\0")


def require_orientation(raw: bytes, path: Path) -> None:
    """Refuses the older Analyze 7.5, whose files have the same names.

    Args:
        raw: the first bytes of the header.
        path: of the header.

    Raises:
        InputError: if it is that.
    """
    if len(raw) >= _HEADER_BYTES and not any(magic in raw for magic in _MAGIC):
        fix = "Convert it to NIfTI with the software that wrote it"
        raise InputError("is Analyze 7.5, which does not say what is left and what right", where=path, fix=fix)


def voxels_beside(path: Path) -> Path:
    """The .img of a header.

    Raises:
        InputError: if it is missing.
    """
    for ending in (".img", ".IMG", ".Img"):
        if (beside := path.with_suffix(ending)).exists():
            return beside
    raise InputError(f"its voxels, {path.stem}.img, are missing", where=path, fix="Put both into one folder")
