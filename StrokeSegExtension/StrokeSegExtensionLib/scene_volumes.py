"""The scene's volumes as the presenter knows them: what there is, and the voxels of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer

from StrokeSegLogic.base.errors import InputError

from .frames import Frames
from .study import Handle, LoadedVolume, Voxels
from .words import tr as _

if TYPE_CHECKING:
    import numpy as np

    from StrokeSegLogic.grid import Grid

RESULT_MARK = "StrokeSeg.Result"
"""Attribute of nodes that a run made: they are never offered as inputs."""
_MOST_COPIED = 64 << 20
"""Bytes that are copied while the window waits."""
_INSTANCES = "DICOM.instanceUIDs"


def loaded_volumes(scene: Any) -> list[LoadedVolume]:
    """Every volume and 4-D sequence that could be an input."""
    found = [_volume(node) for node in _of_class(scene, "vtkMRMLScalarVolumeNode") if not _skipped(node, scene)]
    for node in _of_class(scene, "vtkMRMLSequenceNode"):
        first = node.GetNthDataNode(0) if node.GetNumberOfDataNodes() > 1 else None
        if first is not None and first.IsA("vtkMRMLScalarVolumeNode"):
            found.append(LoadedVolume(node.GetID(), node.GetName(), _file(node), "", node.GetNumberOfDataNodes()))
    return found


def voxels_of(scene: Any, handle: Handle) -> Voxels:
    """The voxels of a volume or a 4-D sequence, where the user sees them.

    Raises:
        InputError: if it is gone, or `image_of` or the sequence refuses it.
    """
    node = scene.GetNodeByID(handle)
    if node is None:
        raise InputError(_("the chosen volume is no longer in the scene"), fix=_("Choose another one"))
    if node.IsA("vtkMRMLSequenceNode"):
        return _sequence_voxels(node)
    return _volume_voxels(node)


def _of_class(scene: Any, kind: str) -> list[Any]:
    return [scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind))]


def _skipped(node: Any, scene: Any) -> bool:
    if node.GetHideFromEditors() or node.GetAttribute(RESULT_MARK) or node.GetClassName() != "vtkMRMLScalarVolumeNode":
        return True
    # The volume that a browser shows of a 4-D series is no study of its own.
    return any(browser.GetSequenceNode(node) is not None for browser in _of_class(scene, "vtkMRMLSequenceBrowserNode"))


def _volume(node: Any) -> LoadedVolume:
    return LoadedVolume(node.GetID(), node.GetName(), _file(node), _dicom_file(node))


def _file(node: Any) -> str:
    storage = node.GetStorageNode()
    return (storage.GetFileName() or "") if storage is not None else ""


def _dicom_file(node: Any) -> str:
    """One file of the DICOM series, from Slicer's database, where there is one."""
    uids = (node.GetAttribute(_INSTANCES) or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    return str(database.fileForInstance(uids[0]) or "") if uids and database is not None else ""


def _volume_voxels(node: Any) -> Voxels:
    array, grid = _read(node)
    # Of a large volume the voxels themselves: VTK leaves them where they are as long as somebody holds them.
    kept = array.copy() if array.nbytes <= _MOST_COPIED else array
    return Voxels(node.GetName(), kept, grid.spacing, grid.origin, grid.direction)


def _read(node: Any) -> tuple[np.ndarray, Grid]:
    """The node's own voxels (z, y, x), and where they lie."""
    from StrokeSegLogic.slicer_bridge.geometry import volume_grid
    from StrokeSegLogic.slicer_bridge.volumes import numpy_voxels

    data = node.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or data.GetNumberOfPoints() == 0:
        raise InputError(_("the volume is empty"), where=node.GetName(), fix=_("Load its voxels first"))
    if data.GetNumberOfScalarComponents() != 1:
        raise InputError(
            _("has {count} values a voxel").format(count=data.GetNumberOfScalarComponents()),
            where=node.GetName(),
            fix=_("Choose a scalar volume"),
        )
    return numpy_voxels(data), volume_grid(node)


def _sequence_voxels(node: Any) -> Voxels:
    frames = [_read(node.GetNthDataNode(index)) for index in range(node.GetNumberOfDataNodes())]
    grid = frames[0][1]
    other = next((number for number, (_array, place) in enumerate(frames) if not place.same(grid)), None)
    if other is not None:
        raise InputError(
            _("frame {number} lies on another grid than the first").format(number=other + 1),
            where=node.GetName(),
            fix=_("Give the frames of one scan at one table position"),
        )
    shown = _shown(node)
    if shown is not None:
        # Only what is shown can lie under a transform.
        grid = _read(shown)[1]
    return Voxels(
        node.GetName(), Frames([array for array, _ in frames]), grid.spacing, grid.origin, grid.direction, _times(node)
    )


def _shown(sequence: Any) -> Any:
    """The volume that a browser shows of a sequence, None if there is none with voxels."""
    for browser in _of_class(sequence.GetScene(), "vtkMRMLSequenceBrowserNode"):
        proxy = browser.GetProxyNode(sequence)
        if proxy is not None and proxy.GetImageData() is not None:
            return proxy
    return None


_SECONDS_PER = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3}


def _times(node: Any) -> tuple[float, ...]:
    factor = _SECONDS_PER.get(str(node.GetIndexUnit() or "").strip().lower())
    texts = [str(node.GetNthIndexValue(index)) for index in range(node.GetNumberOfDataNodes())]
    try:
        if factor is not None:
            return tuple(float(text) * factor for text in texts)
    except ValueError:
        factor = None
    what = _("its frames are not numbered by seconds or milliseconds (unit '{unit}', first '{first}')")
    raise InputError(
        what.format(unit=node.GetIndexUnit(), first=texts[0]),
        where=node.GetName(),
        fix=_("Set the sequence's index to time in s or ms"),
    )
