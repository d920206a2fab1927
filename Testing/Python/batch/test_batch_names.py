from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.batch.names import folder_names

OUTPUT = Path("/somewhere/out")
NAMES = st.text(min_size=1, max_size=300)


def folders(*names: str, known: dict[str, str] | None = None, taken: tuple[str, ...] = ()) -> dict[str, str]:
    return folder_names([BatchCase(name, "/elsewhere/study") for name in names], OUTPUT, known or {}, taken)


@pytest.mark.parametrize("name", ["sub-01", "Müller, Jörg", "患者 1", "a.b"])
def test_a_name_that_a_folder_can_bear_is_the_folders(name: str) -> None:
    assert folders(name) == {name: name}


@pytest.mark.parametrize(
    "name", ["../up", "/", "a/b", "..", ".hidden", "CON", "a:b", "line\nend", "x" * 300, "e\udcff"]
)
def test_a_name_that_no_folder_can_bear_leads_nowhere_else(name: str) -> None:
    folder = folders(name)[name]
    assert folder != name and Path(folder).name == folder and not folder.startswith(".")
    assert folders(name)[name] == folder, "the next call must find it again"


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_every_case_has_a_folder_of_its_own_inside_of_the_output(names: list[str]) -> None:
    found = folders(*names)
    assert len({folder.casefold() for folder in found.values()}) == len(names)
    for folder in found.values():
        assert Path(folder).name == folder and folder not in ("", ".", "..")
        assert 0 < len(folder.encode("utf-8")) < 150


def test_names_that_some_systems_take_for_one_are_told_apart() -> None:
    # The second and third differ in how the accent is written.
    names = ("Case", "case", "caf\u00e9", "cafe\u0301")
    assert len({folder.casefold() for folder in folders(*names).values()}) == 4


def test_a_case_keeps_its_folder_and_takes_none_of_the_batchs_own_files() -> None:
    assert folders("a", "b", known={"b": "a"}) == {"a": folders("a", taken=("a",))["a"], "b": "a"}
    assert folders("batch.json", taken=("batch.json",))["batch.json"].startswith("batch.json-")
