"""Files that say of themselves that StrokeSeg wrote them, wherever they were copied to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from ...base.errors import InputError
from .itk_formats import SUFFIXES, read_header
from .nifti import RESULT, open_nifti

_NOTES = ("ITK_FileNotes", "descrip")
"""Where ITK puts a NIfTI file's description when it writes the volume in its own formats."""
_LABEL_TAG = "StrokeSeg.Label"
"""That every segment of ours has among its tags, those of versions before files were marked, too."""


def is_own_volume(path: Path) -> bool:
    """Whether a NRRD or MetaImage file is a result of ours, or a segmentation of which StrokeSeg made a segment."""
    if not path.name.lower().endswith(SUFFIXES):
        return False
    try:
        pairs = read_header(path).pairs
    except InputError:
        # Whoever reads it says what is wrong with it.
        return False
    if any(pairs.get(note, "").startswith(RESULT.decode()) for note in _NOTES):
        return True
    return any(key.endswith("_Tags") and _LABEL_TAG in value for key, value in pairs.items())


_OF_A_SCENE = re.compile(r".+ \(computed\)(?: \d+)?|(?:Probability|Agreement)(?: of .+)?", re.S)
"""What a scene of ours calls the volumes that were made here (see `result.outcome.Display`)."""


def of_our_scene(marked: Collection[Path], others: Iterable[Path]) -> set[Path]:
    """The volumes of a scene that was unpacked which are results: Slicer writes no mark into them.

    They lie beside a segmentation of ours, under the names that only we give.

    Args:
        marked: what is known to be a result.
        others: files that are perhaps.
    """
    homes = {path.parent for path in marked if path.name.lower().endswith(".seg.nrrd")}
    return {p for p in others if p.parent in homes and _OF_A_SCENE.fullmatch(p.name.partition(".")[0]) is not None}


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
