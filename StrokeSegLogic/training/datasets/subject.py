"""A data set on disk: which files belong to which case of which patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...nets.models.field_spec import IMAGES

IMAGE_NAMES = (*IMAGES, "CTP")
"""Every image that a case may have. CTP is the perfusion series itself (4-D), all others are volumes."""
TIME_SERIES = ("CTP",)
TRUTH = "truth"
"""Name of the one reference where there are no several readers."""
READERS = ("NR1", "NR2")
GROUPS = ("LVO", "Non-LVO", "WIS")
"""Large vessel occlusion; smaller or no visible occlusion; without ischemic stroke (Tomasetti et al., NLDL 2022)."""
SIMULATED_MARK = "SIMULATED.md"
"""A file of this name says that a data set's images are of nobody."""
SIMULATED = "The images are simulated: no image is of a person."
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Subject:
    """One case: what is segmented as a whole.

    Attributes:
        case: unique in the data set, fit for a file name.
        patient: cases of one patient are never split between training and test.
        images: file by image name, see `IMAGE_NAMES`.
        masks: label file by reader: "truth" where there is one reference, "NR1" and "NR2" where there are two
            readers; empty for test cases whose reference is not public.
        nihss: National Institutes of Health Stroke Scale at admission, 0 to 42.
        age: years.
        group: see `GROUPS`.
        split: "train", "val" or "test" where the data set itself says so.
    """

    case: str
    patient: str
    images: Mapping[str, Path]
    masks: Mapping[str, Path]
    nihss: float | None = None
    age: float | None = None
    group: str | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        for name in self.images:
            if name not in IMAGE_NAMES:
                raise ValueError(f"'{name}' is not an image name: {', '.join(IMAGE_NAMES)}")
        if self.split is not None and self.split not in SPLITS:
            raise ValueError(f"'{self.split}' is not a split: {', '.join(SPLITS)}")


@dataclass(frozen=True)
class DataSet:
    """All cases of a data set.

    Attributes:
        layout: how its folder is laid out, see `layouts.LAYOUTS`.
        folder: where it lies.
        subjects: sorted by name, numbers by size.
        classes: class names in label order, "background" first.
        reference: the image on whose grid the masks lie.
        expected: images that every case of this layout should have.
        one_grid: images that this layout promises to lie on the reference's grid.
        clinical: the layout has a clinical table, so that a case without NIHSS and group lacks its row.
        notes: what the reader of the folder could not settle, in sentences.
        simulated: no image in it is of a person.
    """

    layout: str
    folder: Path
    subjects: tuple[Subject, ...]
    classes: tuple[str, ...]
    reference: str
    expected: tuple[str, ...] = ()
    one_grid: tuple[str, ...] = ()
    clinical: bool = False
    notes: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def patients(self) -> tuple[str, ...]:
        """Every patient once, in the order of the cases."""
        return tuple(dict.fromkeys(subject.patient for subject in self.subjects))

    def where(self, path: Path) -> str:
        """A file's path within the data set, for messages."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)
