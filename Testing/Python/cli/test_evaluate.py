"""`strokeseg evaluate` as a user meets it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from evaluation.cohorts import box, write_masks

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.cli.evaluate import evaluate

TRUTH = box((1, 4), (2, 6), (2, 6)) + box((2, 3), (3, 5), (3, 5))
FOUND = box((1, 4), (2, 6), (3, 7)) + box((2, 3), (3, 5), (4, 6))

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command through typer, as the entry point does, and gives what it printed."""
    monkeypatch.setenv("COLUMNS", "150")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(evaluate)

    def call(*arguments: str | Path) -> str:
        app([str(word) for word in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return call


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """Three patients, predictions as result folders, two readers, groups."""
    cases = ("p1", "p2", "p3")
    write_masks(tmp_path / "predictions", {f"{case}/labels": FOUND for case in cases})
    write_masks(tmp_path / "references", {f"{reader}/{case}": TRUTH for case in cases for reader in ("NR1", "NR2")})
    lines = ["case\tgroup", "p1\tLVO", "p2\tLVO", "p3\tNon-LVO"]
    (tmp_path / "groups.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_readers_groups_and_classes_make_the_papers_table(run: Run, cohort: Path) -> None:
    options = ("--readers", "NR1", "NR2", "--groups", cohort / "groups.tsv", "--labels", "1=penumbra,2=core")
    said = run(cohort / "predictions", cohort / "references", *options, "--output", cohort / "out")
    assert "penumbra: mean±SD of 3 cases" in said and "NR1 & NR2" in said and "Non-LVO" in said
    assert "Research use only" in said and "report.html" in said
    with (cohort / "out" / "tables.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    (dice,) = [
        float(line["mean"])
        for line in lines
        if (line["member"], line["reference"], line["group"], line["label"], line["metric"])
        == ("model", "NR1 & NR2", "All", "core", "dice")
    ]
    assert dice == pytest.approx(0.5)
    assert {line["group"] for line in lines} == {"LVO", "Non-LVO", "All"}


def test_without_an_output_nothing_is_written(run: Run, cohort: Path) -> None:
    before = sorted(cohort.rglob("*"))
    said = run(cohort / "predictions", cohort / "references" / "NR1")
    assert "label 2: mean±SD of 3 cases" in said and "out" not in said
    assert sorted(cohort.rglob("*")) == before


def test_what_is_missing_is_printed(run: Run, cohort: Path) -> None:
    write_masks(cohort / "predictions", {"p4/labels": FOUND})
    with pytest.raises(InputError, match="p4"):
        run(cohort / "predictions", cohort / "references" / "NR1")
    said = run(cohort / "predictions", cohort / "references" / "NR1", "--allow-missing")
    assert "in no figure: 1 prediction(s) without a reference: p4" in said


def test_other_members_can_be_named(run: Run, cohort: Path) -> None:
    predictions = write_masks(cohort / "two", {"unet3d/p1": FOUND, "vote/p1": TRUTH})
    references = write_masks(cohort / "one", {"p1": TRUTH})
    said = run(predictions, references, "--members", "unet3d,vote", "--empty-as-zero", "--joint", "union")
    assert "unet3d" in said and "1.00±" in said
    with pytest.raises(InputError, match="names no member"):
        run(predictions, references, "--members", ",")


def test_the_record_says_how_it_was_run(run: Run, cohort: Path) -> None:
    run(
        cohort / "predictions", cohort / "references/NR1", "--seed", "7", "--resamples", "100", "--output", cohort / "o"
    )
    record = json.loads((cohort / "o" / "evaluation.json").read_text(encoding="utf-8"))
    assert record["bootstrap"] == {"resamples": 100, "seed": 7, "level": 0.95}
    assert record["classes"] == {"label 1": [1], "label 2": [2]}


def test_an_output_among_the_masks_is_refused_before_any_work(run: Run, cohort: Path) -> None:
    with pytest.raises(OutputError, match="lies in a folder of masks"):
        run(cohort / "predictions", cohort / "references/NR1", "--output", cohort / "predictions" / "scores")
    assert not (cohort / "predictions" / "scores").exists()


def test_an_output_that_is_a_file_is_refused(run: Run, cohort: Path) -> None:
    (cohort / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is a file"):
        run(cohort / "predictions", cohort / "references/NR1", "--output", cohort / "taken")


@pytest.mark.parametrize("arguments", [("nonesuch", "references/NR1"), ("predictions", "references/nonesuch")])
def test_a_missing_folder_is_named(run: Run, cohort: Path, arguments: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="nonesuch: there is no such folder"):
        run(*(cohort / name for name in arguments))
