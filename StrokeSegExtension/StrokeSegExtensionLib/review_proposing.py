"""Proposals of a review, made by a process of its own: Slicer's never imports torch."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import StrokeSegLogic
from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.worker.protocol import Fault, error_of

from .problems import words_of
from .protocols import Clock, Packages, Timer
from .review_protocols import Proposing, ReviewView
from .words import tr as _
from .worker_process import WorkerProcess

_LOOK_S = 0.2


class ProposingProcess:
    """`review_protocols.Proposing`, with `batch/proposing.py` in the background.

    Args:
        clock: asks now and then what it says.
        packages: sees to it that what it needs is installed; None where nothing is.
        device: where the networks run, as the panel has it now.
    """

    def __init__(self, clock: Clock, packages: Packages | None, device: Callable[[], str]) -> None:
        self._clock, self._packages, self._device = clock, packages, device
        self._process: WorkerProcess | None = None
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(
        self, review: Path, told: Callable[[str], None], ended: Callable[[str, StrokeSegError | None], None]
    ) -> None:
        """See `review_protocols.Proposing`."""
        if self._packages is not None:
            self._packages.require()
        main = Path(StrokeSegLogic.__file__).resolve().parent / "batch" / "proposing.py"
        arguments = [str(review), "--device", self._device(), "--again", "--parent", str(os.getpid())]
        self._process = WorkerProcess(arguments, main)
        self._look(self._process, told, ended)

    def stop(self) -> None:
        """See `review_protocols.Proposing`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _look(
        self,
        process: WorkerProcess,
        told: Callable[[str], None],
        ended: Callable[[str, StrokeSegError | None], None],
    ) -> None:
        if process is not self._process:
            return
        # Before the events: what it says last is heard before it is known to be over.
        code = process.exit_code
        for event in process.events():
            if event.name == "progress":
                percent, stage = round(100 * float(event.values["fraction"])), event.values["stage"]
                told(_("{percent} %: {stage}").format(percent=percent, stage=stage))
            elif event.name in ("done", "error"):
                self._over()
                problems = event.values.get("problems", {})
                words = _("All that could be proposed is proposed.")
                if problems:
                    words = _("Proposed, but for {count}; the list says why.").format(count=len(problems))
                error = error_of(event.values, process.last_lines) if event.name == "error" else None
                ended(words, error)
                return
        if code is not None:
            self._over()
            what = _("the process that proposes ended without a word (exit code {code})").format(code=code)
            ended("", Fault(what, fix=_("Press Propose again: it goes on"), log=process.last_lines))
            return
        self._timer = self._clock.call_later(_LOOK_S, lambda: self._look(process, told, ended))

    def _over(self) -> None:
        """It has said its last word; what is left of it is ended."""
        self.stop()


class Proposals:
    """The one button that begins and ends proposing.

    Attributes:
        stage: what it is at, in words; None where nothing is proposed.

    Args:
        view: is told what came of it.
        proposing: does it.
        told: called when something is another.
    """

    def __init__(self, view: ReviewView, proposing: Proposing, told: Callable[[], None]) -> None:
        self._view, self._proposing, self._told = view, proposing, told
        self.stage: str | None = None

    def press(self, review: Path) -> None:
        """Begins, or ends what has begun."""
        if self._proposing.running:
            self.close()
            self._view.say(_("Stopped; what was proposed is kept."))
        else:
            self._view.say("")
            self.stage = _("starting")
            try:
                self._proposing.start(review, self._at, self._over)
            except StrokeSegError as error:
                self._over("", error)
        self._told()

    def close(self) -> None:
        """Ends it."""
        self._proposing.stop()
        self.stage = None

    def _at(self, stage: str) -> None:
        self.stage = stage
        self._told()

    def _over(self, words: str, error: StrokeSegError | None) -> None:
        self.stage = None
        self._view.say(words if error is None else words_of(error), error is not None)
        self._told()
