"""Lesions of a segmentation node taken out, taken in, hidden and kept, with the Segment Editor's undo and masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk

from StrokeSegLogic.mri.edited_lesions import Evidence, counted
from StrokeSegLogic.result.looks import SEGMENTS
from StrokeSegLogic.result.outcome import Maker
from StrokeSegLogic.slicer_bridge.exports import export_labels, export_segments
from StrokeSegLogic.slicer_bridge.files import read_labels
from StrokeSegLogic.slicer_bridge.lesion_segments import (
    hidden_ml,
    hidden_segment,
    keep_unseen,
    kept_points,
    lesion_segment,
    mark_kept,
    move_hidden,
    nothing_hidden,
    segment_voxels,
    take_in,
    take_out,
)
from StrokeSegLogic.slicer_bridge.segmentations import add_segments, keep_grid, labels_of, volumes_ml
from StrokeSegLogic.slicer_bridge.volumes import add_volume
from StrokeSegLogic.space.masks import cut
from StrokeSegLogic.space.volume import Volume

from .slicer_grids import AXIAL

LARGE, SMALL = np.s_[2:5, 8:14, 8:14], np.s_[6:7, 20:22, 18:20]


def masked(*places: Any) -> np.ndarray:
    mask = np.zeros(AXIAL.shape, bool)
    for place in places:
        mask[place] = True
    return mask


class Edited:
    """A segmentation node with two lesions, tied to a volume, and Slicer's Segment Editor on it."""

    def __init__(self, scene: Any) -> None:
        self.scene = scene
        self.reference = add_volume(scene, AXIAL.image(np.zeros(AXIAL.shape, np.float32)), "DWI")
        labels = Volume(masked(LARGE, SMALL).astype(np.uint8), AXIAL)
        self.node = add_segments(scene, "StrokeSeg", labels, SEGMENTS["mri"], Maker(""), ())
        keep_grid(self.node, self.reference)
        lesion = lesion_segment(self.node)
        assert lesion is not None
        self.lesion: str = lesion
        self.editor = slicer.vtkSlicerSegmentEditorLogic()
        self.editor.SetMRMLScene(scene)
        self.editor.SetSegmentEditorNode(scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
        self.editor.SetMaximumNumberOfUndoStates(20)
        self.editor.SetSegmentationNode(self.node)
        self.editor.SetSourceVolumeNode(self.reference)

    def shown(self) -> np.ndarray:
        return sitk.GetArrayFromImage(labels_of(self.node, self.reference)) == 1

    def hidden(self) -> float:
        """Voxels of what is hidden."""
        segment = hidden_segment(self.node)
        return 0 if segment is None else int(np.asarray(segment_voxels(self.node, segment).array).sum())

    def hide_below(self, ml: float) -> None:
        """As the slider does."""
        segment = hidden_segment(self.node)
        hidden = None if segment is None else segment_voxels(self.node, segment)
        evidence = Evidence.of(AXIAL, model=Volume(masked(LARGE, SMALL).astype(np.uint8), AXIAL))
        now = segment_voxels(self.node, self.lesion)
        table = counted(evidence, now, hidden, kept_points(self.node, self.lesion), ml)
        move_hidden(self.node, self.lesion, table.hide, table.show, f"Hidden, below {ml:.2f} ml")
        keep_unseen(self.node)


@pytest.fixture
def edited(scene: Any) -> Edited:
    return Edited(scene)


SMALL_ML = 4 * AXIAL.voxel_ml


def test_a_lesion_is_taken_out_and_undo_brings_it_back(edited: Edited) -> None:
    edited.editor.SaveStateForUndo()
    take_out(edited.node, edited.lesion, cut(masked(SMALL), AXIAL))
    assert np.array_equal(edited.shown(), masked(LARGE))
    edited.editor.Undo()
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL))


def test_a_lesion_is_taken_in_beside_the_others_and_eats_none(edited: Edited) -> None:
    other = edited.node.GetSegmentation().AddEmptySegment("mine", "Mine")
    mine = masked(np.s_[3, 14:18, 8:14])
    assert take_in(edited.node, other, cut(mine, AXIAL)) == mine.sum()
    region = masked(np.s_[2:5, 12:18, 8:14])
    edited.editor.SaveStateForUndo()
    assert take_in(edited.node, edited.lesion, cut(region, AXIAL)) == (region & ~mine & ~masked(LARGE)).sum()
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL) | (region & ~mine))
    assert np.asarray(segment_voxels(edited.node, other).array).sum() == mine.sum()
    take_out(edited.node, other, cut(masked(np.s_[3, 14:16, :]), AXIAL))
    assert np.asarray(segment_voxels(edited.node, other).array).sum() == mine.sum() / 2
    assert edited.node.GetSegmentation().GetNumberOfLayers() == 1, "else the file would be 4-D"
    edited.editor.Undo()
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL))


