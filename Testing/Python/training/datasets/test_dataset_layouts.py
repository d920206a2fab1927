from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.aside import move_aside
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.datasets.folders import in_order
from StrokeSegLogic.training.datasets.layouts import LAYOUTS, read_data_set
from StrokeSegLogic.training.datasets.subject import DataSet, Subject

Folder = Callable[[str], Path]

WHAT = {
    "isles2015": ({"T1", "T2", "DWI", "FLAIR"}, {"truth"}, "FLAIR", ("background", "lesion")),
    "isles2018": ({"CT", "CBF", "CBV", "MTT", "TMAX", "CTP"}, {"truth"}, "CT", ("background", "core")),
    "isles2022": ({"DWI", "ADC", "FLAIR"}, {"truth"}, "DWI", ("background", "lesion")),
    "bids": ({"T1", "T2", "FLAIR", "DWI", "ADC"}, {"truth"}, "FLAIR", ("background", "lesion")),
    "ctp_folder": (
        {"CBF", "CBV", "TTP", "TMAX", "MTT", "MIP", "CT"},
        {"NR1", "NR2"},
        "CBF",
        ("background", "penumbra", "core"),
    ),
}


def subject(data_set: DataSet, case: str) -> Subject:
    return next(one for one in data_set.subjects if one.case == case)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_told_from_its_folders_and_read_whole(synthetic: Folder, layout: str) -> None:
    data_set = read_data_set(synthetic(layout))
    images, masks, reference, classes = WHAT[layout]
    assert data_set.layout == layout
    assert data_set.reference == reference and data_set.classes == classes
    assert len(data_set.patients) == 5
    assert not data_set.notes
    for one in data_set.subjects:
        assert set(one.images) == images and set(one.masks) == masks
        assert all(path.is_file() for path in (*one.images.values(), *one.masks.values()))
    assert len({one.case for one in data_set.subjects}) == len(data_set.subjects)


def test_every_layout_is_tested() -> None:
    assert set(WHAT) == set(LAYOUTS)


def test_the_folder_that_an_archive_unpacks_to_is_entered(copy: Folder) -> None:
    folder = copy("isles2022")
    assert read_data_set(folder.parent).folder == folder


def test_what_a_run_moved_aside_is_no_part_of_a_data_set(copy: Folder) -> None:
    folder = copy("isles2022")
    before = read_data_set(folder)
    moved = before.subjects[0].images["DWI"]
    content = moved.read_bytes()
    move_aside(moved)
    moved.write_bytes(content)
    assert read_data_set(folder) == before


def test_a_folder_of_no_layout_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "scan.nii.gz").write_bytes(b"x")
    with pytest.raises(InputError) as error:
        read_data_set(tmp_path)
    assert all(layout in str(error.value) for layout in LAYOUTS)
    assert len(str(error.value)) < 500


def test_a_layout_that_the_folder_has_not_is_refused(synthetic: Folder) -> None:
    with pytest.raises(InputError, match=r"is not laid out as isles2018\. It looks so: .*SMIR\.Brain"):
        read_data_set(synthetic("isles2015"), "isles2018")


def test_an_unknown_layout_is_refused(synthetic: Folder) -> None:
    with pytest.raises(InputError, match="no layout is called 'brats'"):
        read_data_set(synthetic("isles2015"), "brats")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_data_set(tmp_path / "nonesuch")


def test_isles2015_cases_are_ordered_by_number(copy: Folder) -> None:
    folder = copy("isles2015")
    (folder / "5").rename(folder / "10")
    cases = [one.case for one in read_data_set(folder).subjects]
    assert cases == ["case_01", "case_02", "case_03", "case_04", "case_10"]


def test_isles2015_masks_of_the_other_name_are_found(copy: Folder) -> None:
    folder = copy("isles2015")
    mask = next((folder / "2").glob("*.OT.*"))
    file = next(mask.iterdir())
    file.rename(mask / "VSD.Brain_3more.XX.XX.OT.6560.nii")
    mask.rename(mask.parent / "VSD.Brain_3more.XX.XX.OT.6560")
    assert subject(read_data_set(folder), "case_02").masks["truth"].name == "VSD.Brain_3more.XX.XX.OT.6560.nii"


def test_two_masks_of_a_case_are_two_readers(copy: Folder) -> None:
    folder = copy("isles2015")
    mask = next((folder / "2").glob("*.OT.*"))
    shutil.copytree(mask, mask.parent / "VSD.Brain.XX.O.OT.99999")
    file = next((mask.parent / "VSD.Brain.XX.O.OT.99999").iterdir())
    file.rename(file.parent / "VSD.Brain.XX.O.OT.99999.nii")
    assert set(subject(read_data_set(folder), "case_02").masks) == {"NR1", "NR2"}


