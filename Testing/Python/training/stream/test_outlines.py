from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.stream.sources.isles22 import fold_of
from StrokeSegLogic.training.stream.sources.outlines import Outlines, find_outlines


def test_the_outlines_that_come_with_strokeseg_are_of_nine_patients_and_of_none_that_is_tested_on() -> None:
    cases = find_outlines("isles22-dwi").case
    assert len(cases) == 9 == len({case.patient for case in cases})
    tested = {f"sub-strokecase000{number}" for number in (1, 2, 3)}
    assert not tested & {case.patient for case in cases}
    for case in cases:
        assert case.remark and (case.patient in case.dwi or case.dwi.startswith("case_without_mask/"))
        assert all(box.threshold > 0.9 for box in case.lesion)
    # One case shows no certain infarct.
    assert [case.patient for case in cases if not case.lesion] == ["sub-strokecase0136"]


def test_patients_with_a_whole_volume_and_a_single_slice_are_in_training_whatever_the_fold() -> None:
    # case_without_mask shows the patient of slice 0166.
    names = {case.patient for case in find_outlines("isles22-dwi").case}
    assert names >= {f"sub-strokecase{number:04d}" for number in (40, 51, 53, 98, 166)}


def test_a_fold_is_the_same_for_ever() -> None:
    assert [fold_of(f"sub-strokecase{number:04d}") for number in (11, 40, 51, 53, 98)] == [2, 0, 0, 0, 2]


def test_outlines_with_a_fault_name_it(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('[[case]]\npatient = "p"\ndwi = "d.nii"\nlesion = [{ low = [0, 0, 0], high = [1, 1] }]\n')
    with pytest.raises(InputError, match="a box needs three numbers"):
        Outlines.read(path)
    with pytest.raises(InputError, match="does not exist"):
        find_outlines(str(tmp_path / "other.toml"))
