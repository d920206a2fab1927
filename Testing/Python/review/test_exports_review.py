"""What leaves a review: whose labels, in which form, and that train and evaluate take it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from reviews import BERND, CLARA, GRID, LESION, box, desk, image, segmentation, write_result

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.evaluation.cohort import Sources, evaluate_folders
from StrokeSegLogic.review.export import export_review
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.selection import select
from StrokeSegLogic.review.verify import exported_head, verify
from StrokeSegLogic.study.volumes.nifti import write_nifti
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.datasets.load import load_subject

SMALLER = box((2, 5), (3, 7), (2, 4))
ELSEWHERE = box((5, 7), (8, 12), (6, 10))


@pytest.fixture
def decided(review: ReviewFolder) -> ReviewFolder:
    """case2 edited and read twice, case10 accepted, the third rejected."""
    desk(review).want_second(["case2"])
    desk(review).start("case2").save(image(SMALLER))
    desk(review, BERND).start("case2").save(image(LESION))
    desk(review).start("case10").accept()
    desk(review).start("Fälle 3").reject("no stroke")
    return review


def labels(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def test_what_holds_leaves_as_nifti_with_the_head_of_the_records(decided: ReviewFolder, tmp_path: Path) -> None:
    left = export_review(decided, tmp_path / "out")
    assert left.left_out == {"Fälle 3": "was rejected: no stroke"}
    assert sorted(path.name for path in (tmp_path / "out").glob("*.*")) == [
        "case10.nii.gz",
        "case2.nii.gz",
        "labels.json",
        "review.csv",
        "review.json",
    ]
    assert np.array_equal(labels(tmp_path / "out" / "case2.nii.gz"), SMALLER)
    record = json.loads((tmp_path / "out" / "review.json").read_text(encoding="utf-8"))
    assert exported_head(tmp_path / "out" / "review.json") == verify(decided.path).head
    (told,) = (case for case in record["cases"] if case["case"] == "case2")
    assert told["readings"][0]["reader"] == "Anna Kühn" and told["model"]["weights_sha256"] == "ab" * 32


@pytest.mark.parametrize(
    ("which", "expected"),
    [("first", SMALLER), ("second", LESION), ("proposal", LESION), ("majority", SMALLER & LESION)],
    ids=["first", "second", "proposal", "majority"],
)
def test_whose_labels_leave_is_chosen(decided: ReviewFolder, tmp_path: Path, which: str, expected: np.ndarray) -> None:
    export_review(decided, tmp_path / "out", which=which)
    assert np.array_equal(labels(tmp_path / "out" / "case2.nii.gz"), expected)


@pytest.mark.parametrize("form", ["nifti", "bids", "evaluate"])
def test_comments_leave_in_a_table(decided: ReviewFolder, tmp_path: Path, form: str) -> None:
    desk(decided).comment("case2", "seen with the\nneurologist")
    export_review(decided, tmp_path / "out", form)
    with (tmp_path / "out" / "review.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case"], row["reading"]) for row in rows] == [
        ("case2", "first"),
        ("case2", "second"),
        ("case10", "first"),
    ]
    assert {row["comments"] for row in rows if row["case"] == "case2"} == {"Anna Kühn: seen with the neurologist"}


def test_a_case_that_waits_for_arbitration_does_not_leave(decided: ReviewFolder) -> None:
    desk(decided).want_second(["case10"])
    desk(decided, BERND).start("case10").save(image(ELSEWHERE))
    assert select(decided).left_out["case10"] == "waits for arbitration"
    desk(decided, CLARA).start("case10").accept(of="second")
    assert "case10" not in select(decided).left_out


def test_the_folder_for_evaluate_is_evaluated(decided: ReviewFolder, tmp_path: Path) -> None:
    export_review(decided, tmp_path / "out", "evaluate")
    found = evaluate_folders(Sources(tmp_path / "out" / "predictions", tmp_path / "out" / "references" / "final"))
    dice = 2 * SMALLER.sum() / (SMALLER.sum() + LESION.sum())
    assert {row.case: row.scores.dice for row in found.rows} == pytest.approx({"case2": dice, "case10": 1.0})
    readers = Sources(
        tmp_path / "out" / "predictions",
        tmp_path / "out" / "references",
        readers=("first", "second"),
        allow_missing=True,
    )
    assert {row.case for row in evaluate_folders(readers).rows} == {"case2"}


def test_derivatives_say_who_decided_what(decided: ReviewFolder, tmp_path: Path) -> None:
    export_review(decided, tmp_path / "out", "bids")
    described = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative" and described["GeneratedBy"][0]["Name"] == "StrokeSeg"
    mask = tmp_path / "out" / "sub-case2" / "anat" / "sub-case2_label-lesion_desc-review_mask.nii.gz"
    assert np.array_equal(labels(mask), SMALLER)
    sidecar = json.loads(mask.with_name(mask.name.replace(".nii.gz", ".json")).read_text(encoding="utf-8"))
    assert sidecar["Manual"] is True and sidecar["Review"]["readings"][0]["decision"] == "edited"


@pytest.fixture
def with_images(tmp_path: Path) -> ReviewFolder:
    """Of two studies with their images, "sub-01" edited and "sub-02" accepted."""
    for name in ("sub-01", "sub-02"):
        values = np.where(LESION > 0, 180.0, 100.0) + np.random.default_rng(0).normal(0, 1, GRID.shape)
        study = tmp_path / "studies" / name
        study.mkdir(parents=True)
        write_nifti(GRID.image(values.astype(np.float32)), study / f"{name}_dwi.nii.gz")
        made_of = sha256_of(study / f"{name}_dwi.nii.gz")
        write_result(tmp_path / "made" / name, segmentation(name, sha256=made_of))
    review = begin_review(tmp_path / "review", tmp_path / "studies", tmp_path / "made")
    desk(review).start("sub-01").save(image(SMALLER))
    desk(review).start("sub-02").accept()
    return review


def test_the_folder_for_train_is_read_by_train(with_images: ReviewFolder, tmp_path: Path) -> None:
    export_review(with_images, tmp_path / "data", "train")
    found = read_data_set(tmp_path / "data")
    assert (found.layout, found.reference, [subject.case for subject in found.subjects]) == (
        "bids",
        "DWI",
        ["sub-01", "sub-02"],
    )
    (mask,) = load_subject(found.subjects[0], found, ["DWI"]).masks.values()
    assert np.array_equal(sitk.GetArrayFromImage(mask), SMALLER)


def test_no_mask_leaves_with_an_image_that_it_was_not_drawn_on(with_images: ReviewFolder, tmp_path: Path) -> None:
    path = tmp_path / "studies" / "sub-01" / "sub-01_dwi.nii.gz"
    write_nifti(GRID.image(np.random.default_rng(1).normal(100, 1, GRID.shape).astype(np.float32)), path)
    with pytest.raises(StrokeSegError, match="sub-01: DWI .* is not the image that the proposal was made of"):
        export_review(with_images, tmp_path / "data", "train")
    assert not (tmp_path / "data").exists()
    export_review(with_images, tmp_path / "masks", "nifti")


def test_images_that_nobody_knows_cannot_be_exported_and_nothing_is_written(
    decided: ReviewFolder, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="has no images in this review"):
        export_review(decided, tmp_path / "out", "train")
    assert not (tmp_path / "out").exists()


def test_an_export_of_nothing_says_why(review: ReviewFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no case can leave the review \(case2 is not decided \(proposed\)\)"):
        export_review(review, tmp_path / "out")


def test_an_export_of_another_review_accuses_nobody(
    decided: ReviewFolder, with_images: ReviewFolder, tmp_path: Path
) -> None:
    export_review(decided, tmp_path / "out")
    with pytest.raises(InputError, match="is of another review"):
        verify(with_images.path, tmp_path / "out" / "review.json")


def test_no_remark_is_a_formula_in_a_spreadsheet(review: ReviewFolder, tmp_path: Path) -> None:
    desk(review).start("case2").save(image(SMALLER), comment='=HYPERLINK("http://x","y")')
    export_review(review, tmp_path / "out")
    with (tmp_path / "out" / "review.csv").open(encoding="utf-8", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["comment"])
    assert row["comment"].startswith("'=HYPERLINK")
    assert float(row["delta_ml"]) < 0


def test_cases_whose_names_are_one_on_some_systems_leave_side_by_side(results: Path, tmp_path: Path) -> None:
    for name in ("case 1", "Case-1"):
        shutil.copytree(results / "case2", tmp_path / "made" / name)
    review = begin_review(tmp_path / "review", tmp_path / "made")
    for name in ("case 1", "Case-1"):
        desk(review).start(name).accept()
    export_review(review, tmp_path / "out", "bids")
    names = [path.name.casefold() for path in (tmp_path / "out").glob("sub-*")]
    assert len(set(names)) == 2
