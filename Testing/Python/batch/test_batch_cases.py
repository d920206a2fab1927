from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.batch.cases import BatchCase, find_cases
from StrokeSegLogic.batch.inputs import hash_inputs
from StrokeSegLogic.study.case import ClinicalData


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def studies_of(cases: tuple[BatchCase, ...]) -> dict[str, object]:
    return {case.name: case.study for case in cases}


def test_each_folder_and_each_archive_is_a_study_and_results_are_none(tmp_path: Path) -> None:
    put(tmp_path, "case 10/DWI.nii.gz", "case 2/x.dcm", "case 2.zip", "ärztin/DWI.nii.gz", ".hidden/DWI.nii.gz")
    put(tmp_path, "earlier/result.json", "out/batch.json", "loose.nii.gz", "readme.txt")
    found = find_cases(tmp_path, output=tmp_path / "out")
    assert [case.name for case in found.cases] == ["case 2", "case 2.zip", "case 10", "ärztin"]
    assert studies_of(found.cases)["case 2"] == str(tmp_path / "case 2")
    assert any("earlier holds a result" in note for note in found.notes)
    assert any("1 volumes lie loose" in note and "loose.nii.gz" in note for note in found.notes)


def test_single_files_of_bids_names_are_cases_by_subject_and_session(tmp_path: Path) -> None:
    put(tmp_path, "sub-2_dwi.nii.gz", "sub-1_ses-1_dwi.nii.gz", "sub-1_ses-1_FLAIR.nii.gz")
    found = studies_of(find_cases(tmp_path).cases)
    assert found["sub-2"] == str(tmp_path / "sub-2_dwi.nii.gz")
    assert set(found["sub-1_ses-1"]) == {  # type: ignore[call-overload]
        f"DWI={tmp_path / 'sub-1_ses-1_dwi.nii.gz'}",
        f"FLAIR={tmp_path / 'sub-1_ses-1_FLAIR.nii.gz'}",
    }


def test_a_bids_data_set_is_read_by_its_layout_and_no_other_folder_is_lost(tmp_path: Path) -> None:
    put(tmp_path, "sub-1/dwi/sub-1_dwi.nii.gz", "sub-1/anat/sub-1_FLAIR.nii.gz", "sub-2/series/1.dcm", "other/DWI.nii")
    put(tmp_path, "derivatives/lesions/sub-1/dwi/sub-1_desc-lesion_mask.nii.gz", "code/run.py")
    put(tmp_path, "participants.tsv").joinpath("participants.tsv").write_text("participant_id\tage\nsub-1\t70\n")
    found = find_cases(tmp_path).cases
    assert [case.name for case in found] == ["other", "sub-1", "sub-2"]
    assert set(studies_of(found)["sub-1"]) == {  # type: ignore[call-overload]
        f"DWI={tmp_path}/sub-1/dwi/sub-1_dwi.nii.gz",
        f"FLAIR={tmp_path}/sub-1/anat/sub-1_FLAIR.nii.gz",
    }
    assert next(case.clinical.age for case in found if case.name == "sub-1") == 70
    plain = studies_of(find_cases(tmp_path, "folders").cases)
    assert plain["sub-1"] == str(tmp_path / "sub-1")


def test_maps_that_an_earlier_batch_left_as_derivatives_are_no_images_of_the_data_set(tmp_path: Path) -> None:
    put(tmp_path, "sub-1/perf/sub-1_ctp.nii.gz", "derivatives/strokeseg/sub-1/sub-1_cbf.nii.gz")
    assert "CBF" in str(studies_of(find_cases(tmp_path).cases)["sub-1"])
    put(tmp_path, "derivatives/strokeseg/sub-1/result.json")
    assert studies_of(find_cases(tmp_path).cases)["sub-1"] == (f"CTP={tmp_path}/sub-1/perf/sub-1_ctp.nii.gz",)


def test_a_table_lists_studies_or_files_by_role(tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(
        "case;study;DWI;FLAIR;brain_mask;age;nihss;onset_hours;colour\n"
        "a;scans/a;;;;70;5;4,5;red\n"
        "b;;b.nii.gz;n/a;mask.nii.gz;;;;\n",
        encoding="utf-8",
    )
    found = find_cases(table)
    assert found.cases[0] == BatchCase("a", str(tmp_path / "scans/a"), ClinicalData(70.0, 5, 4.5))
    assert found.cases[1] == BatchCase("b", (f"DWI={tmp_path / 'b.nii.gz'}",), brain_mask=str(tmp_path / "mask.nii.gz"))
    assert found.notes == ("columns that say nothing here: colour",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,place\na,b\n", "has the columns name, place"),
        ("case,study\na,x\na,y\n", "'a' has two rows"),
        ("case,study,DWI\na,x,y\n", "names both a study and volumes"),
        ("case,study,DWI\na,,\n", "names no study and no volume"),
        ("case,study,onset_hours\na,x,soon\n", "'soon' in the column 'onset_hours' is not a number"),
        ("", "the table is empty"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "cases.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        find_cases(tmp_path / "cases.csv")


def test_what_is_no_data_set_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder or table"):
        find_cases(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no study folder"):
        find_cases(tmp_path)
    with pytest.raises(InputError, match="no layout is called 'mine'. Use one of folders, isles2015"):
        find_cases(tmp_path, "mine")


def test_the_hash_of_a_study_is_of_names_and_bytes_and_not_of_its_place(tmp_path: Path) -> None:
    one, other = put(tmp_path / "one", "a/1.dcm", "b.txt"), put(tmp_path / "other", "a/1.dcm", "b.txt")
    (other / "a" / "1.dcm").write_text("a/1.dcm")
    assert hash_inputs(str(one)) == hash_inputs(str(other)) and hash_inputs(str(one)).files == 2
    (other / "b.txt").rename(other / "c.txt")
    assert hash_inputs(str(one)).sha256 != hash_inputs(str(other)).sha256
    file = f"{one / 'b.txt'}"
    assert hash_inputs((f"DWI={file}",)) == hash_inputs((f"TMAX={file}@0..12",)) == hash_inputs((f"TMAX={file}@ms",))
    with pytest.raises(InputError, match="does not exist"):
        hash_inputs((f"DWI={one / 'gone.nii'}",))
