"""Whole heads as label maps: every tissue from skin to brain of a living person.

The maps are those that SynthSeg was trained with (Billot et al., Medical Image Analysis 2023, arXiv 2107.09559), in
FreeSurfer's numbers: 1 to 499 lie inside the skull, the subarachnoid fluid (24) included, 500 and more outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

import numpy as np
import SimpleITK as sitk

from ...base.csv_files import read_records
from ...base.errors import InputError
from ...space.grid import reorient
from ...study.volumes.reader import read_volume

LEFT_OUT = ("synthseg05", "synthseg12")
"""Subjects that nothing is trained on: what a model makes of heads is measured on them."""
INDEX = "index.tsv"
_Class = TypeVar("_Class", bound=IntEnum)


class Tissue(IntEnum):
    """What a contrast is told of. The first four are brain."""

    WHITE_MATTER = 0
    GREY_MATTER = 1
    DEEP_GREY_MATTER = 2
    CSF = 3
    AIR = 4
    EYE = 5
    FAT = 6
    MUSCLE = 7
    MUCOSA = 8
    SKIN = 9
    SPINAL_CORD = 10
    VEIN = 11
    CORTICAL_BONE = 12
    CANCELLOUS_BONE = 13


BRAIN = (Tissue.WHITE_MATTER, Tissue.GREY_MATTER, Tissue.DEEP_GREY_MATTER, Tissue.CSF)
_LABELS: dict[Tissue, tuple[int, ...]] = {
    # Cerebral and cerebellar white matter, brain stem, ventral diencephalon, optic chiasm.
    Tissue.WHITE_MATTER: (2, 41, 7, 46, 16, 28, 60, 85),
    # Cortex, cerebellar cortex, hippocampus, amygdala.
    Tissue.GREY_MATTER: (3, 42, 8, 47, 17, 53, 18, 54),
    # Thalamus, caudate, putamen, pallidum, accumbens, and what the maps divide further.
    Tissue.DEEP_GREY_MATTER: (10, 49, 11, 50, 12, 51, 13, 52, 25, 57, 26, 58, 136, 137, 163, 164),
    # Ventricles, subarachnoid fluid, vessels in it.
    Tissue.CSF: (4, 43, 5, 44, 14, 15, 24, 72, 30, 62),
    Tissue.AIR: (0, 502),
    Tissue.EYE: (506,),
    Tissue.FAT: (507,),
    Tissue.MUSCLE: (508,),
    Tissue.MUCOSA: (509,),
    Tissue.SKIN: (511,),
    Tissue.SPINAL_CORD: (512, 530),
    Tissue.VEIN: (514,),
    Tissue.CORTICAL_BONE: (515,),
    Tissue.CANCELLOUS_BONE: (516,),
}


@dataclass(frozen=True)
class HeadLabels:
    """A head.

    Attributes:
        subject: whose.
        tissues: `Tissue` values, uint8 (z, y, x) in working orientation, 1 mm.
    """

    subject: str
    tissues: np.ndarray

    @property
    def brain(self) -> np.ndarray:
        """All that lies inside the skull, bool (z, y, x)."""
        return self.tissues <= BRAIN[-1]


def read_heads(folder: Path, subjects: Sequence[str] = ()) -> list[HeadLabels]:
    """The heads of some subjects; of all but `LEFT_OUT` if none is named.

    Args:
        folder: with index.tsv (columns subject, file) and the label maps, NIfTI, 1 mm.
        subjects: as the index calls them.

    Raises:
        InputError: if a file is missing, a subject unknown, or a label none of FreeSurfer's that are known here.
    """
    return [HeadLabels(subject, _tissues(path)) for subject, path in head_files(folder, subjects).items()]


def head_files(folder: Path, subjects: Sequence[str] = ()) -> dict[str, Path]:
    """Where the label maps of some subjects lie, by subject; of all but `LEFT_OUT` if none is named.

    Raises:
        InputError: if there is no index, or a subject is not in it.
    """
    rows = read_records(folder / INDEX, "\t", ("subject", "file"))
    files = {row["subject"]: row["file"] for row in rows}
    wanted = list(subjects) or [subject for subject in sorted(files) if subject not in LEFT_OUT]
    unknown = [subject for subject in wanted if subject not in files]
    if unknown:
        raise InputError(f"there is no head of {', '.join(unknown)}", where=folder / INDEX, fix="Check the names")
    return {subject: folder / files[subject] for subject in wanted}


def _tissues(path: Path) -> np.ndarray:
    return classes(read_labels(path), _LABELS, path)


def read_labels(path: Path) -> np.ndarray:
    """FreeSurfer's numbers, int16 (z, y, x) in working orientation.

    Raises:
        InputError: if the file is missing.
    """
    if not path.is_file():
        raise InputError("does not exist", where=path, fix="Copy the label maps again")
    return np.rint(sitk.GetArrayFromImage(reorient(read_volume(path)))).astype(np.int16)


def classes(labels: np.ndarray, numbers: Mapping[_Class, tuple[int, ...]], path: Path) -> np.ndarray:
    """The class of each voxel, uint8.

    Args:
        labels: FreeSurfer's numbers.
        numbers: those that each class has, the classes counted from 0.
        path: of the label map, for the error.

    Raises:
        InputError: if a label is none of these.
    """
    table = np.full(max(int(labels.max()), 1) + 1, len(numbers), np.uint8)
    for kind, own in numbers.items():
        table[[number for number in own if number < len(table)]] = kind
    found = table[labels]
    if (found == len(numbers)).any():
        unknown = np.unique(labels[found == len(numbers)]).tolist()
        raise InputError(f"holds labels that are not known: {unknown}", where=path, fix="Give SynthSeg's label maps")
    return found
