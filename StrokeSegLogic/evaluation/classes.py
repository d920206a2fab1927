"""Which label values are scored, under which names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..base.errors import InputError, shortened
from ..base.json_files import read_json_object
from ..mri.result import LESION
from .masks import Mask
from .scores import Classes

LABELS_FILE = "labels.json"
BACKGROUND = "background"
"""The name under which labels are known but not scored: what a model does not tell from background."""
_LONGEST_NAME = 200
_MOST_DIGITS = 5
"""Of a label: masks hold whole numbers up to 65,535."""


def parse_classes(words: str) -> Classes:
    """Classes from "1=penumbra,2=core,1+2=hypoperfused" or a JSON file of the form {"1": "penumbra", "2": "core"}.

    Labels called "background" are known, but not scored.

    Raises:
        InputError: if it is neither, a name comes twice, or 0 is called a class.
    """
    if words.lower().endswith(".json"):
        return read_classes(Path(words))
    entries = (entry.partition("=") for entry in words.split(","))
    return _classes([(values, name) for values, _, name in entries], words)


def read_classes(path: Path) -> Classes:
    """Classes from a JSON file of names by label value.

    Raises:
        InputError: if it is missing or not of that form.
    """
    return _classes(list(read_json_object(path).items()), str(path))


def _classes(entries: Sequence[tuple[str, object]], where: str) -> Classes:
    classes: dict[str, tuple[int, ...]] = {}
    for labels, called in entries:
        name = called.strip() if isinstance(called, str) else ""
        values = tuple(_label(word.strip()) for word in labels.split("+"))
        if not name or name in classes or 0 in values or values in classes.values():
            raise InputError(
                "is not of the form VALUE=NAME with values from 1 on, each value and each name once",
                where=where,
                fix="Write 1=penumbra,2=core",
                option="labels",
            )
        classes[require_short(name, where)] = values
    if not scored(classes):
        raise InputError("names no class", where=where, fix="Write 1=penumbra,2=core", option="labels")
    return classes


def require_short(name: str, where: str | Path) -> str:
    """The name of a class, group or case, if tables and plots can show it.

    Raises:
        InputError: if it is longer than any table has room for, or holds what nothing can show.
    """
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"holds the name '{shortened(name, 40)}', which no table can show",
            where=where,
            fix=f"Use printable names of at most {_LONGEST_NAME} characters",
        )
    return name


def _label(word: str) -> int:
    """The number of a label from 1 on; 0 for what is none."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS else 0


def scored(classes: Classes) -> Classes:
    """The classes that get figures: all but the background."""
    return {name: values for name, values in classes.items() if name != BACKGROUND}


def found_classes(values: Iterable[int]) -> Classes:
    """A class for each value that occurs anywhere: "lesion" where it is only 1 (or nothing at all)."""
    found = sorted(set(values)) or [LESION]
    return {"lesion": (LESION,)} if found == [LESION] else {f"label {value}": (value,) for value in found}


def require_known(mask: Mask, classes: Classes) -> None:
    """Refuses a mask with a label that belongs to no class: it would be scored as background.

    Raises:
        InputError: naming the labels.
    """
    known = {value for values in classes.values() for value in values}
    if unknown := sorted(mask.values - known):
        raise InputError(
            f"holds the label(s) {', '.join(map(str, unknown))}, which no class names",
            where=mask.path,
            fix=f"Name every label; call {BACKGROUND} what is not to be scored",
            option="labels",
        )
