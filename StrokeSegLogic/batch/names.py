"""The folder of a case's result: its name as far as a folder can bear it, and never another case's or an input's."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..base.errors import InputError, printable
from .cases import BatchCase
from .inputs import places

_UNFIT = re.compile(r'[\\/:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)
_LONGEST = 120
"""Bytes: a name takes 255 at most, and temporary names are made of it."""


def folder_names(
    cases: Iterable[BatchCase], output: Path, known: Mapping[str, str], taken: Collection[str]
) -> dict[str, str]:
    """A folder's name for each case.

    A case keeps the name that it had before. A name that no folder can have on every system, that another case has but
    for capitals or the way that accents are written, or in whose folder inputs lie, is told apart by some digits of
    its hash.

    Args:
        cases: of the batch.
        output: its folder.
        known: names of folders by case, of earlier calls.
        taken: names in the output folder that are the batch's own.

    Raises:
        InputError: if results would lie inside of a study, where they would be read as its images.
    """
    cases = list(cases)
    holding_inputs = _require_outside(cases, output)
    used = {_folded(name) for name in (*taken, *holding_inputs, *known.values())}
    found = {}
    for case in cases:
        name = known.get(case.name)
        if name is None:
            name = _fit(case.name)
            if name != case.name or _folded(name) in used:
                name = f"{name}-{hashlib.sha256(case.name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
            used.add(_folded(name))
        found[case.name] = name
    return found


def _require_outside(cases: Iterable[BatchCase], output: Path) -> set[str]:
    """Names in the output folder below which inputs lie."""
    home = output.resolve()
    names = set()
    for case in cases:
        for place in places(case.study, case.brain_mask):
            path = place.resolve()
            if path.is_dir() and (path == home or path in home.parents):
                raise InputError(
                    f"lies inside of the study {case.name}, whose images the results would be taken for",
                    where=output,
                    fix="Choose an output folder outside of the studies",
                )
            if home in path.parents:
                names.add(path.relative_to(home).parts[0])
    return names


def _fit(name: str) -> str:
    plain = _UNFIT.sub("_", printable(name)).strip().rstrip(".")
    plain = plain.lstrip(".") or "case"
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    while len(plain.encode("utf-8", "replace")) > _LONGEST:
        plain = plain[:-1]
    return plain


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
