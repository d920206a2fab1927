"""The folder of a result: the names of its files, and what must not be in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..base.reservation import Reservation, reserved

RESULT, MAPS = "result.json", "maps.json"
"""The records: the last file of a segmentation, and of maps alone. A folder that has one is whole and has no other."""
_KINDS = {RESULT: "a segmentation", MAPS: "perfusion maps"}
SEGMENTATION_FILES = ("segmentation.seg.nrrd", "labels.nii.gz", "report.html", "scene.mrb", RESULT)
"""Of every segmentation, the record last."""
MRI_FILES = ("probability.nii.gz", "agreement.nii.gz", *SEGMENTATION_FILES)
CTP_FILES = (
    "labels-thresholds.nii.gz",
    "labels-slow-fusion.nii.gz",
    "labels-unet3d.nii.gz",
    "probability-core.nii.gz",
    "probability-penumbra.nii.gz",
    *SEGMENTATION_FILES,
)
"""All that a CT perfusion result may have where its maps were given."""
MAP_FILES = ("CBF.nii.gz", "CBV.nii.gz", "MTT.nii.gz", "TTP.nii.gz", "TMAX.nii.gz", "MIP.nii.gz", "aif.svg")
"""Of maps that were computed."""


def excluded_by(record: str | None) -> Mapping[str, str]:
    """Records that must not be in the folder of this one, and what they are of."""
    return {other: kind for other, kind in _KINDS.items() if record is not None and other != record}


@contextmanager
def reserved_for(
    folder: Path, record: str, names: tuple[str, ...] = (), *, overwrite: bool = False
) -> Iterator[Reservation]:
    """Holds the output folder of a segmentation or of maps for the block (see `reservation.reserved`).

    Args:
        folder: made if missing, and removed again if it stays empty.
        record: which of the two records will be written.
        names: of the files that will be, as far as they are known.
        overwrite: move what is in the way aside.

    Raises:
        OutputError: if another run holds the folder, it cannot be written to, or something is in the way.
    """
    with reserved(folder, names, record, excluded=excluded_by(record), overwrite=overwrite) as held:
        yield held


def require_writable(folder: Path, record: str | None = None, names: tuple[str, ...] = ()) -> None:
    """Refuses an output folder that files cannot be written to, before any long work; leaves nothing behind.

    Args:
        folder: made later if missing.
        record: which of the two records will be written: then the other one is in the way.
        names: of the files that will be written: those that are there and not ours are in the way.

    Raises:
        OutputError: if the folder cannot be written to, another run holds it, or it holds what must not be lost.
    """
    with reserved(folder, names, record, excluded=excluded_by(record)):
        pass
