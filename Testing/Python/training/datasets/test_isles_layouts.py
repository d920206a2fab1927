"""The challenges' folders: cases, slabs of one patient, readers, and the tables beside them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.datasets.subject import DataSet, Subject

Folder = Callable[[str], Path]


def subject(data_set: DataSet, case: str) -> Subject:
    return next(subject for subject in data_set.subjects if subject.case == case)


def test_isles2015_cases_are_ordered_by_number(copy: Folder) -> None:
    folder = copy("isles2015")
    (folder / "5").rename(folder / "10")
    cases = [subject.case for subject in read_data_set(folder).subjects]
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
    patients = {subject.case: subject.patient for subject in data_set.subjects}
    assert patients["case_2"] == patients["case_3"] == "Train_2"
    assert patients["case_1"] == "Train_1" and len(patients) == 7
    assert all(subject.split is None for subject in data_set.subjects)


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
    assert all(set(subject.images) == {"DWI", "ADC", "FLAIR"} and subject.masks for subject in data_set.subjects)
