"""Segment and Cancel, progress in words, the log, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.worker.protocol import Fault

from .notices import say, tint
from .problems import words_of
from .run_log import LOG_LINES, not_said
from .states import State

_STEPS = 1000
"""Of the progress bar."""


class RunSection:
    """What is between the inputs and the result.

    Args:
        ui: the widgets of Run.ui by name.
        pressed: called by the one button.
    """

    def __init__(self, ui: Any, pressed: Callable[[], None]) -> None:
        self.ui = ui
        self._opened = False
        tint(ui.problemLabel, "error")
        ui.segmentButton.connect("clicked(bool)", lambda _checked: pressed())
        ui.logButton.connect("toggled(bool)", self._show_log)
        ui.logText.setMaximumBlockCount(LOG_LINES)
        self._show_log(False)
        self.show_problem(None)
        self.show_state(State.IDLE)

    def show_state(self, state: State) -> None:
        """Names the button, and shows the bar while work is under way."""
        button = self.ui.segmentButton
        button.setText(
            {
                State.CHECKING: _("Cancel"),
                State.RUNNING: _("Cancel"),
                State.CANCELLING: _("Cancelling…"),
            }.get(state, _("Segment"))
        )
        button.setToolTip(
            _("Stop the run; nothing of it is left")
            if state.busy
            else _("Segment the chosen volumes in the background")
        )
        button.setEnabled(state is not State.CANCELLING)
        self.ui.progressBar.setVisible(state.busy)
        if state is State.CHECKING:
            self.ui.progressBar.setValue(0)
            self.ui.logText.clear()
        say(self.ui.stageLabel, self._words(state))

    def show_progress(self, fraction: float, stage: str) -> None:
        self.ui.progressBar.setValue(round(_STEPS * min(max(fraction, 0.0), 1.0)))
        say(self.ui.stageLabel, _("{percent} %: {stage}").format(percent=round(100 * fraction), stage=stage))

    def show_problem(self, problem: StrokeSegError | None) -> None:
        """What is wrong, where, what to do; and what the worker said last, where it died: the log opens by itself, and
        folds again when the error goes."""
        say(self.ui.problemLabel, "" if problem is None else words_of(problem))
        if isinstance(problem, Fault) and problem.log:
            for line in not_said(self.ui.logText.toPlainText().splitlines(), problem.log):
                self.append_log(line)
            self._opened = self._opened or not self.ui.logButton.checked
            self.ui.logButton.setChecked(True)
        elif self._opened:
            self._opened = False
            self.ui.logButton.setChecked(False)

    def ask_to_run(self, doubt: StrokeSegError) -> bool:
        """The question whether to run all the same; no under test, where nobody answers."""
        if slicer.app.testingEnabled():
            return False
        question = _("{what}.\n\nSegment all the same? The result will say so.").format(what=doubt.what)
        return bool(slicer.util.confirmOkCancelDisplay(question, _("Segment")))

    def append_log(self, line: str) -> None:
        self.ui.logText.appendPlainText(line)

    def _show_log(self, shown: bool) -> None:
        self.ui.logText.setVisible(shown)
        self.ui.logButton.setArrowType(qt.Qt.DownArrow if shown else qt.Qt.RightArrow)

    @staticmethod
    def _words(state: State) -> str:
        return {
            State.CHECKING: _("Checking the volumes"),
            State.RUNNING: _("Starting"),
            State.CANCELLING: _("Stopping the run"),
            State.DONE: _("Done"),
        }.get(state, "")
