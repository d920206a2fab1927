"""What an earlier run wrote is no input of the next, wherever it lies; what the user put in its place is."""

from __future__ import annotations

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import frames, nifti_series
from io_fixtures import nifti, voxels

from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.records import RESULTS, sealed
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.nifti import open_nifti, write_nifti

MAPS = ("CBF", "CBV", "TMAX")


def earlier_result(folder: Path, record: str = "result.json") -> None:
    """Maps with a record that proves them ours."""
    paths = [nifti(folder / f"{name}.nii.gz", voxels(seed=number)) for number, name in enumerate(MAPS)]
    written = {path.name: sha256_of(path) for path in paths}
    (folder / record).write_bytes(sealed({"case": "x"}, written))


@pytest.mark.parametrize("record", RESULTS)
@pytest.mark.parametrize("where", ["strokeseg-output", "results/tuesday", "."])
def test_a_second_run_reads_the_series_again_and_not_the_first_ones_maps(tmp_path, where, record):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    earlier_result(tmp_path / where, record)
    case = load_case(tmp_path)
    assert case.roles == (Role.CTP,)
    home = (tmp_path / where).resolve().name
    assert case.notes == (f"{home} was left aside: it holds the results of an earlier run of StrokeSeg",)


def test_a_record_that_was_changed_since_still_names_what_it_wrote(tmp_path):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    earlier_result(tmp_path / "out")
    record = tmp_path / "out" / "result.json"
    record.write_text(record.read_text().replace('"x"', '"Mrs. X"'))
    assert load_case(tmp_path).roles == (Role.CTP,)


def test_a_map_that_the_user_put_in_the_place_of_ours_is_the_users(tmp_path):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    earlier_result(tmp_path / "out")
    nifti(tmp_path / "out" / "CBF.nii.gz", voxels(seed=9))
    assert load_case(tmp_path).roles == (Role.CBF, Role.CTP)


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '{"written": 3}', '{"written": {"../x": "y", "CBF.nii.gz": 1}}', "no json"]
)
def test_a_record_of_somebody_else_takes_no_map_away(tmp_path, content):
    for name in MAPS:
        nifti(tmp_path / f"{name}.nii.gz")
    (tmp_path / "result.json").write_text(content)
    assert set(load_case(tmp_path).roles) == {Role(name) for name in MAPS}


def test_who_names_a_folder_of_results_alone_gets_its_maps(tmp_path):
    earlier_result(tmp_path / "out", "maps.json")
    case = load_case(tmp_path / "out")
    assert set(case.roles) == {Role(name) for name in MAPS}
    assert case.notes == ("the volumes of out are results of an earlier run of StrokeSeg",)
    shutil.rmtree(tmp_path / "out")


