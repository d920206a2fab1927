"""ISLES 2015, task SISS: sub-acute ischemic stroke on T1, T2, DWI, FLAIR (Maier et al., Med Image Anal 2017)."""

from __future__ import annotations

from pathlib import Path

from .challenge import case_folders, subjects_of
from .subject import DataSet

LOOKS = "N/VSD.Brain.XX.O.MR_Flair.ID/*.nii with MR_DWI, MR_T1, MR_T2 and ...OT.ID beside it"
_KINDS = {"MR_T1": "T1", "MR_T2": "T2", "MR_DWI": "DWI", "MR_FLAIR": "FLAIR"}


def fits(folder: Path) -> bool:
    # SPES, the other task of that year, has no FLAIR.
    return any("MR_FLAIR" in case.files for case in case_folders(folder, "VSD"))


def read(folder: Path) -> DataSet:
    """The cases of a folder; all volumes of a case were registered to FLAIR and lie on one grid."""
    subjects, notes = subjects_of(case_folders(folder, "VSD"), _KINDS, {})
    images = tuple(_KINDS.values())
    return DataSet(
        "isles2015",
        folder,
        tuple(subjects),
        ("background", "lesion"),
        "FLAIR",
        expected=images,
        one_grid=images,
        notes=tuple(notes),
    )