def test_training_and_testing_folders_are_the_split_and_their_cases_do_not_clash(copy: Folder) -> None:
    folder = copy("isles2018")
    shutil.copytree(folder / "TRAINING" / "case_1", folder / "TESTING" / "case_1")
    shutil.rmtree(next((folder / "TESTING" / "case_1").glob("*.OT.*")))
    data_set = read_data_set(folder)
    assert subject(data_set, "case_1").split == "train" and subject(data_set, "case_1").patient == "Train_1"
    test = subject(data_set, "test_case_1")
    assert test.split == "test" and not test.masks and test.patient == "test_case_1"


def test_isles2018_slabs_belong_to_one_patient(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2018"))
    patients = {one.case: one.patient for one in data_set.subjects}
    assert patients["case_2"] == patients["case_3"] == "Train_2"
    assert patients["case_1"] == "Train_1" and len(patients) == 7
    assert all(one.split is None for one in data_set.subjects)


def test_isles2018_training_folder_alone_finds_the_table_beside_it(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2018") / "TRAINING")
    assert subject(data_set, "case_3").patient == "Train_2"


@pytest.mark.parametrize(
    "text",
    [
        "Train_1,1\nTrain_2_A,2\nTrain_2_B,3\nTrain_3,4\nTrain_4_A,5\nTrain_4_B,6\nTrain_5,7\n",
        "case;patient\n1;Train_1\n2;Train_2\n3;Train_2\n4;Train_3\n5;Train_4\n6;Train_4\n7;Train_5\n",
        "Name\tFolder\nTraining_1\tcase_1\nTraining_2_A\tcase_2\nTraining_2_B\tcase_3\nTraining_3\tcase_4\n"
        "Training_4_A\tcase_5\nTraining_4_B\tcase_6\nTraining_5\tcase_7\n",
    ],
    ids=["without heading", "case and patient", "with folder names"],
)
def test_isles2018_slab_tables_of_any_shape_are_read(copy: Folder, text: str) -> None:
    folder = copy("isles2018")
    (folder / "case_mapping.csv").unlink()
    (folder / "TRAINING" / "numbers.txt").write_text(text, encoding="utf-8")
    data_set = read_data_set(folder)
    assert subject(data_set, "case_2").patient == subject(data_set, "case_3").patient == "Train_2"
    assert len(data_set.patients) == 5 and not data_set.notes


def test_without_slab_table_a_note_says_what_is_not_known(copy: Folder) -> None:
    folder = copy("isles2018")
    (folder / "case_mapping.csv").rename(folder / "mapping.xlsx")
    data_set = read_data_set(folder)
    assert len(data_set.patients) == 7
    assert (
        "slabs of one patient cannot be told" in data_set.notes[0] and "save mapping.xlsx as CSV" in data_set.notes[0]
    )


def test_a_slab_table_that_contradicts_itself_is_refused(copy: Folder) -> None:
    folder = copy("isles2018")
    (folder / "other.csv").write_text("training name,case\nTrain_9,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="case 2 is said to be Train_2 and Train_9"):
        read_data_set(folder)


def test_a_case_that_the_slab_table_leaves_out_is_named(copy: Folder) -> None:
    folder = copy("isles2018")
    table = folder / "case_mapping.csv"
    table.write_text(table.read_text().replace("Train_5,7\n", ""), encoding="utf-8")
    assert "does not name case_7" in read_data_set(folder).notes[0]


def test_isles2022_as_first_released_is_read_too(copy: Folder) -> None:
    """rawdata/, no dwi and anat folders, flair in small letters."""
    folder = copy("isles2022")
    for home in sorted(folder.glob("sub-*")):
        session = folder / "rawdata" / home.name / "ses-0001"
        session.mkdir(parents=True)
        for file in home.glob("ses-0001/*/*.nii.gz"):
            file.rename(session / file.name.replace("FLAIR", "flair"))
        shutil.rmtree(home)
    data_set = read_data_set(folder)
    assert data_set.layout == "isles2022"
    assert all(set(one.images) == {"DWI", "ADC", "FLAIR"} and one.masks for one in data_set.subjects)


def test_bids_participants_give_split_nihss_and_age(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("bids"))
    assert [one.split for one in data_set.subjects] == ["train", "train", "train", "val", "test"]
    assert all(one.nihss is not None and one.age is not None for one in data_set.subjects)


def test_bids_sessions_are_cases_of_one_patient(copy: Folder) -> None:
    folder = copy("bids")
    for session in ("ses-1", "ses-2"):
        to = folder / "sub-01" / session / "anat"
        to.mkdir(parents=True)
        shutil.copy(folder / "sub-01/anat/sub-01_FLAIR.nii.gz", to / f"sub-01_{session}_FLAIR.nii.gz")
    shutil.rmtree(folder / "sub-01" / "anat")
    shutil.rmtree(folder / "sub-01" / "dwi")
    shutil.rmtree(folder / "derivatives" / "lesions" / "sub-01")
    cases = {one.case: one.patient for one in read_data_set(folder).subjects}
    assert cases["sub-01_ses-1"] == cases["sub-01_ses-2"] == "sub-01"


def test_bids_brain_masks_are_no_lesion_masks_and_readers_are_told_apart(copy: Folder) -> None:
    folder = copy("bids")
    home = folder / "derivatives" / "lesions" / "sub-01" / "anat"
    mask = next(home.iterdir())
    shutil.copy(mask, home / "sub-01_desc-brain_mask.nii.gz")
    shutil.copy(mask, home / "sub-01_desc-lesionNR2_mask.nii.gz")
    mask.rename(home / "sub-01_desc-lesionNR1_mask.nii.gz")
    masks = read_data_set(folder).subjects[0].masks
    assert {reader: path.name for reader, path in masks.items()} == {
        "NR1": "sub-01_desc-lesionNR1_mask.nii.gz",
        "NR2": "sub-01_desc-lesionNR2_mask.nii.gz",
    }


def test_bids_class_names_come_from_the_label_table(copy: Folder) -> None:
    folder = copy("bids")
    table = folder / "derivatives" / "lesions" / "dseg.tsv"
    table.write_text("index\tname\n1\tpenumbra\n2\tcore\n", encoding="utf-8")
    assert read_data_set(folder).classes == ("background", "penumbra", "core")


def test_bids_without_any_volume_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub-01" / "perf").mkdir(parents=True)
    (tmp_path / "sub-01" / "perf" / "sub-01_ctp.nii.gz").write_bytes(b"x")
    with pytest.raises(InputError, match="holds perfusion series only"):
        read_data_set(tmp_path)


def test_two_runs_of_one_image_are_noted(copy: Folder) -> None:
    folder = copy("bids")
    anat = folder / "sub-01" / "anat"
    shutil.copy(anat / "sub-01_T1w.nii.gz", anat / "sub-01_run-2_T1w.nii.gz")
    assert any("both claim T1" in note for note in read_data_set(folder).notes)


def test_the_clinical_table_is_read(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("ctp_folder"))
    first = data_set.subjects[0]
    assert (first.case, first.patient, first.group, first.split) == ("CTP_001", "P001", "LVO", "train")
    assert {one.group for one in data_set.subjects} == {"LVO", "Non-LVO", "WIS"}


def test_one_truth_stands_for_the_readers_where_they_are_missing(copy: Folder) -> None:
    folder = copy("ctp_folder")
    for home in folder.glob("CTP_*"):
        (home / "NR1.nii.gz").rename(home / "truth.nii.gz")
        (home / "NR2.nii.gz").unlink()
    assert all(set(one.masks) == {"truth"} for one in read_data_set(folder).subjects)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",train", ",maybe", "the split 'maybe' is unknown"),
        ("CTP_002,", "CTP_001,", "'CTP_001' has two rows"),
        ("case,patient,nihss", "name,patient,nihss", "no value in the column 'case'"),
        ("CTP_001,P001,", "CTP_001,P001,many", "is not a number"),
        ("CTP_001,", "CTP_001,more,", "line 2 has 7 cells, the header 6"),
    ],
)
def test_a_clinical_table_out_of_order_is_refused(copy: Folder, old: str, new: str, words: str) -> None:
    folder = copy("ctp_folder")
    table = folder / "clinical.csv"
    table.write_text(table.read_text().replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=words) as error:
        read_data_set(folder)
    assert "clinical.csv" in str(error.value)


