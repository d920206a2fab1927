"""A case of a review in a scene: what a reader has drawn, hidden parts included, and colours that only show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ..result.looks import MORPHOLOGICALLY_ALTERED, SegmentStyle
from ..result.outcome import Maker
from ..space.grid import Grid
from ..space.masks import cut
from ..space.resampling import resample
from ..space.volume import Volume
from .lesion_segments import LESION, hidden_segment, replace_voxels, segment_voxels
from .runtime import Scene, SegmentationNode, VolumeNode
from .segmentations import add_segments, keep_grid, labels_of, new_segment

ADDED, REMOVED = 1, 2
"""Labels of `changed`."""


def _style(name: str, colour: tuple[float, float, float]) -> SegmentStyle:
    kind = MORPHOLOGICALLY_ALTERED
    return SegmentStyle(f"StrokeSeg{name}", name, colour, category=kind, type=kind)


CHANGES: Mapping[int, SegmentStyle] = {
    ADDED: _style("Added", (0.0, 0.62, 0.45)),
    REMOVED: _style("Removed", (0.94, 0.89, 0.26)),
}
"""Green and yellow of Okabe and Ito's palette: told apart by everybody, and from the lesion's own colour."""
READERS: tuple[SegmentStyle, SegmentStyle] = (
    _style("First", (0.34, 0.71, 0.91)),
    _style("Second", (0.90, 0.62, 0.0)),
)
"""Sky blue and orange of the same palette."""


def drawn_labels(node: SegmentationNode, reference: sitk.Image) -> sitk.Image:
    """All that is drawn on a reference's grid, uint8, also what the slider hides for being small: for what is kept
    while a reader draws. `segmentations.labels_of` is what leaves.

    Raises:
        InputError: as `labels_of`.
    """
    labels = labels_of(node, reference)
    hidden = hidden_segment(node)
    if hidden is None:
        return labels
    voxels = segment_voxels(node, hidden)
    found = sitk.GetArrayFromImage(labels)
    there = sitk.GetArrayFromImage(resample(voxels.image(), Grid.of(labels), "nearest")) > 0
    found[there & (found == 0)] = LESION
    return Grid.of(labels).image(found)


def replace_labels(node: SegmentationNode, labels: Volume, styles: Mapping[int, SegmentStyle], maker: Maker) -> None:
    """Gives a segmentation other labels; its segments keep their names and colours, and no other stays.

    Args:
        node: whose segments are replaced.
        labels: uint8.
        styles: of all labels that occur.
        maker: what drew them.
    """
    # In the node itself: a second node beside it would be shown for a moment.
    segmentation, array = node.GetSegmentation(), np.asarray(labels.array)
    wanted = {style.id for style in styles.values()}
    for segment_id in segmentation.GetSegmentIDs():
        if segment_id not in wanted:
            segmentation.RemoveSegment(segment_id)
    for value, style in styles.items():
        if segmentation.GetSegment(style.id) is None:
            segmentation.AddSegment(new_segment(value, style, maker), style.id)
        replace_voxels(node, style.id, cut((array == value).astype(np.uint8), labels.grid))


def changed(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """`ADDED` where there is a label now and was none, `REMOVED` where there was one, else 0; uint8 (z, y, x)."""
    return np.where((now > 0) & (before == 0), ADDED, np.where((now == 0) & (before > 0), REMOVED, 0)).astype(np.uint8)


def show_colours(
    scene: Scene,
    node: SegmentationNode | None,
    name: str,
    labels: Volume,
    styles: Mapping[int, SegmentStyle],
    reference: VolumeNode | None,
    fill: float = 0.0,
) -> SegmentationNode:
    """Lays labels over the images as a segmentation that is only looked at: it cannot be chosen for editing, and is
    neither saved with the scene nor exported.

    Args:
        scene: any MRML scene.
        node: of the call before, which takes the new labels; None makes it.
        name: of the node.
        labels: uint8.
        styles: by label.
        reference: volume node on whose grid they lie.
        fill: opacity inside of the outlines, 0 to 1.
    """
    array = np.asarray(labels.array)
    # Slicer draws what is small quickly.
    parts = {style.id: cut((array == value).astype(np.uint8), labels.grid) for value, style in styles.items()}
    if node is not None:
        for segment_id, part in parts.items():
            replace_voxels(node, segment_id, part)
        return node
    made = add_segments(scene, name, Volume(array, labels.grid), styles, Maker(""), ())
    made.SetSelectable(False)
    made.SetHideFromEditors(True)
    made.SetSaveWithScene(False)
    display = made.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetOpacity2DFill(fill)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
    if reference is not None:
        keep_grid(made, reference)
    return made
