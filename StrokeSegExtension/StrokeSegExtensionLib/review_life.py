"""Signs of life: whether somebody sits before the views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from StrokeSegLogic.slicer_bridge.runtime import nodes_of_class


class SignsOfLife:
    """Calls whenever the mouse moves over a view or a view turns to another slice."""

    def __init__(self) -> None:
        self._seen: list[tuple[Any, int]] = []

    def watch(self, scene: Any, alive: Callable[[], None]) -> None:
        """Watches the views that a scene has now."""
        self.stop()
        moved = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
        events = [(node, vtk.vtkCommand.ModifiedEvent) for node in nodes_of_class(scene, "vtkMRMLSliceNode")]
        crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if crosshair is not None:
            events.append((crosshair, moved))
        self._seen = [(node, node.AddObserver(event, lambda *_event: alive())) for node, event in events]

    def stop(self) -> None:
        """Nobody is told any more."""
        for node, tag in self._seen:
            node.RemoveObserver(tag)
        self._seen = []
