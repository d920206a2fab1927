"""The module as a user has it open: its widget, and waiting for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6 import QtWidgets

from .standin.mrml_widgets import qMRMLWidget
from .standin.proxy import Proxy

if TYPE_CHECKING:
    from .standin.install import Slicer

PATIENCE_S = 120.0
"""On a busy machine the worker takes its time to start."""


def our_views(manager: Any) -> tuple[str, ...]:
    """Names of the views of our layout: the manager names those of every layout that was ever shown."""
    return tuple(name for name in manager.sliceViewNames() if name.startswith("StrokeSeg"))


def target(proxy: Any) -> Any:
    """The Qt object behind a proxy, for what PythonQt would not let a script do."""
    return object.__getattribute__(proxy, "_target")


class OpenedModule:
    """The module's widget, set up and entered.

    Args:
        slicer: the stand-in.
        runner: makes a runner of a clock; the worker process if None.
        enter: whether the user looks at it.
    """

    def __init__(self, slicer: Slicer, runner: Callable[[Any], Any] | None = None, enter: bool = True) -> None:
        from StrokeSegExtensionLib import assembly

        import StrokeSegExtension as module

        self.slicer = slicer
        self.runner: Any = None
        usual = assembly.with_worker
        if runner is not None:
            from StrokeSegExtensionLib.presenter import Presenter

            def with_own(view: Any, clock: Any) -> Any:
                self.runner = runner(clock)
                return Presenter(view, self.runner, clock)

            assembly.with_worker = with_own
        try:
            self.frame = qMRMLWidget()
            QtWidgets.QVBoxLayout(self.frame)
            self.frame.setMRMLScene(slicer.scene)
            self.widget = module.StrokeSegExtensionWidget(Proxy(self.frame))
            self.widget.setup()
        finally:
            assembly.with_worker = usual
        slicer.widget = self.widget
        if enter:
            self.widget.enter()
        self.open = True

    @property
    def panel(self) -> Any:
        return self.widget.panel

    @property
    def ui(self) -> Any:
        return self.panel.ui

    @property
    def parameters(self) -> Any:
        return self.panel.parameters

    def wait(self, until: Callable[[], bool], seconds: float = PATIENCE_S, what: str = "it") -> None:
        """Lets the event loop run until something is so.

        Raises:
            TimeoutError: if it is not in time.
        """
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:g} s for {what}: {self.said()}")
            QtWidgets.QApplication.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float = 0.3) -> None:
        """Lets the event loop run for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def wait_for(self, *states: str, seconds: float = PATIENCE_S) -> None:
        """Waits for a state of the panel."""
        self.wait(lambda: str(self.panel.state) in states, seconds, " or ".join(states))

    def assigned(self, *roles: str) -> None:
        """Waits until the rows of these roles are filled."""
        self.wait(lambda: set(roles) == set(self.rows()), what=f"{roles}, there is {self.rows()}")

    def rows(self) -> dict[str, str]:
        """Names of the volumes in the rows that are shown, by role."""
        from StrokeSegLogic.study.case import Role

        selectors = {role.value: getattr(self.ui.study, f"selector{role.value}") for role in Role}
        shown = {role: box for role, box in selectors.items() if not target(box).isHidden()}
        return {role: box.currentNode().GetName() for role, box in shown.items() if box.currentNode() is not None}

    def start(self) -> None:
        """Presses Segment and waits until the runner has the job."""
        before = len(self.runner.runs)
        self.wait(lambda: bool(self.rows()), what="a volume in a row")
        self.press(self.ui.run.segmentButton)
        self.wait(lambda: len(self.runner.runs) > before, what="the run to start")

    def run_to(self, result: Any, folder: Path) -> None:
        """A whole run that ends with this result, until it is in the scene."""
        self.start()
        self.runner.finish(result, folder)
        self.wait(lambda: "release" in self.runner.calls, what="the result to be loaded")

    def slice_views(self) -> list[Any]:
        """The logics of our views, once they rest."""
        self.wait(lambda: not self.panel.views.settling, what="the views to rest")
        manager = self.slicer.app.layoutManager()
        return [manager.sliceWidget(name).sliceLogic() for name in our_views(manager)]

    def table(self) -> dict[str, str]:
        """The table of results as a reader sees it."""
        widget = target(self.ui.result.resultTable)
        return {widget.item(row, 0).text(): widget.item(row, 1).text() for row in range(widget.rowCount())}

    def said(self) -> str:
        """State, error and last line of the log."""
        if not self.open:
            return "the module is closed"
        run = self.panel.ui.run
        lines = run.logText.toPlainText().splitlines()
        return f"{self.panel.state}; {run.problemLabel.text}; {lines[-3:]}"

    def press(self, button: Any) -> None:
        """Clicks a button that a user could click."""
        widget = target(button)
        assert widget.isEnabled(), f"{widget.objectName()} is grey"
        widget.click()

    def close(self) -> None:
        if self.open:
            self.open = False
            self.widget.cleanup()
            self.frame.deleteLater()
            QtWidgets.QApplication.processEvents()
