"""One segmentation that a script asked for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import slicer

from StrokeSegLogic.base.errors import Cancelled, StrokeSegError
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.worker.protocol import Fault

from .protocols import Clock, Runner
from .result_loader import ResultLoader
from .study import RunResult, Settings, StudyInputs

_PAUSE_S = 0.01
_log = logging.getLogger("StrokeSeg")


@dataclass
class ResultNodes:
    """The nodes of a result; None where there is none."""

    segmentation: Any = None
    modelSegmentation: Any = None
    referenceVolume: Any = None
    probabilityVolume: Any = None
    agreementVolume: Any = None
    resultText: Any = None
    reportText: Any = None


class ConsoleRun:
    """`protocols.Listener`; a script asks it how far it is.

    Args:
        scene: that the result belongs into.
        done, failed, progressed: see `console_api.segment`.

    Attributes:
        nodes: of the result, once it is there.
        record: the content of result.json, once it is there.
        error: why there is none.
    """

    def __init__(
        self,
        scene: Any,
        done: Callable[[Any], None] | None,
        failed: Callable[[StrokeSegError], None] | None,
        progressed: Callable[[float, str], None] | None,
    ) -> None:
        self.nodes = ResultNodes()
        self.record: Mapping[str, Any] = {}
        self.error: StrokeSegError | None = None
        self._scene, self._done, self._failed, self._progressed = scene, done, failed, progressed
        self._over = False
        self._observer: int | None = None
        self._runner: Runner | None = None
        self._loader: ResultLoader | None = None
        self._of: tuple[StudyInputs, Settings] | None = None

    @property
    def over(self) -> bool:
        """Whether there is a result, or an error in its place."""
        return self._over

    @property
    def segmentation(self) -> Any:
        """The vtkMRMLSegmentationNode; None before it is there."""
        return self.nodes.segmentation

    def cancel(self) -> None:
        """Stops the run; `error` becomes Cancelled."""
        if not self._over and self._runner is not None:
            self._runner.cancel()

    def wait(self) -> Any:
        """Comes back with the segmentation node; the window is kept alive meanwhile.

        Raises:
            StrokeSegError: if the run fails.
            Cancelled: if it was cancelled, or the scene was closed.
        """
        try:
            while not self._over:
                slicer.app.processEvents()
                time.sleep(_PAUSE_S)
        except KeyboardInterrupt:
            self.cancel()
            raise
        if self.error is not None:
            raise self.error
        return self.segmentation

    def begin(self, runner: Runner, clock: Clock, inputs: StudyInputs, settings: Settings) -> None:
        """The run was started."""
        self._runner, self._of = runner, (inputs, settings)
        self._loader = ResultLoader(clock, self._loaded, self._lost)
        self._observer = self._scene.AddObserver(self._scene.StartCloseEvent, lambda *_event: self._scene_closing())

    # -- what the runner tells

    def started(self) -> None:
        self.progressed(0.0, "starting")

    def progressed(self, fraction: float, stage: str) -> None:
        if self._progressed is not None and not self._over:
            _tell(self._progressed, fraction, stage)

    def logged(self, line: str) -> None:
        _log.info(line)

    def finished(self, record: ResultRecord, volumes: Mapping[str, Path], report: Path | None) -> None:
        if self._over or self._loader is None or self._of is None:
            self._release()
            return
        inputs, settings = self._of
        self.record = record.content
        result = RunResult(record, volumes, report, inputs, settings)
        # The loader asks of them no more than the names that both have.
        self._loader.load(self._scene, cast(Any, self.nodes), result)

    def cancelled(self) -> None:
        self._end(Cancelled())

    def failed(self, error: StrokeSegError) -> None:
        for line in error.log if isinstance(error, Fault) else ():
            _log.error(line)
        self._end(error)

    # -- what the loader and the scene tell

    def _loaded(self, _result: RunResult) -> None:
        self._release()
        self._end(None)

    def _lost(self, error: StrokeSegError) -> None:
        self._release()
        self._end(error)

    def _scene_closing(self) -> None:
        if self._loader is not None:
            self._loader.abandon()
        self.cancel()
        self._release()
        self._end(Cancelled())

    def _release(self) -> None:
        if self._runner is not None:
            self._runner.release()

    def _end(self, error: StrokeSegError | None) -> None:
        if self._over:
            return
        self._over, self.error = True, error
        if self._observer is not None:
            self._scene.RemoveObserver(self._observer)
            self._observer = None
        if error is None and self._done is not None:
            _tell(self._done, self.segmentation)
        if error is not None and self._failed is not None:
            _tell(self._failed, error)


def _tell(function: Callable[..., None], *arguments: Any) -> None:
    """Calls a function of the script; the run does not end with its mistakes."""
    try:
        function(*arguments)
    except Exception:
        _log.exception("A function that was given to segment() has failed")
