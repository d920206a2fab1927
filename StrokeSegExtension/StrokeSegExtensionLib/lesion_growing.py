"""A lesion that grows under the mouse: preview in the slice views, threshold by the wheel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import slicer

from StrokeSegLogic.base.errors import StrokeSegError

from .background import Background
from .protocols import Clock, Timer

if TYPE_CHECKING:
    import SimpleITK as sitk

    from StrokeSegLogic.space.volume import Volume

_SETTLE_S = 0.03
_PRIORITY = 10.0
"""Above that of Slicer's own wheel, which would turn to the next slice."""
_COLOUR = (1.0, 0.85, 0.1)
Point = tuple[float, float, float]


class Growing:
    """Grows a lesion from the place under the mouse while it is on.

    Attributes:
        part: what has grown, uint8; None where nothing does.
        threshold: of the probability.
        probability: under the mouse; None beyond the map, and before the mouse was anywhere.

    Args:
        clock: calls later.
        background: where lesions grow: a large lesion takes longer than a window may wait.
        told: called when any of these has changed.
        failed: called when the map cannot be used.
    """

    def __init__(
        self,
        clock: Clock,
        background: Background,
        told: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
    ) -> None:
        self._clock, self._background = clock, background
        self._told, self._failed = told, failed
        self._map: Volume | None = None
        self._image: sitk.Image | None = None
        self._number = 0
        self._busy = self._again = False
        self._point: Point | None = None
        self._observed: list[tuple[Any, int]] = []
        self._timer: Timer | None = None
        self._preview: Any = None
        self._turned = False
        self.part: Volume | None = None
        self.threshold = 0.5
        self.probability: float | None = None

    @property
    def on(self) -> bool:
        return self._map is not None

    @property
    def volume_ml(self) -> float | None:
        """Of what has grown."""
        import numpy as np

        part = self.part
        return None if part is None else float(np.count_nonzero(np.asarray(part.array)) * part.grid.voxel_ml)

    def begin(self, scene: Any, probability: Any) -> None:
        """Listens to mouse and wheel over the slice views.

        Args:
            scene: the MRML scene.
            probability: volume node.

        Raises:
            InputError: if its voxels cannot be used.
        """
        from StrokeSegLogic.slicer_bridge.volumes import read_volume

        self.leave()
        self._map = read_volume(probability)
        self._turned = False
        crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if crosshair is not None:
            moved = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            self._listen(crosshair, moved, lambda *_event: self._moved(crosshair))
            self._moved(crosshair)
        for interactor in _interactors():
            for event, steps in (("MouseWheelForwardEvent", -1), ("MouseWheelBackwardEvent", 1)):
                self._listen_first(interactor, event, steps)
        self._told()

    def leave(self) -> None:
        """Stops; nothing of it stays in the scene."""
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._preview is not None and (scene := self._preview.GetScene()) is not None:
            display = self._preview.GetDisplayNode()
            scene.RemoveNode(self._preview)
            if display is not None and display.GetScene() is not None:
                scene.RemoveNode(display)
        self._number += 1
        self._again = False
        self._preview = self._map = self._image = self._point = self.part = self.probability = None

    def turn(self, steps: int) -> None:
        """The threshold so many steps higher, or lower where that is below 0."""
        from StrokeSegLogic.space.growing import stepped

        if not self.on:
            return
        self._turned = True
        self.threshold = stepped(self.threshold, steps)
        self._soon()

    def _moved(self, crosshair: Any) -> None:
        from StrokeSegLogic.slicer_bridge.volumes import to_ras

        ras = [0.0, 0.0, 0.0]
        if crosshair.GetCursorPositionRAS(ras):
            self._point = to_ras((ras[0], ras[1], ras[2]))  # the way back is the same turn
            self._soon()

    def _soon(self) -> None:
        """The mouse moves faster than lesions grow."""
        if self._timer is None:
            self._timer = self._clock.call_later(_SETTLE_S, self._grow)

    def _grow(self) -> None:
        self._timer = None
        if self._map is None or self._point is None:
            return
        if self._busy:
            self._again = True
            return
        # As long as nobody has turned the wheel the threshold follows what lies under the mouse.
        threshold = self.threshold if self._turned else None
        work = partial(_grown, self._map, self._image, self._point, threshold)
        self._busy, self._again = True, False
        number = self._number
        self._background.run(
            work, lambda found: self._has_grown(number, *found), lambda error: self._lost(number, error)
        )

    def _has_grown(
        self, number: int, image: sitk.Image, probability: float | None, threshold: float | None, part: Volume | None
    ) -> None:
        self._busy = False
        if number != self._number:
            if self.on:
                self._soon()
            return
        self._image, self.probability, self.part = image, probability, part
        if threshold is not None and not self._turned:
            self.threshold = threshold
        self._show()
        self._told()
        if self._again:
            self._soon()

    def _lost(self, number: int, error: StrokeSegError) -> None:
        self._busy = False
        if number == self._number:
            self._failed(error)

    def _show(self) -> None:
        from StrokeSegLogic.slicer_bridge.lesion_segments import replace_voxels

        if self._preview is None:
            self._preview = _preview(slicer.mrmlScene)
        replace_voxels(self._preview, _SEGMENT, self.part)

    def _listen(self, observed: Any, event: Any, heard: Callable[..., None]) -> None:
        self._observed.append((observed, observed.AddObserver(event, heard)))

    def _listen_first(self, interactor: Any, event: str, steps: int) -> None:
        """Hears the wheel before Slicer's views do, which hear nothing of it."""

        def turned(*_event: Any) -> None:
            self.turn(steps)
            interactor.GetCommand(tag).SetAbortFlag(1)

        tag = interactor.AddObserver(event, turned, _PRIORITY)
        self._observed.append((interactor, tag))


def _grown(
    probabilities: Volume, image: sitk.Image | None, point: Point, threshold: float | None
) -> tuple[sitk.Image, float | None, float | None, Volume | None]:
    """The map as an image, its value at a point, the threshold, and what grows from there."""
    from StrokeSegLogic.space.growing import first_threshold, grown_from, probability_at

    image = probabilities.image() if image is None else image
    value = probability_at(image, point)
    if threshold is None and value is not None:
        threshold = first_threshold(value)
    part = None if threshold is None else grown_from(image, point, threshold)
    return image, value, threshold, part


_SEGMENT = "preview"


def _preview(scene: Any) -> Any:
    """A segmentation that only shows: it is saved with no scene, and offered nowhere."""
    node = slicer.vtkMRMLSegmentationNode()
    node.SetName("StrokeSeg preview")
    node.SetSaveWithScene(False)
    node = scene.AddNode(node)
    # Not before: Slicer then looks for it among the subjects at every change, and complains.
    node.SetHideFromEditors(True)
    node.CreateDefaultDisplayNodes()
    node.GetSegmentation().AddEmptySegment(_SEGMENT, _SEGMENT, _COLOUR)
    display = node.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetOpacity2DFill(0.25)
    display.SetSliceIntersectionThickness(2)
    return node


def _interactors() -> list[Any]:
    """Of all slice views."""
    manager = slicer.app.layoutManager()
    names = [] if manager is None else manager.sliceViewNames()
    widgets = (manager.sliceWidget(name) for name in names)
    return [widget.sliceView().interactor() for widget in widgets if widget is not None]
