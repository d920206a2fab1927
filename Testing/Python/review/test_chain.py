"""Records that only grow: what was changed, cut, added or torn is seen."""

from __future__ import annotations

import json
import locale
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.review.chain import START, Chain, append, next_line, read_chain


def written(path: Path, count: int = 4) -> Chain:
    path.write_bytes(b"")
    return appended(path, Chain(), *(("added", {"case": f"case{n}"}) for n in range(count)))


def appended(path: Path, chain: Chain, *events: tuple[str, Mapping[str, Any]]) -> Chain:
    for kind, values in events:
        chain = append(path, chain, next_line(chain, kind, values))
    return chain


def test_lines_carry_the_hash_of_the_line_before(tmp_path: Path) -> None:
    chain = written(tmp_path / "r")
    assert read_chain(tmp_path / "r") == chain
    told = [json.loads(line)["previous"] for line in (tmp_path / "r").read_bytes().splitlines()]
    assert told == [START, *(event.sha256 for event in chain.events[:-1])]


@settings(max_examples=40)
@given(data=st.data())
def test_every_byte_that_is_changed_is_seen(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "changed"
    chain = written(path, 3)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    found = read_chain(path)
    # The last line has nobody after it: for that there is the worklist, which holds its hash.
    assert found.broken or found.last_sha256 != chain.last_sha256


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_that_is_gone_is_seen_by_the_next(tmp_path: Path, gone: int) -> None:
    written(tmp_path / "r")
    lines = (tmp_path / "r").read_bytes().splitlines(keepends=True)
    (tmp_path / "r").write_bytes(b"".join(line for number, line in enumerate(lines) if number != gone))
    found = read_chain(tmp_path / "r")
    assert found.broken.startswith(f"line {gone + 1} has the number") and len(found.events) == gone
    with pytest.raises(InputError, match="records are damaged"):
        append(tmp_path / "r", found, next_line(found, "added", {}))


def test_what_a_killed_process_left_of_a_line_goes_with_the_next_event(tmp_path: Path) -> None:
    chain = written(tmp_path / "r", 2)
    with (tmp_path / "r").open("ab") as file:
        file.write(b'{"n":3,"ev')
    torn = read_chain(tmp_path / "r")
    assert (torn.events, torn.torn, torn.broken) == (chain.events, 10, "")
    after = appended(tmp_path / "r", torn, ("added", {"case": "x"}), ("added", {"case": "y"}))
    assert read_chain(tmp_path / "r").events == after.events
    assert [event.get("torn_bytes_removed") for event in after.events] == [None, None, 10, None]


def test_a_disk_that_is_full_in_the_middle_of_a_line_leaves_the_records_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = written(tmp_path / "r", 2)
    before = (tmp_path / "r").read_bytes()
    write = __import__("os").write

    def half(descriptor: int, content: memoryview) -> int:
        if len(content) < 40:
            raise OSError(28, "No space left on device")
        return write(descriptor, content[: len(content) // 2])

    monkeypatch.setattr("os.write", half)
    with pytest.raises(OutputError, match="No space left"):
        appended(tmp_path / "r", chain, ("added", {"case": "x"}))
    assert (tmp_path / "r").read_bytes() == before


@settings(max_examples=40)
@given(words=st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.floats() | st.none(), max_size=4))
def test_whatever_words_there_are_the_chain_holds(
    words: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "words"
    path.write_bytes(b"")
    appended(path, Chain(), ("commented", {"words": words}), ("left", {}))
    found = read_chain(path)
    assert not found.broken and len(found.events) == 2


def test_names_that_are_no_text_come_back_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"")
    appended(tmp_path / "r", Chain(), ("added", {"case": "f\udce4lle", "other": "Fälle 病例"}))
    (event,) = read_chain(tmp_path / "r").events
    assert (event["case"], event["other"]) == ("f\udce4lle", "Fälle 病例")


def test_a_locale_with_other_commas_writes_the_same(tmp_path: Path) -> None:
    before = locale.setlocale(locale.LC_ALL)
    found = next((name for name in ("de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C") if _set(name)), "C")
    try:
        (tmp_path / "r").write_bytes(b"")
        appended(tmp_path / "r", Chain(), ("left", {"active_s": 1234.5}))
        assert read_chain(tmp_path / "r").events[0]["active_s"] == 1234.5, found
        assert b'"active_s":1234.5,' in (tmp_path / "r").read_bytes()
    finally:
        # Else files that later tests read without an encoding are taken for ASCII.
        locale.setlocale(locale.LC_ALL, before)


def _set(name: str) -> bool:
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    return True
