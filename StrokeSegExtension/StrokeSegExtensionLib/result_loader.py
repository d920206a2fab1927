"""Brings a result into the scene in short steps, so that the window never waits."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import slicer
import vtk

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.case import Role

from .background import GIVEN_S
from .placed_volume import PlacedVolume, read_placed
from .protocols import Clock
from .result_segments import RESEARCH, add_segments, maker_tags, show_filled, show_outline
from .result_volumes import add_result_volume
from .scene_volumes import RESULT_MARK
from .segment_styles import styles_of
from .study import RunResult

MAPS = "StrokeSeg.Maps"
"""The text node's references to the maps that the run computed."""
_POLL_S = 0.01
_log = logging.getLogger("StrokeSeg")
_VOLUMES = {"probability": "Probability", "agreement": "Agreement"}


class ResultNodes(Protocol):
    """Where the loader leaves the nodes of a result; `parameters.PanelParameters` is one."""

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
        from StrokeSegLogic.slicer_bridge.geometry import volume_grid

        reference = scene.GetNodeByID(result.reference) if result.reference else None
        if reference is not None and not reference.IsA("vtkMRMLScalarVolumeNode"):
            reference = None
        grid = None if reference is None else volume_grid(reference)
        volumes = {name: volume.on(grid) for name, volume in reading.volumes().items()}
        labels, styles, tags = volumes["labels"], styles_of(result.modality), maker_tags(result.record)
        trained = tags["StrokeSeg.TrainedOn"].rstrip(".")
        said = [RESEARCH, f"Trained on {trained}." if trained else "", *result.warnings]
        words = " ".join(filter(None, said))
        title = "StrokeSeg"
        before = nodes.segmentation
        segmentation = add_segments(scene, title, labels, styles, tags, words)
        show_filled(segmentation)
        yield
        own = add_segments(scene, f"{segmentation.GetName()} (model)", labels, styles, tags, words)
        show_outline(own)
        own.SetSelectable(False)
        yield
        extra: dict[str, Any] = {}
        maps: list[Any] = []
        for name, title in _VOLUMES.items():
            if name in volumes:
                extra[name] = add_result_volume(scene, title, volumes[name], name)
                yield
        for role, volume in _computed_maps(result, volumes):
            maps.append(add_result_volume(scene, role.value, volume, role.value))
            yield
        if reference is None and maps:
            reference = maps[0]
        if reference is not None:
            # Without it, saving and exporting would cut the grid down to the lesion.
            segmentation.SetReferenceImageGeometryParameterFromVolumeNode(reference)
            own.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        record = {"modality": result.modality, **result.record}
        text = _text(scene, "StrokeSeg result", json.dumps(record))
        for node in maps:
            text.AddNodeReferenceID(MAPS, node.GetID())
        html = reading.report
        report = _text(scene, "StrokeSeg report", html) if html else None
        with _told_once(nodes):
            nodes.referenceVolume = reference
            nodes.probabilityVolume, nodes.agreementVolume = extra.get("probability"), extra.get("agreement")
            nodes.resultText, nodes.reportText = text, report
            nodes.modelSegmentation, nodes.segmentation = own, segmentation
        if before is not None and before.GetDisplayNode() is not None:
            before.GetDisplayNode().SetVisibility(False)


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
        """One more step; whether there is another one."""

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
        self._volumes: dict[str, PlacedVolume] = {}
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def under_way(self) -> bool:
        """Whether it still reads; gives it a moment for that."""
        self._thread.join(GIVEN_S)
        return self._thread.is_alive()

    def volumes(self) -> dict[str, PlacedVolume]:
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
        wanted = {"labels", *_VOLUMES, *(role.value for role, _ in _map_files(self.result))}
        try:
            for name, path in self.result.volumes.items():
                if name in wanted:
                    self._volumes[name] = read_placed(path)
            if self.result.report is not None:
                self.report = self.result.report.read_text(encoding="utf-8")
        except Exception as error:  # on this thread nobody else would hear of it
            self._error = error


def _map_files(result: RunResult) -> list[tuple[Role, Path]]:
    """Maps that were computed: those that were given are in the scene already."""
    given = result.inputs.volumes
    names = {role.value: role for role in Role}
    return [(names[n], path) for n, path in result.volumes.items() if n in names and names[n] not in given]


def _computed_maps(result: RunResult, volumes: dict[str, PlacedVolume]) -> list[tuple[Role, PlacedVolume]]:
    return [(role, volumes[role.value]) for role, _ in _map_files(result)]


def _text(scene: Any, name: str, text: str) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetAttribute(RESULT_MARK, "text")
    node.SetHideFromEditors(True)
    node.SetText(text)
    return node
