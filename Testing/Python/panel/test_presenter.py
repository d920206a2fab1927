from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from StrokeSegExtensionLib.presenter import CANCEL_PATIENCE_S, Presenter
from StrokeSegExtensionLib.states import TRANSITIONS, State
from StrokeSegExtensionLib.study import LoadedVolume, Problem, Settings, StudyInputs

from StrokeSegLogic.base.errors import InputError, OutputError, StrokeSegError
from StrokeSegLogic.case import ClinicalData, Role

from .doubles import RECORD, Clock, FakeRunner, FakeView

DIED = Problem("the worker ended", "", "See its log", ("Killed",))


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


@pytest.fixture
def panel() -> Panel:
    return Panel()


# -- a run


def test_a_run_goes_from_checking_to_running_to_done_and_hands_the_result_over(panel: Panel) -> None:
    panel.presenter.settings_changed(Settings(flips=True))
    panel.begin()
    assert panel.view.asked == ["n1", "n2"]
    inputs, settings, voxels = panel.runner.jobs[0]
    assert (set(inputs.volumes), settings.flips, set(voxels)) == ({Role.DWI, Role.FLAIR}, True, {Role.DWI, Role.FLAIR})
    panel.runner.listener.started()
    panel.runner.listener.progressed(0.5, "axial plane")
    panel.clock.pass_(1)
    assert panel.view.progress[-1] == (0.5, "axial plane")
    panel.runner.succeed()
    assert panel.view.states == [State.CHECKING, State.RUNNING, State.DONE]
    result = panel.view.results[0]
    assert (result.reference, result.warnings, result.settings.flips) == ("n1", ("told",), True)
    assert panel.runner.calls == []
    panel.presenter.result_taken()
    panel.presenter.result_taken()
    assert panel.runner.calls == ["release"], "once"


def test_the_window_lives_between_the_checks_of_two_volumes(panel: Panel) -> None:
    panel.press()
    asked = [0]
    while panel.view.state is State.CHECKING:
        panel.clock.next()
        asked.append(len(panel.view.asked))
    assert all(after - before <= 1 for before, after in pairwise(asked))
    assert asked[-1] == 2


def test_a_run_that_dies_shows_what_it_said_last_and_can_be_started_again(panel: Panel) -> None:
    panel.begin()
    panel.runner.listener.failed(DIED)
    assert (panel.view.state, panel.view.problem) == (State.FAILED, DIED)
    panel.begin()
    assert panel.view.problem is None
    panel.runner.succeed()
    assert panel.view.state is State.DONE


def test_cancel_waits_for_the_worker_and_leaves_nothing(panel: Panel) -> None:
    panel.begin()
    panel.press()
    assert (panel.view.state, panel.runner.calls) == (State.CANCELLING, ["cancel"])
    panel.press()
    assert panel.runner.calls == ["cancel"], "a third press does nothing"
    panel.runner.listener.progressed(0.7, "too late")
    panel.runner.listener.cancelled()
    panel.clock.pass_(CANCEL_PATIENCE_S + 1)
    assert panel.view.states == [State.CHECKING, State.RUNNING, State.CANCELLING, State.IDLE]
    assert (panel.view.problem, panel.view.progress, panel.clock.waiting) == (None, [], 0)


def test_a_worker_that_hangs_is_given_up_after_a_while(panel: Panel) -> None:
    panel.begin()
    panel.press()
    panel.clock.pass_(CANCEL_PATIENCE_S - 1)
    assert panel.view.state is State.CANCELLING
    panel.clock.pass_(2)
    assert (panel.view.state, panel.runner.calls) == (State.IDLE, ["cancel", "stop"])
    assert "did not answer" in str(panel.view.problem)


def test_a_cancel_while_volumes_are_checked_starts_nothing(panel: Panel) -> None:
    panel.press()
    panel.press()
    panel.clock.pass_(1)
    assert panel.view.states == [State.CHECKING, State.IDLE]
    assert (panel.runner.jobs, panel.runner.calls) == ([], [])


