"""Records of what a run wrote: the version of their layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.base.records import SCHEMA_VERSION, schema_of, sealed, written_by


def test_every_record_says_the_version_of_its_layout_first(tmp_path: Path) -> None:
    write_recorded(tmp_path, {"a.txt": lambda path: path.write_bytes(b"a")}, "run.json", {"seed": 3})
    content = json.loads((tmp_path / "run.json").read_bytes())
    assert next(iter(content)) == "schema" and content["schema"] == SCHEMA_VERSION == 1
    assert set(content) == {"schema", "seed", "files", "written", "record_sha256"}
    assert schema_of(content, "run.json") == SCHEMA_VERSION


def test_a_record_of_the_time_before_it_was_counted_is_the_zeroth() -> None:
    assert schema_of({"case": "a"}, "result.json") == 0


def test_a_newer_record_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        schema_of({"schema": SCHEMA_VERSION + 1}, "result.json")
    assert str(caught.value) == (
        "result.json: the record is of schema 2, and this StrokeSeg reads up to 1: a newer version wrote it. "
        "Update StrokeSeg."
    )


@pytest.mark.parametrize("odd", ["1", 1.0, True, None, -1, [1], {"major": 1}])
def test_a_version_that_is_no_number_is_refused(odd: Any) -> None:
    with pytest.raises(InputError, match=r"result\.json: its schema is no whole number"):
        schema_of({"schema": odd}, "result.json")


def test_a_newer_record_proves_the_files_of_its_run_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "run.json").write_bytes(sealed({"schema": 9}, {"a": "0" * 64}))
    assert written_by(tmp_path / "run.json")["a"] == "0" * 64
