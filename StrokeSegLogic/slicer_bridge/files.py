"""Results as files that open in 3D Slicer."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, OutputError
from ..base.files import native_paths, require_file
from ..base.progress import check_cancelled
from ..result.looks import SegmentStyle
from ..result.outcome import Maker, Outcome
from ..space.grid import Grid
from ..space.volume import Volume
from .runtime import Scene, SegmentationNode, VolumeNode, headless_scene, load_slicer, load_vtk, quiet_vtk
from .segmentations import add_brain, add_segmentation, add_segments, keep_grid, labels_of, show_segmentation
from .volumes import add_volume, to_ras

_VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""The slice views of Slicer's standard layouts, each known by its colour and that colour's first letter."""
_VIEW_SIZE = (400, 400)
"""Pixels for which the views are fitted; Slicer keeps the field of view when it has its own size."""
_OBLIQUE = "Acquired"
"""Begins the name of planes that are not the body's own; no spaces, it becomes the name of an XML attribute."""


def write_segmentation(segmentation: Outcome, path: Path) -> None:
    """Writes a result as a Slicer segmentation that any NRRD reader can read, too.

    The file holds uint8 labels on the reference's whole grid, also without a lesion, and in its header each
    segment's name, colour and tags.

    Args:
        segmentation: the result.
        path: ends in ".seg.nrrd"; an existing file is replaced once the new file is complete.

    Raises:
        OutputError: if the file cannot be written, or slicer is not installed.
    """
    write_labels(segmentation.labels, segmentation.styles, segmentation.maker, path, segmentation.warnings)


def write_labels(
    labels: sitk.Image, styles: Mapping[int, SegmentStyle], maker: Maker, path: Path, warnings: Sequence[str] = ()
) -> None:
    """Writes labels as a Slicer segmentation, as `write_segmentation` does.

    Args:
        labels: uint8.
        styles: by label value, in the order of the segments' list.
        maker: what drew the labels.
        path: ends in ".seg.nrrd"; an existing file is replaced once the new file is complete.
        warnings: what a reader must know.

    Raises:
        OutputError: if the file cannot be written, or slicer is not installed.
    """
    voxels = Volume.of(labels)
    with replacing(path, ".seg.nrrd") as draft, headless_scene() as scene:
        # The labels themselves stand for the reference volume: all that is asked of it is its grid.
        reference = add_volume(scene, labels, "reference")
        node = add_segments(scene, "StrokeSeg", voxels, styles, maker, warnings)
        keep_grid(node, reference)
        write_segments(node, draft, path)
        _require_labels(draft, voxels, path)


def read_labels(path: Path, reference: sitk.Image) -> sitk.Image:
    """The labels of a .seg.nrrd on a reference's grid, whoever saved it; each segment's value is `labels_of`'s.

    Args:
        path: of a file that Slicer or `write_labels` wrote; several layers are read, too.
        reference: says the grid.

    Returns:
        uint8.

    Raises:
        InputError: if it is missing or no segmentation.
        OutputError: if slicer is not installed.
    """
    require_file(path)
    slicer = load_slicer()
    with native_paths([path]) as (native,), headless_scene() as scene:
        node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
        storage = slicer.vtkMRMLSegmentationStorageNode()
        storage.SetFileName(str(native))
        with quiet_vtk():
            read = storage.ReadData(node)
        if not read:
            raise InputError("is no segmentation that Slicer can read", where=path, fix="Save it again from Slicer")
        return labels_of(node, reference)


def write_scene(segmentation: Outcome, path: Path) -> None:
    """Writes a Slicer scene of the segmentation and all that it is looked at with in one file.

    For MRI these are the inputs, the probability and the planes' agreement; for CT perfusion the maps in colour.
    Opened in Slicer, it shows the segmentation on one of them at the largest lesion. What other methods found and the
    brain mask are there too, hidden until they are asked for.

    Args:
        segmentation: the result.
        path: ends in ".mrb"; an existing file is replaced once the new file is complete.

    Raises:
        OutputError: if the file cannot be written, or slicer is not installed.
    """
    slicer = load_slicer()
    # Slicer gathers a bundle's files before it packs them: on the disk that the result is meant for.
    with replacing(path, ".mrb") as draft, headless_scene(draft.parent) as scene:
        nodes = {}
        for layer in segmentation.layers:
            check_cancelled()
            nodes[layer.name] = add_volume(scene, layer.image, layer.title, layer.display)
        reference = nodes[segmentation.background]
        show_segmentation(add_segmentation(scene, segmentation, reference))
        for name, other in segmentation.alternatives.items():
            show_segmentation(add_segmentation(scene, other, reference, f"StrokeSeg {name}"), visible=False)
        add_brain(scene, Volume.of(segmentation.brain), segmentation.brain_from, reference)
        show_result(scene, segmentation, nodes)
        messages = slicer.vtkMRMLMessageCollection()
        with quiet_vtk():
            written = scene.WriteToMRB(str(draft), None, messages)
        if not written:
            raise OutputError(_reason(messages), where=path, fix=FIX)
        _require_bundle(draft, len(nodes) + 2 + len(segmentation.alternatives), path)


