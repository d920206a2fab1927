"""What a result tells of where it came from, and that --anonymous leaves it out of every byte of every file."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices

from StrokeSegLogic.cli.main import main
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.ctp import ctp_series, write_study
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.volumes.nifti import write_nifti

MARK = re.compile(rb"doe.?jane|jane.?doe|ID4711", re.IGNORECASE)
"""A patient's name and number, in whatever way they are joined."""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr("sys.argv", ["strokeseg", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0


def contents(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file's bytes, and those of all that is packed in it."""
    yield name, content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield f"{name}: the name {inner}", inner.encode()
                yield from contents(f"{name}/{inner}", archive.read(inner))
    elif content.startswith(b"\x1f\x8b"):
        yield from contents(f"{name} unpacked", gzip.decompress(content))
    elif content.startswith(b"NRRD") and b"encoding: gzip" in content[:4096]:
        yield f"{name} unpacked", gzip.decompress(content[content.index(b"\n\n") + 2 :])


def marked(folder: Path) -> set[str]:
    """Files of a result in which a name or number of the patient's stands."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            found |= {path.name for where, content in contents(path.name, path.read_bytes()) if MARK.search(content)}
    return found


@pytest.fixture(scope="module")
def named_study(phantom: MriPhantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient's name in the names of folder and files, in NIfTI's free text, and in DICOM's tags."""
    folder = tmp_path_factory.mktemp("studies") / "DOE_JANE_ID4711"
    folder.mkdir()
    flair = phantom.images[Role.FLAIR]
    image = nib.Nifti1Image(
        sitk.GetArrayFromImage(flair).T, np.diag([-1, -1, 1, 1]) @ np.diag([*flair.GetSpacing(), 1])
    )
    affine = image.affine.copy()
    affine[:3, 3] = np.array(flair.GetOrigin()) * (-1, -1, 1)
    image = nib.Nifti1Image(image.get_fdata(dtype=np.float32), affine)
    image.header["descrip"] = b"DOE^JANE ID4711"
    image.header["aux_file"] = b"DOE_JANE"
    nib.save(image, folder / "doe-jane_FLAIR.nii.gz")
    dwi = phantom.images[Role.DWI]
    stored = np.clip(sitk.GetArrayFromImage(dwi) * 100, 0, 60_000).astype(int)
    tags = {
        "PatientName": "DOE^JANE",
        "PatientID": "ID4711",
        "SeriesDescription": "ep2d_diff_b1000 DOE JANE",
        "ProtocolName": "stroke ID4711",
        "StudyDescription": "DOE JANE",
    }
    dicom_slices(
        folder / "JANE_DOE_series",
        stored,
        origin=dwi.GetOrigin(),
        spacing=dwi.GetSpacing(),
        tags=tags,
        prefix="ID4711_",
    )
    nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), folder / "doe-jane_mask.nii.gz")
    return folder


@pytest.mark.slow
def test_a_result_names_folder_files_and_series_and_an_anonymous_result_does_not(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    named_study: Path,
    phantom: MriPhantom,
    untrained: Bundle,
    tmp_path: Path,
) -> None:
    write_nifti(phantom.brain_on(Grid.of(phantom.images[Role.DWI])), tmp_path / "jane_doe_brain.nii.gz")
    arguments = ("segment", named_study, "--brain-mask", tmp_path / "jane_doe_brain.nii.gz")
    arguments = (*arguments, "--model", untrained.folder, "--device", "cpu")
    run(monkeypatch, *arguments, "--output", tmp_path / "named")
    # docs/privacy.md names these.
    assert marked(tmp_path / "named") == {"result.json", "report.html", "scene.mrb"}

    capsys.readouterr()
    run(monkeypatch, *arguments, "--anonymous", "--output", tmp_path / "anonymous")
    assert marked(tmp_path / "anonymous") == set()
    # The terminal still says what was read.
    said = capsys.readouterr().out
    assert "doe-jane_FLAIR.nii.gz" in said and "doe-jane_mask.nii.gz was left aside" in said
    record = json.loads((tmp_path / "anonymous" / "result.json").read_text(encoding="utf-8"))
    assert record["case"] == "anonymous"
    assert [series["source"] for series in record["provenance"]["inputs"]] == ["DWI", "FLAIR"]
    assert record["provenance"]["settings"]["anonymous"] is True
    for name in ("labels.nii.gz", "probability.nii.gz", "agreement.nii.gz", "brain.nii.gz"):
        assert (tmp_path / "anonymous" / name).read_bytes() == (tmp_path / "named" / name).read_bytes()


@pytest.mark.slow
def test_uids_stand_in_a_result_only_where_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, phantom: MriPhantom, untrained: Bundle, tmp_path: Path
) -> None:
    voxels = sitk.GetArrayFromImage(phantom.images[Role.DWI])
    tags = {"SeriesDescription": "DWI b1000", "StudyInstanceUID": "1.2.4711"}
    dicom_slices(tmp_path / "study", np.clip(voxels, 0, 4000).astype(int), tags=tags)
    arguments = ("segment", tmp_path / "study", "--model", untrained.folder, "--device", "cpu")
    run(monkeypatch, *arguments, "--output", tmp_path / "plain")
    run(monkeypatch, *arguments, "--dicom-references", "--output", tmp_path / "referring")
    assert "1.2.4711" not in (tmp_path / "plain" / "result.json").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "referring" / "result.json").read_text(encoding="utf-8"))
    (told,) = (series["images"] for series in record["provenance"]["inputs"])
    assert told["study_uid"] == "1.2.4711" and len(told["slices"]) == len(voxels)


def test_an_anonymous_result_refers_to_no_images(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["strokeseg", "segment", str(tmp_path), "--anonymous", "--dicom-references"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "Give --anonymous or --dicom-references" in " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def named_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient's name in the names of the folder and the files of a CT perfusion series."""
    study = tmp_path_factory.mktemp("series") / "Jane Doe ID4711"
    write_study(
        ctp_series(ctp_patient(0), ctp_grid((4.5, 4.5, 13.0)), CtpProtocol(tuple(3.0 * k for k in range(22)))), study
    )
    (study / "CTP.nii.gz").rename(study / "doe_jane_CTP.nii.gz")
    for beside in study.glob("CTP.*"):
        beside.rename(study / beside.name.replace("CTP", "doe_jane_CTP"))
    return study


@pytest.mark.slow
@pytest.mark.parametrize("command", [pytest.param("segment", marks=pytest.mark.slow), "perfusion"])
def test_ct_perfusion_keeps_names_out_as_well(
    monkeypatch: pytest.MonkeyPatch, named_series: Path, command: str, tmp_path: Path
) -> None:
    run(monkeypatch, command, named_series, "--output", tmp_path / "named")
    assert marked(tmp_path / "named")
    run(monkeypatch, command, named_series, "--anonymous", "--output", tmp_path / "anonymous")
    assert marked(tmp_path / "anonymous") == set()
    assert {path.name for path in (tmp_path / "anonymous").iterdir()} == {
        p.name for p in (tmp_path / "named").iterdir()
    }
