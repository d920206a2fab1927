"""What every command shares: empty words are refused, exit codes 0 done, 1 bad input, 2 fault, 3 cancelled."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from ctp_files import frames, nifti_series

from StrokeSegLogic.cli.main import app, run
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.training.datasets.synthetic import write_synthetic

sys.path.append(str(Path(__file__).parents[1] / "review"))
COMMAND = typer.main.get_command(app)
WITHOUT_DATA = {("dataset", "make-perfusion")}
"""Needs a data set that nobody simulates."""


def commands() -> dict[tuple[str, ...], Any]:
    """Every command by its words."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in COMMAND.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {(name,): command} if inner is None else {(name, other): each for other, each in inner.items()}
    return found


def empty_words() -> Iterator[tuple[str, ...]]:
    """Each command with each of its words and options empty in turn, and nothing else wrong."""
    for words, command in commands().items():
        arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
        for place in range(len(arguments)):
            yield (*words, *("" if place == number else "x" for number in range(len(arguments))))
        for option in command.params:
            if option.param_type_name == "option" and not option.is_flag and option.name != "help":
                yield (*words, *("x" for _ in arguments), option.opts[-1], "")


@pytest.mark.parametrize("words", list(empty_words()), ids=" ".join)
def test_no_word_may_be_empty(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(list(words)) == 1
    said = capsys.readouterr().err
    where = next((before for before, word in pairwise(words) if not word), "")
    assert said.startswith(f"strokeseg: {where if where.startswith('-') else 'an argument'}: is empty. ")
    assert said.count("\n") == 1 and not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "isles2015"
    write_synthetic("isles2015", made, patients=3)
    return made


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results, and a review of them in which Änne has two cases before her."""
    from reviews import LESION, segmentation, write_result

    home = tmp_path_factory.mktemp("reviewed")
    for name in ("a", "b"):
        write_result(home / "results" / name, segmentation(name, LESION))
    assert run(["review", "init", str(home / "review"), str(home / "results")]) == 0
    for name in ("a", "b"):
        assert run(["review", "start", str(home / "review"), name, "--reader", "Änne"]) == 0
    assert run(["review", "accept", str(home / "review"), "b", "--reader", "Änne"]) == 0
    return home


@pytest.fixture
def call(
    data: Path, study: Path, reviewed: Path, untrained: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[tuple[str, ...]], list[str]]:
    """Words with which a command has something to do, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STROKESEG_READER", "Änne")

    def provide(words: str) -> None:
        """What the words name, and no more: there are many commands."""
        if "review" in words or "results" in words:
            shutil.copytree(reviewed, tmp_path, dirs_exist_ok=True)
        if "data" in words:
            shutil.copytree(data, "data")
        if "study" in words:
            shutil.copytree(study, "study")
        if "masks" in words:
            masks = sorted(path for path in data.rglob("*.nii") if ".OT." in path.name)
            for case, mask in enumerate(masks):
                for folder in ("predictions", "masks"):
                    Path(folder).mkdir(exist_ok=True)
                    shutil.copyfile(mask, Path(folder) / f"case_{case}.nii")
        if "ctp" in words:
            nifti_series(Path("ctp") / "CTP.nii", frames())

    def words(command: tuple[str, ...]) -> list[str]:
        words = {
            ("segment",): "study --output out",
            ("perfusion",): "ctp --output out",
            ("batch",): "data out",
            ("compare",): "predictions masks",
            ("demo",): "--output out",
            ("train",): "mri-table/res-unet-absent --data data --output out",
            ("adapt",): f"data --output out --model {untrained.folder}",
            ("predict",): f"{untrained.folder} --data data --output out --cases all",
            ("evaluate",): "predictions masks --output out",
            ("experiment",): "mri-table --data data --output out --set pretrained=",
            ("review", "init"): "begun results",
            ("review", "propose"): "review",
            ("review", "list"): "review",
            ("review", "next"): "review",
            ("review", "start"): "review a",
            ("review", "accept"): "review a",
            ("review", "edit"): "review a masks/case_0.nii",
            ("review", "reject"): "review a --reason movement",
            ("review", "leave"): "review a",
            ("review", "comment"): "review a clear",
            ("review", "second"): "review a",
            ("review", "verify"): "review",
            ("review", "report"): "review",
            ("review", "export"): "review out",
            ("dataset", "check"): "data",
            ("dataset", "make"): "isles2022 out --small",
            ("dataset", "make-perfusion"): "soop out",
        }
        provide(words[command])
        return [*command, *words[command].split()]

    return words


@pytest.fixture(scope="module")
def waiting() -> list[tuple[Path, Callable[[], None]]]:
    """A folder, and what happens when a file in it is opened; once, and in no later test."""
    waiting: list[tuple[Path, Callable[[], None]]] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if waiting and event == "open" and isinstance(arguments[0], str | bytes):
            folder, happen = waiting[0]
            path = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode("utf-8", "replace")
            if (folder / path).is_relative_to(folder) and not path.startswith(sys.prefix):
                waiting.clear()
                happen()

    # Once: a hook stays as long as the process, and each slows all that comes later.
    sys.addaudithook(hook)
    return waiting


@pytest.fixture
def at_the_first_file(
    waiting: list[tuple[Path, Callable[[], None]]], tmp_path: Path
) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Has something happen when the first file in the test's folder is opened: in the order of the work, at no time."""
    yield lambda happen: waiting.append((tmp_path, happen))
    waiting.clear()


@pytest.mark.parametrize("command", sorted(commands().keys() - WITHOUT_DATA), ids=" ".join)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.quick(8)
def test_a_signal_while_it_reads_or_writes_ends_it_with_3(
    command: tuple[str, ...],
    number: signal.Signals,
    call: Callable[[tuple[str, ...]], list[str]],
    at_the_first_file: Callable[[Callable[[], None]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = call(command)
    at_the_first_file(lambda: signal.raise_signal(number))
    assert run(words) == 3
    assert capsys.readouterr().err == "strokeseg: cancelled.\n"


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_what_is_not_there_ends_it_with_1(
    command: tuple[str, ...], call: Callable[[tuple[str, ...]], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = call(command)
    Path("out").write_text("a file where a folder is wanted")
    for folder in ("data", "study", "ctp", "predictions", "masks", "results", "review"):
        if Path(folder).exists():
            shutil.rmtree(folder)
    assert run(words) == 1
    said = capsys.readouterr().err
    assert said.startswith("strokeseg: ") and said.count("\n") == 1 and len(said) < 500
    assert Path("out").read_text() == "a file where a folder is wanted"


@pytest.mark.parametrize("command", sorted(commands().keys() - WITHOUT_DATA), ids=" ".join)
def test_a_fault_of_ours_ends_it_with_2_and_asks_for_a_report(
    command: tuple[str, ...],
    call: Callable[[tuple[str, ...]], list[str]],
    at_the_first_file: Callable[[Callable[[], None]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def odd() -> None:
        raise AssertionError("odd")

    words = call(command)
    at_the_first_file(odd)
    assert run(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("Traceback") and said.endswith("please report it with the lines above\n")
