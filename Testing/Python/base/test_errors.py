from __future__ import annotations

from StrokeSegLogic.base.errors import Cancelled, InputError


def test_a_message_says_what_where_and_what_to_do_in_one_line() -> None:
    error = InputError("is no NIfTI file\n  (bad magic)", where="a.nii.gz", fix="Export it again.")
    assert str(error) == "a.nii.gz: is no NIfTI file (bad magic). Export it again."


def test_cancelling_has_its_own_exit_code() -> None:
    assert (InputError("x").exit_code, Cancelled().exit_code) == (1, 3)
