"""The volumes of a scene that could be a run's inputs. Importing it needs neither numpy nor slicer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .runtime import Scene, VolumeNode, load_slicer, nodes_of_class

RESULT_MARK = "StrokeSeg.Result"
"""Attribute of nodes that a run made: they are never offered as inputs."""
_INSTANCES = "DICOM.instanceUIDs"


@dataclass(frozen=True)
class InputVolume:
    """A volume that could be an input.

    Attributes:
        handle: its node's ID.
        name: its node's name.
        file: the file that it was loaded from, "" if unknown.
        dicom_file: one instance of the DICOM series that it was loaded from, "" if it was not.
        frames: number of volumes over time; 1 for a plain volume.
    """

    handle: str
    name: str
    file: str = ""
    dicom_file: str = ""
    frames: int = 1


def input_volumes(scene: Scene) -> list[InputVolume]:
    """Every scalar volume and 4-D sequence that the user brought into a scene."""
    volumes = (node for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode") if not _skipped(node, scene))
    found = [InputVolume(node.GetID(), node.GetName(), _file(node), _dicom_file(node)) for node in volumes]
    for node in nodes_of_class(scene, "vtkMRMLSequenceNode"):
        first = node.GetNthDataNode(0) if node.GetNumberOfDataNodes() > 1 else None
        if first is not None and first.IsA("vtkMRMLScalarVolumeNode"):
            found.append(InputVolume(node.GetID(), node.GetName(), _file(node), "", node.GetNumberOfDataNodes()))
    return found


def _skipped(node: VolumeNode, scene: Scene) -> bool:
    if node.GetHideFromEditors() or node.GetAttribute(RESULT_MARK) or node.GetClassName() != "vtkMRMLScalarVolumeNode":
        return True
    # The volume that a browser shows of a 4-D series is no study of its own.
    browsers = nodes_of_class(scene, "vtkMRMLSequenceBrowserNode")
    return any(browser.GetSequenceNode(node) is not None for browser in browsers)


def _file(node: Any) -> str:
    storage = node.GetStorageNode()
    return (storage.GetFileName() or "") if storage is not None else ""


def _dicom_file(node: VolumeNode) -> str:
    """One file of the DICOM series, from Slicer's database, where there is any."""
    uids = (node.GetAttribute(_INSTANCES) or "").split()
    database = getattr(load_slicer(), "dicomDatabase", None)
    return str(database.fileForInstance(uids[0]) or "") if uids and database is not None else ""
