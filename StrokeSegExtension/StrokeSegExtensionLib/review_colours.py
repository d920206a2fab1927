"""Colours over a case under review that are only looked at: what was added and removed, and what two readers drew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer

from .words import tr as _

if TYPE_CHECKING:
    import SimpleITK as sitk

    from StrokeSegLogic.evaluation.masks import Mask
    from StrokeSegLogic.review.entry import ReadingName

_FILL = 0.6
"""Opacity of what was added and removed."""


class ReviewColours:
    """Keeps the nodes of these colours.

    Attributes:
        nodes: their IDs.
    """

    def __init__(self) -> None:
        self._changes: Any = None
        self.nodes: list[str] = []

    def show_changes(self, now: sitk.Image, proposal: Mask, reference: Any | None) -> None:
        """What is drawn now against the proposal.

        Args:
            now: labels on the proposal's grid.
            proposal: the model's.
            reference: volume node that they lie on.
        """
        import SimpleITK as sitk

        from StrokeSegLogic.slicer_bridge.review_segments import CHANGES, changed, show_colours
        from StrokeSegLogic.space.volume import Volume

        labels = Volume(changed(sitk.GetArrayFromImage(now), proposal.labels), proposal.grid)
        before, name = self._changes, _("Added and removed")
        self._changes = show_colours(slicer.mrmlScene, before, name, labels, CHANGES, reference, _FILL)
        if before is None:
            self.nodes.append(self._changes.GetID())
        self._changes.GetDisplayNode().SetVisibility(True)

    def hide_changes(self) -> None:
        if self._changes is not None:
            self._changes.GetDisplayNode().SetVisibility(False)

    def show_reading(self, turn: ReadingName, reader: str, mask: Mask, reference: Any | None) -> None:
        """What a reader left, as an outline of their own colour."""
        import numpy as np

        from StrokeSegLogic.slicer_bridge.review_segments import READERS, show_colours
        from StrokeSegLogic.space.volume import Volume

        words = _("First reader: {reader}") if turn == "first" else _("Second reader: {reader}")
        labels = Volume((mask.labels > 0).astype(np.uint8), mask.grid)
        style = {1: READERS[0 if turn == "first" else 1]}
        node = show_colours(slicer.mrmlScene, None, words.format(reader=reader), labels, style, reference)
        self.nodes.append(node.GetID())


def remove_node(scene: Any, node_id: str) -> None:
    """Removes a node with its display and storage nodes; what is gone is gone."""
    node = scene.GetNodeByID(node_id)
    if node is None:
        return
    others = []
    if node.IsA("vtkMRMLDisplayableNode"):
        others = [node.GetNthDisplayNode(number) for number in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        others.append(node.GetStorageNode())
    # First the node: a volume without its display node would be given another by whoever shows it, and Slicer 5.13 was
    # seen to die of a segmentation without.
    scene.RemoveNode(node)
    for other in others:
        # A display node that belongs to no other goes with its node: removed twice, Slicer complains.
        if other is not None and other.GetScene() is not None:
            scene.RemoveNode(other)