def copied_away(folder: Path, *names: str) -> None:
    """Results that were copied out of their folder, without its record."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        write_nifti(sitk.GetImageFromArray(voxels(seed=number)), folder / name, result=True)


@pytest.mark.parametrize(
    ("names", "needed"),
    [
        (("CBF.nii.gz", "TMAX.nii.gz", "brain.nii.gz"), Role.CTP),
        (("patient_CBV.nii", "Zeit zum Maximum.nii"), Role.CTP),
        (("DWI_result.nii.gz", "labels.nii.gz"), Role.FLAIR),
    ],
)
def test_results_that_were_copied_away_from_their_record_are_told_by_their_mark(tmp_path, names, needed):
    if needed is Role.CTP:
        nifti_series(tmp_path / "CTP.nii.gz", frames())
    else:
        nifti(tmp_path / "FLAIR.nii.gz")
    copied_away(tmp_path, *names)
    case = load_case(tmp_path)
    assert case.roles == (needed,)
    assert len(case.notes) == len(names) and all("is a result of StrokeSeg" in note for note in case.notes)


def test_marked_results_beside_their_record_are_said_once(tmp_path):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    copied_away(tmp_path / "out", "CBF.nii.gz", "TMAX.nii.gz")
    written = {name: sha256_of(tmp_path / "out" / name) for name in ("CBF.nii.gz", "TMAX.nii.gz")}
    (tmp_path / "out" / "maps.json").write_bytes(sealed({"case": "x"}, written))
    (note,) = load_case(tmp_path).notes
    assert note == "out was left aside: it holds the results of an earlier run of StrokeSeg"


def test_marked_results_that_are_named_or_alone_are_read(tmp_path):
    copied_away(tmp_path, "CBF.nii.gz", "TMAX.nii.gz")
    assert load_case(tmp_path).roles == (Role.CBF, Role.TMAX)
    assert load_case([f"CBF={tmp_path / 'CBF.nii.gz'}"]).roles == (Role.CBF,)


def test_a_segmentation_of_ours_is_known_by_its_segments_whatever_it_is_called(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    image = sitk.GetImageFromArray((voxels() > 100).astype(np.uint8))
    image.SetMetaData("Segment0_Tags", "StrokeSeg.Label:1|Segmentation.Status:inprogress|")
    sitk.WriteImage(image, str(tmp_path / "FLAIR.nrrd"))
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    assert case.notes == ("FLAIR.nrrd was left aside: it is a result of StrokeSeg, not an acquired image",)


@pytest.mark.parametrize("ending", ["nrrd", "nhdr", "mha", "mhd", "nii.gz"])
def test_results_that_itk_wrote_in_another_format_keep_their_mark(tmp_path, ending):
    nifti(tmp_path / "FLAIR.nii.gz")
    copied_away(tmp_path / "made", "probability.nii.gz")
    made = sitk.ReadImage(str(tmp_path / "made" / "probability.nii.gz"))
    shutil.rmtree(tmp_path / "made")
    sitk.WriteImage(made, str(tmp_path / f"DWI.{ending}"))
    case = load_case(tmp_path)
    assert case.roles == (Role.FLAIR,)
    assert case.notes[0].startswith(f"DWI.{ending} was left aside: it is a result of StrokeSeg")


@pytest.mark.parametrize("name", ["CBF (computed)", "TMAX (computed)", "Probability of core"])
def test_what_a_scene_of_ours_computed_is_no_input_when_it_is_unpacked(tmp_path, name):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    home = tmp_path / "scene" / "Data"
    home.mkdir(parents=True)
    image = sitk.GetImageFromArray(voxels())
    sitk.WriteImage(image, str(home / f"{name}.nrrd"))
    sitk.WriteImage(image, str(tmp_path / "CBV (computed).nrrd"))  # beside nothing of ours: somebody else's
    labels = sitk.GetImageFromArray((voxels() > 100).astype(np.uint8))
    labels.SetMetaData("Segment0_Tags", "StrokeSeg.Label:1|")
    sitk.WriteImage(labels, str(home / "StrokeSeg.seg.nrrd"))
    case = load_case(tmp_path)
    assert case.roles == (Role.CBV, Role.CTP), case.notes
    assert any(note.startswith(f"{name}.nrrd was left aside: it is a result") for note in case.notes), case.notes


def test_maps_of_before_the_mark_that_lie_beside_a_result_are_doubted(tmp_path):
    nifti_series(tmp_path / "CTP.nii.gz", frames())
    copied_away(tmp_path, "brain.nii.gz")
    for name in ("CBF.nii.gz", "TMAX.nii.gz"):
        write_nifti(sitk.GetImageFromArray(voxels()), tmp_path / name)
    nifti(tmp_path / "CBV.nii.gz")  # as no version of ours writes it
    notes = load_case(tmp_path).notes
    assert any(note.startswith("CBF.nii.gz, TMAX.nii.gz lie beside results of StrokeSeg") for note in notes), notes


def test_what_a_run_writes_is_marked_and_what_it_was_given_is_not(tmp_path):
    image = sitk.GetImageFromArray(voxels())
    write_nifti(image, tmp_path / "given.nii")
    write_nifti(image, tmp_path / "made.nii", result=True)
    assert [open_nifti(tmp_path / f"{name}.nii").is_result for name in ("given", "made")] == [False, True]
    assert np.array_equal(*(nib.load(tmp_path / f"{name}.nii").get_fdata() for name in ("given", "made")))
