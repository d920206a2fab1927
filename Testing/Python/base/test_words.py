from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 脳", "Größe 脳"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("a\x00b\x1b[31mc", r"a\x00b\x1b[31mc"),
        ("a\nb\tc", "a b c"),
        ("\ud800", r"\ud800"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
    ],
)
def test_what_no_file_takes_is_written_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_any_text_becomes_utf_8_of_one_line(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert shown.isprintable()
    assert printable(shown) == shown
