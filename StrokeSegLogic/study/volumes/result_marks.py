"""Files that say of themselves that StrokeSeg wrote them, wherever they were copied to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ...base.errors import InputError
from .itk_formats import read_header
from .itk_header import NRRD_SUFFIXES
from .nifti import open_nifti

_LABEL_TAG = "StrokeSeg.Label"
"""That every segment of ours has among its tags, those of versions before files were marked, too."""


def is_own_segmentation(path: Path) -> bool:
    """Whether it is a segmentation in NRRD of which StrokeSeg made a segment."""
    if not path.name.lower().endswith(NRRD_SUFFIXES):
        return False
    try:
        pairs = read_header(path).pairs
    except InputError:
        # Whoever reads it says what is wrong with it.
        return False
    return any(key.endswith("_Tags") and _LABEL_TAG in value for key, value in pairs.items())


_MAPS = frozenset(f"{name}.nii.gz" for name in ("CBF", "CBV", "MTT", "TTP", "TMAX", "MIP"))


def perhaps_own(marked: Collection[Path], others: Iterable[Path]) -> tuple[str, ...]:
    """A note on maps that may be results of versions before files were marked: nothing proves it.

    They lie beside what is a result, under the names of our maps, and their headers are as we write them.

    Args:
        marked: what is known to be a result.
        others: files that are not.
    """
    homes = {path.parent for path in marked}
    found = sorted(p.name for p in others if p.parent in homes and p.name in _MAPS and _is_written_as_ours(p))
    if not found:
        return ()
    shown = f"{', '.join(found)} {'lies' if len(found) == 1 else 'lie'} beside results of StrokeSeg and may be its own"
    return (f"{shown}, of an earlier version: if no scanner wrote them, take them out of the folder",)


def _is_written_as_ours(path: Path) -> bool:
    try:
        header = open_nifti(path).header
    except InputError:
        return False
    plain = not header["descrip"].tobytes().strip(b"\0") and header.get_data_dtype() == "float32"
    return bool(plain and header["sform_code"] == header["qform_code"] == 1)
