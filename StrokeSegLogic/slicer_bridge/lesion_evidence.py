"""What the lesions of a scene's result are held against: volumes of the scene, and how they lay when it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..result.record import ResultRecord
from .lesion_segments import lesion_segment, segment_voxels
from .results import BRAIN_MASK
from .runtime import SegmentationNode, VolumeNode
from .volumes import read_volume, volume_grid

if TYPE_CHECKING:
    from ..mri.edited_lesions import Evidence
    from ..space.volume import Volume

ROLES = ("ADC", "DWI", "FLAIR")
"""Sequences that the table of lesions asks for."""


@dataclass(frozen=True)
class ResultScene:
    """The nodes of a result of MRI; None where there is none.

    Attributes:
        record: what result.json says.
        text: the node that holds it.
        reference: whose grid the result lies on.
        model: the model's own version.
        probability, agreement: of the vote.
        sequences: of `ROLES`, those that were given.
    """

    record: ResultRecord
    text: Any
    reference: VolumeNode
    model: SegmentationNode | None
    probability: VolumeNode | None
    agreement: VolumeNode | None
    sequences: Mapping[str, VolumeNode]

    @property
    def state(self) -> tuple[object, ...]:
        """Changes when voxels do that the table rests on."""
        volumes = (self.reference, self.probability, self.agreement, *self.sequences.values())
        images = tuple((node.GetID(), node.GetImageData().GetMTime()) for node in volumes if node is not None)
        return (self.text.GetID(), self.text.GetMTime(), tuple(self.sequences), images)


def reading(scene: ResultScene) -> Callable[[], Evidence]:
    """Takes voxels out of the scene, at once, and gives the function that makes evidence of them, which takes seconds
    and may run on another thread.

    Raises:
        InputError: if a volume cannot be used.
    """
    volumes: dict[str, Volume] = {}
    if (model := scene.model) is not None and (segment := lesion_segment(model)) is not None:
        volumes["model"] = segment_voxels(model, segment)
    brain = scene.text.GetNodeReference(BRAIN_MASK)
    if brain is not None and brain.GetSegmentation().GetNumberOfSegments():
        volumes["brain"] = segment_voxels(brain, brain.GetSegmentation().GetNthSegmentID(0))
    for name, node in (("probability", scene.probability), ("agreement", scene.agreement)):
        if node is not None:
            volumes[name] = read_volume(node)
    moved = {
        position.role.value: position.transform
        for position in scene.record.positions
        if position.decision == "moved" and position.transform is not None
    }
    return partial(
        _made,
        volume_grid(scene.reference),
        volumes=volumes,
        images={role: read_volume(node) for role, node in scene.sequences.items()},
        moved=moved,
        told=() if scene.record.lesion is None else scene.record.lesion.table,
    )


def _made(grid: Any, volumes: Mapping[str, Any], **others: Any) -> Evidence:
    from ..mri.edited_lesions import Evidence

    return Evidence.of(grid, **volumes, **others)
