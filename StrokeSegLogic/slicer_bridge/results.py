"""A result as the worker hands it over, as nodes of the user's scene."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..result.looks import SEGMENTS
from ..result.outcome import BRAIN, Display
from ..result.record import ResultRecord
from ..space.volume import Volume
from ..study.case import Role
from .input_volumes import RESULT_MARK
from .runtime import Scene, SegmentationNode, VolumeNode
from .segmentations import add_brain, add_segments, keep_grid, show_outline, show_segmentation
from .volumes import add_volume, show_layer, volume_grid

LABELS, PROBABILITY, AGREEMENT = "labels", "probability", "agreement"
"""Names of volumes that a result can bring; maps go by their roles."""
MAP_ROLE = "StrokeSeg.Role"
"""Attribute of a map that the run computed: its role."""
MAPS = "StrokeSeg.Maps"
"""The record's references to the maps that the run computed."""
BRAIN_MASK = "StrokeSeg.Brain"
"""The record's reference to the brain mask that the run found or was given."""
_TITLES = {PROBABILITY: "Probability", AGREEMENT: "Agreement"}
"""Of nodes, and of the layers that say how they are shown."""


@dataclass
class AddedResult:
    """The nodes of a result; None where there is none.

    Attributes:
        segmentation: to correct.
        model_segmentation: the same as it was drawn, hidden.
        reference: the volume on whose grid they lie.
        probability, agreement: volumes.
        maps: volumes that the run computed.
        brain: segmentation of the brain mask, hidden.
        record, report: texts.
    """

    segmentation: SegmentationNode
    model_segmentation: SegmentationNode
    reference: VolumeNode | None
    record: Any
    probability: VolumeNode | None = None
    agreement: VolumeNode | None = None
    report: Any = None
    maps: list[VolumeNode] = field(default_factory=list)
    brain: SegmentationNode | None = None


def wanted(name: str) -> bool:
    """Whether a scene shows a result's volume of that name."""
    return name in (LABELS, BRAIN, *_TITLES) or name in {role.value for role in Role}


def add_result(
    scene: Scene,
    record: ResultRecord,
    volumes: Mapping[str, Volume],
    reference: VolumeNode | None,
    report: str = "",
    given: Mapping[Role, VolumeNode] | None = None,
) -> Generator[None, None, AddedResult]:
    """Adds a result to a scene in steps of a tenth of a second at most, so that the window never waits for long.

    Args:
        scene: any MRML scene.
        record: says what the volumes are and how they are shown.
        volumes: by name, those that are `wanted`; maps that were given are in the scene already, and are left out.
        reference: volume node on whose grid the labels lie; the first map, or the probability, where None.
        report: HTML, "" if there is none.
        given: the user's own maps: they are shown as those are that were computed.

    Yields:
        Between two steps.
    """
    grid = None if reference is None else volume_grid(reference)
    # A file's rounding apart they lie where the reference lies: then to the last bit.
    placed = {name: volume.on(grid) for name, volume in volumes.items()}
    what = placed[LABELS], SEGMENTS[record.modality], record.maker, record.warnings
    segmentation = add_segments(scene, "StrokeSeg", *what, hidden=True)
    yield
    show_segmentation(segmentation)
    yield
    own = add_segments(scene, f"{segmentation.GetName()} (model)", *what, hidden=True)
    show_outline(own, pale=True)
    own.SetSelectable(False)
    yield
    added: dict[str, VolumeNode] = {}
    for name, volume in placed.items():
        if name not in (LABELS, BRAIN):
            title = _TITLES.get(name, name)
            display = record.displays.get(title, Display())
            added[name] = add_volume(scene, volume, display.title(title), display)
            added[name].SetAttribute(RESULT_MARK, name if name in _TITLES else "map")
            if name not in _TITLES:
                added[name].SetAttribute(MAP_ROLE, name)
            yield
    maps = [node for name, node in added.items() if name not in _TITLES]
    base = reference or next(iter(maps), None) or added.get(PROBABILITY)
    if base is not None:
        keep_grid(segmentation, base)
        keep_grid(own, base)
    brain = None
    if BRAIN in placed:
        brain = add_brain(scene, placed[BRAIN], record.brain_from, base)
        yield
    for role, node in (given or {}).items():
        known = record.displays.get(role.value)
        if known is not None and known.window is not None:
            _show_given(scene, node, known)
            yield
    text = _add_text(scene, "StrokeSeg result", json.dumps({"modality": record.modality, **record.content}))
    for node in maps:
        text.AddNodeReferenceID(MAPS, node.GetID())
    if brain is not None:
        text.SetNodeReferenceID(BRAIN_MASK, brain.GetID())
    return AddedResult(
        segmentation=segmentation,
        model_segmentation=own,
        reference=base,
        record=text,
        probability=added.get(PROBABILITY),
        agreement=added.get(AGREEMENT),
        report=_add_text(scene, "StrokeSeg report", report) if report else None,
        maps=maps,
        brain=brain,
    )


def maps_of(record: Any) -> list[VolumeNode]:
    """The maps that the run of a result's record computed, those that are still there."""
    count = record.GetNumberOfNodeReferences(MAPS)
    return [node for index in range(count) if (node := record.GetNthNodeReference(MAPS, index)) is not None]


def _add_text(scene: Scene, name: str, text: str) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetAttribute(RESULT_MARK, "text")
    node.SetHideFromEditors(True)
    node.SetText(text)
    return node


def _show_given(scene: Scene, node: VolumeNode, display: Display) -> None:
    """Shows a map of the user's own as those are shown that were computed, its values in whatever unit they are.

    Args:
        scene: that the node is in.
        node: a vtkMRMLScalarVolumeNode with voxels.
        display: how the map is shown in its standard unit.
    """
    node.CreateDefaultDisplayNodes()
    show_layer(scene, node, display.of_given, float(node.GetImageData().GetScalarRange()[1]))
