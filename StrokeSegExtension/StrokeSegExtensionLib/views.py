"""Slice views side by side, one for each sequence or map; and the user's own layout back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import slicer
import vtk

from . import view_layout
from .protocols import Clock, Timer
from .view_layout import view_name

Point = tuple[float, float, float]
_POLL_S = 0.05
_DRAW_S = 0.03
"""Each view is drawn before the next is changed: together they would hold the window up."""
_MOST_POLLS = 40
"""New views get their size from the event loop: they are fitted once two looks in a row found the same sizes, or after
two seconds."""


class SliceViews:
    """Shows volumes in views of their own. Without a window (`--no-main-window`) it does nothing.

    Views are made, filled and fitted one after the other, with the event loop between them, so that the window lives.

    Args:
        clock: calls later.
        told: called with whether our layout is on, when that changes.
    """

    def __init__(self, clock: Clock, told: Callable[[bool], None]) -> None:
        self._clock, self._told = clock, told
        self._users: int | None = None
        self._count = 0
        self._timer: Timer | None = None
        self._steps: Iterator[float] = iter(())
        self._paused: list[Any] = []
        self._overlaid: tuple[str | None, float] = (None, 0.0)
        self._listening: tuple[Any, int] | None = None

    @property
    def available(self) -> bool:
        return _manager() is not None

    @property
    def shown(self) -> bool:
        """Whether our layout is on."""
        manager = _manager()
        return manager is not None and view_layout.is_shown(_node(manager))

    @property
    def lost(self) -> bool:
        """Whether the layout is one that nobody knows, as in scenes that earlier versions saved: nothing is seen."""
        manager = _manager()
        return manager is not None and not _node(manager).IsLayoutDescription(_node(manager).GetViewArrangement())

    @property
    def settling(self) -> bool:
        """Whether views are still to be made, filled, fitted or moved."""
        return self._timer is not None

    def side_by_side(self, volumes: Sequence[tuple[str, Any]], reference: Any, point_ras: Point | None = None) -> None:
        """One linked view for each volume, all in the planes of the reference volume, soon with the whole of it and all
        at one scale in sight.

        Args:
            volumes: title and volume node, at least one.
            reference: volume node in whose planes they are looked at.
            point_ras: mm RAS, the slice to show; None is the middle of the reference.
        """
        self.stop()
        manager = _manager()
        if manager is None or not volumes:
            return
        self._listen(_node(manager))
        named = [(title, volume.GetID()) for title, volume in volumes]
        self._steps = self._filling(manager, named, reference.GetID(), point_ras)
        self._step()

    def _step(self) -> None:
        self._timer = None
        pause = next(self._steps, None)
        if pause is not None:
            self._timer = self._clock.call_later(pause, self._step)

    def _filling(
        self, manager: Any, volumes: list[tuple[str, str]], reference_id: str, point_ras: Point | None
    ) -> Iterator[float]:
        """The steps from the user's layout to ours; yields how many seconds to wait before the next."""
        names = [view_name(number + 1) for number in range(len(volumes))]
        titles = [title for title, _volume in volumes]
        layout = _node(manager)
        if not self.shown:
            self._users = layout.GetViewArrangement()
        made = sum(manager.sliceWidget(name) is not None for name in names)
        # Making a view takes long, and showing it for the first time does: the layout grows view by view.
        for count in range(max(made, 1), len(names) + 1) if made < len(names) else (len(names),):
            if manager.sliceWidget(names[count - 1]) is None:
                view_layout.add_view(slicer.mrmlScene, names[count - 1])
                yield 0.0
            self._count = count
            view_layout.show(layout, titles[:count], view_layout.window_px())
            yield _DRAW_S
            self._pause(manager.sliceWidget(names[count - 1]))
        for name, (title, volume_id) in zip(names, volumes, strict=True):
            widget, volume = manager.sliceWidget(name), slicer.mrmlScene.GetNodeByID(volume_id)
            # The layout manager makes no view while the scene is closed or filled.
            if widget is not None and volume is not None:
                self._fill(widget, title, volume, slicer.mrmlScene.GetNodeByID(reference_id))
                yield _DRAW_S
        before: list[Any] = []
        for _look in range(_MOST_POLLS):
            sizes = [tuple(logic.GetSliceNode().GetDimensions()[:2]) for logic in self._logics()]
            if sizes == before:
                break
            before = sizes
            yield _POLL_S
        reference = slicer.mrmlScene.GetNodeByID(reference_id)
        if reference is None or not self.shown:
            return
        scale, middle = self._scale(reference), _middle(reference)
        point = _on_slice(middle if point_ras is None else point_ras, reference)
        for logic in self._logics():
            _fit(logic, scale, middle, point)
        while self._paused:
            self._paused.pop().resumeRender()
            yield _DRAW_S

    def _fill(self, widget: Any, title: str, volume: Any, reference: Any | None) -> None:
        """Shows a volume in a view of ours, in the reference's planes."""
        from StrokeSegLogic.slicer_bridge.colour_bars import draw_bars
        from StrokeSegLogic.slicer_bridge.files import turn_to_planes

        logic = widget.sliceLogic()
        composite, view = logic.GetSliceCompositeNode(), logic.GetSliceNode()
        with slicer.util.NodeModify(view):  # the picture is made once, not anew after each change
            view.SetViewGroup(view_layout.GROUP)
            view.SetLayoutColor(*view_layout.COLOUR)
            view.SetLayoutLabel(title)
            if reference is not None:
                turn_to_planes(view, "Axial", reference)
        view_layout.slim(widget, title)
        with slicer.util.NodeModify(composite):
            composite.SetLinkedControl(True)
            composite.SetHotLinkedControl(True)
            composite.SetBackgroundVolumeID(volume.GetID())
            self._lay_over(composite)
        draw_bars(composite)

    def _pause(self, widget: Any | None) -> None:
        """Draws nothing in a view before all are filled and fitted: else each change of the layout draws all anew."""
        if widget is not None and widget not in self._paused:
            widget.pauseRender()
            self._paused.append(widget)

    def stop(self) -> None:
        """Views that are still to be filled or fitted stay as they are."""
        self._steps = iter(())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._paused:
            self._paused.pop().resumeRender()

    def close(self) -> None:
        """Nobody is told any more."""
        self.stop()
        self._listen(None)

    def _listen(self, layout: Any | None) -> None:
        if self._listening is not None:
            node, tag = self._listening
            node.RemoveObserver(tag)
            self._listening = None
        if layout is not None:
            on = self.shown

            def changed(*_event: Any) -> None:
                nonlocal on
                if self.shown != on:
                    on = self.shown
                    self._told(on)

            self._listening = layout, layout.AddObserver(vtk.vtkCommand.ModifiedEvent, changed)

    def _scale(self, reference: Any) -> float:
        """Millimetres of a pixel with which the whole of the reference is in every view."""
        scales = [1e-3]
        for logic in self._logics():
            span, centre = [0.0] * 3, [0.0] * 3
            logic.GetVolumeSliceDimensions(reference, span, centre)
            columns, rows = logic.GetSliceNode().GetDimensions()[:2]
            if columns > 0 and rows > 0:
                scales.append(max(span[0] / columns, span[1] / rows))
        return max(scales)

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
        """Lays a volume over all views that are shown, and over those that are still to be filled, or takes it away."""
        self._overlaid = (None, 0.0) if volume is None else (volume.GetID(), opacity)
        for logic in self._logics():
            self._lay_over(logic.GetSliceCompositeNode())

    def _lay_over(self, composite: Any) -> None:
        volume_id, opacity = self._overlaid
        composite.SetForegroundVolumeID(volume_id)
        composite.SetForegroundOpacity(opacity)

    def _logics(self) -> list[Any]:
        manager = _manager()
        if manager is None:
            return []
        # The manager names every view that it ever made, those of other layouts too.
        names = [view_name(n + 1) for n in range(self._count)] if self.shown else manager.sliceViewNames()
        widgets = [manager.sliceWidget(name) for name in names]
        return [widget.sliceLogic() for widget in widgets if widget is not None]


def _fit(logic: Any, scale: float, middle: Point, point: Point) -> None:
    """Shows the plane through a point, the middle of a volume in the middle of the view, in mm of a pixel."""
    node = logic.GetSliceNode()
    columns, rows = node.GetDimensions()[:2]
    with slicer.util.NodeModify(node):
        node.SetXYZOrigin(0.0, 0.0, 0.0)
        node.SetFieldOfView(columns * scale, rows * scale, logic.GetLowestVolumeSliceSpacing()[2])
        node.JumpSliceByCentering(*middle)
        node.JumpSliceByOffsetting(*point)


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
