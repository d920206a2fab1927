"""What nobody needs stops nothing: repeated, ambiguous, damaged series; copies; endings of converters; NaN in maps."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.study.case import Role, indispensable
from StrokeSegLogic.study.series.assign import assign
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags


def series(text: str, **tags: object) -> Candidate:
    return Candidate(text, tags=DicomTags(series_description=text, **tags))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "taken", "left"),
    [
        (Role.FLAIR, "AX FLAIR REPEAT", "AX FLAIR"),
        (Role.FLAIR, "FLAIR tra Wdh", "FLAIR tra"),
        (Role.FLAIR, "FLAIR axial repetição", "FLAIR axial"),
        (Role.T2, "AX T2 TSE", "AX T2 TSE FS"),
        (Role.T2, "T2 tra", "T2 tra spair"),
        (Role.ADC, "ADC", "ADC READY View"),
        (Role.T1, "T1 se tra", "T1 se tra dixon"),
    ],
)
def test_of_two_of_a_name_the_repeated_or_the_plain_is_taken(role, taken, left):
    for order in ([taken, left], [left, taken]):
        found = assign([series("DWI"), *(series(text) for text in order)])
        assert found.claims[role].candidate.name == taken
        assert any(note.startswith(f"{left} was left aside: {taken} was taken") for note in found.notes)


def test_of_two_alike_the_later_is_taken():
    early, late = (Candidate(f"at {s}", tags=DicomTags(series_description="FLAIR", acquired=s)) for s in (100.0, 200.0))
    assert assign([late, early]).claims[Role.FLAIR].candidate is late
    assert assign([early, late]).claims[Role.FLAIR].candidate is late


def test_two_that_cannot_be_told_apart_are_left_aside_with_how_to_choose_unless_they_are_needed():
    found = assign([series("DWI"), series("T2 ax one"), series("T2 ax other")])
    assert set(found.claims) == {Role.DWI} and set(found.ties) == {Role.T2}
    assert any(
        "no T2 was taken: two series claim" in note and "Name the right series as T2" in note for note in found.notes
    )
    assert "two series claim to be DWI" in refusal(assign, [series("DWI one"), series("DWI other"), series("T2")])
    assert "two series claim to be T2" in refusal(assign, [series("T2 one"), series("T2 other"), series("T1")])


@pytest.mark.parametrize(
    ("found", "lost", "needed"),
    [
        ({Role.DWI}, {Role.FLAIR, Role.T2}, ()),
        ({Role.FLAIR}, {Role.DWI}, (Role.DWI,)),
        ({Role.T1}, {Role.T2}, (Role.T2,)),
        ({Role.CBF, Role.TMAX}, {Role.CTP, Role.CT}, ()),
        ({Role.CTP}, {Role.CBF, Role.MTT}, ()),
        ({Role.CBF}, {Role.TMAX, Role.CT}, (Role.TMAX,)),
        ({Role.CBV}, {Role.CT}, ()),
        (set(), {Role.CT}, (Role.CT,)),
    ],
)
def test_what_a_study_cannot_do_without(found, lost, needed):
    assert indispensable(found, lost) == needed


DAMAGES = {
    "a slice is missing": lambda paths: paths[2].unlink(),
    "a slice is cut short": lambda paths: paths[2].write_bytes(paths[2].read_bytes()[:-40]),
    "two volumes in one": lambda paths: None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_series_that_cannot_be_read_and_is_not_needed_is_left_aside_with_its_reason(tmp_path, damage):
    dicom_slices(tmp_path / "dwi", stored(), tags={"SeriesDescription": "DWI b1000"})
    paths = dicom_slices(tmp_path / "t1", stored(seed=1), uid="1.2.7", tags={"SeriesDescription": "AX T1"})
    if damage == "two volumes in one":
        dicom_slices(tmp_path / "t1", stored(seed=2), uid="1.2.7", prefix="x", tags={"SeriesDescription": "AX T1"})
    DAMAGES[damage](paths)
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    assert any("t1 (series 'AX T1'" in note and "was left aside" in note for note in case.notes), case.notes
    assert refusal(load_case, tmp_path / "t1")


def test_another_takes_the_place_of_a_series_that_cannot_be_read(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    (tmp_path / "T1.nii.gz").write_bytes(b"no volume")
    good = nifti(tmp_path / "T1_post.nii.gz", voxels(seed=1))
    case = load_case(tmp_path)
    assert case.series[Role.T1].source == good.name
    assert "T1.nii.gz was left aside as T1: it is not an intact NIfTI file" in " ".join(case.notes)


@pytest.mark.parametrize("other", ["ADC", "T2", "T1"])
def test_what_is_needed_still_stops_the_study(tmp_path, other):
    nifti(tmp_path / f"{other}.nii.gz")
    (tmp_path / "DWI.nii.gz").write_bytes(b"no volume")
    assert "DWI.nii.gz: is not an intact NIfTI file" in refusal(load_case, tmp_path)


UNREADABLE = {
    "no volume": lambda path: path.write_bytes(b"no volume"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-200]),
    "several b-values, and none is said": lambda path: nifti(path, voxels((8, 8, 4, 3))),
    "a single slice": lambda path: nifti(path, voxels((10, 12, 1))),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_flair_is_read_without_the_dwi_that_cannot_be_and_that_is_said_first(tmp_path, fault):
    nifti(tmp_path / "FLAIR.nii.gz")
    UNREADABLE[fault](nifti(tmp_path / "DWI.nii.gz"))
    case = load_case(tmp_path)
    assert case.roles == (Role.FLAIR,)
    assert case.notes[0].startswith("the study was read without its DWI, which cannot be read: DWI.nii.gz: ")
    assert set(case.unread) == {Role.DWI} and case.unread[Role.DWI] in case.notes[0]
    # Whoever names the file means it.
    assert refusal(load_case, {"DWI": tmp_path / "DWI.nii.gz", "FLAIR": tmp_path / "FLAIR.nii.gz"})
    hidden = case.anonymous()
    assert set(hidden.unread) == {Role.DWI} and "DWI.nii.gz" not in hidden.unread[Role.DWI]


def test_a_case_that_lacks_nothing_says_nothing(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    (tmp_path / "DWI_2.nii.gz").write_bytes(b"no volume")
    (tmp_path / "T1.nii.gz").write_bytes(b"no volume")
    assert not load_case(tmp_path).unread


def test_two_maps_are_segmented_beside_a_ct_of_two_slice_distances(tmp_path):
    for name in ("CBF", "Tmax"):
        tags = {"SeriesDescription": name, "Modality": "CT"}
        dicom_slices(tmp_path / name, stored(seed=len(name)), tags=tags)
    tags = {"SeriesDescription": "CT HEAD", "Modality": "CT"}
    for k, z in enumerate((0.0, 2.5, 5.0, 10.0, 15.0)):
        dicom_slices(tmp_path / "ct", stored()[:1], uid="1.2.9", origin=(0, 0, z), prefix=f"s{k}_", tags=tags)
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX)
    assert any("left aside as CT: the slice distances differ" in note for note in case.notes)


ENDINGS = ["_Eq_1", "_ph", "_e2", "a", "_ROI1", "_cropped", "_Crop_1", "_Tilt_1", "_i00002", "_real", "_MoCo"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("role", "stem"), [(Role.FLAIR, "5_T2_FLAIR"), (Role.T2, "t2_tse_tra"), (Role.DWI, "DWI")])
def test_the_plain_file_goes_before_what_a_converter_made_beside_it(role, stem, ending):
    plain, made = Candidate(f"{stem}.nii.gz"), Candidate(f"{stem}{ending}.nii.gz")
    for order in ([plain, made], [made, plain]):
        found = assign(order)
        assert found.claims[role].candidate is plain
        assert any(note.startswith(f"{made.name} was left aside") for note in found.notes)


def test_copies_of_a_volume_are_one_volume_in_whatever_format(tmp_path):
    data = voxels(seed=4)
    nifti(tmp_path / "FLAIR.nii.gz", data)
    shutil.copy(tmp_path / "FLAIR.nii.gz", tmp_path / "FLAIR copy.nii.gz")
    nifti(tmp_path / "export" / "scan_FLAIR.nii", data)
    sitk.WriteImage(sitk.ReadImage(str(tmp_path / "FLAIR.nii.gz")), str(tmp_path / "export" / "a_FLAIR.nrrd"))
    case = load_case(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(case.series[Role.FLAIR].image), data.T)
    assert len(case.notes) == 3 and all("was left aside" in note for note in case.notes)


def test_nan_outside_of_the_brain_is_no_value_in_a_map_and_0_in_mr(tmp_path):
    data = voxels()
    data[0] = np.nan
    for name in ("CBF", "CBV", "Tmax"):
        nifti(tmp_path / "maps" / f"{name}.nii.gz", data)
    case = load_case(tmp_path / "maps")
    assert case.roles == (Role.CBF, Role.CBV, Role.TMAX)
    assert np.isnan(sitk.GetArrayFromImage(case.series[Role.TMAX].image)).sum() == data.shape[1] * data.shape[2]
    nifti(tmp_path / "mr" / "DWI.nii.gz", data)
    case = load_case(tmp_path / "mr")
    assert np.isfinite(sitk.GetArrayFromImage(case.series[Role.DWI].image)).all()
    assert "outside of the head" in case.series[Role.DWI].reason + " ".join(case.notes)
