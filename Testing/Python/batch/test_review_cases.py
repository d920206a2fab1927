"""What becomes a worklist: the cases that a batch would take, and the results that are there for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.batch.cases import find_cases
from StrokeSegLogic.batch.review_cases import find_review_cases
from StrokeSegLogic.review.sources import Found


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def found(source: Path, results: Path | None = None) -> dict[str, Found]:
    return {case.name: case for case in find_review_cases(source, results).found}


def test_a_folder_of_studies_is_one_case_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "a/DWI.nii", "b/deep/DWI.nii", ".hidden/DWI.nii", "previous-20261130-1200/DWI.nii")
    assert list(found(tmp_path).values()) == [Found("a", str(tmp_path / "a")), Found("b", str(tmp_path / "b"))]


@pytest.mark.parametrize("raw", ["", "rawdata/"])
@pytest.mark.parametrize("files", ["{}/dwi/{}_dwi.nii.gz", "{}/series/1.dcm"], ids=["of BIDS", "of DICOM"])
def test_a_bids_data_set_is_one_case_a_session(tmp_path: Path, raw: str, files: str) -> None:
    homes = {"sub-01/ses-1": "sub-01_ses-1", "sub-01/ses-2": "sub-01_ses-2", "sub-02": "sub-02"}
    put(tmp_path, *(raw + files.format(home, name) for home, name in homes.items()), "derivatives/x/notes.txt")
    assert list(found(tmp_path)) == ["sub-01_ses-1", "sub-01_ses-2", "sub-02"]


def test_batch_and_review_take_the_same_cases(tmp_path: Path) -> None:
    put(tmp_path / "bids", "sub-1/dwi/sub-1_dwi.nii.gz", "sub-2/series/1.dcm", "other/DWI.nii", "code/run.py")
    put(tmp_path / "folders", "case 10/DWI.nii.gz", "case 2.zip", "sub-2_ses-1_dwi.nii.gz")
    table = tmp_path / "table.csv"
    table.write_text("case;folder;DWI;FLAIR;age;group\nMüller 1;a;;;70;LVO\nb;;b/dwi.nii;b/flair.nii;;\n", "utf-8")
    for source in (tmp_path / "bids", tmp_path / "folders", table):
        batch = {case.name: case.study for case in find_cases(source).cases}
        assert {name: case.study for name, case in found(source).items()} == batch and len(batch) > 1
    assert found(table)["Müller 1"].clinical == {"age": 70.0} and found(table)["Müller 1"].group == "LVO"


def test_a_table_may_name_results_which_a_batch_leaves_aside(tmp_path: Path) -> None:
    table = tmp_path / "cases.tsv"
    table.write_text("case\tstudy\tresult\tpatient\na\tx\tr/a\tp1\nb\t\tr/b\t\n", encoding="utf-8")
    a, b = found(table).values()
    assert (a.study, a.result, a.patient) == (str(tmp_path / "x"), tmp_path / "r/a", "p1")
    assert (b.study, b.result) == ("", tmp_path / "r/b")
    batch = find_cases(table)
    assert [case.name for case in batch.cases] == ["a"] and batch.notes == ("b have no study, and were left aside",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,study\na,b\n", "has the columns name, study"),
        ("case\na\n", "has the columns case"),
        ("case,study\n,b\n", "no value in the column 'case'"),
        ("case,study\na,b\na,c\n", "'a' has two rows"),
        ("case,study\n", "holds no case"),
    ],
    ids=["no case", "no path", "empty", "twice", "nothing"],
)
def test_a_table_that_says_too_little_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "cases.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        find_review_cases(tmp_path / "cases.csv")


def test_results_under_derivatives_belong_to_their_subjects(tmp_path: Path) -> None:
    put(tmp_path, "sub-01/series/1.dcm", "sub-02/series/1.dcm", "derivatives/strokeseg/sub-01/result.json")
    cases = found(tmp_path)
    assert cases["sub-01"].result == tmp_path / "derivatives" / "strokeseg" / "sub-01"
    assert cases["sub-01"].study == str(tmp_path / "sub-01") and cases["sub-02"].result is None


def test_a_result_within_a_study_is_the_studys_own_and_no_other_study_is_lost(tmp_path: Path) -> None:
    put(tmp_path, "a/DWI.nii", "a/strokeseg/result.json", "b/DWI.nii", "c/1.dcm")
    assert list(found(tmp_path).values()) == [
        Found("a", str(tmp_path / "a"), tmp_path / "a" / "strokeseg"),
        Found("b", str(tmp_path / "b")),
        Found("c", str(tmp_path / "c")),
    ]
    assert [case.name for case in find_cases(tmp_path).cases] == ["a", "b", "c"]


def test_results_beside_studies_are_theirs_and_a_folder_of_results_alone_is_no_study(tmp_path: Path) -> None:
    put(tmp_path, "a/DWI.nii", "b/DWI.nii", "made/a/result.json", "made/a/labels.nii.gz", "made/other/result.json")
    cases = found(tmp_path)
    assert list(cases) == ["a", "b", "made_other"]
    assert cases["a"].result == tmp_path / "made" / "a" and cases["made_other"].study == ""
    batch = find_cases(tmp_path)
    assert [case.name for case in batch.cases] == ["a", "b"]
    assert batch.notes == ("made holds results of earlier runs alone, and was left aside",)


def test_another_review_is_no_study_and_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a/DWI.nii", "old/worklist.json", "old/results/a/result.json")
    cases = find_review_cases(tmp_path)
    assert [(case.name, case.result) for case in cases.found] == [("a", None)]
    assert cases.notes == ("old holds a review, and was left aside",)


def test_two_results_of_one_study_are_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "a/DWI.nii", "a/one/result.json", "a/two/result.json")
    with pytest.raises(InputError, match=r"two results are called a.*a/one and .*a/two"):
        find_review_cases(tmp_path)


def journal(folder: Path, **studies: str | list[str]) -> Path:
    """A batch's output as its journal tells it: every case done but "bad"."""
    names = {name: f"{name}-1a2b" if name == "c" else name for name in studies}
    lines = [
        {"event": "journal", "made_by": "strokeseg batch", "schema": 1},
        {"event": "batch", "settings": {}, "cases": names, "notes": []},
    ]
    for name, study in studies.items():
        lines.append({"event": "started", "case": name, "study": study})
        if name == "bad":
            lines.append({"event": "failed", "case": name, "reason": "holds no volume", "study": study})
        else:
            put(folder, f"{names[name]}/result.json")
            lines.append({"event": "done", "case": name, "study": study, "inputs_sha256": "x", "outputs": {"y": "z"}})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "batch.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_review_of_a_batchs_results_knows_their_images_and_names_those_that_are_gone(tmp_path: Path) -> None:
    put(tmp_path, "studies/a/DWI.nii", "b/dwi.nii", "studies/bad/x.txt")
    words = [f"DWI={tmp_path}/b/dwi.nii"]
    made = journal(
        tmp_path / "made", a=f"{tmp_path}/studies/a", b=words, c="/gone/c", d="gone/d", bad=f"{tmp_path}/studies/bad"
    )
    cases = find_review_cases(made)
    by_name = {case.name: case for case in cases.found}
    assert set(by_name) == {"a", "b", "c", "d", "bad"}
    assert by_name["a"].study == f"{tmp_path}/studies/a" and by_name["b"].study == tuple(words)
    assert by_name["c"].result == made / "c-1a2b", "by its name in the batch, not by its folder's"
    assert (by_name["c"].study, by_name["d"].study) == ("/gone/c", ""), "a disk may come back"
    assert by_name["bad"].problem == "holds no volume" and by_name["bad"].result is None
    assert len(cases.notes) == 2 and all("its images are not there any more" in note for note in cases.notes)


