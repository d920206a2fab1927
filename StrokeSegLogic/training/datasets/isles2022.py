"""ISLES 2022: DWI, ADC and FLAIR in BIDS, masks on DWI (Hernandez Petzsche et al., Sci Data 2022, 9:762)."""

from __future__ import annotations

from pathlib import Path

from . import bids
from .folders import stem, subfolders, volumes
from .subject import DataSet

LOOKS = (
    "[rawdata/]sub-strokecaseN/ses-0001/[dwi/]*_dwi.nii.gz with *_adc and [anat/]*_FLAIR, "
    "derivatives/sub-strokecaseN/ses-0001/*_msk.nii.gz"
)


def fits(folder: Path) -> bool:
    homes = [*subfolders(folder), *subfolders(folder / "rawdata"), *subfolders(folder / "derivatives")]
    subjects = [home for home in homes if home.name.startswith("sub-")]
    if any(home.name.startswith("sub-strokecase") for home in subjects):
        return True
    return any(stem(path).endswith("_msk") for home in subjects for path in volumes(home))


def read(folder: Path) -> DataSet:
    """The cases of a folder. DWI, ADC and mask lie on one grid, FLAIR on its own.

    Raises:
        InputError: if there is a participants.tsv and it is not in order.
    """
    subjects, notes = bids.read_subjects(folder)
    return DataSet(
        "isles2022",
        folder,
        subjects,
        ("background", "lesion"),
        "DWI",
        expected=("DWI", "ADC", "FLAIR"),
        one_grid=("DWI", "ADC"),
        notes=notes,
    )