FIX = "Check that the folder can be written to, and that its disk is not full"
"""What to do where a file could not be written."""


@contextmanager
def replacing(path: Path, suffix: str) -> Iterator[Path]:
    """A file to write in a folder beside `path`; it takes the place of `path` when all went well."""
    if not path.name.endswith(suffix):
        raise OutputError(f"the name does not end in {suffix}", where=path, fix=f"Name it like case{suffix}")
    try:
        # The file's own name, because Slicer names the folder in a bundle after it.
        with (
            native_paths([path.parent]) as (home,),
            tempfile.TemporaryDirectory(prefix=".strokeseg-", dir=home) as folder,
        ):
            draft = Path(folder) / path.name
            yield draft
            draft.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=path, fix=FIX) from error


def write_segments(node: SegmentationNode, draft: Path, path: Path) -> None:
    """Writes a node's segments on their whole grid into a draft of `path`, which errors name."""
    storage = load_slicer().vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(draft))
    # Else only the box around the segments is written, and an empty result is one voxel.
    storage.SetCropToMinimumExtent(False)
    with quiet_vtk():
        written = storage.WriteData(node)
    if not written or not draft.exists():
        raise OutputError(_reason(storage.GetUserMessages()), where=path, fix=FIX)


def _reason(messages: Any) -> str:
    """The first thing that Slicer says; one lack of space brings a message for every volume."""
    lines = messages.GetAllMessagesAsString().split("\n") if messages is not None else []
    first = next((line for line in lines if line.strip()), "")
    return f"Slicer could not write it: {first.strip(' -')}" if first else "Slicer could not write it"


def _require_labels(draft: Path, labels: Volume, path: Path) -> None:
    """VTK does not notice every failed write: only a file that reads back is a result."""
    try:
        image = sitk.ReadImage(str(draft))
    except RuntimeError:
        raise OutputError("the written file is damaged", where=path, fix=FIX) from None
    same = Grid.of(image).same(labels.grid)
    if not same or not np.array_equal(sitk.GetArrayViewFromImage(image), labels.array):
        raise OutputError("the written file does not hold the result", where=path, fix=FIX)


def _require_bundle(draft: Path, images: int, path: Path) -> None:
    try:
        with zipfile.ZipFile(draft) as bundle:
            damaged = bundle.testzip()
            names = bundle.namelist()
    except (zipfile.BadZipFile, FileNotFoundError):
        raise OutputError("the written file is damaged", where=path, fix=FIX) from None
    complete = sum(name.endswith(".nrrd") for name in names) == images
    if damaged or not complete or not any(name.endswith(".mrml") for name in names):
        raise OutputError("the written file is incomplete", where=path, fix=FIX)


def turn_to_planes(node: Any, orientation: str, volume: VolumeNode) -> None:
    """Turns a slice view to a volume's own planes, those next to the body's.

    Args:
        node: a vtkMRMLSliceNode.
        orientation: "Axial", "Sagittal" or "Coronal".
        volume: a volume node.
    """
    node.SetOrientation(orientation)
    node.RotateToVolumePlane(volume)
    name_planes(node, orientation)


def name_planes(node: Any, name: str) -> None:
    """Gives the planes of a slice view a name that the scene keeps, if they have none.

    Planes without a name make Slicer complain when the scene is read again ("GetSliceOrientationPreset: invalid
    orientation preset name: Reformat").

    Args:
        node: a vtkMRMLSliceNode.
        name: in letters and digits.
    """
    if node.GetOrientation() == node.GetReformatOrientationName():
        planes = load_vtk().vtkMatrix3x3()
        to_world = node.GetSliceToRAS()
        for row in range(3):
            for column in range(3):
                planes.SetElement(row, column, to_world.GetElement(row, column))
        node.AddSliceOrientationPreset(f"{_OBLIQUE}{name}", planes)


def show_result(scene: Scene, segmentation: Outcome, nodes: Mapping[str, VolumeNode]) -> None:
    """Sets the three slice views on the background layer, in its own planes, at the result's focus.

    The foreground layer lies in front, faded out: one slider brings it up.

    Args:
        scene: that the nodes are in.
        segmentation: says what to show.
        nodes: of the layers, by name.
    """
    slicer = load_slicer()
    background = nodes[segmentation.background]
    focus = segmentation.focus_mm
    for view, orientation in _VIEWS.items():
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLScene(scene)
        node = logic.AddSliceNode(view)
        # Slicer's own views take these from the file, too.
        node.SetLayoutLabel(view[0])
        node.SetLayoutColor(getattr(slicer.vtkMRMLSliceNode, f"Get{view}Color")())
        composite = logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(background.GetID())
        if segmentation.foreground:
            composite.SetForegroundVolumeID(nodes[segmentation.foreground].GetID())
        composite.SetForegroundOpacity(0.0)
        node.SetDimensions(*_VIEW_SIZE, 1)
        turn_to_planes(node, orientation, background)
        logic.FitSliceToBackground(*_VIEW_SIZE)
        if focus is not None:
            node.JumpSliceByOffsetting(*to_ras(focus))
        logic.SetMRMLScene(None)