def test_a_result_that_crosses_a_cancel_is_dropped(panel: Panel) -> None:
    panel.reach(State.CANCELLING)
    panel.runner.succeed()
    assert (panel.view.state, panel.view.results) == (State.IDLE, [])
    assert panel.runner.calls == ["cancel", "release"]


def test_a_worker_that_dies_of_its_cancel_is_no_error(panel: Panel) -> None:
    panel.reach(State.CANCELLING)
    panel.runner.listener.failed(DIED)
    assert (panel.view.state, panel.view.problem) == (State.IDLE, None)


def test_a_flood_of_log_lines_is_shown_in_parts_and_what_was_left_out_is_counted(panel: Panel) -> None:
    panel.begin()
    for number in range(100_000):
        panel.runner.listener.logged(f"line {number}")
        panel.runner.listener.progressed(number / 1e5, "flooding")
    assert panel.view.log == []
    panel.clock.pass_(0.2)
    assert len(panel.view.log) < 100
    assert panel.view.log[-1] == "line 99999"
    assert "99950 lines left out" in panel.view.log[0]
    assert len(panel.view.progress) == 1
    panel.runner.listener.logged("the last")
    panel.runner.succeed()
    assert panel.view.log[-1] == "the last", "nothing is lost at the end"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (StudyInputs(), "no volume is chosen"),
        (StudyInputs(modality="ctp"), "CBF and TMAX"),
        (StudyInputs(volumes={Role.DWI: "n1", Role.ADC: "n1"}), "DWI and ADC"),
    ],
)
def test_inputs_that_cannot_be_run_are_refused_before_anything_starts(inputs: StudyInputs, words: str) -> None:
    panel = Panel()
    panel.presenter.scene_closed()
    panel.presenter.inputs_changed(inputs)
    panel.press()
    panel.clock.pass_(1)
    assert panel.view.state is State.FAILED
    assert words in str(panel.view.problem)
    assert panel.view.problem.fix
    assert panel.runner.jobs == []


def test_a_volume_that_cannot_be_used_is_named(panel: Panel) -> None:
    panel.view.unusable = {"n2": "lies under a non-linear transform"}
    panel.press()
    panel.clock.pass_(1)
    assert (panel.view.state, panel.runner.jobs) == (State.FAILED, [])
    assert str(panel.view.problem) == "n2: lies under a non-linear transform. Choose another one."


def test_a_fault_of_our_own_while_checking_is_shown_and_not_waited_for(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(panel.view, "voxels", lambda _handle: 1 / 0)
    panel.press()
    panel.clock.pass_(1)
    assert panel.view.state is State.FAILED
    assert "ZeroDivisionError" in panel.view.problem.what
    assert "report it" in panel.view.problem.fix
    assert "Traceback" in capsys.readouterr().err


def test_a_runner_that_cannot_start_says_why(panel: Panel) -> None:
    panel.runner.refuses = OutputError("the disk is full", where="tmp", fix="Free some space")
    panel.press()
    panel.clock.pass_(1)
    assert panel.view.state is State.FAILED
    assert "disk is full" in str(panel.view.problem)


def test_packages_that_the_user_does_not_want_installed_end_the_run_before_it_begins() -> None:
    class Packages:
        wanted = False
        asked = 0

        def require(self) -> None:
            self.asked += 1
            if not self.wanted:
                raise StrokeSegError("torch is not installed", fix="Press Segment again and agree")

    packages = Packages()
    panel = Panel(packages)
    panel.press()
    panel.clock.pass_(1)
    assert (panel.view.state, panel.view.asked, packages.asked) == (State.FAILED, [], 1)
    packages.wanted = True
    panel.begin()


@pytest.mark.parametrize("state", list(State))
def test_the_scene_can_be_closed_in_every_state(state: State) -> None:
    panel = Panel()
    panel.reach(state)
    panel.presenter.scene_closed()
    assert panel.presenter.state is State.IDLE
    assert panel.presenter.result is None
    assert panel.view.review == ("", False, False)
    panel.clock.pass_(CANCEL_PATIENCE_S + 1)
    assert "stop" not in panel.runner.calls, "the worker stays warm"
    assert ("cancel" in panel.runner.calls) == (state in (State.RUNNING, State.CANCELLING))
    if state is State.DONE:
        assert panel.runner.calls == ["release"]
    panel.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "other"}))
    panel.begin()


