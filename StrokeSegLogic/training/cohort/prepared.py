"""The data set's cases as the networks see them, computed once and kept in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.files import sha256_of
from ...base.json_files import read_json_object
from ...base.progress import Progress
from ...ctp.routes.field import lay
from ...mri.prepare import prepare
from ...space.grid import Grid
from ...space.resampling import resample
from ...study.case import Case, Role
from ...study.series.read import series_in_memory
from ..datasets.load import LoadedSubject, load_subject
from ..datasets.subject import TRUTH, DataSet, Subject
from ..prepared_arrays import MARK, PREPARE_AGAIN, PreparedArrays, write_prepared
from .recipe import CohortRecipe, PlanesSpec


@dataclass(frozen=True)
class PreparedCase(PreparedArrays):
    """One case on disk, once it was prepared.

    Attributes:
        subject: where it comes from.
        folder: of its arrays, see `PreparedArrays`.
    """

    subject: Subject
    folder: Path


def require_fit(recipe: CohortRecipe, data: DataSet) -> None:
    """Refuses a data set that a recipe can make nothing of, before long work.

    Raises:
        InputError: if its classes or images are others than the recipe's.
    """
    unknown = [name for name in recipe.learns if name not in data.classes]
    if unknown:
        raise InputError(
            f"the data set has no class {', '.join(unknown)}, but {', '.join(data.classes)}",
            where=recipe.name,
            fix="Choose another recipe, or other data",
        )
    if not recipe.learns and len(data.classes) != recipe.network.classes:
        raise InputError(
            f"the data set has the {len(data.classes)} classes {', '.join(data.classes)}, "
            f"the network has {recipe.network.classes}",
            where=recipe.name,
            fix="Choose a recipe with as many classes as the data set",
        )
    known = {name for subject in data.subjects for name in subject.images}
    missing = [entry.name for entry in recipe.inputs if entry.name not in known]
    if missing:
        raise InputError(
            f"no case has {', '.join(missing)}", where=data.folder, fix="Add the images, or choose another recipe"
        )


def wanted_images(recipe: CohortRecipe) -> tuple[str, ...]:
    """Images that a recipe reads: its inputs, and the masking image."""
    masking = "" if isinstance(recipe.view, PlanesSpec) else recipe.view.masked_by
    return tuple(dict.fromkeys([*(entry.name for entry in recipe.inputs), *([masking] if masking else [])]))


def reference_mask(subject: Subject) -> str:
    """The name of the mask to learn from: the one truth, else the first reader's.

    Raises:
        InputError: if the case has no mask.
    """
    if not subject.masks:
        raise InputError("the case has no mask to learn from", where=subject.case, fix="Leave it out, or add its mask")
    return TRUTH if TRUTH in subject.masks else min(subject.masks)


def prepare_cases(recipe: CohortRecipe, data: DataSet, cases: Sequence[PreparedCase], progress: Progress) -> None:
    """Prepares those cases that are not yet on disk.

    Raises:
        InputError: naming the case and file that cannot be used.
        OutputError: if the folder cannot be written to.
    """
    for number, case in enumerate(cases):
        progress(number / len(cases), f"preparing cases: {case.subject.case}")
        mark = case.folder / MARK
        if not mark.is_file():
            _write(recipe, data, case.subject, case.folder)
        elif read_json_object(mark, fix=PREPARE_AGAIN).get("files") != _files(recipe, case.subject):
            raise InputError(
                "images or mask have changed since this run began",
                where=case.subject.case,
                fix="Begin anew in another output folder, or put the files back",
            )


def _files(recipe: CohortRecipe, subject: Subject) -> dict[str, str]:
    """SHA-256 of each file that the prepared case is made of: a data set may be moved, but not changed."""
    names = wanted_images(recipe)
    paths = [*(subject.images[name] for name in names if name in subject.images), *subject.masks.values()]
    return {path.name: sha256_of(path) for path in paths}


def _write(recipe: CohortRecipe, data: DataSet, subject: Subject, target: Path) -> None:
    if recipe.nihss and subject.nihss is None:
        raise InputError(
            "the network asks for the NIHSS score, which is unknown",
            where=subject.case,
            fix="Add it to the clinical table, or leave the case out",
        )
    files = _files(recipe, subject)
    loaded = load_subject(subject, data, wanted_images(recipe))
    truth = learned(loaded.masks[reference_mask(subject)], recipe.classes_of(data.classes), data.classes)
    try:
        images, brain, labels = lay_case(recipe, subject.case, loaded, truth)
    except InputError as error:
        raise InputError(error.what, where=error.where or subject.case, fix=error.fix, option=error.option) from error
    counts = np.bincount(labels[brain], minlength=recipe.network.classes).tolist()
    record = {"case": subject.case, "labels": counts, "files": files}
    write_prepared(target, {"images": images, "labels": labels, "brain": brain}, record)


def learned(mask: sitk.Image, wanted: tuple[str, ...], names: tuple[str, ...]) -> sitk.Image:
    """A data set's labels as those of the classes to learn; what belongs to no wanted class is background."""
    if wanted == names:
        return mask
    table = np.array([wanted.index(name) if name in wanted else 0 for name in names], np.uint8)
    return Grid.of(mask).image(table[sitk.GetArrayFromImage(mask)])


def lay_case(
    recipe: CohortRecipe, name: str, loaded: LoadedSubject, truth: sitk.Image
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (C, z, y, x), brain and labels (z, y, x) on the recipe's grid."""
    if isinstance(recipe.view, PlanesSpec):
        case = mri_case(name, loaded)
        roles = tuple(Role(entry.name) for entry in recipe.inputs)
        ready = prepare(case, case.reference().role, roles, recipe.view.spacing_mm, Progress())
        return ready.channels, ready.brain, labels_on_grid(truth, ready.grid)
    field = lay(loaded.images, loaded.grid, recipe.inputs, recipe.view)
    return field.channels, field.brain, labels_on_grid(truth, field.grid)


def mri_case(name: str, loaded: LoadedSubject) -> Case:
    """The loaded MR images as a case, each in the role of its name."""
    series = [
        series_in_memory(Role(image), volume, f"{name} {image}", image, "the data set says so")
        for image, volume in loaded.images.items()
    ]
    return Case.of(name, series)


def labels_on_grid(mask: sitk.Image, grid: Grid) -> np.ndarray:
    """Labels uint8 (z, y, x) at a grid's voxels: of each voxel's neighbourhood the label that fills most of it."""
    values = sitk.GetArrayFromImage(mask)
    best = np.zeros(grid.shape, np.uint8)
    # Just below its share, so that ties go to the lesion however the volume is stored (see grid.resample_mask).
    most = _share(mask, 0, grid, fill=1.0) - 0.002
    for label in np.unique(values):
        if label > 0:
            share = _share(mask, int(label), grid)
            more = share > most
            best[more], most[more] = int(label), share[more]
    return best


def _share(mask: sitk.Image, label: int, grid: Grid, fill: float = 0.0) -> np.ndarray:
    return sitk.GetArrayFromImage(resample(sitk.Cast(mask == label, sitk.sitkFloat32), grid, fill=fill))


def label_counts(case: PreparedCase) -> list[int]:
    """Voxels of each class within the brain.

    Raises:
        InputError: if the prepared case is damaged.
    """
    mark = case.folder / MARK
    counts = read_json_object(mark, fix=PREPARE_AGAIN).get("labels")
    if not isinstance(counts, list) or not all(isinstance(count, int) for count in counts):
        raise InputError("does not say how many voxels each class has", where=mark, fix=PREPARE_AGAIN)
    return counts
