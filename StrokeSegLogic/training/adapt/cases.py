"""A site's studies made ready once, as in use: brain, registration, normalisation and working grid are the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.json_files import read_json_object
from ...base.progress import Progress
from ...base.settings import Plane, from_mapping
from ...mri.doubts import contrast_doubts, require_no_ct
from ...mri.prepare import prepare, seen_slices, shown_within
from ...nets.models.spec import PlanesModelSpec
from ...space.grid import Grid, require_overlap
from ...space.resampling import resample_mask
from ...study.case import Case, Role, Series
from ...study.volumes.reader import read_volume
from ..arrays import open_array
from ..cohort.prepared import labels_on_grid
from ..datasets.load import labels, same_place, words
from ..prepared_arrays import MARK, PREPARE_AGAIN, PreparedArrays, write_prepared
from ..told_progress import OneStage
from .studies import ReviewedStudy

CLASSES = 2
_ORDER = (Role.DWI, Role.FLAIR, Role.ADC, Role.T2, Role.T1)
"""In which an image is looked for that the mask was drawn on."""


@dataclass(frozen=True)
class _Record:
    """What is kept of a prepared case beside its arrays.

    Attributes:
        working: grid of the arrays.
        reference: grid that the mask lies on, and so the result.
        of_most: sequences that show most of the brain; they decide the threshold.
        sha256: of each sequence that the case has.
        notes: what a reader of the figures should know.
    """

    working: Grid
    reference: Grid
    of_most: tuple[str, ...]
    sha256: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SiteCase(PreparedArrays):
    """A prepared case; its brain is where lesions are looked for, its labels are the mask on the working grid.

    Attributes:
        name, patient: of the study.
        folder: of its arrays, see `PreparedArrays`.
        roles: the model's, in the order of the images' channels.
    """

    name: str
    patient: str
    folder: Path
    roles: tuple[Role, ...]

    @property
    def key(self) -> str:
        """Of the case among reviewed cases and controls, of which two may have one name."""
        return f"{self.folder.parent.name}/{self.name}"

    @cached_property
    def record(self) -> _Record:
        """Raises InputError: if it is damaged."""
        mark = self.folder / MARK
        values = read_json_object(mark, fix=PREPARE_AGAIN)
        return from_mapping(_Record, values, mark)

    @property
    def truth(self) -> np.ndarray:
        """uint8 (z, y, x) on the reference's grid: the reader's mask."""
        return open_array(self.folder / "truth.npy", 3, PREPARE_AGAIN)

    @property
    def grid(self) -> Grid:
        """Of the arrays."""
        return self.record.working

    @property
    def channels(self) -> np.ndarray:
        """float32 (C, z, y, x), as the engine shows them."""
        return self.images.astype(np.float32)

    @property
    def searched(self) -> np.ndarray:
        """bool (z, y, x)."""
        return self.brain

    def seen(self, plane: Plane) -> np.ndarray:
        """Which slices (N,) of a plane are shown to its network."""
        return seen_slices(self.brain, plane)

    @property
    def of_most(self) -> tuple[Role, ...]:
        """The roles that show most of the brain."""
        return tuple(Role(name) for name in self.record.of_most)

    @property
    def has_lesion(self) -> bool:
        return bool(self.truth.any())


def prepare_studies(
    spec: PlanesModelSpec, studies: Sequence[ReviewedStudy], folder: Path, progress: Progress
) -> list[SiteCase]:
    """Prepares those studies that are not yet on disk.

    Args:
        spec: of the model.
        studies: names unique.
        folder: gets a folder for each.
        progress: fraction and message.

    Raises:
        InputError: naming the study that cannot be used: one without a sequence that the model needs, whose mask lies
            on no sequence's grid or holds other labels, or which is another patient's copy.
        OutputError: if the folder cannot be written to.
    """
    cases: list[SiteCase] = []
    owners: dict[str, SiteCase] = {}
    for number, study in enumerate(studies):
        span = progress.span(number / len(studies), (number + 1) / len(studies))
        span(0.0, f"preparing cases: {study.name}")
        case = SiteCase(study.name, study.patient, folder / study.name, spec.roles)
        if not (case.folder / MARK).is_file():
            try:
                _prepare(spec, study, case, span)
            except InputError as error:
                where = error.where if error.where and study.name in error.where else f"{study.name}: {error.where}"
                raise InputError(error.what, where=where, fix=error.fix, option=error.option) from error
        cases.append(case)
        require_another_patient(case, owners)
    return cases


def require_another_patient(case: SiteCase, owners: dict[str, SiteCase]) -> None:
    """Refuses a case that shows the same volume as another patient's.

    Args:
        case: to be looked at, and added.
        owners: by SHA-256 of a volume the case that showed it first; changed in place.

    Raises:
        InputError: naming both.
    """
    for role, digest in case.record.sha256.items():
        other = owners.setdefault(digest, case)
        if other.patient != case.patient:
            raise InputError(
                f"its {role} is the very volume of {other.name}, which is taken for another patient's",
                where=case.name,
                fix="Remove the copy, or say that both are of one patient",
            )


def _prepare(spec: PlanesModelSpec, study: ReviewedStudy, target: SiteCase, progress: Progress) -> None:
    case = study.load()
    spec.require_inputs(case.roles)
    require_no_ct(case)
    base, mask = _reference(case, study)
    grid = Grid.of(base.image)
    for series in case.series.values():
        require_overlap(series.image, series.source, grid, f"{base.role} ({base.source})")
    told = Progress(OneStage(progress, f"preparing cases: {study.name}"))
    ready = prepare(case, base.role, spec.roles, spec.spacing_mm, told, register=True)
    doubts = contrast_doubts(ready.case, ready.grid.image(ready.brain.astype(np.uint8)))
    record = _Record(
        working=ready.grid,
        reference=grid,
        of_most=tuple(role.value for role in ready.of_most),
        sha256={role.value: series.sha256 for role, series in case.series.items()},
        notes=tuple(f"{study.name}: {note}" for note in (*(doubt.words for doubt in doubts), *ready.warnings)),
    )
    truth = sitk.GetArrayFromImage(mask)
    if truth.any() and not (truth * resample_mask(ready.grid.image(ready.searched.astype(np.uint8)), grid)).any():
        raise InputError(
            "the mask lies outside of the brain", where=str(study.mask), fix="Check that it belongs to this study"
        )
    # Where nothing is looked for there is nothing to learn; of a rim around the brain networks learn nothing either.
    drawn = labels_on_grid(mask, ready.grid) * ready.brain
    shown = shown_within(ready.channels, ready.brain)
    arrays = {"images": shown, "brain": ready.brain, "labels": drawn, "truth": truth}
    write_prepared(target.folder, arrays, asdict(record))


def _reference(case: Case, study: ReviewedStudy) -> tuple[Series, Any]:
    """The sequence that the mask was drawn on, and the mask, uint8 on its grid."""
    if study.mask is None:
        base = case.reference()
        grid = Grid.of(base.image)
        return base, grid.image(np.zeros(grid.shape, np.uint8))
    drawn = read_volume(study.mask)
    own = Grid.of(drawn)
    for role in _ORDER:
        if role in case.series and same_place(own, Grid.of(case.series[role].image)):
            base = case.series[role]
            return base, Grid.of(base.image).image(labels(drawn, CLASSES, str(study.mask)))
    grids = ", ".join(f"{role} {words(Grid.of(series.image))}" for role, series in case.series.items())
    raise InputError(
        f"the mask lies on another grid ({words(own)}) than every sequence ({grids})",
        where=str(study.mask),
        fix="Give the mask on the grid of the sequence that it was drawn on; labels are not resampled here",
    )
