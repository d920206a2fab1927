from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import from_mapping, read_toml


@dataclass(frozen=True)
class Inner:
    rate: float


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    many: tuple[Inner, ...] = ()
    note: str | None = None
    shares: dict[str, float] | None = None

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ValueError("the name is bad")


def test_nested_tables_become_nested_dataclasses() -> None:
    values = {"name": "a", "inner": {"rate": 1}, "many": [{"rate": 2.5}], "shares": {"x": 1}}
    found = from_mapping(Outer, values, "r.toml")
    assert found == Outer("a", Inner(1.0), (Inner(2.5),), None, {"x": 1.0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "inner": {"rate": 1}, "colour": 1}, "unknown key 'colour'"),
        ({"name": "a"}, "the key 'inner' is missing"),
        ({"name": "a", "inner": {"rat": 1}}, r"r\.toml \[inner\]: unknown key 'rat'"),
        ({"name": 3, "inner": {"rate": 1}}, "'name' is 3, not of type str"),
        ({"name": "a", "inner": {"rate": True}}, "'rate' is True, not of type float"),
        ({"name": "bad", "inner": {"rate": 1}}, "the name is bad"),
    ],
)
def test_a_wrong_key_or_value_is_named(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_mapping(Outer, values, "r.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(InputError, match=r"recipe\.toml: not a readable TOML file"):
        read_toml(path)
    with pytest.raises(InputError, match="does not exist"):
        read_toml(tmp_path / "none.toml")


@dataclass(frozen=True)
class Round:
    radius: float = 1.0
    kind: str = "round"


@dataclass(frozen=True)
class Square:
    side: float
    kind: str = "square"


@dataclass(frozen=True)
class Drawing:
    shape: Round | Square


def test_the_kind_chooses_among_several_dataclasses_and_the_first_is_meant_without_kind() -> None:
    assert from_mapping(Drawing, {"shape": {"kind": "square", "side": 2}}, "d.toml") == Drawing(Square(2.0))
    assert from_mapping(Drawing, {"shape": {"radius": 3}}, "d.toml") == Drawing(Round(3.0))


def test_an_unknown_kind_and_a_key_of_another_kind_are_named() -> None:
    with pytest.raises(InputError, match=r"'shape\.kind' is 'oval'.*round, square"):
        from_mapping(Drawing, {"shape": {"kind": "oval"}}, "d.toml")
    with pytest.raises(InputError, match="unknown key 'radius'"):
        from_mapping(Drawing, {"shape": {"kind": "square", "side": 1, "radius": 1}}, "d.toml")


def test_a_number_that_is_not_finite_is_named() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="'rate' is (nan|inf)"):
            from_mapping(Inner, {"rate": value}, "r.toml")


@dataclass(frozen=True)
class Sizes:
    count: int = 0
    share: float = 0.0
    on: bool = False
    place: Path = Path()
    pair: tuple[int, int] = (1, 1)
    names: tuple[str, ...] = ()
    table: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": True}, "'count' is True, not of type int"),
        ({"count": 1.0}, r"'count' is 1\.0, not of type int"),
        ({"count": "1"}, "'count' is '1', not of type int"),
        ({"count": None}, "'count' is None"),
        ({"count": 10**30}, "'count' is a number of 100 bits"),
        ({"share": 10**400}, "'share' is a number of 1329 bits"),
        ({"share": -(10**5000)}, "'share' is a number of"),
        ({"on": 1}, "'on' is 1, not of type bool"),
        ({"place": "/tmp"}, "'place' is '/tmp', not of type Path"),
        ({"pair": [1]}, r"'pair' holds 1 values\. Give 2"),
        ({"pair": [1, "2"]}, "'pair' is '2', not of type int"),
        ({"pair": "12"}, "'pair' is '12', not of type tuple"),
        ({"names": "abc"}, "'names' is 'abc', not of type tuple"),
        ({"names": ["a", 1]}, "'names' is 1, not of type str"),
        ({"names": {"a": 1}}, "'names' is a table, not of type tuple"),
        ({"names": [["a"] * 1_000_000]}, "'names' is a list of 1000000, not of type str"),
        ({"table": {1: 1}}, "'table' is 1, not of type str"),
        ({"table": {"a": True}}, r"'table\.a' is True"),
        ({"table": [1]}, "'table' is a list of 1"),
        ({"count": "x" * 10_000_000}, "'count' is 'xxx"),
        ({"x" * 10_000_000: 1}, "unknown key 'xxx"),
        ([], "is a list of 0, not a table"),
    ],
)
def test_a_value_of_another_type_is_named_in_one_line(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_mapping(Sizes, values, "r.toml")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", [["round"], {}, 1, None, True])
def test_a_kind_that_is_no_word_is_named(kind: object) -> None:
    with pytest.raises(InputError, match=r"'shape\.kind' is"):
        from_mapping(Drawing, {"shape": {"kind": kind}}, "d.toml")
