"""A run's folder is its own from the beginning, and what the user puts or changes there is never replaced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.training.run_folder import RECORD, claim, reserved_for_run, write_model


@dataclass(frozen=True)
class Recipe:
    name: str = "tiny"


def export(folder: Path) -> None:
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"weights")
    (folder / "model.json").write_text("{}", encoding="utf-8")


def test_a_folder_is_one_recipes_and_may_be_claimed_again(tmp_path: Path) -> None:
    claim(tmp_path / "run", Recipe())
    (tmp_path / "run" / "axial.ckpt").write_bytes(b"x")
    claim(tmp_path / "run", Recipe())
    with pytest.raises(InputError, match="holds a run of another recipe"):
        claim(tmp_path / "run", Recipe("other"))


@pytest.mark.parametrize("name", ["axial.ckpt", "prepared", "tensorboard", "vote-losses.csv", "x-losses.png"])
def test_what_a_run_would_write_to_is_not_in_a_folder_that_is_no_runs(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").touch()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(OutputError, match=f"holds {name}, which no run of a recipe has written"):
        claim(tmp_path, Recipe())
    assert {path.name for path in tmp_path.iterdir()} == {name, "notes.txt"}
    with reserved_for_run(tmp_path, overwrite=True) as held:
        claim(tmp_path, Recipe())
    (place,) = tmp_path.glob("previous-*")
    assert (place / name / "mine").exists() and (tmp_path / "notes.txt").exists()
    assert held is not None and held.notes == [f"{name} moved to {place / name}"]


@pytest.mark.parametrize("mark", [b"", b"\xff", b"[" * 100_000])
def test_another_programs_recipe_is_refused_and_stays(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / "recipe.json").write_bytes(mark)
    with pytest.raises(InputError, match="a run of another recipe"):
        claim(tmp_path, Recipe())
    assert (tmp_path / "recipe.json").read_bytes() == mark


def test_a_model_is_written_again_but_an_edited_model_stops_the_run_before_it_trains(tmp_path: Path) -> None:
    claim(tmp_path, Recipe())
    for _ in range(2):
        write_model(tmp_path, export)
    edited = tmp_path / "model" / "model.json"
    edited.write_text(json.dumps({"threshold": 0.4}), encoding="utf-8")
    with pytest.raises(OutputError, match=r"holds model/model.json, which no record shows"), reserved_for_run(tmp_path):
        pass
    with pytest.raises(OutputError, match="model/model.json"):
        write_model(tmp_path, export)
    with reserved_for_run(tmp_path, overwrite=True):
        write_model(tmp_path, export)
    (place,) = tmp_path.glob("previous-*")
    assert "0.4" in (place / "model" / "model.json").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"recipe.json", "model", RECORD, place.name}


def test_a_process_beside_the_first_of_a_run_does_not_ask_for_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reserved_for_run(tmp_path):
        monkeypatch.setenv("LOCAL_RANK", "1")
        with reserved_for_run(tmp_path) as held:
            assert held is None
