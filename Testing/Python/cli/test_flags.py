"""How the command line calls the settings that errors name."""

from __future__ import annotations

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.cli.main import flag


@pytest.mark.parametrize(
    ("option", "called"),
    [
        ("device", "--device"),
        ("allow_missing", "--allow-missing"),
        ("brain_mask", "--brain-mask"),
        ("minimum_lesion_ml", "--minimum-lesion"),
        ("sequence", "SEQUENCE=FILE"),
        ("unit", "SEQUENCE=FILE@UNIT"),
        ("colour_range", "SEQUENCE=FILE@LOW..HIGH"),
    ],
)
def test_a_setting_is_called_as_the_user_writes_it(option: str, called: str) -> None:
    error = InputError("is odd", where="tmax.nii.gz", fix="Say it", option=option)
    assert error.said(flag) == f"tmax.nii.gz: is odd. Say it ({called})."
