"""The attack of Testing/Fuzz itself: its inputs are the same each time, and it can fail."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from Fuzz import __main__ as attack
from Fuzz.catalogue import PARSERS, parser_of
from Fuzz.driver import Target, attacked, made
from Fuzz.inputs import Input
from Fuzz.outcomes import Outcome, table
from Fuzz.snapshot import difference, files_below

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are watched through /proc")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target") / "log", patience_s=30) as started:
        yield started


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.quick(6)
def test_an_input_hangs_on_seed_and_number_alone(parser: str, tmp_path: Path) -> None:
    generator = PARSERS[parser][0]
    for number in range(12):
        home, first = made(generator, parser, 5, number, tmp_path / "place")
        files = files_below(home)
        home, second = made(generator, parser, 5, number, tmp_path / "place")
        assert (first, files) == (second, files_below(home)), first.kind


def test_another_seed_or_number_gives_another_input(tmp_path: Path) -> None:
    homes = [
        made(PARSERS["nrrd"][0], "nrrd", seed, number, tmp_path / f"{seed}{number}")[0]
        for seed, number in [(1, 1), (1, 2), (2, 1)]
    ]
    assert len({tuple(files_below(home).items()) for home in homes}) == 3


def test_every_parser_gets_its_share() -> None:
    drawn = Counter(parser_of(1, number, tuple(PARSERS)) for number in range(3000))
    shares = {name: share for name, (_, share) in PARSERS.items()}
    for name, share in shares.items():
        assert drawn[name] == pytest.approx(3000 * share / sum(shares.values()), rel=0.5, abs=15), name


@pytest.mark.parametrize("parser", ["nifti", "nifti over time", "nrrd", "metaimage", "dicom", "zips"])
def test_files_that_are_in_order_are_read_right(parser: str, target: Target, tmp_path: Path) -> None:
    seen = 0
    for number in range(200):
        home, fuzz_input = made(PARSERS[parser][0], parser, 2, number, tmp_path / "place")
        if fuzz_input.must_work:
            answer = attacked(target, home, fuzz_input)
            assert answer.outcome is Outcome.OK, (number, fuzz_input.kind, answer)
            seen += 1
        if seen == 3:
            return
    raise AssertionError(f"{seen} files in order among 200")


def test_a_wrong_answer_is_told_from_a_right_answer(target: Target, tmp_path: Path) -> None:
    number = next(n for n in range(100) if made(PARSERS["nifti"][0], "nifti", 2, n, tmp_path / "place")[1].must_work)
    home, fuzz_input = made(PARSERS["nifti"][0], "nifti", 2, number, tmp_path / "place")
    expected = tmp_path / "place" / "expected.npz"
    right = dict(np.load(expected))
    right["DWI voxels"] = right["DWI voxels"][:, ::-1]
    np.savez(expected, **right)
    assert attacked(target, home, fuzz_input).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("works", Outcome.OK),
        ("raises", Outcome.TRACEBACK),
        ("faults", Outcome.TRACEBACK),
        ("chatters", Outcome.WORDS),
        ("dies", Outcome.CRASH),
        ("sleeps", Outcome.HANG),
        ("eats", Outcome.MEMORY),
        ("writes", Outcome.FOREIGN),
        ("overwrites", Outcome.LOSS),
        ("deletes", Outcome.LOSS),
        ("leaves", Outcome.LEFTOVER),
    ],
)
def test_what_a_broken_product_does_is_found(how: str, outcome: Outcome, target: Target, tmp_path: Path) -> None:
    home = tmp_path / "place" / "home"
    home.mkdir(parents=True)
    (home / "mine").write_text("mine", encoding="utf-8")
    answer = attacked(target, home, Input(how, ("broken", how), patience=0.1 if how == "sleeps" else 1.0))
    assert answer.outcome is outcome, answer
    # A dead or killed child is followed by another.
    assert target.ask(home, Input("", ("broken", "works"))).outcome is Outcome.OK or outcome is Outcome.HANG


def test_a_run_with_a_finding_fails_and_keeps_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def generator(rng: np.random.Generator, home: Path) -> Input:
        (home / "file").write_bytes(rng.bytes(8))
        return Input("on purpose", ("broken", "raises" if home.name == "home" and rng.random() < 0.5 else "works"))

    monkeypatch.setitem(attack.PARSERS, "nrrd", (generator, 1.0))
    options = ["--inputs", "8", "--parsers", "nrrd", "--findings", str(tmp_path / "findings")]
    assert attack.main(options) == 1
    shown = capsys.readouterr().out
    assert "on purpose: traceback: ZeroDivisionError" in shown and "8 inputs of seed 1, numbers 0 to 7" in shown
    kept = sorted((tmp_path / "findings" / "nrrd" / "traceback").iterdir())
    assert kept and all((folder / "home" / "file").stat().st_size == 8 for folder in kept)
    assert json.loads((kept[0] / "finding.json").read_text())["command"] == ["broken", "raises"]


@pytest.mark.slow
def test_files_of_others_may_be_moved_aside_but_not_changed() -> None:
    before = {"out/labels.nii.gz": "theirs", "study/a": "a"}
    moved = {"out/labels.nii.gz": "ours", "out/labels.1.nii.gz": "theirs", "study/a": "a"}
    assert difference(before, moved, written=True).lost == ()
    assert difference(before, {"out/labels.nii.gz": "ours", "study/a": "a"}, written=True).lost == (
        "out/labels.nii.gz",
    )
    assert difference(before, before, written=False).lost == ()


@pytest.mark.slow
def test_the_table_has_a_row_for_each_parser_and_sums() -> None:
    shown = table(Counter({("b", Outcome.OK): 2, ("a", Outcome.ERROR): 3, ("a", Outcome.CRASH): 1})).splitlines()
    assert [line.split() for line in shown] == [
        ["parser", "ok", "error", "crash", "all"],
        ["a", "0", "3", "1", "4"],
        ["b", "2", "0", "0", "2"],
        ["all", "2", "3", "1", "6"],
    ]
