"""JSON that comes from anywhere."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.json_files import parse_json, read_json, read_json_object
from StrokeSegLogic.base.settings import read_toml

DEEP = "[" * 200_000
LONG = "9" * 5_000


@pytest.mark.parametrize("text", [DEEP, LONG, "", "{", "nul", b"\xff\xfe\x00", b"\x80"])
def test_a_text_that_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@given(
    st.recursive(st.none() | st.booleans() | st.text() | st.integers(), lambda inner: st.lists(inner), max_leaves=20)
)
def test_json_is_read_as_the_library_reads_it(values: object) -> None:
    assert parse_json(json.dumps(values)) == values


@pytest.mark.parametrize("content", [DEEP.encode(), LONG.encode(), b"{", b"\xff", b""])
def test_a_file_that_is_no_json_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(InputError, match="record.json") as caught:
        read_json(tmp_path / "record.json")
    assert len(str(caught.value)) < 500


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(InputError, match="no regular file"):
        read_json(tmp_path / "record.json")


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="no regular file"):
        read_json(tmp_path / "record.json")


def test_a_file_larger_than_expected_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(b" " * 2_000)
    with pytest.raises(InputError, match="larger"):
        read_json(tmp_path / "record.json", largest=1_000)


@pytest.mark.parametrize("text", ["[]", "1", '"text"', "null", "true"])
def test_nothing_else_is_taken_where_an_object_is_wanted(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="not an object"):
        read_json_object(tmp_path / "record.json")


@pytest.mark.parametrize("text", ["a = " + DEEP, "a = " + LONG, "a = ", "a = '\x00'"])
def test_toml_that_is_none_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="recipe.toml") as caught:
        read_toml(tmp_path / "recipe.toml")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100], ids=["lists", "objects"])
def test_what_is_nested_deeper_than_any_file_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(text)
    assert parse_json("[" * 50 + "]" * 50)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    (tmp_path / "recipe.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_json_object(tmp_path / "record.json") == read_toml(tmp_path / "recipe.toml") == {"a": 1}
