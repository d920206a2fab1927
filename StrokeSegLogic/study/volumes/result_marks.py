"""Files that say of themselves that StrokeSeg wrote them, wherever they were copied to."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import InputError
from .itk_formats import read_header
from .itk_header import NRRD_SUFFIXES

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
