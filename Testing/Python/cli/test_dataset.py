from __future__ import annotations

import json
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.base.records import sealed
from StrokeSegLogic.cli.dataset import _require_ours, app
from StrokeSegLogic.training.datasets.synthetic import write_synthetic


def run(*arguments: str | Path) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "study"
    write_synthetic("ctp_folder", made, patients=3)
    return made


def test_make_and_check_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("make", "isles2018", tmp_path / "data", "--patients", "2", "--seed", "5", "--small")
    assert "2 simulated patients (3 cases)" in capsys.readouterr().out
    run("check", tmp_path / "data")
    said = capsys.readouterr().out
    assert "isles2018" in said and "2 patients, 3 cases" in said
    assert "Nothing is missing and nothing looks wrong" in said


@pytest.mark.slow
def test_check_says_images_masks_classes_and_groups(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("check", folder)
    said = capsys.readouterr().out
    assert "3 of 3" in said and "58 x 58 x 26" in said
    assert "NR1 in 3, NR2 in 3" in said
    assert "penumbra" in said and "core" in said
    assert "LVO 2, Non-LVO 1" in said and "train 1, val 1, test 1" in said


def test_findings_are_written_as_json(folder: Path, tmp_path: Path) -> None:
    run("check", folder, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["usable"] is True
    assert found["summary"]["patients"] == 3 and found["summary"]["grids"]["CBF"]["least_size"] == [58, 58, 26]


def test_what_cannot_be_trained_on_ends_with_the_first_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_synthetic("isles2022", tmp_path / "data", patients=2)
    next((tmp_path / "data").glob("derivatives/*/*/*.nii.gz")).unlink()
    with pytest.raises(InputError, match="cannot be trained on: sub-strokecase0001: the mask is missing") as error:
        run("check", tmp_path / "data", "--json", tmp_path / "found.json")
    assert error.value.exit_code == 1
    assert "error: sub-strokecase0001: the mask is missing" in capsys.readouterr().out
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["usable"] is False


def test_warnings_alone_are_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_synthetic("isles2022", tmp_path / "data", patients=2)
    next((tmp_path / "data").glob("sub-*/*/anat/*.nii.gz")).unlink()
    run("check", tmp_path / "data")
    assert "warning: sub-strokecase0001: FLAIR is missing" in capsys.readouterr().out


def test_a_folder_of_no_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not laid out as any known data set"):
        run("check", tmp_path)


def test_a_json_file_that_cannot_be_written_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nonesuch"):
        run("check", folder, "--json", tmp_path / "nonesuch" / "found.json")


def test_an_existing_folder_is_not_written_over(folder: Path) -> None:
    with pytest.raises(OutputError, match="is not an empty folder"):
        run("make", "bids", folder, "--small")


def test_the_record_of_another_command_is_no_checks(tmp_path: Path) -> None:
    record = tmp_path / "result.json"
    record.write_bytes(sealed({"case": "phantom", "volume_ml": 3.0}, {"labels.nii.gz": "0" * 64}))
    before = record.read_bytes()
    with pytest.raises(OutputError, match="was not written by a check"):
        _require_ours(record)
    assert record.read_bytes() == before
    record.write_bytes(sealed({"usable": True, "summary": {}, "found": []}, {}))
    _require_ours(record)
