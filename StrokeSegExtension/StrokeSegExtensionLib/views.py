"""Slice views side by side, one for each sequence or map; and the user's own layout back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import slicer

from .protocols import Clock, Timer

LAYOUT = 7415
"""Number of our layout; Slicer leaves those from 500 on to extensions."""
Point = tuple[float, float, float]
_VIEW = "StrokeSeg{number}"
_COLOUR = "#56B4E9"
_POLL_S = 0.05
_MOST_POLLS = 40
"""New views get their size from the event loop: they are fitted once two looks in a row found the same sizes, or after
two seconds."""


class SliceViews:
    """Shows volumes in views of their own. Without a window (`--no-main-window`) it does nothing.

    Args:
        clock: calls later, once new views have their size.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: int | None = None
        self._count = 0
        self._timer: Timer | None = None

    @property
    def available(self) -> bool:
        return _manager() is not None

    @property
    def shown(self) -> bool:
        """Whether our layout is on."""
        manager = _manager()
        return manager is not None and _node(manager).GetViewArrangement() == LAYOUT

    @property
    def settling(self) -> bool:
        """Whether new views are still to be fitted and moved."""
        return self._timer is not None

    def side_by_side(self, volumes: Sequence[tuple[str, Any]], reference: Any, point_ras: Point | None = None) -> None:
        """One linked view for each volume, all in the planes of the reference volume, soon with the whole of it and all
        at one scale in sight.

        Args:
            volumes: title and volume node, at least one.
            reference: volume node in whose planes they are looked at.
            point_ras: mm RAS, the slice to show; None is the middle of the reference.
        """
        manager = _manager()
        if manager is None or not volumes:
            return
        node = _node(manager)
        if node.GetViewArrangement() != LAYOUT:
            self._users = node.GetViewArrangement()
        _describe(node, layout_xml([title for title, _volume in volumes]))
        node.SetViewArrangement(LAYOUT)
        self._count = len(volumes)
        for number, (title, volume) in enumerate(volumes, start=1):
            widget = manager.sliceWidget(_VIEW.format(number=number))
            if widget is None:
                # The layout manager makes no view while the scene is closed or filled.
                continue
            logic = widget.sliceLogic()
            composite, view = logic.GetSliceCompositeNode(), logic.GetSliceNode()
            composite.SetLinkedControl(True)
            composite.SetHotLinkedControl(True)
            composite.SetBackgroundVolumeID(volume.GetID())
            composite.SetForegroundVolumeID(None)
            # Linked views of one group move together, also those that are not shown: the user's own have another.
            view.SetViewGroup(LAYOUT)
            view.SetLayoutLabel(title)
            view.SetOrientation("Axial")
            view.RotateToVolumePlane(reference)
        self._settle(reference.GetID(), _middle(reference) if point_ras is None else point_ras, (), 0)

    def _settle(self, reference: str, point_ras: Point, before: tuple[Any, ...], polls: int) -> None:
        """Fits and moves the views once their sizes rest."""
        self.stop()
        sizes = tuple(tuple(logic.GetSliceNode().GetDimensions()[:2]) for logic in self._logics())
        volume = slicer.mrmlScene.GetNodeByID(reference)
        if volume is None or not self.shown:
            return
        if polls and (sizes == before or polls >= _MOST_POLLS):
            self._fit(volume)
            self.look_at(point_ras, volume)
            return
        self._timer = self._clock.call_later(
            _POLL_S if polls else 0.0, lambda: self._settle(reference, point_ras, sizes, polls + 1)
        )

    def stop(self) -> None:
        """Views that are still to be fitted stay as they are."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fit(self, reference: Any) -> None:
        """All views at one scale, the whole of the reference in each."""
        logics = self._logics()
        middle = _middle(reference)
        scales = []
        for logic in logics:
            span, centre = [0.0] * 3, [0.0] * 3
            logic.GetVolumeSliceDimensions(reference, span, centre)
            columns, rows = logic.GetSliceNode().GetDimensions()[:2]
            if columns > 0 and rows > 0:
                scales.append(max(span[0] / columns, span[1] / rows))
        for logic in logics if scales else ():
            node = logic.GetSliceNode()
            columns, rows = node.GetDimensions()[:2]
            logic.FitSliceToBackground()
            node.SetFieldOfView(columns * max(scales), rows * max(scales), node.GetFieldOfView()[2])
            node.JumpSliceByCentering(*middle)

    def restore(self) -> None:
        """The layout that the user had before ours."""
        self.stop()
        manager = _manager()
        if manager is not None and self.shown:
            four_up = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
            _node(manager).SetViewArrangement(four_up if self._users is None else self._users)

    def look_at(self, point_ras: Point, reference: Any | None) -> None:
        """Moves every view that is shown to a point, mm RAS; each keeps its plane and its zoom.

        Args:
            point_ras: where to.
            reference: volume node on whose nearest slice all views shall lie, so that all show the same place
                and the labels as they are; None for the point itself.
        """
        point = point_ras if reference is None else _on_slice(point_ras, reference)
        for logic in self._logics():
            logic.GetSliceNode().JumpSliceByOffsetting(*point)

    def overlay(self, volume: Any | None, opacity: float) -> None:
        """Lays a volume over all views that are shown, or takes it away."""
        for logic in self._logics():
            composite = logic.GetSliceCompositeNode()
            composite.SetForegroundVolumeID(None if volume is None else volume.GetID())
            composite.SetForegroundOpacity(opacity if volume is not None else 0.0)

    def _logics(self) -> list[Any]:
        manager = _manager()
        if manager is None:
            return []
        # The manager names every view that it ever made, those of other layouts too.
        names = [_VIEW.format(number=n + 1) for n in range(self._count)] if self.shown else manager.sliceViewNames()
        widgets = [manager.sliceWidget(name) for name in names]
        return [widget.sliceLogic() for widget in widgets if widget is not None]


def register_layout() -> None:
    """Tells Slicer what our layout is before the panel is opened: a scene file keeps its number alone, and would open
    with no views at all. The panel puts in as many as there are volumes."""
    manager = _manager()
    if manager is not None and not _node(manager).IsLayoutDescription(LAYOUT):
        _describe(_node(manager), layout_xml(("1", "2", "3")))


def _describe(node: Any, description: str) -> None:
    if node.IsLayoutDescription(LAYOUT):
        node.SetLayoutDescription(LAYOUT, description)
    else:
        node.AddLayoutDescription(LAYOUT, description)


def layout_xml(titles: Sequence[str]) -> str:
    """Slicer's description of a grid of axial slice views; up to three stand in a row."""
    columns = len(titles) if len(titles) <= 3 else -(-len(titles) // (2 if len(titles) <= 6 else 3))
    lines = [titles[start : start + columns] for start in range(0, len(titles), columns)]
    number = 0
    text = []
    for line in lines:
        views = []
        for title in line:
            number += 1
            views.append(
                f'<item><view class="vtkMRMLSliceNode" singletontag="{_VIEW.format(number=number)}">'
                '<property name="orientation" action="default">Axial</property>'
                f'<property name="viewlabel" action="default">{escape(title)}</property>'
                f'<property name="viewcolor" action="default">{_COLOUR}</property>'
                f'<property name="viewgroup" action="default">{LAYOUT}</property></view></item>'
            )
        text.append(f'<item><layout type="horizontal">{"".join(views)}</layout></item>')
    return f'<layout type="vertical">{"".join(text)}</layout>'


def _middle(volume: Any) -> Point:
    """The middle of a volume as it is seen, mm RAS."""
    low_x, high_x, low_y, high_y, low_z, high_z = _bounds(volume)
    return (low_x + high_x) / 2, (low_y + high_y) / 2, (low_z + high_z) / 2


def _bounds(volume: Any) -> list[float]:
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    return bounds


def _on_slice(point_ras: Point, volume: Any) -> Point:
    """The point moved along the volume's slowest axis to the middle of its slice."""
    import numpy as np

    from StrokeSegLogic.slicer_bridge.volumes import to_ras, volume_grid

    grid = volume_grid(volume)
    index = grid.to_index(np.array([to_ras(point_ras)]))  # the way back is the same turn
    index[:, 2] = index[:, 2].round().clip(0, grid.size[2] - 1)
    x, y, z = (float(value) for value in grid.to_world(index)[0])
    return to_ras((x, y, z))


def _manager() -> Any | None:
    return slicer.app.layoutManager()


def _node(manager: Any) -> Any:
    return manager.layoutLogic().GetLayoutNode()
