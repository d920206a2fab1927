"""Files in a study that are no files, or odd files: nothing hangs, what can be read is, and the rest is named."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import frames, nifti_series
from hostile_files import nifti_bytes, written
from io_fixtures import dicom_slices, nifti, refusal, stored

import StrokeSegLogic
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.reader import read_time_series, read_volume
from StrokeSegLogic.study.volumes.study_files import find_series, study_files

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    path.symlink_to("/dev/null")


def itself(path: Path) -> None:
    path.symlink_to(path.name)


def circle(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path.name)


def listener(path: Path) -> None:
    """A socket keeps its name when it is closed; the name may have 100 characters."""
    home = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    finally:
        os.chdir(home)


ODD = [pipe, endless, terminal, itself, circle, listener]
NAMES = ["ADC.nii", "ADC.nii.gz", "ADC.nrrd", "ADC.mha", "ADC.dcm", "IM0001"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", ODD)
def test_what_never_ends_is_left_aside_and_named(tmp_path, make, name):
    nifti(tmp_path / "DWI.nii.gz")
    make(tmp_path / name)
    case = StrokeSegLogic.load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    assert any(note.startswith(f"{name} was left aside: it is no regular file") for note in case.notes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", ODD)
def test_what_never_ends_is_refused_where_it_is_named(tmp_path, make, name):
    make(tmp_path / name)
    message = refusal(StrokeSegLogic.load_case, [f"ADC={tmp_path / name}"])
    assert "no regular file" in message or "cannot be read" in message
    assert "no regular file" in refusal(StrokeSegLogic.load_case, tmp_path)


@pytest.mark.parametrize("make", [pipe, endless, listener])
@pytest.mark.parametrize(("header", "data"), [("DWI.mhd", "DWI.raw"), ("DWI.nhdr", "DWI.raw")])
def test_the_data_file_of_a_header_is_a_file(tmp_path, make, header, data):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 9, 9), np.int16)), str(tmp_path / header), False)
    (tmp_path / data).unlink()
    make(tmp_path / data)
    for read, place in ((read_volume, tmp_path / header), (StrokeSegLogic.load_case, tmp_path)):
        message = refusal(read, place)
        assert "no regular file" in message or "cannot be read" in message


@pytest.mark.parametrize("make", [pipe, endless, listener])
def test_a_sidecar_of_times_that_never_ends_is_passed_over(tmp_path, make):
    make(tmp_path / "CTP.json")
    assert read_time_series(nifti_series(tmp_path / "CTP.nii", frames())).notes == ()


def test_links_to_folders_are_not_followed_in_circles(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert [candidate.name for candidate in find_series(tmp_path)] == ["DWI.nii.gz"]


def test_a_link_to_nothing_is_told_and_stops_what_cannot_be_done_without_it(tmp_path):
    nifti(tmp_path / "FLAIR.nii.gz")
    (tmp_path / "ADC.nii.gz").symlink_to("gone.nii.gz")
    assert "ADC.nii.gz was left aside as ADC: it does not exist" in load_case(tmp_path).notes
    (tmp_path / "DWI.nii.gz").symlink_to("gone.nii.gz")
    assert "DWI.nii.gz: it does not exist" in load_case(tmp_path).notes[0]
    (tmp_path / "FLAIR.nii.gz").unlink()
    (tmp_path / "ADC.nii.gz").unlink()
    assert "DWI.nii.gz: does not exist" in refusal(load_case, tmp_path)


def test_many_files_left_aside_are_counted(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    for number in range(12):
        pipe(tmp_path / f"IM{number:02d}")
    notes = study_files(tmp_path).notes
    assert len(notes) == 6 and notes[-1].startswith("7 more files")


@pytest.mark.parametrize(
    "study", ["a\0b", "DWI=a\0b.nii.gz", ["DWI=a\0b.nii.gz"], {"DWI": "a\0b"}, {"DWI": Path("\0")}]
)
def test_a_name_with_nul_is_no_file(study):
    assert refusal(StrokeSegLogic.load_case, study)


def test_a_folder_name_in_latin_1_is_read(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller"))
    dicom_slices(folder / "adc", stored(), tags={"SeriesDescription": "ADC map"})
    nifti(folder / "DWI.nii.gz")
    assert set(StrokeSegLogic.load_case(folder).roles) == {Role.DWI, Role.ADC}


@pytest.mark.parametrize("unit", [8, 16, 24, 32, 40, 48, 56])
def test_a_volume_whose_time_unit_is_unknown_is_read(tmp_path, unit):
    path = written(tmp_path / "DWI.nii", nifti_bytes({123: ("B", 2 | unit)}))
    assert read_volume(path).GetSpacing() == pytest.approx((2, 2, 5))


@pytest.mark.parametrize("unit", [32, 56])
def test_frames_whose_time_unit_is_unknown_are_taken_for_seconds_where_they_can_be(tmp_path, unit):
    content = nifti_bytes({123: ("B", 2 | unit), 92: ("<f", 1.5)}, data=frames().T)
    found = read_time_series(written(tmp_path / "CTP.nii", content))
    assert found.times_s[1] == 1.5 and "seconds were assumed" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('{"RepetitionTime": 1' + "0" * 400 + "}", "RepetitionTime is"),
        ('{"RepetitionTime": 1' + "0" * 5000 + "}", "not readable as JSON"),
        ('{"FrameTimesStart": [1' + "0" * 400 + "]}", "no list of numbers"),
        ("[" * 100_000, "not readable as JSON"),
        ("\ufeff{", "not readable as JSON"),
        ('{"RepetitionTime": NaN}', "RepetitionTime is nan"),
    ],
)
def test_a_sidecar_that_is_odd_is_one_line(tmp_path, content, word):
    (tmp_path / "CTP.json").write_text(content, encoding="utf-8")
    assert word in refusal(read_time_series, nifti_series(tmp_path / "CTP.nii", frames()))


@pytest.mark.parametrize("content", [b"1,2," + b"9" * 200_000, b"\xff\xfe1\x002\x00", b"1 2 \0"])
def test_times_with_a_cell_of_200_000_characters_or_of_another_encoding_are_one_line(tmp_path, content):
    (tmp_path / "times.txt").write_bytes(content)
    message = refusal(read_time_series, nifti_series(tmp_path / "CTP.nii", frames()))
    assert "no number" in message or "holds 3 times" in message
