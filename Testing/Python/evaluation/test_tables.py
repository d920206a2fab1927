from __future__ import annotations

import csv
import io
from dataclasses import replace
from math import nan

import pytest
from evaluation.cohorts import row

from StrokeSegLogic.evaluation.scores import METRIC_NAMES
from StrokeSegLogic.evaluation.summary import summarise
from StrokeSegLogic.evaluation.tables import DASH, cases_csv, paper_table, summary_csv, telling

ROWS = [
    row("a", "LVO", dice=0.75, hausdorff_mm=4.0, volume_difference_ml=3.0),
    row("b", "LVO", dice=0.9, hausdorff_mm=5.0, volume_difference_ml=28.0),
    row("c", "WIS", dice=1.0, hausdorff_mm=nan, volume_difference_ml=0.0),
    row("d", "WIS", dice=1.0, hausdorff_mm=nan, volume_difference_ml=0.0),
]


def test_cells_look_as_the_papers_do_and_say_where_a_metric_is_undefined() -> None:
    table = paper_table(summarise(ROWS), ("group",), ("metric",), metrics=("dice", "hausdorff_mm"))
    assert table.heads == ("Group", "n", "Dice ↑", "Hausdorff (mm) ↓")
    assert table.rows == (
        ("LVO", "2", "0.82±0.1", "4.5±0.7"),
        ("WIS", "2", "1.00±0.0", f"{DASH} (0/2)"),
        ("All", "4", "0.91±0.1", "4.5±0.7 (2/4)"),
    )


def test_one_case_shows_no_spread() -> None:
    assert paper_table(summarise(ROWS[:1]), metrics=("dice",)).rows == (("model", "reference", "1", f"0.75±{DASH}"),)


def test_intervals_come_with_the_median() -> None:
    table = paper_table(summarise(ROWS[:2]), metrics=("dice", "hausdorff_mm"), interval=True)
    assert table.rows[0][3:] == ("0.82 (0.75 to 0.90); 0.82", "4.5 (4.0 to 5.0); 4.5")
    assert paper_table(summarise(ROWS[2:]), metrics=("hausdorff_mm",), interval=True).rows[0][3] == DASH


def test_slow_fusions_table_nests_metric_group_and_class() -> None:
    rows = [replace(row, label=label, member=member) for row in ROWS for label in "pc" for member in ("model", "NR1")]
    table = paper_table(summarise(rows), metrics=("volume_difference_ml", "dice"))
    groups = ("LVO", "WIS", "All")
    heads = [f"{name} · {group} · {c}" for name in ("ΔV (ml) ↓", "Dice ↑") for group in groups for c in "pc"]
    assert table.heads == ("Member", "Reference", *heads)
    assert [line[:2] for line in table.rows] == [("model", "reference"), ("NR1", "reference")]
    assert table.rows[0][2] == "15.5±17.7"


def test_groups_of_one_comparison_stand_below_one_another() -> None:
    rows = [replace(row, member=member) for row in ROWS for member in ("axial", "vote")]
    table = paper_table(summarise(rows), ("member", "group"), ("metric",), metrics=("dice",))
    assert [line[:2] for line in table.rows] == [
        (member, group) for member in ("axial", "vote") for group in ("LVO", "WIS", "All")
    ]


def test_figures_that_would_fall_into_one_cell_are_refused() -> None:
    with pytest.raises(ValueError, match="two figures"):
        paper_table(summarise(ROWS), ("member",), ("metric",))


def test_fields_that_tell_nothing_apart_are_left_out() -> None:
    assert telling(summarise(ROWS), ("member", "reference", "group")) == ("group",)
    assert telling(summarise(ROWS[:2]), ("member", "reference", "group")) == ("member",)


def test_markdown_keeps_its_columns_whatever_a_name_holds() -> None:
    text = paper_table(summarise([row("a", dice=0.5)]), metrics=("dice",), title="T").markdown()
    lines = text.splitlines()
    assert lines[0] == "### T" and lines[3] == "| --- | --- | ---: | ---: |"
    odd = replace(row("a", dice=0.5), member="a|b")
    assert "| a\\|b |" in paper_table(summarise([odd]), metrics=("dice",)).markdown()


def test_csv_of_cases_tells_undefined_from_not_measured() -> None:
    (line,) = csv.DictReader(io.StringIO(cases_csv([row("a, b", "WIS", assd_mm=nan)])))
    assert (line["case"], line["group"], line["assd_mm"], line["brain_accuracy"]) == ("a, b", "WIS", "nan", "")
    assert set(METRIC_NAMES) < set(line)


def test_csv_of_the_cohort_holds_every_figure_with_its_unit() -> None:
    lines = list(csv.DictReader(io.StringIO(summary_csv(summarise(ROWS)))))
    (line,) = [line for line in lines if (line["group"], line["metric"]) == ("LVO", "hausdorff_mm")]
    assert (line["unit"], line["n"], line["undefined"], line["mean"]) == ("mm", "2", "0", "4.5")
    assert float(line["ci95_low"]) == 4.0 and float(line["sd"]) == pytest.approx(0.5**0.5, abs=1e-5)
