"""A run from the button to its end, whatever comes between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from StrokeSegExtensionLib.presenter import CANCEL_PATIENCE_S
from StrokeSegExtensionLib.states import TRANSITIONS, State
from StrokeSegExtensionLib.study import Settings, StudyInputs

from StrokeSegLogic.base.errors import OutputError, StrokeSegError
from StrokeSegLogic.study.case import ClinicalData, Role

from .doubles import RECORD
from .presenter_bench import DIED, Panel


def test_a_run_goes_from_checking_to_running_to_done_and_hands_the_result_over(panel: Panel) -> None:
    panel.presenter.settings_changed(Settings(flips=True))
    panel.begin()
    assert panel.view.asked == ["n1", "n2"]
    inputs, settings, voxels = panel.runner.jobs[0]
    assert (set(inputs.volumes), settings.flips, set(voxels)) == ({Role.DWI, Role.FLAIR}, True, {"n1", "n2"})
    panel.runner.listener.started()
    panel.runner.listener.progressed(0.5, "axial plane")
    panel.clock.pass_(1)
    assert panel.view.progress[-1] == (0.5, "axial plane")
    panel.runner.succeed()
    assert panel.view.states == [State.CHECKING, State.RUNNING, State.DONE]
    result = panel.view.results[0]
    assert (result.reference, result.record.warnings, result.settings.flips) == ("n1", ("told",), True)
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
        (StudyInputs(modality="ctp"), "CBF and Tmax"),
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
    assert str(panel.view.problem) == "n2: lies under a non-linear transform. Choose another volume."


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


def test_every_transition_that_is_shown_is_allowed() -> None:
    for state in State:
        panel = Panel()
        panel.reach(state)
        seen = [State.IDLE, *panel.view.states]
        assert all(later in TRANSITIONS[earlier] for earlier, later in pairwise(seen))


def test_what_is_known_of_the_patient_reaches_the_run(panel: Panel) -> None:
    clinical = ClinicalData(71, 12, 3.5)
    panel.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "n1"}, clinical=clinical))
    panel.begin()
    assert panel.runner.jobs[0][0].clinical == clinical


# -- review


def of_t2_alone(panel: Panel) -> None:
    panel.presenter.inputs_changed(StudyInputs(volumes={Role.T2: "n1"}))


def test_the_user_is_asked_before_a_run_on_what_was_never_measured(panel: Panel) -> None:
    of_t2_alone(panel)
    panel.view.answer = True
    panel.begin()
    assert [question.option for question in panel.view.questions] == ["unmeasured"]
    assert panel.runner.jobs[0][1].unmeasured


def test_a_run_that_the_user_does_not_want_is_refused_and_asked_about_again(panel: Panel) -> None:
    of_t2_alone(panel)
    for times in (1, 2):
        panel.press()
        panel.clock.pass_(0.01)
        assert (panel.view.state, len(panel.view.questions)) == (State.FAILED, times)
        assert panel.view.problem is panel.view.questions[-1]
    assert panel.runner.jobs == []


@pytest.mark.parametrize(
    "roles",
    [{Role.DWI}, {Role.T2, Role.FLAIR}, {Role.T1}, {Role.CBF, Role.TMAX}],
    ids=lambda roles: " ".join(sorted(roles)),
)
def test_nobody_is_asked_where_it_was_measured_or_the_engine_refuses_anyway(panel: Panel, roles: set[Role]) -> None:
    modality = "ctp" if Role.CBF in roles else "mri"
    panel.presenter.inputs_changed(StudyInputs(modality, {role: f"of {role}" for role in roles}))
    panel.begin()
    assert panel.view.questions == []
    assert not panel.runner.jobs[0][1].unmeasured


def test_a_user_who_takes_such_inputs_always_is_not_asked(panel: Panel) -> None:
    of_t2_alone(panel)
    panel.presenter.settings_changed(Settings(unmeasured=True))
    panel.begin()
    assert panel.view.questions == []
