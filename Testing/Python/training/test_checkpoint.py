"""Checkpoints: whole or not at all, plain data, damaged files named."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest
import torch
from full_disk import run_limited

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.training import checkpoint

STATE = {"weights": {"a": torch.arange(6.0).reshape(2, 3)}, "step": 7, "loss": 0.1, "none": None, "list": [1.5, 2.5]}


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a.ckpt", STATE)
    found = checkpoint.load(tmp_path / "a.ckpt")
    assert found is not None
    assert torch.equal(found["weights"]["a"], STATE["weights"]["a"])  # type: ignore[index]
    assert {key: value for key, value in found.items() if key != "weights"} == {
        "step": 7,
        "loss": 0.1,
        "none": None,
        "list": [1.5, 2.5],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "a.ckpt") is None


@pytest.mark.parametrize("part", [0, 100, 0.5, -1])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, part: float) -> None:
    path = tmp_path / "a.ckpt"
    checkpoint.save(path, STATE)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part) if part == 0.5 else int(part)])
    with pytest.raises(InputError, match=r"a\.ckpt: the checkpoint cannot be read .*Delete it"):
        checkpoint.load(path)


class Evil:
    def __reduce__(self) -> tuple:
        return (exec, ("import pathlib; pathlib.Path('evil').touch()",))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pickled.ckpt").write_bytes(pickle.dumps(Evil()))
    torch.save({"step": Evil()}, "saved.ckpt")
    for name in ("pickled.ckpt", "saved.ckpt"):
        with pytest.raises(InputError, match="cannot be read"):
            checkpoint.load(Path(name))
    assert not Path("evil").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the checkpoint cannot be written"):
        checkpoint.save(tmp_path / "no" / "a.ckpt", STATE)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes to be had")
@pytest.mark.parametrize("numbers", [20_000, 3_000_000])
@pytest.mark.quick(1)
def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path, numbers: int) -> None:
    path = tmp_path / "a.ckpt"
    checkpoint.save(path, STATE)
    before = path.read_bytes()
    code = f"""
import pathlib, torch
from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.training import checkpoint
try:
    checkpoint.save(pathlib.Path({str(path)!r}), {{"big": torch.zeros({numbers})}})
except OutputError as error:
    print(error)
"""
    done = run_limited(50_000, "-c", code)
    assert done.returncode == 0, done.stderr
    assert f"{path}: the checkpoint cannot be written" in done.stdout
    assert "File too large" in done.stdout
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]