@pytest.mark.parametrize("last_word", ["finished", "cancelled", "failed", "progressed", "logged"])
def test_what_a_run_of_a_closed_scene_says_is_not_heard(panel: Panel, last_word: str) -> None:
    panel.begin()
    old = panel.runner.listener
    panel.presenter.scene_closed()
    panel.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "other"}))
    panel.begin()
    arguments = {
        "finished": (RECORD, {}, None),
        "cancelled": (),
        "failed": (DIED,),
        "progressed": (0.9, "old"),
        "logged": ("old",),
    }
    getattr(old, last_word)(*arguments[last_word])
    panel.clock.pass_(1)
    assert (panel.view.state, panel.view.problem, panel.view.results) == (State.RUNNING, None, [])
    assert "old" not in panel.view.log
    assert ("release" in panel.runner.calls) == (last_word == "finished"), "its files go"


@pytest.mark.parametrize("state", list(State))
def test_closing_the_panel_stops_the_runner_and_leaves_no_call_behind(state: State) -> None:
    panel = Panel()
    panel.reach(state)
    panel.presenter.close()
    assert panel.runner.calls[-1] == "stop"
    assert panel.clock.waiting == 0


def test_every_transition_that_is_shown_is_one_that_is_allowed() -> None:
    for state in State:
        panel = Panel()
        panel.reach(state)
        seen = [State.IDLE, *panel.view.states]
        assert all(later in TRANSITIONS[earlier] for earlier, later in pairwise(seen))


# -- rows


def loaded(*names: str) -> list[LoadedVolume]:
    return [LoadedVolume(f"id {name}", name) for name in names]


def offered(panel: Panel, *names: str) -> dict[Role, str]:
    panel.presenter.volumes_changed(loaded(*names))
    panel.clock.wait(lambda: panel.clock.waiting == 0)
    return dict(panel.presenter.inputs.volumes)


@pytest.fixture
def empty() -> Panel:
    panel = Panel()
    panel.presenter.scene_closed()
    panel.presenter.inputs_changed(StudyInputs())
    return panel


def test_rows_are_filled_from_what_is_loaded_each_with_its_reason(empty: Panel) -> None:
    assert offered(empty, "sub-1_dwi", "FLAIR axial", "something") == {
        Role.DWI: "id sub-1_dwi",
        Role.FLAIR: "id FLAIR axial",
    }
    assert "ends in 'dwi'" in empty.view.offers[Role.DWI].reason
    assert not empty.view.offers[Role.DWI].doubtful


def test_new_data_are_offered_again_but_never_overrule_the_user(empty: Panel) -> None:
    offered(empty, "dwi", "other")
    empty.presenter.choose(Role.FLAIR, "id other")
    empty.presenter.choose(Role.T1, None)
    rows = offered(empty, "dwi", "other", "flair", "t1", "adc")
    assert rows == {Role.DWI: "id dwi", Role.FLAIR: "id other", Role.ADC: "id adc"}
    assert empty.view.offers[Role.FLAIR].handle == "id flair", "it is offered all the same"


def test_assign_fills_rows_that_the_user_emptied_and_leaves_those_that_the_user_filled(empty: Panel) -> None:
    offered(empty, "dwi", "flair", "other")
    empty.presenter.choose(Role.DWI, "id other")
    empty.presenter.choose(Role.FLAIR, None)
    assert dict(empty.presenter.inputs.volumes) == {Role.DWI: "id other"}
    empty.presenter.assign()
    assert dict(empty.presenter.inputs.volumes) == {Role.DWI: "id other", Role.FLAIR: "id flair"}


