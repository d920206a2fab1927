"""Archives in a study folder are opened like folders; nothing in them leads out of theirs, or fills the disk."""

from __future__ import annotations

import io
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes import archives
from StrokeSegLogic.study.volumes.archives import unpack

FORMATS = {".zip": "zip", ".tar": "tar", ".tar.gz": "gztar", ".tgz": "gztar"}


def archived(folder: Path, path: Path) -> Path:
    """The folder's content as an archive at the path; the folder goes."""
    ending = next(ending for ending in (".tar.gz", ".tgz", ".tar", ".zip") if path.name.endswith(ending))
    made = shutil.make_archive(str(folder), FORMATS[ending], folder)
    shutil.rmtree(folder)
    return Path(shutil.move(made, path))


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that has to be empty at the end."""
    place = tmp_path / "temporary files"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    # So that a bomb need not be large.
    monkeypatch.setattr(archives, "_FREE_OF_RATIO", 4 << 20)
    yield place
    assert not list(place.iterdir())


@pytest.fixture
def study(tmp_path: Path) -> Path:
    place = tmp_path / "study"
    place.mkdir()
    return place


@pytest.mark.parametrize("ending", FORMATS)
def test_volumes_in_an_archive_beside_others_are_read(study, tmp_path, ending):
    nifti(study / "DWI.nii.gz")
    data, flair = stored(), voxels(seed=2)
    dicom_slices(tmp_path / "x" / "export" / "T1", data, suffix="", tags={"SeriesDescription": "AX T1"})
    nifti(tmp_path / "x" / "FLAIR.nii.gz", flair)
    (tmp_path / "x" / ".hidden").write_text("x")
    archived(tmp_path / "x", study / "sub" / f"rest{ending}" if (study / "sub").mkdir() is None else study)
    case = load_case(study)
    assert case.roles == (Role.T1, Role.DWI, Role.FLAIR) and not case.notes
    assert case.series[Role.FLAIR].source == f"sub/rest{ending}/FLAIR.nii.gz"
    assert case.series[Role.T1].source.startswith(f"sub/rest{ending}/export/T1 (series 'AX T1'")
    assert np.array_equal(sitk.GetArrayFromImage(case.series[Role.T1].image), data)


def test_an_archive_is_a_study_itself(study, tmp_path):
    nifti(tmp_path / "x" / "DWI.nii.gz")
    case = load_case(archived(tmp_path / "x", study / "patient.zip"))
    assert case.roles == (Role.DWI,) and case.name == "patient.zip" and case.series[Role.DWI].source == "DWI.nii.gz"


def test_what_lies_packed_and_unpacked_is_read_once(study, tmp_path):
    dicom_slices(tmp_path / "x", stored(), tags={"SeriesDescription": "DWI"})
    shutil.copytree(tmp_path / "x", study / "dwi")
    archived(tmp_path / "x", study / "dwi.zip")
    case = load_case(study)
    assert case.series[Role.DWI].source.startswith("dwi (series") and "copies of DICOM files" in case.notes[0]


def test_another_patient_in_an_archive_is_never_mixed_in(study, tmp_path):
    dicom_slices(study / "dwi", stored(), tags={"SeriesDescription": "DWI", "PatientID": "1"})
    dicom_slices(tmp_path / "x", stored(), tags={"SeriesDescription": "FLAIR", "PatientID": "2"})
    archived(tmp_path / "x", study / "old.zip")
    assert "patient" in refusal(load_case, study).lower()


def test_a_fault_in_an_archive_is_told_with_the_archives_name(study, tmp_path, temporary):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "DWI.nii.gz").write_bytes(b"no volume")
    archived(tmp_path / "x", study / "scan.zip")
    said = refusal(load_case, study)
    assert f"{study.name}/scan.zip/DWI.nii.gz" in said and str(temporary) not in said


def test_an_archive_in_an_archive_stays_closed_and_is_named(study, tmp_path):
    nifti(tmp_path / "y" / "T1.nii.gz")
    nifti(tmp_path / "x" / "DWI.nii.gz")
    archived(tmp_path / "y", tmp_path / "x" / "inner.zip")
    archived(tmp_path / "x", study / "outer.zip")
    case = load_case(study)
    assert case.roles == (Role.DWI,)
    assert case.notes == ("inner.zip was left aside: it is an archive that is not opened here",)


def zip_of(name: str, content: bytes = b"x", **more: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in more.items():
                setattr(entry, key, value)
            archive.writestr(entry, content)

    return make


def tar_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:
            for info, content in members:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))

    return make


def changed(make: Callable[[Path], None], change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def again(path: Path) -> None:
        make(path)
        path.write_bytes(change(path.read_bytes()))

    return again


def encrypted(content: bytes) -> bytes:
    return content.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    )


def endless_header(path: Path) -> None:
    """A tar whose first header claims a name of 2 GB, packed to little."""
    import gzip

    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 2 << 30
    with gzip.open(path, "wb", 1) as out:
        out.write(head.tobuf(tarfile.GNU_FORMAT))
        for _ in range(16):
            out.write(bytes(1 << 20))


HOSTILE = {
    "leads up": (".zip", zip_of("../DWI.nii.gz"), "lead out of its folder"),
    "leads up as in Windows": (".zip", zip_of("a\\..\\..\\DWI.nii.gz"), "lead out of its folder"),
    "an absolute path": (".tar", tar_of((tarfile.TarInfo("/tmp/DWI.nii.gz"), b"x")), "lead out of its folder"),
    "a drive": (".zip", zip_of("C:DWI.nii.gz"), "lead out of its folder"),
    "encrypted": (".zip", changed(zip_of("DWI.nii.gz"), encrypted), "encrypted"),
    "a bomb": (".zip", zip_of("DWI.nii", bytes(6 << 20)), "of more than 0.0039 GB"),
    "a bomb of tar": (
        ".tgz",
        tar_of((tarfile.TarInfo("D.nii"), bytes(6 << 20)), mode="w:gz"),
        "of more than 0.0039 GB",
    ),
    "a header without end": (".tgz", endless_header, "cannot be opened"),
    "cut short": (".zip", changed(zip_of("DWI.nii.gz", bytes(range(256)) * 40), lambda c: c[:90]), "cannot be opened"),
    "a member damaged": (
        ".zip",
        changed(zip_of("DWI.nii.gz", bytes(range(256))), lambda c: c[:60] + b"\xff\0\xff" + c[63:]),
        "cannot be opened",
    ),
    "no archive": (".tar.gz", lambda path: path.write_bytes(b"hello"), "cannot be opened"),
    "the same name twice": (
        ".tar",
        tar_of((tarfile.TarInfo("D.nii"), b"x"), (tarfile.TarInfo("D.nii"), b"y")),
        "cannot be opened",
    ),
    "a table of contents that fills the memory": (
        ".zip",
        changed(zip_of("D.nii"), lambda c: c[:-10] + struct.pack("<L", 1 << 30) + c[-6:]),
        "files",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_named_and_the_rest_read(study, tmp_path, kind):
    ending, make, words = HOSTILE[kind]
    make(study / f"x{ending}")
    nifti(study / "FLAIR.nii.gz")
    before = sorted(tmp_path.rglob("*"))
    case = load_case(study)
    assert case.roles == (Role.FLAIR,)
    (note,) = case.notes
    assert note.startswith(f"x{ending} was left aside: it is an archive") and words in note
    assert sorted(tmp_path.rglob("*")) == before


def test_links_in_an_archive_are_left_out(study, tmp_path):
    nifti(tmp_path / "secret_T1.nii.gz")
    link = tarfile.TarInfo("T1.nii.gz")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret_T1.nii.gz")
    hard = tarfile.TarInfo("T2.nii.gz")
    hard.type, hard.linkname = tarfile.LNKTYPE, "T1.nii.gz"
    content = nifti(tmp_path / "DWI.nii.gz").read_bytes()
    tar_of((link, b""), (hard, b""), (tarfile.TarInfo("DWI.nii.gz"), content))(study / "x.tar")
    zip_of("FLAIR.nii.gz", str(tmp_path / "secret_T1.nii.gz").encode(), external_attr=0o120777 << 16)(study / "y.zip")
    assert load_case(study).roles == (Role.DWI,)


def test_many_files_and_many_archives_are_bounded(study, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    for name, count in (("few", 3), ("many", 4)):
        for number in range(count):
            nifti(tmp_path / name / f"{name}{number}.nii.gz")
        archived(tmp_path / name, study / f"{name}.zip")
    nifti(study / "DWI.nii.gz")
    assert any(
        note == "many.zip was left aside: it is an archive of more than 3 files" for note in load_case(study).notes
    )
    assert unpack(study / "few.zip", tmp_path / "out") > 0
    with pytest.raises(InputError, match="of more than"):
        unpack(study / "few.zip", tmp_path / "less", most_bytes=100)
    assert not (tmp_path / "less").exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), value=st.integers(0, 255), ending=st.sampled_from([".zip", ".tar", ".tgz"]))
def test_a_changed_byte_never_writes_elsewhere_nor_ends_in_anything_but_one_line(tmp_path, place, value, ending):
    home = Path(tempfile.mkdtemp(dir=tmp_path))
    path = home / f"x{ending}"
    make = zip_of("a/D.nii", b"abc" * 50) if ending == ".zip" else None
    (make or tar_of((tarfile.TarInfo("a/D.nii"), b"abc" * 50), mode="w:gz" if ending == ".tgz" else "w"))(path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        unpack(path, home / "out")
    except InputError as error:
        assert "is an archive" in str(error) and not (home / "out").exists()
    assert {p.relative_to(home).parts[0] for p in home.rglob("*")} <= {path.name, "out"}
    shutil.rmtree(home)
