"""The application around the cases: the module in it, waiting, what its scene and its disk hold."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer

MODULE = "StrokeSegExtension"
PATIENCE_S = 600.0
"""A worker on a slow processor, importing torch for the first time, takes its time."""
_PAUSE_S = 0.005
_OF_VIEWS = ("vtkMRMLSlice", "vtkMRMLView", "vtkMRMLCamera", "vtkMRMLModel", "vtkMRMLPlot", "vtkMRMLTableView")


def load_module() -> None:
    """Loads the module of this checkout if the application was not told to, or has not installed it."""
    if MODULE in slicer.util.moduleNames():
        return
    path = Path(__file__).resolve().parents[3] / MODULE / f"{MODULE}.py"
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    factory = slicer.app.moduleManager().factoryManager()
    factory.registerModule(qt.QFileInfo(str(path)))
    if not factory.loadModules([MODULE]) or MODULE not in slicer.util.moduleNames():
        raise RuntimeError(f"{path} cannot be loaded as a module")
    # It came after the application had told its modules that it was up.
    from StrokeSegExtensionLib.sample_data import register_samples
    from StrokeSegExtensionLib.terminology_loading import load_terminology

    load_terminology()
    register_samples(path.parent / "Resources" / "Icons")


def wait_until(met: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> None:
    """Lets the application live until something is so.

    Raises:
        TimeoutError: naming what did not come.
    """
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        slicer.app.processEvents()
        time.sleep(_PAUSE_S)


def rest(seconds: float) -> None:
    """Lets the application live for a while."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, "time")


def nodes() -> Counter[str]:
    """How many nodes of each class the scene holds, those of views left out: layouts make them, and keep them."""
    scene = slicer.mrmlScene
    found = [scene.GetNthNode(number) for number in range(scene.GetNumberOfNodes())]
    return Counter(node.GetClassName() for node in found if not _of_view(node))


def _of_view(node: Any) -> bool:
    # A slice view keeps the place of its picture in 3-D in a hidden transform.
    hidden = node.IsA("vtkMRMLTransformNode") and node.GetHideFromEditors()
    return bool(hidden or node.GetClassName().startswith(_OF_VIEWS))


def files_of(runner: Any) -> list[str]:
    """What a runner has left in its folder of temporary files."""
    session = runner.session
    return [] if session is None else [str(path) for path in session.rglob("*") if path.is_file()]


def alive(pid: int) -> bool:
    """Whether a process runs; a process that has ended and was not asked for its end does not. Not on Windows."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


class Ticks:
    """Measures how long the window's event loop is held up, by a timer that should fire every 10 ms.

    On Linux without the time in which the window could have gone on and another process had the processor.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = self._now()
        self._timer = qt.QTimer()
        self._timer.setInterval(10)
        self._timer.connect("timeout()", self._tick)

    def __enter__(self) -> Ticks:
        self._last = self._now()
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = self._now()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now

    @staticmethod
    def _now() -> float:
        try:
            waited = int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
        except OSError:
            waited = 0.0
        return time.monotonic() - waited


def errors_since(count: int) -> list[str]:
    """What the application's error log has said since it held so many lines."""
    log = slicer.app.errorLogModel()
    return [str(log.logEntryDescription(row)) for row in range(count, log.logEntryCount())]
