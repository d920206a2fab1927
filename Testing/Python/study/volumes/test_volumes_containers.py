"""Volumes in odd containers are read, or named: none is passed over in silence, none unpacked without end."""

from __future__ import annotations

import gzip
import shutil
import struct
import zipfile

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.dicom_container import begins_as_dicom
from StrokeSegLogic.study.volumes.nifti import open_nifti, write_nifti
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.study.volumes.study_files import find_series, study_files

TAGS = {"SeriesDescription": "FLAIR tra"}


def bare(folder, data, syntax: str) -> None:
    """A DICOM series without preamble and meta header."""
    import pydicom

    for path in dicom_slices(folder, data, suffix="", tags=TAGS):
        header = pydicom.dcmread(path)
        del header.file_meta
        header.preamble = None
        pydicom.dcmwrite(path, header, implicit_vr=syntax == "implicit", little_endian=True, enforce_file_format=False)


@pytest.mark.parametrize("syntax", ["implicit", "explicit"])
def test_dicom_without_preamble_is_read(tmp_path, syntax):
    data = stored()
    bare(tmp_path, data, syntax)
    (path, *_) = tmp_path.iterdir()
    assert path.read_bytes()[128:132] != b"DICM"
    assert np.array_equal(sitk.GetArrayFromImage(load_case(tmp_path).series[Role.FLAIR].image), data)


def test_dicom_packed_by_gzip_is_read(tmp_path):
    data = stored()
    for path in dicom_slices(tmp_path, data, tags=TAGS):
        (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    case = load_case(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(case.series[Role.FLAIR].image), data) and not case.notes


def test_a_packed_slice_without_end_is_refused_and_the_rest_read(tmp_path):
    paths = dicom_slices(tmp_path / "t1", stored(), tags={"SeriesDescription": "AX T1"})
    with gzip.open(tmp_path / "t1" / "bomb.dcm.gz", "wb", 1) as bomb:
        bomb.write(paths[0].read_bytes())
        for _ in range(80):
            bomb.write(bytes(1 << 20))
    paths[0].unlink()
    nifti(tmp_path / "DWI.nii.gz")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    assert any("left aside as T1: it would be unpacked to more than 64 MB" in note for note in case.notes), case.notes


@pytest.mark.parametrize("damage", ["cut", "no gzip", "no DICOM"])
def test_a_packed_file_that_is_no_dicom_is_named(tmp_path, damage):
    (path,) = dicom_slices(tmp_path / "x", stored()[:1], tags=TAGS)
    content = gzip.compress(path.read_bytes())
    shutil.rmtree(tmp_path / "x")
    content = {"cut": content[:60], "no gzip": b"hello", "no DICOM": gzip.compress(b"hello" * 100)}[damage]
    (tmp_path / "IM1.dcm.gz").write_bytes(content)
    nifti(tmp_path / "DWI.nii.gz")
    notes = study_files(tmp_path).notes
    assert len(notes) == 1 and notes[0].startswith("IM1.dcm.gz was left aside")


def pair(path, data) -> None:
    nib.save(nib.Nifti1Pair(data, np.diag([-2.0, -2.0, 5.0, 1.0])), path)


@pytest.mark.parametrize("ending", ["hdr", "img"])
def test_a_pair_of_hdr_and_img_is_read_as_one_volume(tmp_path, ending):
    data = voxels()
    pair(tmp_path / f"FLAIR.{ending}", data)
    assert {path.name for path in tmp_path.iterdir()} == {"FLAIR.hdr", "FLAIR.img"}
    (candidate,) = find_series(tmp_path)
    assert [path.name for path in candidate.files] == ["FLAIR.hdr", "FLAIR.img"]
    image = read_volume(tmp_path / "FLAIR.hdr")
    assert np.array_equal(sitk.GetArrayFromImage(image), data.T) and image.GetSpacing() == (2.0, 2.0, 5.0)
    assert load_case(tmp_path).roles == (Role.FLAIR,)


def test_a_pair_that_claims_more_than_it_holds_or_lacks_its_half_is_told(tmp_path):
    pair(tmp_path / "T1.img", voxels())
    nifti(tmp_path / "DWI.nii.gz")
    img = tmp_path / "T1.img"
    img.write_bytes(img.read_bytes()[:-8])
    assert "T1.hdr: is not an intact NIfTI file" in refusal(read_volume, tmp_path / "T1.hdr")
    assert any("T1.hdr was left aside as T1" in note for note in load_case(tmp_path).notes)
    img.unlink()
    assert any("its voxels, T1.img, are missing" in note for note in load_case(tmp_path).notes)
    pair(tmp_path / "T2.img", voxels())
    (tmp_path / "T2.hdr").unlink()
    assert any(
        note.startswith("T2.img was left aside: it holds the voxels of a pair") for note in load_case(tmp_path).notes
    )


def test_analyze_is_refused_for_it_does_not_say_what_is_left(tmp_path):
    nib.save(nib.Spm2AnalyzeImage(voxels(), np.diag([2.0, 2.0, 5.0, 1.0])), tmp_path / "FLAIR.img")
    assert "does not say what is left and what right" in refusal(open_nifti, tmp_path / "FLAIR.hdr")
    nifti(tmp_path / "DWI.nii.gz")
    assert any("FLAIR.hdr was left aside as FLAIR: it is Analyze 7.5" in note for note in load_case(tmp_path).notes)


def test_nothing_is_written_as_half_of_a_pair(tmp_path):
    with pytest.raises(Exception, match="not a NIfTI file name"):
        write_nifti(sitk.GetImageFromArray(voxels()), tmp_path / "x.hdr")


UNREAD = [
    *("FLAIR.zip", "study.tar.gz", "study.tgz", "FLAIR.7z", "FLAIR.rar", "FLAIR.nii.bz2", "FLAIR.nii.xz"),
    *("FLAIR.PAR", "FLAIR.REC", "brain.mgz", "FLAIR.mnc", "FLAIR.img.gz", "FLAIR+orig.HEAD", "FLAIR.tif"),
]


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_opened_is_named_with_its_reason(tmp_path, name):
    nifti(tmp_path / "DWI.nii.gz")
    (tmp_path / name).write_bytes(b"something")
    (tmp_path / "README").write_text("nothing")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    (note,) = case.notes
    assert note.startswith(f"{name} was left aside: it is a"), note


def test_a_study_of_an_archive_alone_says_what_to_do(tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("x", "y")
    assert "study.zip: is an archive without a volume" in refusal(load_case, tmp_path)
    assert "FLAIR.zip" not in refusal(study_files, tmp_path) and "not opened here" in refusal(study_files, tmp_path)


@pytest.mark.parametrize(
    "start",
    [
        b"\0" * 128 + b"DICM",
        struct.pack("<HH", 8, 5) + b"CS" + struct.pack("<H", 10) + b"ISO_IR 100",
        struct.pack("<HHI", 8, 0, 4) + bytes(20),
        struct.pack("<HH", 2, 0) + b"UL" + bytes(20),
    ],
)
def test_dicom_is_known_by_its_beginning(start):
    assert begins_as_dicom(start)


@pytest.mark.parametrize(
    "start", [b"", b"\x08\0", b"hello" * 60, bytes(300), struct.pack("<HHI", 8, 5, 1 << 30) + bytes(20)]
)
def test_nothing_else_is_taken_for_dicom(start):
    assert not begins_as_dicom(start)
