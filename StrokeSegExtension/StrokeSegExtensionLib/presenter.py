"""What the panel does, without a window: assignment, checks, the run, the way through the result."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.protocol import as_error

from .assignment import Assignment
from .model_choices import model_choices, unmeasured
from .places import Kind, Places
from .problems import nothing_chosen, unanswered, used_twice
from .protocols import Clock, Packages, Runner, Timer, View
from .run_log import RunLog
from .states import TRANSITIONS, State
from .study import Handle, RunResult, Settings, StudyInputs

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume

CANCEL_PATIENCE_S = 20.0
"""After so long without an answer to a cancel the worker is given up."""


class Presenter:
    """`protocols.PanelActions`. Every method is called on one thread and returns at once.

    Args:
        view: shows.
        runner: segments.
        clock: calls later.
        packages: installs what the worker needs, asking first; None if nothing is.
    """

    def __init__(self, view: View, runner: Runner, clock: Clock, packages: Packages | None = None) -> None:
        self.state = State.IDLE
        self.result: RunResult | None = None
        self.runner = runner
        self._view, self._clock, self._packages = view, clock, packages
        self.inputs = StudyInputs()
        self._settings = Settings()
        self._assignment = Assignment(clock, self._offered)
        self._places = Places(None)
        self._log = RunLog(clock, view)
        self._run: _Run | None = None
        self._to_take = False
        self._timer: Timer | None = None
        self._choices: object = None

    # -- inputs

    def volumes_changed(self, volumes: Sequence[InputVolume]) -> None:
        """See `protocols.PanelActions`, as for all methods here."""
        self._assignment.volumes_changed(volumes, self.inputs.modality)

    def choose(self, role: Role, handle: Handle | None) -> None:
        self._assignment.choose(role, handle)
        self._take_volumes()

    def assign(self) -> None:
        self._assignment.assign()

    def inputs_changed(self, inputs: StudyInputs) -> None:
        self.inputs = inputs
        self._assignment.inputs_changed(inputs)
        self._take_volumes()

    def settings_changed(self, settings: Settings) -> None:
        self._settings = settings

    def models_changed(self) -> None:
        self._choices = None
        self._show_models()

    def _offered(self) -> None:
        self._view.show_offers(self._assignment.offers, self._assignment.notes)
        self._take_volumes()

    def _take_volumes(self) -> None:
        volumes = self._assignment.volumes
        if volumes != self.inputs.volumes:
            reference = self.inputs.reference if self.inputs.reference in volumes else None
            self.inputs = replace(self.inputs, volumes=volumes, reference=reference)
            self._view.show_inputs(self.inputs)
        self._show_models()

    def _show_models(self) -> None:
        of = (self.inputs.modality, frozenset(self.inputs.volumes), self.inputs.clinical.nihss is None)
        if of != self._choices:
            self._choices = of
            self._view.show_models(model_choices(self.inputs))

    # -- the run

    def segment_or_cancel(self) -> None:
        if self.state in (State.RUNNING, State.CHECKING):
            self._cancel()
        elif not self.state.busy:
            self._begin()

    def result_taken(self) -> None:
        if self._to_take:
            self._to_take = False
            self.runner.release()

    def scene_closed(self) -> None:
        self._abandon()
        self.result_taken()
        self.result = None
        self.inputs = StudyInputs(modality=self.inputs.modality)
        self._assignment.clear()
        self._show_places(Places(None))
        self._choices = None

    def close(self) -> None:
        self._abandon()
        self._to_take = False
        self._assignment.clear()
        self._log.close()
        self.runner.stop()

    def _begin(self) -> None:
        self._view.show_problem(None)
        self._log.clear()
        self._go(State.CHECKING)
        run = self._run = _Run(self, self.inputs, self._settings)
        self._next_step(run, self._checks(run))

    def _next_step(self, run: _Run, steps: Iterator[None]) -> None:
        """One step of the checks a call, so that the window lives between them."""
        if run is not self._run:
            return
        try:
            next(steps)
        except StopIteration:
            return
        except StrokeSegError as error:
            run.failed(error)
            return
        except Exception as error:  # else the panel would wait for ever for checks that have ended
            traceback.print_exc()
            run.failed(as_error(error))
            return
        self._timer = self._clock.call_later(0.0, lambda: self._next_step(run, steps))

    def _checks(self, run: _Run) -> Iterator[None]:
        """Packages, then the volumes one by one, then the start."""
        inputs = run.inputs
        problem = nothing_chosen(inputs) or used_twice(inputs)
        if problem is not None:
            run.failed(problem)
            return
        if self._packages is not None:
            yield
            self._packages.require()
        refusal = None if run.settings.unmeasured else unmeasured(inputs, run.settings.model)
        if refusal is not None:
            if not self._view.may_run(refusal):
                run.failed(refusal)
                return
            run.settings = replace(run.settings, unmeasured=True)
        voxels: dict[Handle, Volume] = {}
        for handle in inputs.handles:
            yield
            voxels[handle] = self._view.voxels(handle)
        yield
        self._go(State.RUNNING)
        self.runner.start(inputs, run.settings, voxels, run)

    def _cancel(self) -> None:
        if self.state is State.CHECKING:
            self._over(State.IDLE)
            return
        self._go(State.CANCELLING)
        self._timer = self._clock.call_later(CANCEL_PATIENCE_S, self._give_up)
        self.runner.cancel()

    def _give_up(self) -> None:
        if self.state is State.CANCELLING:
            self.runner.stop()
            self._over(State.IDLE)
            self._view.show_problem(unanswered())

    def _abandon(self) -> None:
        """Leaves the run to itself: nobody waits for it any more."""
        if self.state in (State.RUNNING, State.CANCELLING):
            self._run = None
            self.runner.cancel()
        if self.state is not State.IDLE:
            self._over(State.IDLE)
        self._log.clear()
        self._view.show_problem(None)

    def _finished(self, run: _Run, record: ResultRecord, volumes: Mapping[str, Path], report: Path | None) -> None:
        self._to_take = True
        if self.state is State.CANCELLING:
            # It was ready before it heard of the cancel; the user has seen it stopped.
            self._over(State.IDLE)
            self.result_taken()
            return
        self.result = RunResult(record, volumes, report, run.inputs, run.settings)
        self._over(State.DONE)
        self._show_places(Places(record))
        self._view.show_result(self.result)

    def _failed(self, error: StrokeSegError) -> None:
        cancelling = self.state is State.CANCELLING
        self._over(State.IDLE if cancelling else State.FAILED)
        if not cancelling:
            self._view.show_problem(error)

    def _over(self, state: State) -> None:
        self._run = None
        self._log.flush()
        self._go(state)

    def _go(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise RuntimeError(f"from {self.state} to {state}")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.state = state
        self._view.show_state(state)

    # -- the result

    def result_restored(self, record: ResultRecord | None) -> None:
        self._show_places(Places(record))

    def next_doubtful_slice(self) -> None:
        self._step("slice", 1)

    def previous_doubtful_slice(self) -> None:
        self._step("slice", -1)

    def next_lesion(self) -> None:
        self._step("lesion", 1)

    def previous_lesion(self) -> None:
        self._step("lesion", -1)

    def _show_places(self, places: Places) -> None:
        self._places = places
        self._view.show_review("", places.has("slice"), places.has("lesion"))

    def _step(self, kind: Kind, by: int) -> None:
        place = self._places.step(kind, by)
        if place is not None:
            self._view.show_place(place)
            self._view.show_review(place.words, self._places.has("slice"), self._places.has("lesion"))


class _Run:
    """`protocols.Listener` of one run; nobody hears it once the presenter has turned to something else."""

    def __init__(self, presenter: Presenter, inputs: StudyInputs, settings: Settings) -> None:
        self.inputs, self.settings = inputs, settings
        self._presenter = presenter

    def started(self) -> None:
        self.progressed(0.0, "starting")

    def progressed(self, fraction: float, stage: str) -> None:
        if self._current and self._presenter.state is State.RUNNING:
            self._presenter._log.progress(fraction, stage)

    def logged(self, line: str) -> None:
        if self._current:
            self._presenter._log.line(line)

    def finished(self, record: ResultRecord, volumes: Mapping[str, Path], report: Path | None) -> None:
        if self._current:
            self._presenter._finished(self, record, volumes, report)
        else:
            self._presenter.runner.release()

    def cancelled(self) -> None:
        if self._current:
            self._presenter._over(State.IDLE)

    def failed(self, error: StrokeSegError) -> None:
        if self._current:
            self._presenter._failed(error)

    @property
    def _current(self) -> bool:
        return self._presenter._run is self
