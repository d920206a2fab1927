"""Folders of CT perfusion maps and the clinical table beside them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.datasets.layouts import read_data_set

Folder = Callable[[str], Path]


def test_the_clinical_table_is_read(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("ctp_folder"))
    first = data_set.subjects[0]
    assert (first.case, first.patient, first.group, first.split) == ("CTP_001", "P001", "LVO", "train")
    assert {subject.group for subject in data_set.subjects} == {"LVO", "Non-LVO", "WIS"}


def test_one_truth_stands_for_the_readers_where_they_are_missing(copy: Folder) -> None:
    folder = copy("ctp_folder")
    for home in folder.glob("CTP_*"):
        (home / "NR1.nii.gz").rename(home / "truth.nii.gz")
        (home / "NR2.nii.gz").unlink()
    assert all(set(subject.masks) == {"truth"} for subject in read_data_set(folder).subjects)


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