def test_a_volume_that_the_user_takes_for_another_role_leaves_the_row_that_it_was_offered_for(empty: Panel) -> None:
    offered(empty, "dwi", "flair")
    empty.presenter.choose(Role.T2, "id flair")
    assert dict(empty.presenter.inputs.volumes) == {Role.T2: "id flair", Role.DWI: "id dwi"}


def test_a_volume_that_is_gone_frees_its_row(empty: Panel) -> None:
    offered(empty, "dwi", "flair 1")
    empty.presenter.choose(Role.FLAIR, "id flair 1")
    assert offered(empty, "dwi", "flair 2") == {Role.DWI: "id dwi", Role.FLAIR: "id flair 2"}


def test_a_restored_scene_keeps_its_rows_the_empty_ones_too(empty: Panel) -> None:
    empty.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "id b"}))
    assert offered(empty, "dwi", "flair", "b") == {Role.DWI: "id b"}


def test_each_modality_has_rows_of_its_own(empty: Panel) -> None:
    offered(empty, "dwi", "cbf", "tmax")
    empty.presenter.inputs_changed(StudyInputs(modality="ctp"))
    empty.clock.wait(lambda: empty.clock.waiting == 0)
    assert dict(empty.presenter.inputs.volumes) == {Role.CBF: "id cbf", Role.TMAX: "id tmax"}
    assert [one.key for one in empty.view.models if one.fits] == ["thresholds"]
    empty.presenter.inputs_changed(StudyInputs(modality="mri", volumes={Role.DWI: "id dwi"}))
    empty.clock.wait(lambda: empty.clock.waiting == 0)
    assert dict(empty.presenter.inputs.volumes) == {Role.DWI: "id dwi"}


def test_a_reference_whose_row_is_emptied_is_given_up(empty: Panel) -> None:
    offered(empty, "dwi", "flair")
    empty.presenter.inputs_changed(replace(empty.presenter.inputs, reference=Role.FLAIR))
    empty.presenter.choose(Role.FLAIR, None)
    assert empty.presenter.inputs.reference is None


def test_what_is_known_of_the_patient_reaches_the_run(panel: Panel) -> None:
    clinical = ClinicalData(71, 12, 3.5)
    panel.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "n1"}, clinical=clinical))
    panel.begin()
    assert panel.runner.jobs[0][0].clinical == clinical


# -- review


def test_the_review_goes_through_doubtful_slices_and_lesions_round_and_round(panel: Panel) -> None:
    panel.reach(State.DONE)
    assert panel.view.review == ("", True, True)
    for _ in range(3):
        panel.presenter.next_doubtful_slice()
    panel.presenter.previous_doubtful_slice()
    panel.presenter.next_lesion()
    words = [place.words for place in panel.view.places]
    assert words[:4] == [f"slice {n}, doubt {d} of 2" for n, d in ((12, 1), (5, 2), (12, 1), (5, 2))]
    assert words[4] == "lesion 1 of 1, 3.4 ml"
    assert panel.view.places[0].point_ras == (-1.0, -2.0, 3.0), "LPS becomes RAS"
    assert panel.view.review == ("lesion 1 of 1, 3.4 ml", True, True)


def test_a_restored_result_can_be_gone_through(panel: Panel) -> None:
    panel.presenter.next_lesion()
    assert panel.view.places == []
    panel.presenter.result_restored(RECORD)
    panel.presenter.previous_doubtful_slice()
    assert panel.view.places[0].words == "slice 5, doubt 2 of 2"
    panel.presenter.result_restored(None)
    assert panel.view.review == ("", False, False)


def test_an_error_in_words_shows_place_and_advice() -> None:
    error = InputError("is empty", where="DWI", fix="Load it")
    from StrokeSegExtensionLib.problems import problem_of

    assert str(problem_of(error)) == str(error) == "DWI: is empty. Load it."
