"""Brings a result into the scene in short steps, so that the window never waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import slicer
import vtk

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.study.case import Role

from .background import GIVEN_S
from .protocols import Clock
from .study import RunResult

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume

_POLL_S = 0.01
_log = logging.getLogger("StrokeSeg")


class ResultNodes(Protocol):
    """Where the loader leaves the nodes of a result; `parameters.PanelParameters` is such a place."""

    segmentation: Any
    modelSegmentation: Any
    referenceVolume: Any
    probabilityVolume: Any
    agreementVolume: Any
    resultText: Any
    reportText: Any


class ResultLoader:
    """Loads one result at a time.

    Args:
        clock: calls the steps.
        done: called when the nodes are there and the files are needed no more.
        failed: called with what went wrong instead; then nothing of it is in the scene.
    """

    def __init__(
        self, clock: Clock, done: Callable[[RunResult], None], failed: Callable[[StrokeSegError], None]
    ) -> None:
        self._clock, self._done, self._failed = clock, done, failed
        self._number = 0

    def load(self, scene: Any, nodes: ResultNodes, result: RunResult) -> None:
        """Begins; a load that is under way is given up."""
        self._number += 1
        reading = _Reading(result)
        self._wait(self._number, reading, _Steps(scene, self._steps(scene, nodes, result, reading)))

    def abandon(self) -> None:
        """No more steps: the scene is closing, or the panel goes."""
        self._number += 1

    def _wait(self, number: int, reading: _Reading, steps: _Steps) -> None:
        if number != self._number:
            return
        if reading.under_way:
            self._clock.call_later(_POLL_S, lambda: self._wait(number, reading, steps))
        else:
            self._step(number, reading.result, steps)

    def _step(self, number: int, result: RunResult, steps: _Steps) -> None:
        if number != self._number:
            return
        try:
            more = steps.go_on()
        except Exception as error:  # else nobody would hear that the result is lost
            steps.undo()
            self._failed(_lost(error))
            return
        if not more:
            self._done(result)
        else:
            self._clock.call_later(0.0, lambda: self._step(number, result, steps))

    def _steps(self, scene: Any, nodes: ResultNodes, result: RunResult, reading: _Reading) -> Iterator[None]:
        from StrokeSegLogic.slicer_bridge.results import add_result

        reference = scene.GetNodeByID(result.reference) if result.reference else None
        if reference is not None and not reference.IsA("vtkMRMLScalarVolumeNode"):
            reference = None
        given = _given(scene, result)
        added = yield from add_result(scene, result.record, reading.volumes(), reference, reading.report, given)
        before = nodes.segmentation
        with _told_once(nodes):
            nodes.referenceVolume = added.reference
            nodes.probabilityVolume, nodes.agreementVolume = added.probability, added.agreement
            nodes.resultText, nodes.reportText = added.record, added.report
            nodes.modelSegmentation, nodes.segmentation = added.model_segmentation, added.segmentation
        yield
        if before is not None and before.GetDisplayNode() is not None:
            before.GetDisplayNode().SetVisibility(False)
            yield


class _Steps:
    """The steps of one load, and the nodes that they have added.

    Args:
        scene: that they add to.
        steps: the work.
    """

    def __init__(self, scene: Any, steps: Iterator[None]) -> None:
        self._scene, self._steps = scene, steps
        self._added: list[str] = []

    def go_on(self) -> bool:
        """One more step; whether there is another."""

        def added(_scene: Any, _event: str, node: Any) -> None:
            self._added.append(node.GetID())

        with_node = vtk.calldata_type(vtk.VTK_OBJECT)
        tag = self._scene.AddObserver(self._scene.NodeAddedEvent, with_node(added))
        try:
            next(self._steps)
        except StopIteration:
            return False
        finally:
            self._scene.RemoveObserver(tag)
        return True

    def undo(self) -> None:
        """Removes what was added so far; what has gone with another node is gone."""
        for node_id in reversed(self._added):
            node = self._scene.GetNodeByID(node_id)
            if node is not None:
                self._scene.RemoveNode(node)


def _given(scene: Any, result: RunResult) -> dict[Role, Any]:
    """The user's own maps that the result rests on; a series over time is none."""
    nodes = {role: scene.GetNodeByID(result.inputs.volumes[role]) for role in _roles_given(result)}
    return {role: node for role, node in nodes.items() if node is not None and node.IsA("vtkMRMLScalarVolumeNode")}


def _roles_given(result: RunResult) -> list[Role]:
    computed = {origin.role for origin in result.record.maps if origin.computed}
    return [role for role in result.inputs.volumes if role not in computed]


@contextmanager
def _told_once(nodes: ResultNodes) -> Iterator[None]:
    """Whoever watches the parameters hears of all changes at once; a script's nodes have no parameters behind them."""
    node = getattr(nodes, "parameterNode", None)
    if node is None:
        yield
        return
    with slicer.util.NodeModify(node):
        yield


def _lost(error: Exception) -> StrokeSegError:
    if isinstance(error, StrokeSegError):
        return error
    _log.error("The result cannot be loaded", exc_info=error)
    words = f"the result cannot be loaded ({type(error).__name__}: {error})"
    return StrokeSegError(words, fix="Run it again; if it happens again, report it with the application's log")


class _Reading:
    """The result's files on their way into memory, on a thread that knows nothing of the scene."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        self.report = ""
        self._volumes: dict[str, Volume] = {}
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def under_way(self) -> bool:
        """Whether it still reads; gives it a moment for that."""
        self._thread.join(GIVEN_S)
        return self._thread.is_alive()

    def volumes(self) -> dict[str, Volume]:
        """What was read.

        Raises:
            StrokeSegError: if a file could not be read.
        """
        if isinstance(self._error, OSError):
            raise StrokeSegError(f"the result cannot be read ({self._error})", fix="Run it again")
        if self._error is not None:
            raise self._error
        return self._volumes

    def _read(self) -> None:
        try:
            from StrokeSegLogic.slicer_bridge.results import wanted

            # Maps that were given are in the scene already; what was computed in the place of a given map is not.
            given = {role.value for role in _roles_given(self.result)}
            for name, path in self.result.volumes.items():
                if wanted(name) and name not in given:
                    self._volumes[name] = _volume(path)
            if self.result.report is not None:
                self.report = self.result.report.read_text(encoding="utf-8")
        except Exception as error:  # on this thread nobody else would hear of it
            self._error = error


def _volume(path: Path) -> Volume:
    """A file of the worker's, or of a result that was written to a folder.

    Raises:
        InputError: if it cannot be read.
    """
    from StrokeSegLogic.worker.volume_files import read_volume

    if path.suffix == ".npz":
        return read_volume(path)
    import SimpleITK as sitk

    from StrokeSegLogic.space.volume import Volume

    try:
        return Volume.of(sitk.ReadImage(str(path)))
    except RuntimeError as error:
        raise InputError("the file cannot be read", where=path, fix="Segment the study again") from error
