from __future__ import annotations

import json
import shutil
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.evaluation.agreement import Agreement, Limits, compare_results, made_by

SHAPE = (4, 10, 10)


def result(folder: Path, mask: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 2.0)) -> Path:
    folder.mkdir(parents=True)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(folder / "labels.nii.gz"))
    return folder


def block(x: int, width: int = 4, value: int = 1) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:3, 2:6, x : x + width] = value
    return mask


def test_two_results_are_one_case_whatever_their_folders_are_called(tmp_path: Path) -> None:
    a, b = result(tmp_path / "cpu", block(2)), result(tmp_path / "cuda", block(3))
    (row,) = compare_results(a, b).rows
    assert (row.case, row.label) == ("cpu", "lesion")
    assert (row.a_voxels, row.b_voxels, row.different_voxels) == (32, 32, 16)
    assert row.a_ml == pytest.approx(0.064) and row.difference_ml == 0
    assert row.dice == pytest.approx(0.75)
    # Of 32 surface voxels a column of 8 is a voxel off on each side; the rest lies on the other's surface.
    assert row.hausdorff95_mm == pytest.approx(1.0) and row.assd_mm == pytest.approx(0.25)


def test_folders_of_results_are_matched_by_case_and_what_is_alone_is_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        result(tmp_path / "a" / name, block(2))
        result(tmp_path / "b" / name, block(2 if name == "one" else 5))
    result(tmp_path / "b" / "three", block(2))
    with pytest.raises(InputError, match="1 in .*b alone: three"):
        compare_results(tmp_path / "a", tmp_path / "b")
    found = compare_results(tmp_path / "a", tmp_path / "b", allow_missing=True)
    assert {row.case: row.different_voxels for row in found.rows} == {"one": 0, "two": 48}
    assert len(found.alone) == 1


def test_each_label_is_a_row_with_the_name_that_the_records_give_it(tmp_path: Path) -> None:
    mask = block(2) + 2 * block(7, 2)
    a, b = result(tmp_path / "a", mask), result(tmp_path / "b", mask)
    assert [row.label for row in compare_results(a, b).rows] == ["label 1", "label 2"]
    route = {"name": "thresholds", "title": "Thresholds", "core_ml": 1.0, "penumbra_ml": 2.0}
    record = {
        "reference": "CBF",
        "chosen": "thresholds",
        "routes": [route],
        "provenance": {"strokeseg": "0.1.0", "device": {"name": "cuda"}},
    }
    (b / "result.json").write_text(json.dumps(record))
    found = compare_results(a, b)
    assert [row.label for row in found.rows] == ["penumbra", "core"]
    assert found.a == () and found.b == ("thresholds, StrokeSeg 0.1.0, on cuda",)
    assert made_by(a / "labels.nii.gz") is None


def test_a_mask_that_was_changed_since_is_said_to_be(tmp_path: Path) -> None:
    one, other = (result(tmp_path / name, block(row)) / "labels.nii.gz" for name, row in (("a", 2), ("b", 3)))
    route = {"name": "thresholds", "title": "Thresholds", "core_ml": 1.0, "penumbra_ml": 2.0}
    record = {"reference": "CBF", "chosen": "thresholds", "routes": [route]}
    write_recorded(tmp_path / "c", {"labels.nii.gz": lambda path: shutil.copy(one, path)}, "result.json", record)
    mask = tmp_path / "c" / "labels.nii.gz"
    assert made_by(mask) == "thresholds, StrokeSeg of unknown version"
    shutil.copy(other, mask)
    assert made_by(mask) == "thresholds, StrokeSeg of unknown version, changed since"


def test_another_grid_is_named_or_resampled_with_words(tmp_path: Path) -> None:
    a = result(tmp_path / "a", block(2))
    b = result(tmp_path / "b", block(2).repeat(2, axis=0), (1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="does not lie on the grid of .*size 10 x 10 x 8 against 10 x 10 x 4"):
        compare_results(a, b)
    (row,) = compare_results(a, b, resample=True).rows
    assert row.note == "B was laid on A's grid"
    assert row.a_ml == pytest.approx(row.b_ml), "each volume is measured where it lies"


def test_two_empty_results_agree_and_an_empty_result_beside_another_is_beyond_every_limit(tmp_path: Path) -> None:
    none = np.zeros(SHAPE, np.uint8)
    a, b, c = (result(tmp_path / name, mask) for name, mask in (("a", none), ("b", none), ("c", block(2))))
    (row,) = compare_results(a, b).rows
    strict = Limits(dice=1.0, hausdorff95_mm=0.0, assd_mm=0.0, volume_ml=0.0)
    assert row.dice == 1.0 and isnan(row.hausdorff95_mm) and strict.beyond(row) == ()
    (row,) = compare_results(a, c).rows
    assert len(strict.beyond(row)) == 4 and "not defined: one is empty" in strict.beyond(row)[1]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_limit_of_dice_is_the_least_that_passes(dice: float, least: float) -> None:
    row = Agreement("a", "lesion", 1, 1, 0, 1.0, 1.0, 0.0, dice, 0.0, 0.0)
    assert bool(Limits(dice=least).beyond(row)) == (dice < least)
    assert Limits().beyond(row) == ()


def test_what_holds_no_case_in_common_is_refused(tmp_path: Path) -> None:
    for side, name in (("a", "one"), ("b", "two")):
        result(tmp_path / side / name, block(2))
    with pytest.raises(InputError, match="holds no case that .* holds, too"):
        compare_results(tmp_path / "a", tmp_path / "b", allow_missing=True)
