"""Rows: what is offered for them, and what the user makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from StrokeSegExtensionLib.study import StudyInputs

from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import Role

from .presenter_bench import Panel


def loaded(*names: str) -> list[InputVolume]:
    return [InputVolume(f"id {name}", name) for name in names]


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


def test_a_restored_scene_keeps_its_rows_the_empty_too(empty: Panel) -> None:
    empty.presenter.inputs_changed(StudyInputs(volumes={Role.DWI: "id b"}))
    assert offered(empty, "dwi", "flair", "b") == {Role.DWI: "id b"}


def test_each_modality_has_rows_of_its_own(empty: Panel) -> None:
    offered(empty, "dwi", "cbf", "tmax")
    empty.presenter.inputs_changed(StudyInputs(modality="ctp"))
    empty.clock.wait(lambda: empty.clock.waiting == 0)
    assert dict(empty.presenter.inputs.volumes) == {Role.CBF: "id cbf", Role.TMAX: "id tmax"}
    assert [choice.key for choice in empty.view.models if choice.fits] == ["thresholds"]
    empty.presenter.inputs_changed(StudyInputs(modality="mri", volumes={Role.DWI: "id dwi"}))
    empty.clock.wait(lambda: empty.clock.waiting == 0)
    assert dict(empty.presenter.inputs.volumes) == {Role.DWI: "id dwi"}


def test_a_study_of_the_other_modality_is_said_where_the_rows_stay_empty(empty: Panel) -> None:
    assert offered(empty, "Tmax", "cbf", "something") == {}
    assert [note for note in empty.view.notes if "choose CT perfusion" in note] == [
        "CBF, Tmax can be read as CT perfusion: choose CT perfusion above"
    ]
    empty.presenter.inputs_changed(StudyInputs(modality="ctp"))
    empty.clock.wait(lambda: empty.clock.waiting == 0)
    assert not any("can be read as" in note for note in empty.view.notes)


def test_a_reference_whose_row_is_emptied_is_given_up(empty: Panel) -> None:
    offered(empty, "dwi", "flair")
    empty.presenter.inputs_changed(replace(empty.presenter.inputs, reference=Role.FLAIR))
    empty.presenter.choose(Role.FLAIR, None)
    assert empty.presenter.inputs.reference is None
