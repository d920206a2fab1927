"""Who the presenter talks to: the view before it, the runner behind it, the clock beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import Role

from .states import State
from .study import (
    Handle,
    ModelChoice,
    Offer,
    Place,
    RunResult,
    Settings,
    StudyInputs,
)

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume


class View(Protocol):
    """The panel as the presenter sees it. Every call comes on the GUI thread, and but for `may_run` returns at once."""

    def show_state(self, state: State) -> None:
        """Locks or frees the inputs and names the button."""

    def show_inputs(self, inputs: StudyInputs) -> None:
        """Puts the presenter's choice of volumes into the selectors (without telling the presenter again)."""

    def show_offers(self, offers: Mapping[Role, Offer], notes: Sequence[str]) -> None:
        """Tooltip and warning mark of each role's row, an offer or neither; and what to do with other volumes."""

    def show_models(self, models: Sequence[ModelChoice]) -> None:
        """Fills the list of models; those that do not fit are greyed and say why."""

    def show_progress(self, fraction: float, stage: str) -> None:
        """Bar (0 to 1) and stage in words."""

    def show_problem(self, problem: StrokeSegError | None) -> None:
        """Shows an error, or takes it away."""

    def append_log(self, line: str) -> None:
        """One more line of the folded log; no more than `run_log.LOG_LINES` of them need to be kept."""

    def may_run(self, doubt: StrokeSegError) -> bool:
        """Asks the user whether to run although it would be refused unasked; waits for the answer."""

    def show_result(self, result: RunResult) -> None:
        """Begins to load the result into the scene; calls `Presenter.result_taken` when it needs the files no more."""

    def show_place(self, place: Place) -> None:
        """Moves the slice views there."""

    def show_review(self, words: str, slices: bool, lesions: bool) -> None:
        """Whether there are doubtful slices and lesions to go through, and where the reader is among them."""

    def voxels(self, handle: Handle) -> Volume:
        """The voxels of a volume, or of a mask, as they stand in the world.

        Raises:
            StrokeSegError: if they cannot be used (no voxels, several values a voxel, a transform that distorts).
        """


class Listener(Protocol):
    """Who is told of a run. Every call comes on the thread that the runner was made on."""

    def started(self) -> None:
        """The worker took the job."""

    def progressed(self, fraction: float, stage: str) -> None: ...

    def logged(self, line: str) -> None: ...

    def finished(self, record: ResultRecord, volumes: Mapping[str, Path], report: Path | None) -> None:
        """The result is there; its files stay until `Runner.release`."""

    def cancelled(self) -> None:
        """The run was stopped as asked; nothing of it is left."""

    def failed(self, error: StrokeSegError) -> None:
        """The run ended without a result; nothing of it is left."""


class Runner(Protocol):
    """Runs one job at a time, elsewhere."""

    def start(
        self, inputs: StudyInputs, settings: Settings, voxels: Mapping[Handle, Volume], listener: Listener
    ) -> None:
        """Begins a run; exactly one of finished, cancelled and failed is called in the end, unless `stop` was.

        Args:
            inputs, settings: what, and how.
            voxels: of all that the inputs name.
            listener: whom to tell.

        Raises:
            StrokeSegError: if a run is under way.
        """

    def cancel(self) -> None:
        """Asks the run to end; ends it by force when it does not."""

    def release(self) -> None:
        """Deletes the files of the last result."""

    def stop(self) -> None:
        """Ends the worker and deletes everything; the listener hears no more."""


class Guest(Protocol):
    """A part of the panel that has a life of its own beside a run; a review is such."""

    def holds(self) -> str:
        """Why no run may put its result into the scene now, in words; "" if it may."""

    def scene_closing(self) -> None:
        """The scene goes; its nodes are still there."""

    def close(self) -> None:
        """The panel goes for good."""


class Packages(Protocol):
    """What the worker needs to be installed."""

    def require(self) -> None:
        """Sees to it that all is there; asks before it installs anything.

        Raises:
            StrokeSegError: if something is missing and was not, or could not be, installed.
        """


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Calls later, on the same thread (in Slicer a single-shot QTimer)."""

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer: ...


class PanelActions(Protocol):
    """What the view asks of the presenter."""

    def volumes_changed(self, volumes: Sequence[InputVolume]) -> None:
        """The scene's volumes are now these: assignment is offered again for rows that the user has not set."""

    def choose(self, role: Role, handle: Handle | None) -> None:
        """The user set a row (None: to no volume); it is not touched again by offers."""

    def assign(self) -> None:
        """The "Assign" button: all rows take what is offered; the user's own choices stay."""

    def inputs_changed(self, inputs: StudyInputs) -> None:
        """Modality, clinical data or reference were changed, or a scene was restored: its volumes are the user's."""

    def settings_changed(self, settings: Settings) -> None: ...

    def models_changed(self) -> None:
        """A model was installed or removed."""

    def segment_or_cancel(self) -> None:
        """The one button."""

    def result_taken(self) -> None:
        """The view has loaded the result."""

    def result_restored(self, record: ResultRecord | None) -> None:
        """A scene brought a result along, or has none: the review goes through its places.

        Not needed after a run.
        """

    def scene_closed(self) -> None: ...

    def close(self) -> None:
        """The panel goes away (reload, exit)."""

    def next_doubtful_slice(self) -> None: ...

    def previous_doubtful_slice(self) -> None: ...

    def next_lesion(self) -> None: ...

    def previous_lesion(self) -> None: ...
