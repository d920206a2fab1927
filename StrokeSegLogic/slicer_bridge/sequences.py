"""Volumes over time in a scene, as one 4-D image with its times: sequences, their browsers, multi-volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..grid import Grid
from ..study.time_units import SECONDS_PER
from .geometry import volume_grid
from .runtime import VolumeNode
from .volumes import numpy_voxels

FRAME_LABELS = "MultiVolume.FrameLabels"
_FRAME_UNITS = "MultiVolume.FrameIdentifyingDICOMTagUnits"


def series_of(node: VolumeNode) -> tuple[sitk.Image, tuple[float, ...]]:
    """A copy of a node's frames as a 4-D image (x, y, z, time), int16 or float32, and the frames' seconds.

    Args:
        node: a sequence of scalar volumes, a sequence browser (its master sequence is taken), the volume that a browser
            shows of a sequence, or a multi-volume.

    Raises:
        InputError: if the node is none of these, a frame is no scalar volume or lies elsewhere than the others, or the
            frames are not numbered by time.
        OutputError: if slicer is not installed.
    """
    if node.GetAttribute(FRAME_LABELS):
        return _multi_volume(node)
    sequence, proxy = _sequence(node)
    if sequence is None:
        raise InputError(
            "is neither a sequence of volumes nor a multi-volume",
            where=node.GetName(),
            fix="Choose the sequence, its browser or the volume that the browser shows",
        )
    frames = [sequence.GetNthDataNode(k) for k in range(sequence.GetNumberOfDataNodes())]
    if len(frames) < 2:
        raise InputError(f"has {len(frames)} frames", where=sequence.GetName(), fix="Choose the 4-D series")
    grid = _common_grid(frames, sequence, proxy)
    texts = [str(sequence.GetNthIndexValue(k)) for k in range(len(frames))]
    times = _times(texts, str(sequence.GetIndexUnit() or ""), sequence.GetName())
    return _stacked(len(frames), grid, lambda k: numpy_voxels(frames[k].GetImageData())), times


def is_series(node: VolumeNode) -> bool:
    """Whether `series_of` knows what to do with a node."""
    return bool(node.GetAttribute(FRAME_LABELS)) or _sequence(node)[0] is not None


def _sequence(node: VolumeNode) -> tuple[Any | None, VolumeNode | None]:
    """The sequence that a node is, browses or shows, and the volume that shows it."""
    if node.IsA("vtkMRMLSequenceNode"):
        return node, None
    if node.IsA("vtkMRMLSequenceBrowserNode"):
        master = node.GetMasterSequenceNode()
        return master, None if master is None else node.GetProxyNode(master)
    scene = node.GetScene()
    for number in range(0 if scene is None else scene.GetNumberOfNodesByClass("vtkMRMLSequenceBrowserNode")):
        sequence = scene.GetNthNodeByClass(number, "vtkMRMLSequenceBrowserNode").GetSequenceNode(node)
        if sequence is not None:
            return sequence, node
    return None, None


def _common_grid(frames: list[Any], sequence: Any, proxy: VolumeNode | None) -> Grid:
    """Where all frames lie: under the transforms of the volume that shows them, if there is one."""
    for number, frame in enumerate(frames):
        if frame is None or not frame.IsA("vtkMRMLScalarVolumeNode") or frame.GetImageData() is None:
            raise InputError(f"frame {number + 1} is no volume with voxels", where=sequence.GetName())
        if frame.GetImageData().GetNumberOfScalarComponents() != 1:
            raise InputError(f"frame {number + 1} has several values a voxel", where=sequence.GetName())
    grids = [volume_grid(frame) for frame in frames]
    other = next((number for number, grid in enumerate(grids) if not grid.same(grids[0])), None)
    if other is not None:
        raise InputError(
            f"frame {other + 1} lies on another grid than the first",
            where=sequence.GetName(),
            fix="Give the frames of one scan at one table position",
        )
    return grids[0] if proxy is None or proxy.GetImageData() is None else volume_grid(proxy)


def _multi_volume(node: VolumeNode) -> tuple[sitk.Image, tuple[float, ...]]:
    data = node.GetImageData()
    texts = [text.strip() for text in node.GetAttribute(FRAME_LABELS).split(",") if text.strip()]
    if data is None or data.GetNumberOfScalarComponents() != len(texts):
        raise InputError(
            f"has {len(texts)} times and {0 if data is None else data.GetNumberOfScalarComponents()} frames",
            where=node.GetName(),
            fix="Load the series again",
        )
    times = _times(texts, str(node.GetAttribute(_FRAME_UNITS) or "ms"), node.GetName())
    from vtk.util.numpy_support import vtk_to_numpy

    flat: np.ndarray = vtk_to_numpy(data.GetPointData().GetScalars())
    shape = data.GetDimensions()[::-1]
    return _stacked(len(texts), volume_grid(node), lambda k: flat[:, k].reshape(shape)), times


def _stacked(count: int, grid: Grid, frame: Callable[[int], np.ndarray]) -> sitk.Image:
    from ..volumes.frame_stack import FrameStack  # which brings in nibabel: the rest of the bridge does without

    stack = FrameStack((count, *grid.shape))
    for number in range(count):
        stack.add(frame(number))
    return stack.image(grid)


def _times(texts: list[str], unit: str, where: str) -> tuple[float, ...]:
    factor = SECONDS_PER.get(unit.strip().lower())
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values, factor = [], None
    if factor is None:
        raise InputError(
            f"its frames are not numbered by seconds or milliseconds (unit '{unit}', first '{texts[0]}')",
            where=where,
            fix="Set the sequence's index to time in s or ms",
        )
    return tuple(value * factor for value in values)
