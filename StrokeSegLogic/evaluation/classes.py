"""Which label values are scored, under which names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from ..base.errors import InputError
from ..segmentation import LESION
from .masks import Mask
from .scores import Classes

LABELS_FILE = "labels.json"
BACKGROUND = "background"
"""The name under which labels are known but not scored: what a model does not tell from background."""
_ENTRY = re.compile(r"\s*(\d+(?:\s*\+\s*\d+)*)\s*=\s*(.+?)\s*")


def parse_classes(words: str) -> Classes:
    """Classes from "1=penumbra,2=core,1+2=hypoperfused" or a JSON file of the form {"1": "penumbra", "2": "core"}.

    Labels called "background" are known, but not scored.

    Raises:
        InputError: if it is neither, a name comes twice, or 0 is called a class.
    """
    if words.lower().endswith(".json"):
        return read_classes(Path(words))
    return _classes([_ENTRY.fullmatch(entry) for entry in words.split(",")], words)


def read_classes(path: Path) -> Classes:
    """Classes from a JSON file of names by label value.

    Raises:
        InputError: if it is missing or not of that form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, fix="Check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"not a readable JSON file ({error})", where=path, fix="Correct the file") from error
    if not isinstance(content, dict):
        content = {"": ""}
    return _classes([_ENTRY.fullmatch(f"{value}={name}") for value, name in content.items()], str(path))


def _classes(entries: list[re.Match[str] | None], where: str) -> Classes:
    classes: dict[str, tuple[int, ...]] = {}
    for entry in entries:
        values = () if entry is None else tuple(int(value) for value in entry[1].split("+"))
        if entry is None or entry[2] in classes or 0 in values:
            raise InputError(
                "is not of the form VALUE=NAME with values from 1 on, each name once",
                where=where,
                fix="Write 1=penumbra,2=core",
                option="labels",
            )
        classes[entry[2]] = values
    if not scored(classes):
        raise InputError("names no class", where=where, fix="Write 1=penumbra,2=core", option="labels")
    return classes


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
