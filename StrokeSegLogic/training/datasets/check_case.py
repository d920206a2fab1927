"""One case, read and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.files import sha256_of
from ...space.grid import Grid, require_overlap
from ...study.case import Role
from ...study.maps import units as map_units
from ...study.series.read import swapped_note
from ...study.volumes.checks import validate
from ...study.volumes.nifti import SUFFIXES, open_nifti
from ...study.volumes.reader import header_notes, read_volume
from .findings import Finding, Severity
from .load import labels, same_place, words
from .subject import TIME_SERIES, DataSet, Subject

_NO_SIGNAL = 0.5
"""Above this part of the lesion on voxels without signal a mask is taken to be shifted or flipped."""
_ADC_SCALES = ((1e-6, "1e-6 mm²/s"), (1e-3, "1e-3 mm²/s"), (1.0, "mm²/s"))
_BRAIN_ADC = (2e-4, 2e-3)
"""Median of brain in mm²/s; about 8e-4 (Helenius et al., AJNR 2002)."""


@dataclass
class CaseRecord:
    """What was seen of a case.

    Attributes:
        subject: the case.
        grids: by image name.
        voxels: count by label, by reader, for masks in order.
        hashes: SHA-256 by file; empty masks are left out, for they are all alike.
        adc_unit: as the values suggest.
        found: findings so far.
    """

    subject: Subject
    grids: dict[str, Grid] = field(default_factory=dict)
    voxels: dict[str, np.ndarray] = field(default_factory=dict)
    hashes: dict[Path, str] = field(default_factory=dict)
    adc_unit: str | None = None
    found: list[Finding] = field(default_factory=list)


def look(subject: Subject, data_set: DataSet) -> CaseRecord:
    """Reads every volume of a case, one after the other, and says what is wrong with it."""
    return _Look(subject, data_set).record


class _Look:
    def __init__(self, subject: Subject, data_set: DataSet) -> None:
        self.subject = subject
        self.data_set = data_set
        self.record = CaseRecord(subject)
        for name in data_set.expected:
            if name not in subject.images:
                severity: Severity = "error" if name == data_set.reference else "warning"
                self._say(severity, None, f"{name} is missing")
        images = self._images()
        self._grids(images)
        if "DWI" in images and "ADC" in images and (doubt := swapped_note(images["DWI"], images["ADC"])):
            self._say("warning", None, doubt)
        for reader, path in subject.masks.items():
            self._mask(reader, path, images.get(data_set.reference))
        self._clinical()

    def _say(self, severity: Severity, path: Path | None, what: str) -> None:
        file = "" if path is None else self.data_set.where(path)
        self.record.found.append(Finding(severity, self.subject.case, file, what))

    def _images(self) -> Mapping[str, sitk.Image]:
        images = {}
        for name, path in self.subject.images.items():
            if name in TIME_SERIES:
                self._series(name, path)
                continue
            image = self._read(path)
            if image is None:
                continue
            try:
                validate(image, self.data_set.where(path))
            except InputError as error:
                self._say("error", path, error.what)
                continue
            images[name] = image
            self.record.grids[name] = Grid.of(image)
            voxels = sitk.GetArrayViewFromImage(image)
            for doubt in map_units.doubts(Role(name), voxels):
                self._say("warning", path, doubt)
            if name == "ADC":
                self.record.adc_unit = adc_unit(voxels)
                if self.record.adc_unit is None:
                    self._say("warning", path, "its values are those of no usual unit of ADC")
        return images

    def _read(self, path: Path) -> sitk.Image | None:
        try:
            image = read_volume(path)
            self.record.hashes[path] = sha256_of(path)
            for note in header_notes(path):
                self._say("warning", path, note.removeprefix(f"{path.name}: "))
        except InputError as error:
            self._say("error", path, error.what)
            return None
        return image

    def _series(self, name: str, path: Path) -> None:
        """A perfusion series is known by its header: reading them all would take most of the check's time."""
        if not path.name.lower().endswith(SUFFIXES):
            return
        try:
            shape = tuple(n for n in open_nifti(path).shape if n != 1)
        except InputError as error:
            self._say("warning", path, error.what)
            return
        if len(shape) != 4:
            self._say("warning", path, f"{name} has {len(shape)} dimensions where 4 are wanted")

    def _grids(self, images: Mapping[str, sitk.Image]) -> None:
        reference = self.record.grids.get(self.data_set.reference)
        if reference is None:
            return
        for name, image in images.items():
            path = self.subject.images[name]
            try:
                require_overlap(image, "", reference, self.data_set.reference)
            except InputError as error:
                self._say("error", path, error.what)
                continue
            grid = self.record.grids[name]
            if name in self.data_set.one_grid and not same_place(grid, reference):
                self._say(
                    "warning",
                    path,
                    f"{name} lies on another grid ({words(grid)}) than {self.data_set.reference} ({words(reference)}), "
                    f"though this layout has them on one grid",
                )

    def _mask(self, reader: str, path: Path, reference: sitk.Image | None) -> None:
        mask = self._read(path)
        if mask is None:
            return
        try:
            found = labels(mask, len(self.data_set.classes), "")
        except InputError as error:
            self._say("error", path, error.what)
            return
        grid = Grid.of(mask)
        where = self.record.grids.get(self.data_set.reference)
        if where is not None and not same_place(grid, where):
            self._say(
                "error", path, f"the mask lies on another grid ({words(grid)}) than its reference ({words(where)})"
            )
            return
        self.record.voxels[reader] = np.bincount(found.ravel(), minlength=len(self.data_set.classes))
        if not found.any():
            del self.record.hashes[path]
            if self.subject.group != "WIS":
                self._say("warning", path, "the mask is empty")
        elif self.subject.group == "WIS":
            self._say("warning", path, "the mask is not empty, though the patient's group is WIS (without stroke)")
        if reference is not None and found.any():
            without = float((sitk.GetArrayViewFromImage(reference)[found > 0] == 0).mean())
            if without > _NO_SIGNAL:
                self._say(
                    "warning", path, f"{without:.0%} of the lesion lies where {self.data_set.reference} has no signal"
                )

    def _clinical(self) -> None:
        subject = self.subject
        if self.data_set.clinical and subject.nihss is None and subject.group is None and subject.age is None:
            self._say("warning", None, "there is no clinical row")
        elif self.data_set.clinical and subject.nihss is None:
            self._say("warning", None, "its NIHSS is missing")
        elif self.data_set.clinical and subject.group is None:
            self._say("warning", None, "its group is missing")
        if subject.nihss is not None and not 0 <= subject.nihss <= 42:
            self._say("warning", None, f"an NIHSS of {subject.nihss:g} is outside of 0 to 42")
        if subject.age is not None and not 0 <= subject.age <= 120:
            self._say("warning", None, f"an age of {subject.age:g} is outside of 0 to 120")


def adc_unit(voxels: np.ndarray) -> str | None:
    """The unit that puts the brain's median ADC where it belongs, or None if no usual unit does."""
    shown = voxels[voxels > 0]
    if not shown.size:
        return None
    # Air of unstripped maps is mostly near 0: the upper half is brain.
    middle = float(np.median(shown[shown >= np.median(shown) / 10]))
    return next((unit for scale, unit in _ADC_SCALES if _BRAIN_ADC[0] < middle * scale < _BRAIN_ADC[1]), None)