def test_a_table_of_a_spreadsheet_in_another_language_is_read(copy: Folder) -> None:
    folder = copy("ctp_folder")
    text = "case;patient;nihss;age;group;split\nCTP_001;A;7,5;80;non lvo;Training\nCTP_002;B;n/a;;lvo;\n"
    (folder / "clinical.csv").write_text("\ufeff" + text, encoding="utf-8")
    first, second = read_data_set(folder).subjects[:2]
    assert (first.nihss, first.group, first.split) == (7.5, "Non-LVO", "train")
    assert (second.nihss, second.age, second.group, second.split) == (None, None, "LVO", None)


def test_a_row_without_folder_is_noted(copy: Folder) -> None:
    folder = copy("ctp_folder")
    shutil.rmtree(folder / "CTP_003")
    assert "clinical.csv names CTP_003, which has no folder with volumes" in read_data_set(folder).notes


def test_an_image_name_or_split_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'T1c' is not an image name"):
        Subject("a", "a", {"T1c": Path("x")}, {})
    with pytest.raises(ValueError, match="'dev' is not a split"):
        Subject("a", "a", {}, {}, split="dev")


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True))
def test_numbered_names_are_ordered_by_their_numbers(numbers: list[int]) -> None:
    names = [f"case_{number}" for number in numbers]
    assert sorted(names, key=in_order) == [f"case_{number}" for number in sorted(numbers)]
