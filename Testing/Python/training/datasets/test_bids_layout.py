"""BIDS folders: participants, sessions, readers and class names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.datasets.layouts import read_data_set

Folder = Callable[[str], Path]


def test_bids_participants_give_split_nihss_and_age(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("bids"))
    assert [subject.split for subject in data_set.subjects] == ["train", "train", "train", "val", "test"]
    assert all(subject.nihss is not None and subject.age is not None for subject in data_set.subjects)


def test_bids_sessions_are_cases_of_one_patient(copy: Folder) -> None:
    folder = copy("bids")
    for session in ("ses-1", "ses-2"):
        to = folder / "sub-01" / session / "anat"
        to.mkdir(parents=True)
        shutil.copy(folder / "sub-01/anat/sub-01_FLAIR.nii.gz", to / f"sub-01_{session}_FLAIR.nii.gz")
    shutil.rmtree(folder / "sub-01" / "anat")
    shutil.rmtree(folder / "sub-01" / "dwi")
    shutil.rmtree(folder / "derivatives" / "lesions" / "sub-01")
    cases = {subject.case: subject.patient for subject in read_data_set(folder).subjects}
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
