"""Terminals as they are found: other code pages, closed, full, or read by somebody who has had enough."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from evaluation.cohorts import box, write_masks
from panel.studies import lesion_result
from rich.console import Console

from StrokeSegLogic.cli import terminal
from StrokeSegLogic.cli.main import main, run
from StrokeSegLogic.cli.terminal import describe, lasting_streams
from StrokeSegLogic.evaluation.report import FILES
from StrokeSegLogic.mri.doubts import Unusual
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.files import RESULT
from StrokeSegLogic.result.doubts import Doubt

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="shell and descriptors of POSIX")


def shell(folder: Path, redirection: str, *words: str | Path) -> None:
    """A command with a redirection behind it, which must be done and say nothing of it."""
    command = " ".join(shlex.quote(str(word)) for word in (sys.executable, "-m", "StrokeSegLogic", *words))
    done = subprocess.run(
        ["bash", "-c", os.fsencode(f"{command} {redirection}")],
        capture_output=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.fixture
def segment(untrained: Bundle, tmp_path: Path) -> Callable[[Path, str], None]:
    """Segments a folder with a redirection behind the command, and asserts that the result is there."""

    def segmented(study: Path, redirection: str) -> None:
        options = ("--output", "out", "--device", "cpu", "--model", untrained.folder)
        shell(tmp_path, redirection, "segment", study, *options)
        assert (tmp_path / "out" / RESULT).is_file(), "what was computed is not lost"

    return segmented


@pytest.mark.slow
def test_names_that_a_code_page_cannot_spell_are_printed_as_escapes(
    study: Path, untrained: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    russian = tmp_path / "дом"
    russian.mkdir()
    (russian / "DWI снимок.nii.gz").write_bytes((study / "DWI.nii.gz").read_bytes())
    western = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", western)
    words = ["segment", russian, "--device", "cpu", "--model", untrained.folder, "--output", tmp_path / "out"]
    assert run([str(word) for word in words]) == 0
    western.flush()
    assert rb"DWI \u0441\u043d" in western.buffer.getvalue()
    assert (tmp_path / "out" / RESULT).is_file()


@pytest.mark.slow
@posix
@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_folder_named_in_other_bytes_is_segmented_and_named_and_a_full_terminal_costs_no_result(
    segment: Callable[[Path, str], None], study: Path, tmp_path: Path
) -> None:
    latin = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    latin.mkdir()
    (latin / "DWI.nii.gz").write_bytes((study / "DWI.nii.gz").read_bytes())
    segment(latin, "> /dev/full 2> /dev/full")
    assert r'"case": "caf\\xe9"' in (tmp_path / "out" / RESULT).read_text(encoding="utf-8")


@posix
def test_a_reader_that_has_had_enough_costs_no_result(tmp_path: Path) -> None:
    masks = {"one": box((1, 4), (2, 6), (2, 6)), "two": box((1, 4), (2, 6), (3, 7))}
    for folder in ("predictions", "references"):
        write_masks(tmp_path / folder, masks)
    shell(tmp_path, "| head -1", "evaluate", "predictions", "references", "--output", "scores")
    assert {path.name for path in (tmp_path / "scores").iterdir()} >= set(FILES)


@posix
@pytest.mark.parametrize("redirection", [">&- 2>&-", ">&-"])
@pytest.mark.quick(1)
def test_a_closed_terminal_costs_no_result(tmp_path: Path, redirection: str) -> None:
    # No network: this is of Python's streams, which all commands share.
    shell(tmp_path, redirection, "dataset", "make", "isles2022", "data", "--patients", "1", "--small")
    assert list((tmp_path / "data").rglob("*_dwi.nii.gz"))


@pytest.mark.parametrize(
    "words",
    [
        ("segment", "  "),
        ("segment", "x", "--output="),
        ("segment", "DWI="),
    ],
)
def test_an_empty_word_is_a_variable_that_was_not_set(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["strokeseg", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr().err
    assert stop.value.code == 1
    assert "is empty" in said and "variable" in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_name_longer_than_the_system_has_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["strokeseg", "segment", "a" * 5000])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "too long" in capsys.readouterr().err


def test_streams_are_given_back_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    with lasting_streams():
        print("größe 脳 \udce9")
    assert sys.stdout is plain
    plain.flush()
    assert plain.buffer.getvalue() == rb"gr\xf6\xdfe \u8133 \xe9" + os.linesep.encode()


def test_what_is_unusual_is_said_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    alarm = Doubt((), Unusual.BOTH_SIDES, "both hemispheres are marked alike")
    described = replace(lesion_result(), unusual=(alarm,))
    monkeypatch.setattr(terminal, "console", Console(highlight=False, markup=False))
    describe(described, Path("out"))
    assert capsys.readouterr().out.splitlines()[0] == "UNUSUAL: both hemispheres are marked alike"
    describe(lesion_result(), Path("out"))
    assert "UNUSUAL" not in capsys.readouterr().out
