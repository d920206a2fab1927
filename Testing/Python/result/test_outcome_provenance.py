"""What a result says of its inputs."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.result.outcome import case_record
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series


def series(role: Role, **known: object) -> Series:
    image = sitk.GetImageFromArray(np.zeros((2, 3, 4), np.float32))
    return Series(role, image, f"{role}.nii.gz", "the name says so", 0.9, "ab" * 32, **known)  # type: ignore[arg-type]


def test_inputs_tell_frames_seconds_and_units_that_the_user_named_where_there_are_any() -> None:
    case = Case.of("one", [series(Role.CTP, times_s=(0.0, 1.5)), series(Role.TMAX, unit="0.1 s"), series(Role.CBF)])
    grid = Grid.of(case.series[Role.CBF].image)
    inputs = {entry["role"]: entry for entry in case_record(case, Role.CBF, grid, [Role.CBF, Role.TMAX])["inputs"]}
    assert inputs["CTP"]["times_s"] == [0.0, 1.5] and "unit_given" not in inputs["CTP"]
    assert inputs["TMAX"]["unit_given"] == "0.1 s" and "times_s" not in inputs["TMAX"]
    assert "unit_given" not in inputs["CBF"]
    assert [name for name, entry in inputs.items() if entry["used"]] == ["CBF", "TMAX"]
