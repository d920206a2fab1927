"""Recipes: TOML that extends other TOML, with changes of the command line."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..inputs import Input, chance, pick
from ..mutation import damaged, number, text

_LITERALS = (
    *("0", "-1", "1", "2", "1e308", "nan", "inf", "-inf", "9" * 5000, "0x7fffffffffffffff", "true", '""', "[]", "{}"),
    *("[[]]", "[1, 2]", '["a"]', "[0.5, 0.5]", "{ a = 1 }", "1979-05-27", "07:32:00", '"""x\n"""', "''", "[nan]"),
)
_KEYS = ("odd", "a.b", "[x]", "[[x]]", '"é"', "", "seed", "[network]", "extends")
_CHANGES = (
    *("seed", "=", "a=b=c", "network.decoder=[1,2", "epochs=-1", "epochs=1e9", "network=1", "network.encoder=x"),
    *("a.b.c.d=1", "batch=99999999999999999999", "rate=nan", "view.size=[0,0]", "kind=x", "loss.kind=none", "\0=1"),
    *("seed=" + "[" * 20_000, "seed=" + "1" * 5000, "inputs=[]", "name=é", "name=" + "x" * 10_000, " =1", "..=1"),
)


def recipe(rng: np.random.Generator, home: Path) -> Input:
    """A recipe with odd values, odd TOML, or an odd thing that it extends."""
    content = str(pick(rng, _bundled()))
    how = pick(rng, ("value", "value", "value", "line", "bytes", "extends", "structure", "changes", "special"))
    changes: tuple[str, ...] = ()
    if how == "value":
        kind, content = _value_changed(rng, content)
    elif how == "line":
        rows = content.splitlines()
        place = int(rng.integers(len(rows)))
        kind = pick(rng, ("line missing", "line doubled", "line added"))
        rows[place : place + 1] = {
            "line missing": [],
            "line doubled": [rows[place]] * 2,
            "line added": [rows[place], f"{pick(rng, _KEYS)} = {pick(rng, _LITERALS)}"],
        }[kind]
        content = "\n".join(rows)
    elif how == "bytes":
        kind, data = damaged(rng, content.encode())
        (home / "recipe.toml").write_bytes(data)
        return Input(f"TOML: {kind}", ("recipe", "recipe.toml"))
    elif how == "extends":
        named = pick(
            rng,
            ("recipe.toml", "other.toml", "none", "", ".", "/dev/zero", "pipe", "x" * 300, "a\\u0000b", "../recipe"),
        )
        kind, content = "extends", f'extends = "{named}"\n' + content
        (home / "other.toml").write_text('extends = "recipe.toml"\n', encoding="utf-8")
        os.mkfifo(home / "pipe")
    elif how == "structure":
        kind, content = _structure(rng, content)
    elif how == "changes":
        kind = "changes"
        words = tuple(str(pick(rng, _CHANGES)) for _ in range(int(rng.integers(1, 4))))
        changes = tuple(word.replace("\0", "") for word in words)
    else:
        return _special(rng, home)
    (home / "recipe.toml").write_text(content, encoding="utf-8", errors="surrogatepass")
    if chance(rng, 0.1):
        (home / "data").mkdir()
        sets = tuple(word for change in changes for word in ("--set", change))
        words = ("train", "recipe.toml", "--data", "data", "--output", "out", "--accelerator", "cpu", *sets)
        return Input(f"{kind}, train", ("cli", *words))
    return Input(kind, ("recipe", "recipe.toml", *changes))


@lru_cache
def _bundled() -> tuple[str, ...]:
    from StrokeSegLogic.training.recipes import find_recipe, recipe_names

    found = []
    for name in recipe_names():
        # What stands beside a bundled recipe does not stand beside its copy.
        room = name.rpartition("/")[0]
        content = find_recipe(name).read_text(encoding="utf-8")
        found.append(
            re.sub(r'^extends = "([^"/]+)"', rf'extends = "{room}/\1"' if room else r"\g<0>", content, flags=re.M)
        )
    return tuple(found)


def _value_changed(rng: np.random.Generator, content: str) -> tuple[str, str]:
    """One `key = value` with another value, or one number of it."""
    found = list(re.finditer(r"^(\w+) = (.+)$", content, re.M))
    if not found:
        return "value appended", content + f"\nodd = {pick(rng, _LITERALS)}\n"
    match = pick(rng, found)
    value = str(pick(rng, _LITERALS)) if chance(rng, 0.6) else f'"{text(rng)}"' if chance(rng, 0.5) else number(rng)
    if chance(rng, 0.3) and (places := list(re.finditer(r"[\d.]+", match[2]))):
        place = pick(rng, places)
        value = match[2][: place.start()] + number(rng) + match[2][place.end() :]
    return f"value of {match[1]}", content[: match.start(2)] + value + content[match.end(2) :]


def _structure(rng: np.random.Generator, content: str) -> tuple[str, str]:
    depth = int(pick(rng, (100, 2000, 20_000)))
    return pick(
        rng,
        (
            ("deep list", "odd = " + "[" * depth + "]" * depth + "\n" + content),
            ("deep table", "[" + ".".join(["a"] * depth) + "]\n" + content),
            ("deep inline table", "odd = " + "{a = " * depth + "1" + "}" * depth + "\n" + content),
            ("long integer", "seed = " + "7" * 5000 + "\n"),
            ("long line", "# " + "x" * 1_000_000 + "\n" + content),
            ("many keys", "\n".join(f"k{index} = {index}" for index in range(20_000)) + "\n" + content),
            ("empty", ""),
            ("JSON", '{"name": 1}'),
            ("NUL", content.replace(" ", "\0", 1)),
            ("BOM", "\ufeff" + content),
            ("CR", content.replace("\n", "\r")),
            ("surrogate", content + 'odd = "\ud800"\n'),
        ),
    )


def _special(rng: np.random.Generator, home: Path) -> Input:
    kind = pick(rng, ("pipe", "device", "folder", "missing", "UTF-16"))
    path = home / "recipe.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "UTF-16":
        path.write_text("name = 1\n", encoding="utf-16")
    return Input(f"recipe is a {kind}", ("recipe", "recipe.toml"))
