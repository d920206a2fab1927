"""The way through a result, and errors in words."""

from __future__ import annotations

from StrokeSegExtensionLib.problems import words_of
from StrokeSegExtensionLib.states import State

from StrokeSegLogic.base.errors import InputError

from .doubles import RECORD
from .presenter_bench import Panel


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
    assert words_of(error) == str(error) == "DWI: is empty. Load it."


def test_a_setting_is_called_as_it_stands_in_the_panel() -> None:
    wrong = InputError("'tpu' is no device", option="device", fix="Use cpu")
    assert words_of(wrong) == "Device: 'tpu' is no device. Use cpu."
    helps = InputError("lies elsewhere", where="FLAIR", option="reference", fix="Choose another grid")
    assert words_of(helps) == "FLAIR: lies elsewhere. Choose another grid (Result on the grid of)."