def test_images_of_a_batch_are_known_wherever_its_results_are_named(tmp_path: Path) -> None:
    put(tmp_path, "studies/a/DWI.nii", "studies/e/DWI.nii")
    journal(tmp_path / "studies" / "made", a=f"{tmp_path}/studies/a")
    cases = found(tmp_path / "studies")
    assert cases["a"].result == tmp_path / "studies" / "made" / "a" and set(cases) == {"a", "e"}
    (tmp_path / "table.csv").write_text(f"case,result\nx,{tmp_path}/studies/made/a\n")
    assert found(tmp_path / "table.csv")["x"].study == f"{tmp_path}/studies/a"
    assert find_review_cases(tmp_path / "studies" / "made" / "a").found[0].study == f"{tmp_path}/studies/a"


def test_a_damaged_journal_leaves_the_results(tmp_path: Path) -> None:
    made = journal(tmp_path / "made", a="/x")
    (made / "batch.jsonl").write_bytes(b"no journal\n")
    assert found(made) == {"a": Found("a", result=made / "a")}


def test_results_elsewhere_are_joined_by_name_and_strangers_refused(tmp_path: Path) -> None:
    put(tmp_path, "studies/a/DWI.nii", "made/a/result.json")
    assert found(tmp_path / "studies", tmp_path / "made")["a"].result == tmp_path / "made" / "a"
    shutil.copytree(tmp_path / "made" / "a", tmp_path / "made" / "z")
    with pytest.raises(InputError, match="belong to no case: z"):
        find_review_cases(tmp_path / "studies", tmp_path / "made")


def test_an_empty_folder_holds_no_case(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no case"):
        find_review_cases(tmp_path)
