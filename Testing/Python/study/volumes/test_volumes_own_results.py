"""What an earlier run wrote is no input of the next, wherever it lies; what the user put in its place is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ctp_files import frames, nifti_series
from io_fixtures import nifti, voxels

from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.records import RESULTS, sealed
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

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
