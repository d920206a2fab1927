"""What becomes a worklist, and what is listed and stands in nobody's way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reviews import desk

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.review.beginning import begin_review
from StrokeSegLogic.review.folder import ReviewSettings
from StrokeSegLogic.review.sources import find_cases, located, stored
from StrokeSegLogic.review.verify import verify


def folders(home: Path, *names: str) -> Path:
    for name in names:
        (home / name).mkdir(parents=True)
    return home


def test_a_folder_of_studies_is_one_case_a_folder(tmp_path: Path) -> None:
    found = find_cases(folders(tmp_path, "a", "b/deep", ".hidden", "previous-20261130-1200"))
    assert [(case.name, case.study, case.result) for case in found] == [
        ("a", tmp_path / "a", None),
        ("b", tmp_path / "b", None),
    ]


@pytest.mark.parametrize("raw", ["", "rawdata/"])
def test_a_bids_data_set_is_one_case_a_session(tmp_path: Path, raw: str) -> None:
    folders(tmp_path, *(raw + name for name in ("sub-01/ses-1/dwi", "sub-01/ses-2/dwi", "sub-02/anat")), "derivatives")
    assert [case.name for case in find_cases(tmp_path)] == ["sub-01_ses-1", "sub-01_ses-2", "sub-02"]


def test_results_under_derivatives_belong_to_their_subjects(results: Path, tmp_path: Path) -> None:
    folders(tmp_path, "sub-01/dwi", "sub-02/dwi")
    shutil.copytree(results / "case2", tmp_path / "derivatives" / "strokeseg" / "sub-01")
    found = {case.name: case for case in find_cases(tmp_path)}
    assert found["sub-01"].result == tmp_path / "derivatives" / "strokeseg" / "sub-01"
    assert found["sub-01"].study == tmp_path / "sub-01" and found["sub-02"].result is None


@pytest.mark.parametrize("mark", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_a_table_names_cases_studies_results_and_groups(tmp_path: Path, mark: str) -> None:
    table = tmp_path / "cases.csv"
    rows = [("case", "study", "result", "group"), ("Müller 1", "a", "", "LVO"), ("x", "", "r/x", "")]
    table.write_text("".join(mark.join(row) + "\n" for row in rows), encoding="utf-8")
    first, second = find_cases(table)
    assert (first.name, first.study, first.result, first.group) == ("Müller 1", tmp_path / "a", None, "LVO")
    assert (second.study, second.result) == (None, tmp_path / "r/x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,study\na,b\n", "has the columns name, study"),
        ("case\na\n", "has the columns case"),
        ("case,study\n,b\n", "has an empty case"),
        ("case,study\na,b\na,c\n", "two cases are called a"),
        ("case,study\n", "holds no case"),
    ],
    ids=["no case", "no path", "empty", "twice", "nothing"],
)
def test_a_table_that_says_too_little_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "cases.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        find_cases(tmp_path / "cases.csv")


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
