"""Records and tables beside masks that somebody else wrote: of wrong types, nested deep, long."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evaluation.test_origin import ORIGIN

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.evaluation.classes import parse_classes, read_classes
from StrokeSegLogic.evaluation.groups import read_groups
from StrokeSegLogic.evaluation.origin import ORIGIN_FILE, read_origin


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trained_on", 5),
        ("trained_on", None),
        ("model", ["m"]),
        ("sha256", "ab"),
        ("sha256", [1]),
        ("sha256", {"a": 1}),
        ("data", {}),
        ("simulated", "no"),
        ("simulated", 1),
        ("cases", None),
        ("cases", 3),
        ("cases", [["a"]]),
        ("colour", "red"),
    ],
)
def test_a_record_of_predictions_with_a_value_of_another_type_names_it(tmp_path: Path, key: str, value: object) -> None:
    (tmp_path / ORIGIN_FILE).write_text(json.dumps({**json.loads(ORIGIN.to_json()), key: value}), encoding="utf-8")
    with pytest.raises(InputError, match=f"{ORIGIN_FILE}: .*'{key}'") as caught:
        read_origin(tmp_path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["[" * 200_000, '{"format": ' + "9" * 5_000 + "}", "\0"], ids=["deep", "long", "NUL"])
def test_a_record_that_is_no_json_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ORIGIN_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=ORIGIN_FILE) as caught:
        read_origin(tmp_path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"1": {"a": 1}}', '{"1": null}', '{"1": " "}', '{"' + "9" * 5_000 + '": "core"}', '{"²": "core"}']
    + ['{"1.0": "core"}', '{"": "core"}', '{"1": ["core"]}', '{"' + "1+" * 500_000 + '": "core"}'],
    ids=["deep", "table", "null", "blank", "digits", "power", "fraction", "empty", "list", "sums"],
)
def test_labels_of_another_form_are_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.json") as caught:
        read_classes(tmp_path / "labels.json")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "words",
    ["9" * 5_000 + "=core", " " * 1_000_000, "1=" + " " * 1_000_000 + "\0" * 2_000 + ",", "1" + "+1" * 100_000],
    ids=["digits", "blanks", "NUL", "sums"],
)
def test_labels_in_words_of_another_form_are_one_line_at_once(words: str) -> None:
    with pytest.raises(InputError, match="VALUE=NAME|no table can show") as caught:
        parse_classes(words)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "content",
    [
        b"case,group\na," + b"x" * 140_000,
        b"case,group\na,LVO\0",
        b"case,group\na," + b"x" * 100_000 + b"\na,LVO",
        b"\n\n",
    ],
    ids=["long cell", "NUL", "twice, and long", "blank"],
)
def test_groups_that_are_no_table_are_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "groups.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"groups\.csv") as caught:
        read_groups(tmp_path / "groups.csv")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", ["\ud800", "x" * 201, "a\x1bb", "two\nlines"])
def test_a_name_that_no_table_can_show_is_refused(tmp_path: Path, name: str) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"1": name}), encoding="ascii")
    with pytest.raises(InputError, match="no table can show") as caught:
        read_classes(labels)
    assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


def test_a_group_whose_name_no_table_can_show_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("case,group\na," + "g" * 12_000 + "\x1b\n", encoding="utf-8")
    with pytest.raises(InputError, match="no table can show"):
        read_groups(table)


def test_a_label_value_has_one_name() -> None:
    with pytest.raises(InputError, match="each value and each name once"):
        parse_classes("1=x,1=y")
