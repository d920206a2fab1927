"""A site's studies, with the masks that a reader has drawn or corrected, however they lie in a folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ...base.errors import InputError
from ...base.files import sha256_of
from ...base.records import RESULTS, is_unchanged, listed, written_by
from ...study.case import MRI_ROLES, Case
from ...study.series.load import Study, load_case
from ..cohort.prepared import reference_mask
from ..datasets.folders import stem, subfolders, volumes
from ..datasets.layouts import has_layout, read_data_set
from ..datasets.subject import SIMULATED_MARK, DataSet
from ..datasets.tables import by_key, clinical, read_table

PATIENTS = "clinical.csv"
"""Beside folders of studies: says which are of one patient, in the columns case and patient."""
_MASK = re.compile(r"(?:.*[ ._-])?(?:masks?|msk|lesions?|infarcts?|truth|gt|d?seg|rois?|labels?)")
_NO_LESION = re.compile(r"brain|head|tissue|probability|agreement")
_LAY_OUT = "Lay it out as PATIENT/ with the study and its mask, or as a data set of docs/datasets.md"


@dataclass(frozen=True)
class ReviewedStudy:
    """A study, and where the reader's mask of it lies.

    Attributes:
        name: of the case.
        patient: whose cases are never on both sides of a split.
        study: what `load_case` takes.
        mask: None where nobody has drawn any: a study without stroke.
    """

    name: str
    patient: str
    study: Study
    mask: Path | None

    def load(self) -> Case:
        """The case, as in use.

        Raises:
            InputError: if it cannot be read.
        """
        try:
            return load_case(self.study, name=self.name, modality="mri")
        except InputError as error:
            raise InputError(error.what, where=error.where or self.name, fix=error.fix) from error

    def sha256(self) -> str:
        """Of all the files that it is made of, so that a run knows whether they are as they were when it began."""
        study = self.study
        if isinstance(study, Mapping):
            paths = [cast(Path, path) for path in study.values()]
        else:
            files = (path for path in Path(cast(Path, study)).rglob("*") if path.is_file())
            paths = sorted(path for path in files if not path.name.startswith("."))
        return sha256_of([*paths, *([self.mask] if self.mask else [])])


@dataclass(frozen=True)
class Studies:
    """What a folder holds.

    Attributes:
        studies: sorted by name, numbers by size.
        notes: what was left aside, in sentences.
        simulated: no image is of a person.
    """

    studies: tuple[ReviewedStudy, ...]
    notes: tuple[str, ...]
    simulated: bool


def reviewed_studies(folder: Path, layout: str | None = None) -> Studies:
    """The studies of a folder that have a mask: a data set with MR images in a known layout, or a folder for each.

    A folder of a study holds it as `strokeseg segment` takes it, and its mask under a name that says so, or a result
    of StrokeSeg whose labels or segmentation a reader has changed: results as they were written are no reviews. Which
    studies are of one patient a clinical.csv beside them says.

    Args:
        folder: of the studies.
        layout: one of `datasets.layouts.LAYOUTS`, if it is not told right.

    Raises:
        InputError: if there is no study with a mask, or a study has several.
    """
    found = _studies(folder, layout, with_masks=True)
    if not found.studies:
        left = f" ({'; '.join(found.notes[:3])})" if found.notes else ""
        raise InputError(f"holds no study with a reader's mask{left}", where=folder, fix=_LAY_OUT)
    return found


def control_studies(folder: Path, layout: str | None = None) -> Studies:
    """The studies of a folder, of patients without stroke; their masks, if there are any, have to be empty.

    Raises:
        InputError: if there is no study.
    """
    found = _studies(folder, layout, with_masks=False)
    if not found.studies:
        raise InputError("holds no study", where=folder, fix=_LAY_OUT)
    return found


def _studies(folder: Path, layout: str | None, *, with_masks: bool) -> Studies:
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder, fix="Give the folder of the studies")
    if layout is not None or has_layout(folder):
        data = read_data_set(folder, layout)
        # A folder may look like BIDS whose masks are results that were corrected.
        if layout is not None or not with_masks or any(subject.masks for subject in data.subjects):
            return _of_data_set(data, with_masks)
    return _of_folders(folder, with_masks)


def _of_data_set(data: DataSet, with_masks: bool) -> Studies:
    if len(data.classes) != 2 or not any(set(subject.images) & set(MRI_ROLES) for subject in data.subjects):
        raise InputError(
            f"is no data set of MRI with one kind of lesion, but in the layout {data.layout} "
            f"with {', '.join(data.classes)}",
            where=data.folder,
            fix="Give studies of MRI with masks of the lesion",
        )
    studies, notes = [], list(data.notes)
    for subject in data.subjects:
        if with_masks and not subject.masks:
            notes.append(f"{subject.case} has no mask: it was left aside")
            continue
        images = {role: subject.images[role] for role in MRI_ROLES if role in subject.images}
        mask = subject.masks[reference_mask(subject)] if subject.masks else None
        studies.append(ReviewedStudy(subject.case, subject.patient, images, mask))
    return Studies(tuple(studies), tuple(notes), data.simulated)


def _of_folders(folder: Path, with_masks: bool) -> Studies:
    table = folder / PATIENTS
    known = by_key(read_table(table), "case", table) if table.is_file() else {}
    studies, notes = [], []
    for home in subfolders(folder):
        mask, why = _mask_in(home)
        if with_masks and mask is None:
            notes.append(f"{home.name} {why}: it was left aside")
            continue
        patient = clinical(known[home.name], table).patient if home.name in known else None
        studies.append(ReviewedStudy(home.name, patient or home.name, home, mask))
    return Studies(tuple(studies), tuple(notes), (folder / SIMULATED_MARK).is_file())


def _mask_in(home: Path) -> tuple[Path | None, str]:
    """The reader's mask in a study's folder; or None and why."""
    files = list(volumes(home))
    masks = [path for path in files if _is_mask(stem(path).lower())]
    results = {path.parent: _written(path.parent) for path in masks}
    untouched = [path for path in masks if is_unchanged(path, results[path.parent].get(path.name))]
    found = [path for path in masks if path not in untouched]
    if len(found) > 1:
        names = listed([path.relative_to(home).as_posix() for path in found])
        raise InputError(f"has several masks ({names})", where=home, fix="Leave the mask that counts")
    if found:
        return found[0], ""
    if untouched:
        return None, "holds a result that nobody has changed"
    return None, "has no mask"


def _written(folder: Path) -> dict[str, str]:
    """The hashes of a result's files, by name, as they were written; none where there is no result."""
    return {name: digest for record in RESULTS for name, digest in written_by(folder / record).items()}


def _is_mask(name: str) -> bool:
    return bool(_MASK.fullmatch(name)) and not _NO_LESION.search(name)
