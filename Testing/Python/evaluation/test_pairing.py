from __future__ import annotations

from pathlib import Path

import pytest
from evaluation.cohorts import box, write_masks

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.evaluation.pairing import MEMBERS, find_masks, pair

SOME = box((1, 2), (1, 3), (1, 3))


def found(folder: Path, *names: str) -> dict[str, dict[str, str]]:
    """What is found in a folder of these files: case to member to path."""
    write_masks(folder, dict.fromkeys(names, SOME))
    return {
        case: {member: path.relative_to(folder).as_posix().removesuffix(".nii.gz") for member, path in files.items()}
        for case, files in find_masks(folder, MEMBERS).items()
    }


@pytest.mark.parametrize(
    ("name", "case", "member"),
    [
        ("case7", "case7", "model"),
        ("case7/labels", "case7", "model"),
        ("case7/whatever", "case7", "model"),
        ("vote/case7", "case7", "vote"),
        ("vote/case7/labels", "case7", "vote"),
        ("case7/axial", "case7", "axial"),
        ("sub-07_ses-1_space-dwi_desc-lesion_mask", "sub-07_ses-1", "model"),
        ("sub-07/ses-1/anat/sub-07_ses-1_dseg", "sub-07_ses-1", "model"),
        ("sub-07/ses-1/labels", "sub-07_ses-1", "model"),
        ("sub-07/ses-1/mask", "sub-07_ses-1", "model"),
        ("sub-07_mask", "sub-07", "model"),
        ("coronal/sub-07_mask", "sub-07", "coronal"),
        ("subject7", "subject7", "model"),
    ],
)
def test_a_case_and_its_member_are_read_off_the_path(tmp_path: Path, name: str, case: str, member: str) -> None:
    assert found(tmp_path, name) == {case: {member: name}}


def test_only_the_labels_of_a_result_folder_are_a_mask(tmp_path: Path) -> None:
    names = ("a/labels", "a/probability", "a/agreement", "a/study/DWI", "a/study/FLAIR", "b/labels", "b/probability")
    assert found(tmp_path, *names) == {"a": {"model": "a/labels"}, "b": {"model": "b/labels"}}


def test_one_result_folder_is_one_case(tmp_path: Path) -> None:
    assert found(tmp_path / "patient", "labels", "probability") == {"patient": {"model": "labels"}}


def test_all_members_of_a_case_are_found_whichever_way_they_lie(tmp_path: Path) -> None:
    names = [f"case7/{member}" for member in MEMBERS]
    assert found(tmp_path / "inside", *names) == {"case7": {m: f"case7/{m}" for m in MEMBERS}}
    names = [f"{member}/case7" for member in MEMBERS]
    assert found(tmp_path / "outside", *names) == {"case7": {m: f"{m}/case7" for m in MEMBERS}}


def test_the_mask_beside_its_images_is_known_by_its_last_word(tmp_path: Path) -> None:
    names = [f"sub-1/ses-1/sub-1_ses-1_{kind}" for kind in ("dwi", "adc", "lesion-msk")]
    assert found(tmp_path, *names) == {"sub-1_ses-1": {"model": names[2]}}


def test_hidden_files_and_other_kinds_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert list(found(tmp_path, "case1", ".hidden/case2", "._case3")) == ["case1"]


def test_two_masks_of_one_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 files claim the case x \(one/x.nii.gz, two/x.nii.gz\)"):
        found(tmp_path, "one/x", "one/y", "two/x", "two/z")


def test_folders_without_masks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no volume"):
        find_masks(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        find_masks(tmp_path / "nonesuch")


def masks(*names: str) -> dict[str, dict[str, Path]]:
    return {name: {"model": Path(f"{name}.nii")} for name in names}


def test_a_session_may_be_left_out_where_there_is_no_other(tmp_path: Path) -> None:
    pairs = pair(masks("sub-1", "sub-2"), masks("sub-1_ses-1", "sub-2_ses-1"))
    assert list(pairs.cases) == ["sub-1_ses-1", "sub-2_ses-1"] and pairs.unpaired() == ()


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("sub-1",), ("sub-1_ses-1", "sub-1_ses-2")),
        (("sub-1_ses-1",), ("sub-1_ses-2",)),
        (("sub-1",), ("sub-10_ses-1",)),
        (("a",), ("b",)),
    ],
)
def test_what_is_not_surely_one_case_is_not_paired(mine: tuple, theirs: tuple) -> None:
    pairs = pair(masks(*mine), masks(*theirs))
    assert not pairs.cases and pairs.predictions_alone == mine and pairs.references_alone == theirs


def test_every_gap_is_named() -> None:
    predictions = masks("a", "b", "c")
    predictions["a"]["vote"] = Path("vote/a.nii")
    words = " | ".join(pair(predictions, masks("a", "b", "d")).unpaired())
    assert "without a reference: c" in words and "without a prediction: d" in words and "have: b (vote)" in words
