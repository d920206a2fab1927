"""Which studies a folder holds, whose they are, and which mask is the reader's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from site_studies import GRID, lesion_of, write_site, write_study

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.study.volumes.nifti import write_nifti
from StrokeSegLogic.training.adapt.studies import control_studies, reviewed_studies
from StrokeSegLogic.training.datasets.synthetic import write_synthetic


def write_result(folder: Path, lesion: np.ndarray) -> None:
    """The two files of a result that a reader corrects, with a record of how they were written."""
    image = GRID.image(lesion)
    writers = {
        "labels.nii.gz": lambda path: write_nifti(image, path),
        "segmentation.seg.nrrd": lambda path: sitk.WriteImage(image, str(path)),
        "probability.nii.gz": lambda path: write_nifti(image, path),
    }
    write_recorded(folder, writers, "result.json", {"case": "x"})


def test_a_folder_of_studies_gives_each_with_its_mask_and_names_those_without(tmp_path: Path) -> None:
    write_site(tmp_path, 2)
    write_study(tmp_path / "p10", 10, mask="dwi_mask.nii.gz")
    write_study(tmp_path / "p11", 11, mask="")
    found = reviewed_studies(tmp_path)
    assert [study.name for study in found.studies] == ["p0", "p1", "p10"]
    assert [study.mask.name for study in found.studies if study.mask] == ["lesion.nii.gz"] * 2 + ["dwi_mask.nii.gz"]
    assert found.notes == ("p11 has no mask: it was left aside",)
    assert set(found.studies[2].load().roles) == {"DWI", "FLAIR"}


def test_a_table_says_which_studies_are_of_one_patient(tmp_path: Path) -> None:
    write_site(tmp_path, 3)
    (tmp_path / "clinical.csv").write_text("case,patient\np0,anna\np1,anna\n", encoding="utf-8")
    assert [study.patient for study in reviewed_studies(tmp_path).studies] == ["anna", "anna", "p2"]


@pytest.mark.slow
def test_a_data_set_in_a_known_layout_is_read_as_such(tmp_path: Path) -> None:
    data = write_synthetic("bids", tmp_path / "data", patients=2)
    found = reviewed_studies(tmp_path / "data")
    assert [study.name for study in found.studies] == [subject.case for subject in data.subjects]
    assert found.simulated and all(study.mask for study in found.studies)
    assert len({study.sha256() for study in found.studies}) == 2


@pytest.mark.parametrize("corrected", ["labels.nii.gz", "segmentation.seg.nrrd"])
def test_a_result_counts_once_a_reader_has_changed_it(tmp_path: Path, corrected: str) -> None:
    home = write_study(tmp_path / "p0", 0, mask="")
    write_result(home / "strokeseg-output", lesion_of(1))
    with pytest.raises(InputError, match="p0 holds a result that nobody has changed"):
        reviewed_studies(tmp_path)
    sitk.WriteImage(GRID.image(lesion_of(0)), str(home / "strokeseg-output" / corrected))
    (study,) = reviewed_studies(tmp_path).studies
    assert study.mask == home / "strokeseg-output" / corrected
    assert set(study.load().roles) == {"DWI", "FLAIR"}


def test_two_masks_of_one_study_are_refused(tmp_path: Path) -> None:
    home = write_study(tmp_path / "p0", 0)
    shutil.copyfile(home / "lesion.nii.gz", home / "truth.nii.gz")
    with pytest.raises(InputError, match=r"several masks \(lesion\.nii\.gz.* truth\.nii\.gz\)"):
        reviewed_studies(tmp_path)


def test_a_brain_mask_is_no_mask_of_a_lesion(tmp_path: Path) -> None:
    home = write_study(tmp_path / "p0", 0)
    (home / "lesion.nii.gz").rename(home / "brain_mask.nii.gz")
    with pytest.raises(InputError, match="holds no study with a reader's mask"):
        reviewed_studies(tmp_path)
    assert [study.mask for study in control_studies(tmp_path).studies] == [None]


def test_what_is_no_mri_is_refused(tmp_path: Path) -> None:
    write_synthetic("ctp_folder", tmp_path / "data", patients=1)
    with pytest.raises(InputError, match="no data set of MRI with one kind of lesion"):
        reviewed_studies(tmp_path / "data")


def test_an_empty_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no study"):
        control_studies(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        reviewed_studies(tmp_path / "nowhere")


def test_a_study_that_was_changed_is_another(tmp_path: Path) -> None:
    home = write_study(tmp_path / "p0", 0)
    before = reviewed_studies(tmp_path).studies[0].sha256()
    sitk.WriteImage(GRID.image(lesion_of(5)), str(home / "lesion.nii.gz"))
    assert reviewed_studies(tmp_path).studies[0].sha256() != before
