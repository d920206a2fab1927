"""DICOM with elements that are not what their types allow: a value is left out or a file named, the rest read."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored

import StrokeSegLogic
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.dicom_file import _Clamped, read_slices
from StrokeSegLogic.study.volumes.study_files import find_series, study_files

pydicom = pytest.importorskip("pydicom")

META = b"\0" * 128 + b"DICM"


def element(tag: tuple[int, int], vr: str) -> bytes:
    return struct.pack("<HH", *tag) + vr.encode()


def with_value(path: Path, tag: tuple[int, int], vr: str, value: bytes) -> None:
    """Writes other bytes into an element of the file, of any length."""
    content = path.read_bytes()
    start = content.index(element(tag, vr))
    (length,) = struct.unpack_from("<H", content, start + 6)
    changed = element(tag, vr) + struct.pack("<H", len(value)) + value
    path.write_bytes(content[:start] + changed + content[start + 8 + length :])


TAGS = {"SeriesDescription": "DWI b1000", "EchoTime": 80.0, "WindowCenter": 40, "WindowWidth": 80, "TriggerTime": 5.0}
NOT_NEEDED = [
    ((0x0018, 0x0081), "DS", b"8,0 "),
    ((0x0018, 0x0081), "DS", b"2.46\\4.92 "),
    ((0x0018, 0x0081), "DS", b"\xff\xfe"),
    ((0x0018, 0x0081), "DS", b"9" * 5000),
    ((0x0018, 0x0081), "DS", b"nan "),
    ((0x0018, 0x0081), "DS", b"1e999 "),
    ((0x0018, 0x0050), "DS", b"four"),
    ((0x0018, 0x1060), "DS", b"later "),
    ((0x0020, 0x0013), "IS", b"first "),
    ((0x0020, 0x0013), "IS", b"1.5 "),
    ((0x0028, 0x1050), "DS", b"x\\y "),
    ((0x0028, 0x1051), "DS", b""),
    ((0x0028, 0x0002), "US", b""),
    ((0x0028, 0x0100), "US", b"\x10"),
]


@pytest.mark.parametrize(("tag", "vr", "value"), NOT_NEEDED)
def test_a_value_that_is_not_needed_is_left_out(tmp_path, tag, vr, value):
    paths = dicom_slices(tmp_path, stored(), tags=TAGS)
    for path in paths:
        with_value(path, tag, vr, value)
    assert all(read_slices(path) for path in paths)
    (found,) = find_series(tmp_path)
    assert found.tags is not None and found.tags.series_description == "DWI b1000"
    if tag[0] != 0x0028 or tag[1] > 0x1000:
        assert np.array_equal(sitk.GetArrayFromImage(found.read_map()), stored())


NEEDED = [
    ((0x0020, 0x0032), "DS", b"1,0\\2,0\\3,0 "),
    ((0x0020, 0x0032), "DS", b"1\\2 "),
    ((0x0020, 0x0032), "DS", b"nan\\0\\0 "),
    ((0x0020, 0x0037), "DS", b"1\\0\\0\\0\\1 "),
    ((0x0028, 0x0030), "DS", b"3,6\\3,6 "),
    ((0x0028, 0x0030), "DS", b"inf\\1 "),
]


@pytest.mark.parametrize(("tag", "vr", "value"), NEEDED)
def test_a_value_that_is_needed_is_named_once_its_series_is_wanted(tmp_path, tag, vr, value):
    for path in dicom_slices(tmp_path / "x", stored(), tags={"SeriesDescription": "TOF"}):
        with_value(path, tag, vr, value)
    nifti(tmp_path / "DWI.nii.gz")
    assert StrokeSegLogic.load_case(tmp_path).roles == (Role.DWI,)
    assert "lacks its position" in refusal(StrokeSegLogic.load_case, [f"T1={tmp_path / 'x'}"])


@pytest.mark.parametrize(("text", "b"), [(b"1000", 1000.0), (b"0.264 ", 0.264), (struct.pack("<f", 700.0), 700.0)])
def test_a_private_b_value_without_type_is_text_or_one_number(tmp_path, text, b):
    from pydicom.dataelem import DataElement
    from pydicom.uid import ImplicitVRLittleEndian

    (path, *_) = dicom_slices(tmp_path, stored(), tags=TAGS)
    header = pydicom.dcmread(path)
    header.add(DataElement(0x20010010, "LO", "Philips Imaging DD 001"))
    header.add(DataElement(0x20011003, "UN", text))
    header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    pydicom.dcmwrite(path, header, implicit_vr=True, little_endian=True)
    (record,) = read_slices(path)
    assert record is not None and record.tags.b_value == pytest.approx(b)


def nested(depth: int) -> bytes:
    """A file with sequences within sequences, in front of Rows."""
    item = element((0x0008, 0x1140), "SQ") + b"\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return META + item * depth


def deflated(millions: int) -> bytes:
    """A file that is packed as a whole."""
    uid = b"1.2.840.10008.1.2.1.99"
    meta = element((2, 0x10), "UI") + struct.pack("<H", len(uid)) + uid
    length = element((2, 0), "UL") + struct.pack("<HI", 4, len(meta))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A whole block says the same again wherever it stands: one is packed, not all.
    million = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return META + length + meta + million * millions + packer.flush()


BROKEN = {
    "a meta header of another length": META + b"\x02\x00\x00\x00UL\x04\x00\xff\xff",
    "nothing behind the mark": META + b"\x02\x00",
    "sequences 100,000 deep": nested(100_000),
    "a length of 4 GB": META + element((0x0008, 0x103E), "UN") + b"\0\0\xfe\xff\xff\xff" + b"x" * 20,
    "300 MB packed into 300 KB": deflated(300),
    "an unknown type": META + b"\x08\x00\x00\x00??\x04\x00\0\0\0\0" + b"\x28\x00\x10\x00ZZ\x02\x00\x08\x00",
    "a slice of 65,535 x 65,535": META
    + b"".join(element((0x0028, number), "US") + struct.pack("<HH", 2, 65535) for number in (0x10, 0x11)),
    "text": b"hello" * 100,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_no_dicom_is_left_aside_and_named(tmp_path, kind):
    dicom_slices(tmp_path, stored(), tags=TAGS)
    (tmp_path / "IM9999.dcm").write_bytes(BROKEN[kind])
    case = StrokeSegLogic.load_case(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(case.series[Role.DWI].image), stored())
    named = [note for note in case.notes if note.startswith("IM9999.dcm was left aside")]
    # What holds no picture is no candidate at all.
    assert named or not read_slices(tmp_path / "IM9999.dcm")


@pytest.mark.parametrize("kind", [*BROKEN])
def test_a_file_that_is_no_dicom_is_refused_where_it_is_named(tmp_path, kind):
    path = tmp_path / "DWI.dcm"
    path.write_bytes(BROKEN[kind])
    assert refusal(StrokeSegLogic.load_case, [f"DWI={path}"])
    assert refusal(read_dicom_series, [path])


@pytest.mark.parametrize("named", [False, True])
def test_a_slice_that_is_missing_because_it_was_left_aside_is_named(tmp_path, named):
    paths = dicom_slices(tmp_path, stored(), tags=TAGS)
    paths[2].write_bytes(BROKEN["a meta header of another length"])
    message = refusal(StrokeSegLogic.load_case, [f"DWI={tmp_path}"] if named else tmp_path)
    assert "slices are missing" in message and f"{paths[2].name} was left aside" in message


def test_a_folder_of_broken_files_alone_says_what_is_wrong_with_the_first(tmp_path):
    for number in range(3):
        (tmp_path / f"IM{number}.dcm").write_bytes(BROKEN["text"])
    assert "IM0.dcm: is not a DICOM file though it is named so" in refusal(study_files, tmp_path)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        *(((0x0028, 0x0010), size) for size in (1, 13, 4096)),
        *(((0x0028, 0x0011), size) for size in (1, 11, 4096)),
        *(((0x0028, 0x0100), bits) for bits in (0, 1, 7, 32, 64, 65535)),
        *(((0x0028, 0x0101), bits) for bits in (0, 33, 65535)),
        *(((0x0028, 0x0103), sign) for sign in (7, 65535)),
    ],
)
def test_pixels_that_are_not_what_the_header_says_are_a_line_or_read(tmp_path, tag, value):
    for path in dicom_slices(tmp_path, stored(), tags=TAGS):
        with_value(path, tag, "US", struct.pack("<H", value))
    try:
        read_dicom_series(tmp_path.iterdir())
    except Exception:
        message = refusal(read_dicom_series, sorted(tmp_path.iterdir()))
        assert len(message) < 500 and ("slice" in message or "volume" in message or "NaN" in message)


def test_a_slice_whose_pixels_are_cut_short_is_named(tmp_path):
    paths = dicom_slices(tmp_path, stored(), tags=TAGS)
    paths[2].write_bytes(paths[2].read_bytes()[:-120])
    assert f"{paths[2].name}: a slice's pixels cannot be read" in refusal(read_dicom_series, paths)


def test_a_file_that_is_packed_as_a_whole_is_read(tmp_path):
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    paths = dicom_slices(tmp_path, stored(), tags=TAGS)
    for path in paths:
        header = pydicom.dcmread(path)
        header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        content = io.BytesIO()
        pydicom.dcmwrite(content, header)
        path.write_bytes(content.getvalue())
    assert np.array_equal(sitk.GetArrayFromImage(read_dicom_series(paths)), stored())


def test_what_pydicom_warns_of_does_not_come_between_the_lines_of_the_user(tmp_path):
    paths = dicom_slices(tmp_path, stored(), tags=TAGS)
    uid = paths[0].read_bytes()
    with_value(paths[0], (0x0020, 0x000D), "UI", b"1." * 40)
    assert paths[0].read_bytes() != uid
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert study_files(tmp_path).candidates


def test_no_more_is_read_than_there_is_whatever_length_an_element_claims(tmp_path):
    (path,) = dicom_slices(tmp_path, stored()[:1], tags=TAGS)
    with path.open("rb") as file:
        clamped = _Clamped(file, path.stat().st_size)
        assert clamped.read(10) == path.read_bytes()[:10]
        # So much memory would be taken at once.
        assert clamped.read(1 << 60) == path.read_bytes()[10:]
        assert clamped.read(1 << 60) == b"" and clamped.read() == b""
