"""Terminals as they are found: other code pages, closed, full, or read by somebody who has had enough."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from StrokeSegLogic.cli.main import main
from StrokeSegLogic.cli.terminal import lasting_streams
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.folder import RESULT

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="shell and descriptors of POSIX")


@pytest.fixture
def shell(untrained: Bundle, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Segments a folder with a redirection behind the command, and asserts that the result is there."""

    def run(study: Path, redirection: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
        words = [sys.executable, "-m", "StrokeSegLogic", "segment", os.fsencode(study), "--output", "out"]
        command = b" ".join(shlex.quote(os.fsdecode(word)).encode("utf-8", "surrogateescape") for word in words)
        rest = f" --device cpu --model {shlex.quote(str(untrained.folder))} {redirection}"
        done = subprocess.run(
            ["bash", "-c", command + rest.encode()],
            capture_output=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out" / RESULT).is_file(), "what was computed is not lost"
        assert b"Traceback" not in done.stderr
        return done

    return run


@posix
def test_names_that_a_code_page_cannot_spell_are_printed_as_escapes(
    shell: Callable[..., subprocess.CompletedProcess[bytes]], study: Path, tmp_path: Path
) -> None:
    russian = tmp_path / "дом"
    russian.mkdir()
    (russian / "DWI снимок.nii.gz").write_bytes((study / "DWI.nii.gz").read_bytes())
    done = shell(russian, PYTHONIOENCODING="cp1252")
    assert rb"DWI \u0441\u043d" in done.stdout


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_folder_named_in_other_bytes_is_segmented_and_named(
    shell: Callable[..., subprocess.CompletedProcess[bytes]], study: Path, tmp_path: Path
) -> None:
    latin = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    latin.mkdir()
    (latin / "DWI.nii.gz").write_bytes((study / "DWI.nii.gz").read_bytes())
    shell(latin)
    assert r'"case": "caf\\xe9"' in (tmp_path / "out" / RESULT).read_text(encoding="utf-8")


@posix
@pytest.mark.parametrize("redirection", ["| head -1", ">&-", ">&- 2>&-", "> /dev/full 2> /dev/full"])
def test_a_terminal_that_takes_nothing_more_costs_no_result(
    shell: Callable[..., subprocess.CompletedProcess[bytes]], study: Path, redirection: str
) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no device that is full")
    shell(study, redirection)


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
