"""The result of a run: labels, probability, agreement on the reference grid, and what is measured on the lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.progress import check_cancelled
from ..base.records import SCHEMA, SCHEMA_VERSION
from ..base.settings import ExtraName, Plane
from ..brain.hemispheres import MidPlane
from ..metrics.voxel import dice
from ..result.doubts import Doubt
from ..result.lesions import DOUBT_SHARE, Lesion, Places, Surroundings, lesions
from ..result.looks import SEGMENTS, SegmentStyle
from ..result.outcome import BRAIN, Layer, Maker, Outcome, brain_record
from ..space.grid import Grid
from ..study.case import Case, Role
from .alignment import Position
from .flair import BOTH, FlairSignal
from .vote import VolumeInterval

LESION = 1
"""Label value of the ischemic lesion."""


@dataclass(frozen=True)
class PlaneVote:
    """What one plane's network said.

    Attributes:
        plane: "axial", "coronal" or "sagittal".
        volume_ml: of the voxels that this plane alone calls lesion.
        dice_with_vote: Dice of this plane's lesion with the voted lesion; 1.0 where both are empty.
        slices: number of slices with brain that the network saw.
        weight: share of this plane in the weighted vote.
    """

    plane: str
    volume_ml: float
    dice_with_vote: float
    slices: int
    weight: float


@dataclass(frozen=True)
class Statistics:
    """What was measured on the voted lesion.

    Attributes:
        volume_ml: lesion volume.
        brain_ml: volume of the brain mask.
        lesions: connected components, largest first.
        left_share, right_share: parts of the lesion volume in the patient's left and right hemisphere, divided by
            the plane through the middles of the brain's width; None without lesion.
        planes: each plane's own vote.
        doubtful_slices: reference slices (index along the reference's slowest axis) in descending doubt.
        volume_interval: of the lesion volume.
        flair: what FLAIR shows of a lesion that was found on DWI.
    """

    volume_ml: float
    brain_ml: float
    lesions: tuple[Lesion, ...]
    left_share: float | None
    right_share: float | None
    planes: tuple[PlaneVote, ...]
    doubtful_slices: tuple[int, ...]
    volume_interval: VolumeInterval = field(default_factory=VolumeInterval)
    flair: FlairSignal = field(default_factory=FlairSignal)


@dataclass(frozen=True)
class Segmentation:
    """A voted lesion with all that is needed to judge it. Every image lies on the reference's grid exactly.

    Attributes:
        case: the inputs, where they were laid: a sequence that was moved has its voxels on a grid that was moved.
        reference: the role whose grid the images lie on.
        labels: uint8, 0 background, 1 lesion.
        probability: float32, 0 to 1, the planes' (weighted) mean.
        agreement: uint8, how many planes said lesion (0 to 3).
        brain: uint8 mask of the brain; lesions were looked for in it, and a little around it where a network found it.
        statistics: volumes, lesions, planes.
        provenance: JSON-ready: model, weight hash, versions, device, inputs with hashes and reasons, times.
        warnings: what a reader must know before trusting the result, the words of `doubts` among it.
        positions: what registration found of each sequence; none where it was off or had nothing to do.
        unusual: what few patients have, or what the study lacks that it should rest on; said before all else.
        doubts: which volumes may show another contrast than they are called by.
    """

    case: Case
    reference: Role
    labels: sitk.Image
    probability: sitk.Image
    agreement: sitk.Image
    brain: sitk.Image
    statistics: Statistics
    provenance: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    unusual: tuple[Doubt, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def grid(self) -> Grid:
        return Grid.of(self.labels)

    def array(self) -> np.ndarray:
        """The labels as an array (z, y, x), uint8."""
        return sitk.GetArrayFromImage(self.labels)

    @property
    def styles(self) -> Mapping[int, SegmentStyle]:
        """The one segment, by its label value."""
        return SEGMENTS["mri"]

    @property
    def maker(self) -> Maker:
        """The model that voted."""
        model = self.provenance.get("model", {})
        return Maker.of(model, model.get("trained_on", ""))

    @property
    def brain_from(self) -> str:
        """How the brain was found, or that the user gave it."""
        return str(self.provenance.get(BRAIN, ""))

    @property
    def alternatives(self) -> Mapping[str, Outcome]:
        """None: the planes have voted, and what each said is in the agreement."""
        return {}

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The inputs, the probability and the planes' agreement."""
        return (
            *(Layer(str(role), series.image) for role, series in self.case.series.items()),
            Layer("Probability", self.probability, "heat", (0.0, 1.0)),
            Layer("Agreement", self.agreement, "counts", (0.0, 3.0)),
        )

    @property
    def background(self) -> str:
        return str(self.reference)

    @property
    def foreground(self) -> str | None:
        return "Probability"

    @property
    def focus_mm(self) -> tuple[float, float, float] | None:
        """The largest lesion's centre."""
        lesions = self.statistics.lesions
        return lesions[0].centre_mm if lesions else None

    @property
    def methods(self) -> Mapping[str, sitk.Image]:
        """None beside the vote."""
        return {}

    @property
    def extras(self) -> Mapping[ExtraName, Mapping[str, sitk.Image]]:
        return {"probability": {"probability": self.probability}, "agreement": {"agreement": self.agreement}}

    def headline(self) -> tuple[str, ...]:
        """Volume and its interval, each plane's own, what FLAIR shows, what was moved or not registered."""
        count = len(self.statistics.lesions)
        planes = (
            f"  {plane.plane:<9}{plane.volume_ml:7.1f} ml, Dice with the vote {plane.dice_with_vote:.2f}"
            for plane in self.statistics.planes
        )
        parts = f"{count} part{'' if count == 1 else 's'}"
        told = (position.words for position in self.positions if position.decision in ("moved", "not measured"))
        volume = f"Lesion volume {self.statistics.volume_ml:.1f} ml in {parts}"
        flair = [self.statistics.flair.words] if set(BOTH) <= set(self.case.roles) else []
        return (volume, f"  {self.statistics.volume_interval.words}", *planes, *flair, *told)

    def places(self) -> Places:
        """A slice is in doubt where the probability is far from 0 and 1."""
        probability = sitk.GetArrayViewFromImage(self.probability)
        doubts = {k: probability[k] * (1 - probability[k]) for k in self.statistics.doubtful_slices}
        return Places.of(doubts, self.statistics.lesions, self.grid)

    @property
    def volumes(self) -> Mapping[str, sitk.Image]:
        """The labels, what they were voted of, and the brain."""
        own = {"labels": self.labels, "probability": self.probability, "agreement": self.agreement}
        return {**own, BRAIN: self.brain}

    def summary(self) -> dict[str, Any]:
        """JSON-ready statistics, warnings and provenance: the content of result.json."""
        return {
            SCHEMA: SCHEMA_VERSION,
            "case": self.case.name,
            "research_use_only": True,
            "reference": self.reference.value,
            "statistics": asdict(self.statistics),
            BRAIN: brain_record(self.brain_from, self.brain),
            "layers": [layer.record() for layer in self.layers],
            "unusual": [alarm.record() for alarm in self.unusual],
            "doubts": [doubt.record() for doubt in self.doubts],
            "warnings": list(self.warnings),
            "provenance": dict(self.provenance),
        }


def measure(
    labels: np.ndarray,
    probability: np.ndarray,
    members: Mapping[Plane, np.ndarray],
    brain: np.ndarray,
    grid: Grid,
    slices: Mapping[Plane, int],
    weights: Mapping[str, float],
    images: Mapping[str, sitk.Image] | None = None,
) -> Statistics:
    """Statistics of a result on the reference grid; all arrays (z, y, x) of that grid.

    Args:
        labels: 1 is lesion.
        probability: 0 to 1.
        members: each plane's own lesion, bool.
        brain: bool.
        grid: the reference's.
        slices: how many slices each plane's network saw.
        weights: each plane's share in the weighted vote.
        images: of the case, by role, on any grid.
    """
    lesion = labels == LESION
    check_cancelled()
    middle = MidPlane.of(brain, grid) if lesion.any() and brain.any() else None
    check_cancelled()
    agreement = np.stack(list(members.values())).sum(axis=0, dtype=np.uint8) if members else None
    found = lesions(lesion, probability, grid, Surroundings(agreement, brain, middle, images or {}))
    left = None if middle is None else left_share(lesion, middle, grid)
    check_cancelled()
    return Statistics(
        volume_ml=float(lesion.sum() * grid.voxel_ml),
        brain_ml=float(brain.sum() * grid.voxel_ml),
        lesions=found,
        left_share=left,
        right_share=None if left is None else 1.0 - left,
        planes=tuple(
            _plane_vote(plane, member, lesion, grid, slices[plane], weights[plane]) for plane, member in members.items()
        ),
        doubtful_slices=doubtful_slices(probability),
    )


def _plane_vote(
    plane: Plane, member: np.ndarray, lesion: np.ndarray, grid: Grid, slices: int, weight: float
) -> PlaneVote:
    check_cancelled()
    return PlaneVote(plane, float(member.sum() * grid.voxel_ml), dice(member, lesion), slices, float(weight))


def left_share(lesion: np.ndarray, middle: MidPlane, grid: Grid) -> float:
    """Part of a lesion, not empty, on the patient's left of the mid-sagittal plane.

    The plane lies between the hemispheres: a turned or shifted head spills no lesion onto the other side.
    """
    return float(middle.left_of(grid.to_world(np.argwhere(lesion)[:, ::-1])).mean())


def doubtful_slices(probability: np.ndarray) -> tuple[int, ...]:
    """Slices along the first axis in descending doubt: the sum of each voxel's binary entropy."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    check_cancelled()
    of_lesion = p * np.log2(p)
    check_cancelled()
    of_rest = (1 - p) * np.log2(1 - p)
    check_cancelled()
    # Below one in a hundred a voxel is not in doubt; a whole brain of such voxels would drown a small lesion.
    entropy = np.where(probability > 0.01, -(of_lesion + of_rest), 0.0).sum((1, 2))
    order = np.argsort(-entropy, kind="stable")
    return tuple(int(k) for k in order if entropy[k] > 0 and entropy[k] >= DOUBT_SHARE * entropy.max())
