from __future__ import annotations

import json
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.study.case import ClinicalData
from StrokeSegLogic.worker.job import FORMAT, Job, JobOptions, JobVolume, read_job, write_job

WHOLE = Job(
    FORMAT,
    "Größe 脳",
    "ctp",
    {"CTP": JobVolume("CTP.npz", "perfusion", (0.0, 1.5, 3.0)), "CT": JobVolume("CT.npz", "native")},
    ClinicalData(71.5, 12, 3.25),
    "CTP",
    JobOptions(
        "m", "cpu", "mean", 0.4, 0.1, True, True, True, True, "off", "unet3d", "12,-30,40mm", 0.4, ("maps", "report")
    ),
)


def test_a_written_job_reads_back_as_it_was(tmp_path: Path) -> None:
    write_job(tmp_path / "job.json", WHOLE)
    assert read_job(tmp_path / "job.json") == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]


def test_a_job_on_mri_may_bring_a_brain_mask(tmp_path: Path) -> None:
    volumes = {"DWI": JobVolume("DWI.npz", "b1000")}
    job = Job(FORMAT, "case", "mri", volumes, brain_mask=JobVolume("brain.npz", "drawn by hand"))
    write_job(tmp_path / "job.json", job)
    assert read_job(tmp_path / "job.json") == job


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "two versions"),
        ({"modality": "us"}, "is no modality"),
        ({"volumes": {}}, "names no volume"),
        ({"volumes": {"DWI": "file.npz"}}, "volumes.DWI"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"options": {"threshold": "high"}}, "threshold"),
        ({"options": {"extras": ["cake"]}}, "'cake' is no extra"),
        ({"clinical": {"nihss": 2.5}}, "nihss"),
        ({"brain_mask": "brain.npz"}, "brain_mask"),
        ({"brain_mask": {"file": "brain.npz", "source": "drawn"}}, "no meaning for CT perfusion"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, change: dict, words: str) -> None:
    write_job(tmp_path / "job.json", WHOLE)
    values = json.loads((tmp_path / "job.json").read_text())
    (tmp_path / "job.json").write_text(json.dumps(values | change))
    with pytest.raises(InputError, match=words):
        read_job(tmp_path / "job.json")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b'"text"'])
def test_a_file_that_is_no_job_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "job.json").write_bytes(content)
    with pytest.raises(InputError, match=r"job\.json"):
        read_job(tmp_path / "job.json")


def test_a_job_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_job(tmp_path / "missing" / "job.json", WHOLE)
