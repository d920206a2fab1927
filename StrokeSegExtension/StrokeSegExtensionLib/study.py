"""What the panel holds: volumes, choices, options, offers, results. Plain Python; nodes are named by their IDs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from StrokeSegLogic.case import ClinicalData, Modality, Role
from StrokeSegLogic.mri.settings import MriSettings

if TYPE_CHECKING:
    import numpy as np

    from .frames import Frames

Handle = str
"""A volume node's ID."""


@dataclass(frozen=True)
class LoadedVolume:
    """A volume that the scene holds.

    Attributes:
        handle: its node's ID.
        name: its node's name.
        file: the file that it was loaded from, "" if unknown.
        dicom_file: one instance of the DICOM series that it was loaded from, "" if it was not.
        frames: number of volumes over time; 1 for a plain volume.
        label: whether it is a label map, which is never offered as an input.
    """

    handle: Handle
    name: str
    file: str = ""
    dicom_file: str = ""
    frames: int = 1
    label: bool = False


@dataclass(frozen=True)
class Voxels:
    """A volume's voxels, to be written for the worker without touching the scene again.

    Attributes:
        name: for people.
        array: (z, y, x), or (t, z, y, x) with `times_s`, which need not be one array yet; a copy, or memory that stays
            where it is. Any real or whole type.
        spacing: of x, y, z in mm.
        origin: of the first voxel's centre, mm, LPS; parent transforms applied.
        direction: 9 numbers, row by row, LPS, as in SimpleITK.
        times_s: of the frames, as recorded.
    """

    name: str
    array: np.ndarray | Frames
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    times_s: tuple[float, ...] | None = None


@dataclass(frozen=True)
class StudyInputs:
    """What the user wants segmented.

    Attributes:
        modality: whose rows are shown.
        volumes: a handle by role, roles without volume left out.
        clinical: age in years, NIHSS, hours since onset; None is unknown.
        reference: role on whose grid the result lies; None lets the engine choose.
        name: of the case.
    """

    modality: Modality = "mri"
    volumes: Mapping[Role, Handle] = field(default_factory=dict)
    clinical: ClinicalData = field(default_factory=ClinicalData)
    reference: Role | None = None
    name: str = "Slicer scene"


@dataclass(frozen=True)
class Settings(MriSettings):
    """How it is to be segmented: `MriSettings`, of which model, device and anonymous count for CT perfusion, too.

    Attributes:
        route: of CT perfusion, one of `choices.ROUTES`, with a model of the user's behind it (see
            `model_choices.route_and_model`); "" is the first that the inputs allow.
        probability, agreement, maps, report: extra results to hand over.
    """

    route: str = ""
    probability: bool = True
    agreement: bool = True
    maps: bool = True
    report: bool = True


@dataclass(frozen=True)
class Offer:
    """A volume proposed for a role.

    Attributes:
        role: proposed.
        handle: the volume.
        reason: one sentence, for the tooltip.
        confidence: 0 to 1.
        doubtful: whether a warning mark belongs beside it.
    """

    role: Role
    handle: Handle
    reason: str
    confidence: float
    doubtful: bool


@dataclass(frozen=True)
class ModelChoice:
    """A model, or for CT perfusion a route, in the list.

    Attributes:
        key: what `Settings.model` (MRI) or `Settings.route` (CT perfusion) becomes.
        title: for people.
        fits: whether it can work with the inputs that are chosen now.
        why: what it needs, or why it does not fit; one sentence.
        trained_on: what it has learned from; "" for thresholds.
        bundled: whether it came with StrokeSeg and cannot be removed.
    """

    key: str
    title: str
    fits: bool
    why: str
    trained_on: str
    bundled: bool


@dataclass(frozen=True)
class Problem:
    """An error for people.

    Attributes:
        what: what is wrong.
        where: in which volume, option or file; "" if it is not in one.
        fix: what to do; "" if nothing is known.
        log: last lines of the worker's log, where it died.
    """

    what: str
    where: str = ""
    fix: str = ""
    log: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.fix.rstrip('.')}." if self.fix else ""
        return f"{place}{self.what.rstrip('.')}.{advice}"


@dataclass(frozen=True)
class RunResult:
    """What the worker wrote. The files are gone once `Presenter.result_taken` was called.

    Attributes:
        modality: of the case.
        record: the content of result.json, with "navigation" beside it.
        volumes: uncompressed NRRD by name. MRI: labels, probability, agreement, brain. CT perfusion: labels,
            labels-thresholds, labels-slow-fusion, labels-unet3d, brain, and the maps CBF, CBV, MTT, TTP, TMAX, MIP, CT;
            those that there are.
        report: report.html, if asked for.
        inputs: what was segmented.
        settings: how.
    """

    modality: Modality
    record: Mapping[str, Any]
    volumes: Mapping[str, Path]
    report: Path | None
    inputs: StudyInputs
    settings: Settings

    @property
    def reference(self) -> Handle | None:
        """The volume on whose grid the result lies; None where it is the 4-D series' first frame and not a volume."""
        return self.inputs.volumes.get(Role(self.record["reference"]))

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self.record.get("warnings", ()))


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes:
        point_ras: mm, as Slicer's scene counts.
        words: "slice 12, doubt 1 of 7", "lesion 2 of 5, 3.4 ml".
        kind: what it is one of.
    """

    point_ras: tuple[float, float, float]
    words: str
    kind: Literal["slice", "lesion"]


Callback = Callable[[], None]
