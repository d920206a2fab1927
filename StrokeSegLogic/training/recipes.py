"""Reading recipes: TOML files that may extend one another, with single values changed on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.files import is_file, resource
from ..base.settings import from_mapping, parse_toml, read_toml
from .brain.recipe import BrainRecipe
from .cohort.recipe import CohortRecipe
from .stream.recipe import StreamRecipe

Recipe = StreamRecipe | CohortRecipe | BrainRecipe
_KINDS: dict[str | None, type[Recipe]] = {None: StreamRecipe, "cohort": CohortRecipe, "brain": BrainRecipe}
_LONGEST_CHAIN = 16
"""Recipes that extend one another."""


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that come with StrokeSeg, such as "mri-compact" or "exp2/gradual-pms-n"."""
    root = resource("Recipes")
    return tuple(sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.toml")))


def find_recipe(name: str) -> Path:
    """The file of a recipe: a file of that path, or a recipe that comes with StrokeSeg.

    Raises:
        InputError: if there is none of that name.
    """
    if is_file(Path(name)):
        return Path(name)
    if name in recipe_names():
        return resource("Recipes", f"{name}.toml")
    raise InputError(f"no recipe is called '{name}'", fix=f"Use one of {', '.join(recipe_names())}, or a TOML file")


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """The recipe in a file.

    `extends = "NAME"` begins with another recipe's values: tables are merged key by key, all else is replaced; a table
    whose `kind` changes is replaced as a whole.

    Args:
        path: of the TOML file.
        changes: "key=value" or "table.key=value", values as in TOML (text may go without quotes).

    Raises:
        InputError: naming the file, and the wrong key or value.
    """
    values = _extended(path, ())
    for change in changes:
        _change(values, change)
    kind = values.get("kind")
    if not isinstance(kind, str | None) or kind not in _KINDS:
        raise InputError(
            f"'kind' is {kind!r}",
            where=path,
            fix='Write kind = "cohort" for a data set\'s patients, "brain" for heads, or leave it out',
        )
    return from_mapping(_KINDS[kind], values, path)


def _extended(path: Path, chain: tuple[Path, ...]) -> dict[str, Any]:
    path = path.resolve()
    if path in chain:
        way = ", ".join(link.name for link in chain)
        raise InputError(f"extends itself, over {way}", where=path, fix="Take out 'extends' from one of them")
    if len(chain) == _LONGEST_CHAIN:
        raise InputError(f"extends more than {_LONGEST_CHAIN} recipes", where=path, fix="Put some of them together")
    values = read_toml(path)
    base = values.pop("extends", None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise InputError(f"'extends' is {base!r}, not a recipe's name", where=path, fix='Write extends = "NAME"')
    beside = path.parent / f"{base}.toml"
    return merged(_extended(beside if is_file(beside) else find_recipe(str(base)), (*chain, path)), values)


def merged(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Base with values over it."""
    result = dict(base)
    for key, value in values.items():
        before = result.get(key)
        result[key] = value
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            same_kind = value.get("kind", before.get("kind")) == before.get("kind")
            result[key] = merged(before, value) if same_kind else value
    return result


def _change(values: dict[str, Any], change: str) -> None:
    name, equals, text = change.partition("=")
    path = name.strip().split(".")
    if not equals or not all(path):
        raise InputError(f"'{change}' is no change", option="set", fix="Write key=value or table.key=value")
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    table = values
    for key in path[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise InputError(
                f"'{key}' is no table", where=name, fix="Change a value, not an entry of a list", option="set"
            )
    table[path[-1]] = value
