"""A presenter between a view and a runner that do what the test says."""

from __future__ import annotations

from typing import Any

from StrokeSegExtensionLib.presenter import Presenter
from StrokeSegExtensionLib.states import State
from StrokeSegExtensionLib.study import StudyInputs

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.protocol import Fault

from .doubles import Clock, FakeRunner, FakeView

DIED = Fault("the worker ended", fix="See its log", log=("Killed",))


class Panel:
    """A presenter with nothing real around it."""

    def __init__(self, packages: Any = None) -> None:
        self.view, self.runner, self.clock = FakeView(), FakeRunner(), Clock()
        self.presenter = Presenter(self.view, self.runner, self.clock, packages)
        self.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "n1", Role.FLAIR: "n2"}))

    def press(self) -> None:
        self.presenter.segment_or_cancel()

    def begin(self) -> None:
        """Presses Segment and lets the checks pass."""
        self.press()
        self.clock.pass_(0.01)
        assert self.view.state is State.RUNNING, self.view.problem

    def reach(self, state: State) -> None:
        """Brings the panel into a state."""
        if state is State.IDLE:
            return
        if state is State.CHECKING:
            self.press()
            return
        self.begin()
        if state is State.CANCELLING:
            self.press()
        elif state is State.DONE:
            self.runner.succeed()
        elif state is State.FAILED:
            self.runner.listener.failed(DIED)
        assert self.presenter.state is state
