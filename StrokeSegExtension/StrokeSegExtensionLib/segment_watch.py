"""Notices that a segmentation is being edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

from .protocols import Clock

_REST_S = 0.5
"""A stroke of the brush changes the voxels many times: they are counted when the hand rests."""


class SegmentWatch:
    """Calls when the watched segmentation's voxels have changed.

    Args:
        clock: calls later.
        changed: called when the editing rests.
    """

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock, self._changed = clock, changed
        self._watched: Any = None
        self._tags: list[int] = []
        self._timer: Any = None

    def watch(self, node: Any | None) -> None:
        """Watches a segmentation node from now on, or none."""
        segmentation = None if node is None else node.GetSegmentation()
        if segmentation is self._watched:
            return
        for tag in self._tags:
            self._watched.RemoveObserver(tag)
        self._watched = segmentation
        kind = slicer.vtkSegmentation
        # Undo and redo tell of no source representation: the segment alone is said to be another.
        events = (kind.SourceRepresentationModified, kind.SegmentModified, kind.SegmentAdded, kind.SegmentRemoved)
        self._tags = [] if segmentation is None else [segmentation.AddObserver(event, self._later) for event in events]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def waiting(self) -> bool:
        """Whether something has changed that is still to be told."""
        return self._timer is not None

    def _later(self, *_event: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(_REST_S, self._rested)

    def _rested(self) -> None:
        self._timer = None
        self._changed()