def test_hiding_takes_small_lesions_out_of_all_that_leaves_and_gives_them_back(edited: Edited, tmp_path: Path) -> None:
    edited.hide_below(2 * SMALL_ML)
    assert np.array_equal(edited.shown(), masked(LARGE)) and edited.hidden() == 4
    assert volumes_ml(edited.node)["Ischemic lesion"] == pytest.approx(108 * AXIAL.voxel_ml)
    export_segments(edited.node, tmp_path / "a.seg.nrrd")
    export_labels(edited.node, edited.reference, tmp_path / "a.nii.gz")
    written = sitk.ReadImage(str(tmp_path / "a.nii.gz"))
    assert np.array_equal(sitk.GetArrayFromImage(written) > 0, masked(LARGE))
    again = read_labels(tmp_path / "a.seg.nrrd", AXIAL.image(np.zeros(AXIAL.shape, np.uint8)))
    assert np.array_equal(sitk.GetArrayFromImage(again) > 0, masked(LARGE))
    assert "Hidden" not in sitk.ReadImage(str(tmp_path / "a.seg.nrrd")).GetMetaData("Segment0_Name")
    edited.hide_below(0.0)
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL)) and edited.hidden() == 0
    assert hidden_segment(edited.node) is None
    assert edited.node.GetSegmentation().GetNumberOfLayers() == 1


def test_what_is_hidden_is_not_drawn_and_the_list_of_segments_says_what_it_is(edited: Edited) -> None:
    edited.hide_below(2 * SMALL_ML)
    segment = hidden_segment(edited.node)
    assert segment is not None and not edited.node.GetDisplayNode().GetSegmentVisibility(segment)
    name = edited.node.GetSegmentation().GetSegment(segment).GetName()
    assert name == f"Hidden, below {2 * SMALL_ML:.2f} ml"


def test_what_slicer_itself_exports_has_nothing_hidden_and_it_is_there_again(edited: Edited) -> None:
    edited.hide_below(2 * SMALL_ML)
    name = hidden_segment(edited.node)
    with pytest.raises(KeyError), nothing_hidden(edited.node):
        assert len(edited.node.GetSegmentation().GetSegmentIDs()) == 1 and edited.hidden() == 0
        raise KeyError
    assert hidden_segment(edited.node) == name and edited.hidden() == 4
    assert hidden_ml(edited.node) == pytest.approx(SMALL_ML)
    assert name is not None and not edited.node.GetDisplayNode().GetSegmentVisibility(name)
    edited.hide_below(0.0)
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL)) and hidden_ml(edited.node) == 0.0


def test_undo_behind_the_slider_loses_nothing(edited: Edited) -> None:
    edited.hide_below(2 * SMALL_ML)
    edited.editor.SaveStateForUndo()
    take_out(edited.node, edited.lesion, cut(masked(LARGE), AXIAL))
    edited.hide_below(0.0)
    assert np.array_equal(edited.shown(), masked(SMALL))
    edited.editor.Undo()
    edited.hide_below(0.0)
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL)) and edited.hidden() == 0


def test_undo_to_before_the_slider_is_followed_by_the_slider(edited: Edited) -> None:
    edited.editor.SaveStateForUndo()
    take_out(edited.node, edited.lesion, cut(masked(LARGE), AXIAL))
    edited.hide_below(2 * SMALL_ML)
    assert not edited.shown().any() and edited.hidden() == 4
    edited.editor.Undo()
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL))
    edited.hide_below(2 * SMALL_ML)
    assert np.array_equal(edited.shown(), masked(LARGE)) and edited.hidden() == 4


def test_what_is_kept_is_shown_and_the_mark_is_undone_with_everything_else(edited: Edited) -> None:
    x, y, z = AXIAL.to_world(np.array([[18, 20, 6]]))[0].tolist()
    edited.editor.SaveStateForUndo()
    mark_kept(edited.node, edited.lesion, [(x, y, z)])
    edited.hide_below(2 * SMALL_ML)
    assert np.array_equal(edited.shown(), masked(LARGE, SMALL))
    assert kept_points(edited.node, edited.lesion)[0] == pytest.approx((x, y, z), abs=1e-3)
    edited.editor.Undo()
    assert kept_points(edited.node, edited.lesion) == ()
    edited.editor.Redo()
    assert len(kept_points(edited.node, edited.lesion)) == 1


def test_a_mark_that_cannot_be_read_is_none(edited: Edited) -> None:
    edited.node.GetSegmentation().GetSegment(edited.lesion).SetTag("StrokeSeg.Kept", "1,2;a,b,c;4,5,6")
    assert kept_points(edited.node, edited.lesion) == ((4.0, 5.0, 6.0),)


def test_a_lesion_that_grows_over_what_is_hidden_takes_it(edited: Edited) -> None:
    edited.hide_below(2 * SMALL_ML)
    take_in(edited.node, edited.lesion, cut(masked(np.s_[6:7, 19:23, 17:21]), AXIAL))
    assert edited.hidden() == 0
    assert np.array_equal(edited.shown(), masked(LARGE, np.s_[6:7, 19:23, 17:21]))


def test_a_node_under_a_transform_is_edited_where_it_is_seen(edited: Edited) -> None:
    transform = edited.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 11.0)
    transform.SetMatrixTransformToParent(matrix)
    for node in (edited.node, edited.reference):
        node.SetAndObserveTransformNodeID(transform.GetID())
    small = segment_voxels(edited.node, edited.lesion).grid
    take_out(edited.node, edited.lesion, cut(masked(SMALL), small))
    assert np.array_equal(edited.shown(), masked(LARGE))


def test_without_the_lesions_segment_there_is_none(edited: Edited) -> None:
    edited.node.GetSegmentation().RemoveSegment(edited.lesion)
    assert lesion_segment(edited.node) is None and hidden_segment(edited.node) is None
