"""What a run is given out of a scene: volumes, and 4-D series as sequences of volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import InputError
from ..space.volume import Frames, Volume
from ..study.maps.units import SECONDS_PER
from .runtime import Scene, VolumeNode, nodes_of_class
from .volumes import read_volume, volume_grid

_MOST_COPIED = 64 << 20
"""Bytes that are copied while the window waits."""


def read_input(scene: Scene, node_id: str) -> Volume:
    """The voxels of a scalar volume or of a sequence, as they are handed to a run.

    Of a small volume a copy, which later changes leave alone; of a large volume or a series the voxels themselves.

    Raises:
        InputError: if the node is gone, or `read_volume` or `read_series` refuses it.
    """
    node = scene.GetNodeByID(node_id)
    if node is None:
        raise InputError("the chosen volume is no longer in the scene", fix="Choose another volume")
    return read_series(node) if node.IsA("vtkMRMLSequenceNode") else read_volume(node).copied(_MOST_COPIED)


def read_series(node: Any) -> Volume:
    """A sequence's frames and their times, where the user sees them; their memory is shared as by `read_volume`.

    Args:
        node: a vtkMRMLSequenceNode of scalar volumes.

    Raises:
        InputError: if there are fewer than two frames, a frame is no scalar volume or lies elsewhere than the others,
            or the frames are not numbered by time.
    """
    name = node.GetName()
    nodes = [node.GetNthDataNode(index) for index in range(node.GetNumberOfDataNodes())]
    if len(nodes) < 2:
        raise InputError(f"has {len(nodes)} frames", where=name, fix="Choose the 4-D series")
    frames = [_frame(data_node, number, name) for number, data_node in enumerate(nodes, 1)]
    grid = frames[0].grid
    other = next((number for number, frame in enumerate(frames, 1) if not frame.grid.same(grid)), None)
    if other is not None:
        raise InputError(
            f"frame {other} lies on another grid than the first",
            where=name,
            fix="Give the frames of one scan at one table position",
        )
    shown = _shown(node)
    if shown is not None:
        # Only what is shown can lie under a transform.
        grid = volume_grid(shown)
    return Volume(Frames([np.asarray(frame.array) for frame in frames]), grid, name, _times(node))


def _frame(node: VolumeNode | None, number: int, name: str) -> Volume:
    if node is None or not node.IsA("vtkMRMLScalarVolumeNode"):
        raise InputError(f"frame {number} is no volume with voxels", where=name)
    return read_volume(node)


def _shown(sequence: Any) -> VolumeNode | None:
    """The volume that a browser shows of a sequence, None if there is none with voxels."""
    for browser in nodes_of_class(sequence.GetScene(), "vtkMRMLSequenceBrowserNode"):
        proxy = browser.GetProxyNode(sequence)
        if proxy is not None and proxy.GetImageData() is not None:
            return proxy
    return None


def _times(node: Any) -> tuple[float, ...]:
    unit = str(node.GetIndexUnit() or "")
    factor = SECONDS_PER.get(unit.strip().lower())
    texts = [str(node.GetNthIndexValue(index)) for index in range(node.GetNumberOfDataNodes())]
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values, factor = [], None
    if factor is None:
        raise InputError(
            f"its frames are not numbered by seconds or milliseconds (unit '{unit}', first '{texts[0]}')",
            where=node.GetName(),
            fix="Set the sequence's index to time in s or ms",
        )
    return tuple(value * factor for value in values)
