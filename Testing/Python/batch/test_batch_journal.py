from __future__ import annotations

from pathlib import Path

import pytest
from batch_runners import runs, studies, write

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.batch import journal
from StrokeSegLogic.batch.record import read_batch
from StrokeSegLogic.batch.run import run_batch


def lines(folder: Path) -> list[bytes]:
    return (folder / journal.NAME).read_bytes().splitlines(keepends=True)


def test_half_a_line_of_a_killed_call_is_cut_and_all_before_it_stays(tmp_path: Path) -> None:
    with journal.writing(tmp_path) as events:
        events.append("started", case="ä")
    whole = lines(tmp_path)
    with (tmp_path / journal.NAME).open("ab") as file:
        file.write(b'{"event": "done", "ca')
    with journal.writing(tmp_path) as events:
        assert [event["event"] for event in events.events] == ["started"]
        events.append("done", case="ä")
    assert lines(tmp_path)[:2] == whole and len(lines(tmp_path)) == 3


@pytest.mark.parametrize("damaged", [1, 2, 3])
def test_a_damaged_line_is_told_and_what_it_told_of_is_done_again(tmp_path: Path, damaged: int) -> None:
    cases, output = studies(tmp_path, ["a"]), tmp_path / "out"
    run_batch(cases, output, runner=write)
    kept = lines(output)
    kept[damaged] = b"\xff not JSON\n"
    (output / journal.NAME).write_bytes(b"".join(kept))
    notes = " ".join(read_batch(output).notes)
    assert f"line {damaged + 1} of batch.jsonl cannot be read" in notes
    result = run_batch(cases, output, runner=write)
    assert result.counts["done"] == 1 and (output / "a" / "labels.txt").read_text() == "a"
    assert len(runs(tmp_path)) == 2 - (damaged == 2), "that it was started is of no account once it is done"


def test_a_name_in_bytes_that_are_no_text_comes_back_as_it_was(tmp_path: Path) -> None:
    with journal.writing(tmp_path) as events:
        events.append("started", case="e\udcff")
    found, _, _ = journal.read(tmp_path / journal.NAME)
    assert found[0]["case"] == "e\udcff"


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / journal.NAME).write_text('{"mine": true}\n')
    with pytest.raises(OutputError, match="is no journal of a batch"), journal.writing(tmp_path):
        pass
    assert (tmp_path / journal.NAME).read_text() == '{"mine": true}\n'
    with pytest.raises(InputError, match="holds no batch"):
        read_batch(tmp_path / "nowhere")


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / journal.NAME).write_text('{"event": "journal", "made_by": "strokeseg batch", "schema": 99}\n')
    with pytest.raises(InputError, match="a newer version wrote it"):
        read_batch(tmp_path)
