"""CT perfusion through the worker; the process itself is tested with MRI."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_results import COARSE
from worker.jobs import job_of

from StrokeSegLogic.base.errors import InputError, ModelError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import ClinicalData, Role
from StrokeSegLogic.worker.job import FORMAT, Job, JobOptions, JobVolume, read_job
from StrokeSegLogic.worker.run import Written, read_case, run_job
from StrokeSegLogic.worker.volume_files import read_volume, write_volume

KNOWN = ClinicalData(71, 17, 8.0)


@pytest.fixture(scope="module")
def maps() -> dict[Role, sitk.Image]:
    return {Role(name): image for name, image in ctp_patient(0).maps(ctp_grid(COARSE)).images.items()}


def run(home: Path, images: dict[Role, sitk.Image], options: JobOptions) -> Written:
    path = job_of("ctp", home, images, options, KNOWN)
    return run_job(read_job(path), home, home / "result", Progress())


@pytest.mark.slow
def test_maps_become_core_penumbra_numbers_and_criteria_as_the_engine_gives_them(tmp_path: Path, maps: dict) -> None:
    written = run(tmp_path / "1", maps, JobOptions(device="cpu", extras=("report",)))
    job = read_job(tmp_path / "1" / "job.json")
    expected = segment_perfusion(read_case(job, tmp_path / "1"))
    labels = read_volume(written.volumes["labels"])
    np.testing.assert_array_equal(labels.array, expected.array())
    assert set(written.volumes) == {"labels", "brain", *(f"labels-{route.name}" for route in expected.routes)}
    record = json.loads(written.record.read_text())
    assert (record["modality"], record["chosen"]) == ("ctp", "thresholds")
    assert record["numbers"] == json.loads(json.dumps(expected.summary()["numbers"]))
    assert [route["name"] for route in record["routes"]] == ["thresholds", "slow-fusion", "unet3d"]
    assert record["criteria"] == json.loads(json.dumps(expected.summary()["criteria"]))
    assert record["navigation"]["lesions"]
    assert written.report is not None
    assert "mismatch" in written.report.read_text(encoding="utf-8").lower()


@pytest.mark.slow
def test_a_users_own_route_and_model_are_taken(tmp_path: Path, maps: dict) -> None:
    written = run(tmp_path / "1", maps, JobOptions(device="cpu", route="unet3d", extras=()))
    assert json.loads(written.record.read_text())["chosen"] == "unet3d"
    with pytest.raises(InputError, match="'magic' is no route"):
        run(tmp_path / "2", maps, JobOptions(route="magic"))
    with pytest.raises(ModelError, match="no model is called 'none such'"):
        run(tmp_path / "3", maps, JobOptions(route="slow-fusion", model="none such"))


@pytest.mark.slow
def test_a_series_over_time_hands_its_maps_over(tmp_path: Path) -> None:
    grid = ctp_grid((4.5, 4.5, 13.0))
    series = ctp_series(0, grid, CtpProtocol(tuple(3.0 * k for k in range(22))))
    write_volume(tmp_path / "CTP.npz", Volume(series.hu, grid))
    times = tuple(float(time) for time in series.times_s)
    job = Job(FORMAT, "phantom", "ctp", {"CTP": JobVolume("CTP.npz", "a sequence", times)})
    written = run_job(job, tmp_path, tmp_path / "result", Progress())
    assert {"CBF", "CBV", "MTT", "TTP", "TMAX", "MIP"} <= set(written.volumes)
    assert json.loads(written.record.read_text())["reference"] == "CTP"
    tmax = read_volume(written.volumes["TMAX"])
    assert tmax.array.shape == grid.shape and tmax.grid == grid


def test_a_case_of_the_other_kind_is_refused(tmp_path: Path, maps: dict) -> None:
    home = tmp_path / "1"
    path = job_of("mri", home, maps, JobOptions())
    with pytest.raises(InputError, match="the job is of the other kind"):
        run_job(read_job(path), home, home / "result", Progress())


@pytest.mark.slow
def test_a_job_may_leave_the_names_of_nodes_out(tmp_path: Path, maps: dict) -> None:
    written = run(tmp_path / "1", maps, JobOptions(device="cpu", anonymous=True, extras=("report",)))
    assert written.report is not None
    for path in (written.record, written.report):
        assert "of the scene" not in path.read_text(encoding="utf-8")
    record = json.loads(written.record.read_text())
    assert {series["source"] for series in record["provenance"]["inputs"]} == {role.value for role in maps}
