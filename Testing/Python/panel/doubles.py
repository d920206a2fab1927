"""A view, a clock and a runner for tests of what is behind the panel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from StrokeSegExtensionLib.protocols import Listener
from StrokeSegExtensionLib.states import State
from StrokeSegExtensionLib.study import (
    Handle,
    ModelChoice,
    Offer,
    Place,
    RunResult,
    Settings,
    StudyInputs,
)

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import Role

PATIENCE_S = 120.0
RECORD = ResultRecord.parse(
    {
        "reference": "DWI",
        "statistics": {"volume_ml": 3.44, "brain_ml": 1400.0, "lesions": [{"volume_ml": 3.44}]},
        "warnings": ["told"],
        "navigation": {
            "slices": [{"index": 11, "point_lps_mm": [1.0, 2.0, 3.0]}, {"index": 4, "point_lps_mm": [0.0, 0.0, -5.0]}],
            "lesions": [{"volume_ml": 3.44, "point_lps_mm": [10.0, -20.0, 30.0]}],
        },
    }
)
PLACE = Grid((2, 2, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self._calls: list[Call] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> Call:
        self._calls.append(Call(self.now + seconds, call, self._calls))
        return self._calls[-1]

    @property
    def waiting(self) -> int:
        """How many calls are to come."""
        return len(self._calls)

    def pass_(self, seconds: float) -> None:
        """Lets time pass, with all that comes due."""
        until = self.now + seconds
        while any(call.at <= until for call in self._calls):
            self.next()
        self.now = max(self.now, until)

    def next(self) -> None:
        """Lets the next call come."""
        first = min(self._calls, key=lambda call: call.at)
        self._calls.remove(first)
        self.now = max(self.now, first.at)
        first.call()

    def wait(self, until: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Lets real time pass, and this clock's with it, until something is so."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"it did not come within {seconds:g} s")
            time.sleep(0.005)
            self.pass_(0.05)


@dataclass(eq=False)
class Call:
    """A call that is to come."""

    at: float
    call: Callable[[], None]
    calls: list[Call] = field(repr=False)

    def cancel(self) -> None:
        if self in self.calls:
            self.calls.remove(self)


class FakeView:
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.inputs = StudyInputs()
        self.offers: Mapping[Role, Offer] = {}
        self.notes: Sequence[str] = ()
        self.models: Sequence[ModelChoice] = ()
        self.progress: list[tuple[float, str]] = []
        self.problem: StrokeSegError | None = None
        self.log: list[str] = []
        self.results: list[RunResult] = []
        self.places: list[Place] = []
        self.review: tuple[str, bool, bool] = ("", False, False)
        self.asked: list[Handle] = []
        self.unusable: dict[Handle, str] = {}
        self.questions: list[StrokeSegError] = []
        self.answer = False

    @property
    def state(self) -> State:
        return self.states[-1] if self.states else State.IDLE

    def show_state(self, state: State) -> None:
        self.states.append(state)

    def show_inputs(self, inputs: StudyInputs) -> None:
        self.inputs = inputs

    def show_offers(self, offers: Mapping[Role, Offer], notes: Sequence[str]) -> None:
        self.offers, self.notes = offers, notes

    def show_models(self, models: Sequence[ModelChoice]) -> None:
        self.models = models

    def show_progress(self, fraction: float, stage: str) -> None:
        self.progress.append((fraction, stage))

    def show_problem(self, problem: StrokeSegError | None) -> None:
        self.problem = problem

    def append_log(self, line: str) -> None:
        self.log.append(line)

    def show_result(self, result: RunResult) -> None:
        self.results.append(result)

    def show_place(self, place: Place) -> None:
        self.places.append(place)

    def show_review(self, words: str, slices: bool, lesions: bool) -> None:
        self.review = (words, slices, lesions)

    def may_run(self, doubt: StrokeSegError) -> bool:
        self.questions.append(doubt)
        return self.answer

    def voxels(self, handle: Handle) -> Volume:
        self.asked.append(handle)
        if handle in self.unusable:
            raise InputError(self.unusable[handle], where=handle, fix="Choose another volume")
        return Volume(np.zeros(PLACE.shape, np.float32), PLACE, handle)


class FakeRunner:
    """Does nothing but keep what it was asked; the test plays the worker through `listener`."""

    def __init__(self) -> None:
        self.listener: Listener | None = None
        self.jobs: list[tuple[StudyInputs, Settings, Mapping[Handle, Volume]]] = []
        self.calls: list[str] = []
        self.refuses: StrokeSegError | None = None

    def start(
        self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume], listener: Listener
    ) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.jobs.append((inputs, settings, voxels))
        self.listener = listener

    def cancel(self) -> None:
        self.calls.append("cancel")

    def release(self) -> None:
        self.calls.append("release")

    def stop(self) -> None:
        self.calls.append("stop")

    def succeed(self) -> None:
        assert self.listener is not None
        self.listener.finished(RECORD, {"labels": Path("labels.npz")}, None)
