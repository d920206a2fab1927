"""What a study folder holds."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.records import UNPUBLISHED, move_aside, unused
from StrokeSegLogic.study.volumes.study_files import find_series, study_files


def names(folder: Path) -> list[str]:
    return [c.name for c in find_series(folder)]


def test_every_format_is_found_in_subfolders_and_litter_is_not(tmp_path):
    nifti(tmp_path / "a" / "DWI.nii.gz")
    nifti(tmp_path / "T1.NII")
    volume = sitk.GetImageFromArray(voxels().T)
    for name in ("flair.nrrd", "adc.mha", "t2.mhd", "pd.nhdr"):
        sitk.WriteImage(volume, str(tmp_path / name))
    for name in (".DS_Store", "Thumbs.db", "a.json", "t.tsv", "p.png", "n.txt", "r.pdf", "._T1.nii", "README"):
        (tmp_path / name).write_text("litter")
    (tmp_path / ".git").mkdir()
    nifti(tmp_path / ".git" / "x.nii")
    assert names(tmp_path) == ["T1.NII", "a/DWI.nii.gz", "adc.mha", "flair.nrrd", "pd.nhdr", "t2.mhd"]


def test_what_an_earlier_run_put_aside_competes_for_no_role_and_is_named(tmp_path):
    nifti(tmp_path / "CBF.nii.gz")
    moved = move_aside(tmp_path / "CBF.nii.gz").parent
    kept = unused(tmp_path / "maps", UNPUBLISHED)
    nifti(kept / "CBF.nii.gz")
    # Nothing else is there, and the message says where something is.
    assert f"{moved}: holds what an earlier run put aside" in refusal(find_series, tmp_path)
    assert names(moved) == ["CBF.nii.gz"]
    nifti(tmp_path / "CBF.nii.gz")
    nifti(tmp_path / "previous-scan" / "CBV.nii.gz")
    found = study_files(tmp_path)
    assert [candidate.name for candidate in found.candidates] == ["CBF.nii.gz", "previous-scan/CBV.nii.gz"]
    said = "{} was left aside: it holds what an earlier run put aside"
    assert found.notes == (said.format(moved.name), said.format(kept.name))


def test_the_data_file_of_a_header_is_hashed_with_it(tmp_path):
    sitk.WriteImage(sitk.GetImageFromArray(voxels().T), str(tmp_path / "a.mhd"))
    (candidate,) = find_series(tmp_path)
    assert [f.name for f in candidate.files] == ["a.mhd", "a.raw"]
    assert candidate.sha256() == sha256_of([tmp_path / "a.mhd", tmp_path / "a.raw"])


@pytest.mark.parametrize("suffix", [".dcm", "", ".IMA", ".123"])
def test_dicom_is_known_by_its_content_and_grouped_by_series(tmp_path, suffix):
    dicom_slices(tmp_path / "x", stored(), suffix=suffix, tags={"SeriesDescription": "t1"})
    dicom_slices(tmp_path / "x", stored(), suffix=suffix, prefix="B", tags={"SeriesDescription": "t2"})
    assert names(tmp_path) == ["x (series 't1', 5 files)", "x (series 't2', 5 files)"]


PRIVATE = [
    {(0x0019, "SIEMENS MR HEADER", 0x0C): ("IS", "{b}")},
    {(0x0043, "GEMS_PARM_01", 0x39): ("IS", ["100000{b:04d}", "8", "0", "0"])},
    {(0x2001, "Philips Imaging DD 001", 0x03): ("FL", "{b}")},
    {(0x2001, "Philips Imaging DD 001", 0x03): ("UN", "bytes")},
    {(0x0019, "SIEMENS MR HEADER", 0x0C): ("UN", "text")},
    "standard",
    "sequence",
]


@pytest.mark.parametrize(
    "vendor", PRIVATE, ids=["Siemens", "GE", "Philips", "Philips UN", "Siemens UN", "DICOM", "name"]
)
def test_a_diffusion_series_is_split_by_b_value(tmp_path, vendor):
    data = {b: stored(seed=b) for b in (0, 1000)}
    for b, block in data.items():
        private, tags = {}, {"SeriesDescription": "ep2d_diff"}
        if vendor == "standard":
            tags["DiffusionBValue"] = float(b)
        elif vendor == "sequence":
            tags["SequenceName"] = f"*ep_b{b}t"
        else:
            ((key, (vr, value)),) = vendor.items()
            if value == "bytes":
                filled = struct.pack("<f", b)
            elif value == "text":
                filled = f"{b} ".encode()
            elif vr == "FL":
                filled = float(b)
            else:
                filled = [v.format(b=b) for v in value] if isinstance(value, list) else value.format(b=b)
            private[key] = (vr, filled)
        dicom_slices(tmp_path, block, uid="1.2.5", prefix=f"b{b}_", private=private, tags=tags)
    found = {c.tags.b_value: c for c in find_series(tmp_path)}
    assert set(found) == {0.0, 1000.0}
    for b, candidate in found.items():
        assert np.array_equal(sitk.GetArrayFromImage(candidate.read_map()), data[b])


@pytest.mark.parametrize(
    "differing",
    [
        {"EchoTime": (20.0, 100.0)},
        {"ImageType": (["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"])},
        {"DiffusionGradientOrientation": ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])},
        {"SequenceName": ("*ep_b1000#1", "*ep_b1000#2")},
        {"TemporalPositionIdentifier": (1, 2)},
        {"AcquisitionNumber": (1, 2)},
    ],
    ids=lambda d: next(iter(d)),
)
def test_a_series_that_images_one_place_twice_is_split(tmp_path, differing):
    ((keyword, values),) = differing.items()
    for n, value in enumerate(values):
        dicom_slices(tmp_path, stored(seed=n), uid="1.2.5", prefix=f"v{n}", tags={keyword: value})
    found = find_series(tmp_path)
    assert len(found) == 2 and len({c.name for c in found}) == 2
    assert all(c.read_map().GetSize() == (10, 12, 5) for c in found)


def test_a_tag_that_differs_from_slice_to_slice_does_not_split_a_volume(tmp_path):
    for n in range(4):
        dicom_slices(
            tmp_path,
            stored()[n : n + 1],
            uid="1.2.5",
            prefix=f"v{n}",
            origin=(0, 0, 4 * n),
            tags={"AcquisitionNumber": n},
        )
    assert len(find_series(tmp_path)) == 1


def test_a_localizer_of_three_planes_is_three_candidates(tmp_path):
    for n, axes in enumerate([(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0, -1)]):
        dicom_slices(tmp_path, stored((3, 8, 8)), uid="1.2.5", prefix=f"v{n}", axes=axes)
    assert sorted(c.tags.plane for c in find_series(tmp_path)) == ["axial", "coronal", "sagittal"]


def test_dicom_without_a_picture_is_skipped(tmp_path):
    import pydicom

    path = dicom_slices(tmp_path, stored()[:1], prefix="report")[0]
    ds = pydicom.dcmread(path)
    ds.Modality = "SR"
    del ds.Rows, ds.PixelData
    ds.save_as(path)
    dicom_slices(tmp_path, stored(), tags={"SeriesDescription": "t1"})
    assert names(tmp_path) == [". (series 't1', 5 files)"]


def test_files_without_series_uid_are_kept_together_by_folder(tmp_path):
    for folder in ("a", "b"):
        dicom_slices(tmp_path / folder, stored(), uid="", tags={"SeriesInstanceUID": ""})
    assert len(find_series(tmp_path)) == 2


def test_a_missing_folder_a_file_and_an_empty_folder_are_refused(tmp_path):
    assert "does not exist" in refusal(find_series, tmp_path / "no")
    assert "holds no volume" in refusal(find_series, tmp_path)
    assert "is a file" in refusal(find_series, nifti(tmp_path / "a.nii"))


def test_a_text_file_named_as_an_image_is_a_candidate_that_says_why_it_cannot_be_read(tmp_path):
    (tmp_path / "notes.nii.gz").write_text("hello")
    assert "notes.nii.gz: is not an intact NIfTI" in refusal(find_series, tmp_path)
    nifti(tmp_path / "dwi.nii.gz")
    fault = {candidate.name: candidate.fault for candidate in find_series(tmp_path)}
    assert fault["dwi.nii.gz"] is None and "is not an intact NIfTI" in str(fault["notes.nii.gz"])


def test_a_text_file_named_dcm_is_refused_and_a_folder_named_as_a_file_is_entered(tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "x.dcm").write_text("hello")
    assert "is not a DICOM file" in refusal(find_series, tmp_path / "two")
    # As some archives unpack.
    nifti(tmp_path / "one" / "x.nii.gz" / "x.nii.gz")
    assert names(tmp_path / "one") == ["x.nii.gz/x.nii.gz"]
