"""What the panel holds: volumes, choices, options, offers, results. Plain Python; nodes are named by their IDs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from StrokeSegLogic.mri.settings import MriSettings
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import ClinicalData, Modality, Role

Handle = str
"""ID of a node with voxels."""


@dataclass(frozen=True)
class StudyInputs:
    """What the user wants segmented.

    Attributes:
        modality: whose rows are shown.
        volumes: a handle by role, roles without volume left out.
        clinical: age in years, NIHSS, hours since onset; None is unknown.
        reference: role on whose grid the result lies; None lets the engine choose.
        name: of the case.
        brain_mask: a segmentation or label map of the brain; None is found. Of MRI alone.
    """

    modality: Modality = "mri"
    volumes: Mapping[Role, Handle] = field(default_factory=dict)
    clinical: ClinicalData = field(default_factory=ClinicalData)
    reference: Role | None = None
    name: str = "Slicer scene"
    brain_mask: Handle | None = None

    @property
    def handles(self) -> tuple[Handle, ...]:
        """All whose voxels a run needs."""
        return (*self.volumes.values(), *([] if self.brain_mask is None else [self.brain_mask]))


@dataclass(frozen=True)
class Settings(MriSettings):
    """How it is to be segmented: `MriSettings`, of which model, device and anonymous count for CT perfusion, too.

    Attributes:
        route: of CT perfusion, one of `choices.ROUTES`, with a model of the user's behind it (see
            `model_choices.route_and_model`); "" is the first that the inputs allow.
        aif: of CT perfusion, where the artery is (see `space.given_point`); "" is found.
        hematocrit: of CT perfusion; None is the usual.
        probability, agreement, maps, report: extra results to hand over.
    """

    route: str = ""
    aif: str = ""
    hematocrit: float | None = None
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
class RunResult:
    """What the worker wrote. The files are gone once `Presenter.result_taken` was called.

    Attributes:
        record: what result.json says.
        volumes: files of `worker.volume_files` by name, those that there are. MRI: labels, probability, agreement,
            brain. CT perfusion: labels, labels-thresholds, labels-slow-fusion, labels-unet3d, brain, and the maps CBF,
            CBV, MTT, TTP, TMAX, MIP, CT.
        report: report.html, if asked for.
        inputs: what was segmented.
        settings: how.
    """

    record: ResultRecord
    volumes: Mapping[str, Path]
    report: Path | None
    inputs: StudyInputs
    settings: Settings

    @property
    def reference(self) -> Handle | None:
        """The volume on whose grid the result lies; None where it is the 4-D series' first frame and not a volume."""
        return self.inputs.volumes.get(self.record.reference)


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes:
        point_ras: mm, as Slicer's scene counts.
        words: "slice 12, doubt 1 of 7", "lesion 2 of 5, 3.4 ml".
        kind: what is looked at.
    """

    point_ras: tuple[float, float, float]
    words: str
    kind: Literal["slice", "lesion"]
