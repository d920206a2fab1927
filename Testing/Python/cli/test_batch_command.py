"""strokeseg batch and strokeseg compare, with the real engine on small phantoms."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.cli.main import run
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.files import MRI_FILES
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.study.case import Role

Made = tuple[Path, int, list[str]]
BEYOND = 4


@pytest.fixture(scope="module")
def made(phantom: MriPhantom, untrained: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A batch of two phantoms and a broken study: its folder, the exit code, and the models that were loaded."""
    home = tmp_path_factory.mktemp("batch")
    for name in ("first", "zweite Müller"):
        phantom.write(home / "in" / name, (Role.DWI,))
    (home / "in" / "broken").mkdir()
    (home / "in" / "broken" / "DWI.nii.gz").write_bytes(b"no image")
    loaded: list[str] = []
    load = Bundle.load

    def told(bundle: Bundle) -> Any:
        loaded.append(bundle.spec.name)
        return load(bundle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bundle, "load", told)
        code = run(["batch", str(home / "in"), str(home / "out"), "--model", str(untrained.folder), "--device", "cpu"])
    return home / "out", code, loaded


def test_every_study_has_its_result_and_the_broken_study_its_reason(made: Made) -> None:
    folder, code, _ = made
    assert code == 1, "scripts must hear of the broken study"
    for name in ("first", "zweite Müller"):
        assert {path.name for path in (folder / name).iterdir()} == set(MRI_FILES)
    rows = {row["case"]: row for row in csv.DictReader((folder / "summary.csv").open(encoding="utf-8"))}
    assert {name: row["state"] for name, row in rows.items()} == {
        "broken": "failed",
        "first": "done",
        "zweite Müller": "done",
    }
    assert "DWI.nii.gz" in rows["broken"]["reason"]
    stated = json.loads((folder / "first" / "result.json").read_text(encoding="utf-8"))
    assert float(rows["first"]["lesion_ml"]) == pytest.approx(stated["statistics"]["volume_ml"], rel=1e-4)
    assert "zweite%20M%C3%BCller/report.html" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_weights_are_loaded_once(made: Made) -> None:
    assert made[2].count("untrained") == 1


def test_the_same_twice_agrees_to_the_voxel(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _, _ = made
    first, second = (str(folder / name) for name in ("first", "zweite Müller"))
    assert run(["compare", first, second, "--min-dice", "1", "--max-hd95", "0", "--max-volume-difference", "0"]) == 0
    said = capsys.readouterr().out
    assert "1 of 1 rows are the same to the voxel" in said and "A  untrained 0" in said


@pytest.fixture
def shifted(made: Made, tmp_path: Path) -> Path:
    """The first result, two voxels along x."""
    image = sitk.ReadImage(str(made[0] / "first" / "labels.nii.gz"))
    moved = sitk.GetImageFromArray(np.roll(sitk.GetArrayFromImage(image), 2, axis=2))
    moved.CopyInformation(image)
    sitk.WriteImage(moved, str(tmp_path / "moved.nii.gz"))
    return tmp_path / "moved.nii.gz"


def test_what_is_beyond_a_limit_has_an_exit_code_of_its_own(
    made: Made, shifted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = str(made[0] / "first")
    assert run(["compare", first, str(shifted)]) == 0
    assert run(["compare", first, str(shifted), "--min-dice", "0.9999", "--output", str(tmp_path / "a.json")]) == BEYOND
    assert "Dice" in capsys.readouterr().err
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert told["rows"][0]["beyond"] and told["limits"]["dice"] == 0.9999


def test_rows_go_into_a_table_and_never_over_a_file_of_the_users(made: Made, shifted: Path, tmp_path: Path) -> None:
    words = ["compare", str(made[0] / "first"), str(shifted), "--output"]
    table = tmp_path / "rows.csv"
    assert run([*words, str(table)]) == 0
    (row,) = csv.DictReader(table.open(encoding="utf-8"))
    assert row["case"] == "first" and 0 < float(row["dice"]) < 1
    table.write_text("mine")
    assert run([*words, str(table)]) == 1 and table.read_text() == "mine"
    assert run([*words, str(table), "--overwrite"]) == 0
    (aside,) = tmp_path.glob("previous-*/rows.csv")
    assert aside.read_text() == "mine"
    assert run([*words, str(tmp_path / "rows.txt")]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["batch", "{}/nowhere", "{}/out"], "there is no such folder or table"),
        (["batch", "{}", "{}/out", "--layout", "mine"], "no layout is called 'mine'"),
        (["batch", "{}", "{}/out", "--workers", "0"], "greater than or equal to 1"),
        (["batch", "{}", "{}/out", "--threshold", "2"], "between 0 and 1"),
        (
            ["batch", "{}", "{}/out", "--anonymous", "--dicom-references"],
            "an anonymous result refers to no DICOM images",
        ),
        (["compare", "{}", "{}"], "holds no volume"),
        (["compare", "{}/nowhere", "{}"], "there is no such folder"),
    ],
    ids=lambda value: " ".join(value[3:] or value[:2]) if isinstance(value, list) else None,
)
def test_bad_input_is_told_in_a_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word.format(tmp_path) for word in words]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_options_of_segment_are_those_of_batch() -> None:
    from inspect import signature

    from StrokeSegLogic.cli.batch import batch
    from StrokeSegLogic.cli.segment import chosen_settings, segment

    def options(command: Callable[..., None]) -> set[str]:
        return set(signature(command).parameters)

    assert options(chosen_settings) <= options(segment) & options(batch)  # type: ignore[arg-type]
