"""What becomes a worklist, and what is listed and stands in nobody's way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reviews import desk

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.sources import located, located_study, stored, stored_study
from StrokeSegLogic.review.verify import verify
from StrokeSegLogic.review.worklist_file import ReviewSettings


def test_the_data_folder_itself_can_hold_the_review(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "data")
    review = begin_review(tmp_path / "data")
    assert review.path == tmp_path / "data" / "review" and len(desk(tmp_path / "data").worklist()) == 3
    with pytest.raises(InputError, match="holds a review already"):
        begin_review(tmp_path / "data")
    assert desk(review).entry("case2").result == "../case2", "both can move together"
    assert located("../case2", review.path) == review.path / "../case2"


def test_paths_far_from_the_review_are_kept_whole(tmp_path: Path) -> None:
    home = tmp_path / "shared" / "review"
    assert stored(home / "results" / "a", home) == "results/a"
    assert stored(tmp_path / "shared" / "b", home) == "../b"
    assert stored(tmp_path / "elsewhere", home) == (tmp_path / "elsewhere").as_posix()


def test_a_study_of_several_files_is_kept_word_by_word(tmp_path: Path) -> None:
    home = tmp_path / "shared" / "review"
    study = (f"DWI={tmp_path}/shared/a/dwi.nii.gz", f"TMAX={tmp_path}/far/tmax.dcm@0..12")
    kept = stored_study(study, home)
    assert kept == ["DWI=../a/dwi.nii.gz", f"TMAX={tmp_path}/far/tmax.dcm@0..12"]
    moved = located_study(tuple(kept), tmp_path / "moved" / "review")
    assert moved == (f"DWI={tmp_path}/moved/review/../a/dwi.nii.gz", f"TMAX={tmp_path}/far/tmax.dcm@0..12")
    assert (stored_study("", home), located_study("", home)) == ("", "")


def test_a_folder_with_something_in_it_is_not_taken(results: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="not an empty folder"):
        begin_review(tmp_path, results)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_damaged_and_changed_results_are_listed_and_never_in_the_way(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "made")
    (tmp_path / "made" / "case2" / "segmentation.seg.nrrd").write_bytes(b"painted over")
    (tmp_path / "made" / "case10" / "result.json").write_text("{}")
    review = begin_review(tmp_path / "review", tmp_path / "made", settings=ReviewSettings("volume"))
    states = {entry.name: (entry.state, entry.problem) for entry in desk(review).worklist()}
    assert states["case2"][0] == "waiting" and "was changed since the model made it" in states["case2"][1]
    assert states["case10"][0] == "waiting" and "cannot be used" in states["case10"][1]
    session = desk(review).next()
    assert session is not None and session.case == "Fälle 3" and verify(review.path).whole
    with pytest.raises(InputError, match="has no proposal yet"):
        desk(review).start("case2")
