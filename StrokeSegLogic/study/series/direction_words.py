"""Which of several names are those of directions of a diffusion gradient, by the one word in which they differ."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

_SCHEMES: tuple[Mapping[str, int], ...] = (
    {"x": 0, "gx": 0, "y": 1, "gy": 1, "z": 2, "gz": 2},
    {"rl": 0, "lr": 0, "ap": 1, "pa": 1, "fh": 2, "hf": 2, "si": 2, "is": 2},
    {"read": 0, "ro": 0, "phase": 1, "pe": 1, "slice": 2, "ss": 2},
    # Philips: measurement, phase, slice.
    {"m": 0, "p": 1, "s": 2},
    {"r": 0, "p": 1, "s": 2},
)
_COMMON_LETTERS = (3, 4)
"""Schemes of letters that stand for much else: only all of them together are directions."""
_NUMBERS = -1
_PAIR = re.compile(r"\b(r|l|a|p|s|i|f|h) (l|r|p|a|i|s|h|f)\b")
"""R/L, A>P, as words were cut from it."""
_NUMBERED = re.compile(r"\bdir(?:ection|ektion|eccion|ezione)?s? ?0*(\d{1,3})\b")
_SERIES_NUMBER = re.compile(r"^\d+ | \d+$")
"""Which converters put before or behind the name."""


@dataclass(frozen=True)
class Direction:
    """What a name says of a direction.

    Attributes:
        rest: the name without the word for the direction.
        axis: 0, 1 or 2 along a frame of the series; None where directions are but numbered.
    """

    rest: Hashable
    axis: int | None

    @property
    def vector(self) -> tuple[float, ...] | None:
        return None if self.axis is None else tuple(float(self.axis == k) for k in range(3))


def directions_named(names: Mapping[int, tuple[Hashable, str]]) -> dict[int, Direction]:
    """Those of the names that are directions of one series, two at least.

    Two names of one axis (AP and PA) are not: these are the ways in which the picture was encoded.

    Args:
        names: what has to be the same for a series, and the words of the name (see `words.cut`), by number.
    """
    groups: dict[tuple[Hashable, int, str], dict[int, list[int]]] = {}
    for number, (series, text) in names.items():
        for scheme, rest, axis in _readings(text):
            groups.setdefault((series, scheme, rest), {}).setdefault(axis, []).append(number)
    found: dict[int, Direction] = {}
    for key, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        scheme = key[1]
        if len(members) < (3 if scheme in _COMMON_LETTERS else 2) or any(len(alike) > 1 for alike in members.values()):
            continue
        for axis, (number,) in members.items():
            found.setdefault(number, Direction(key, None if scheme == _NUMBERS else axis))
    return found


def _readings(text: str) -> list[tuple[int, str, int]]:
    """The ways in which a name may say a direction: scheme, rest of the name, and the axis or number."""
    out = []
    if numbered := _NUMBERED.search(text):
        rest = text[: numbered.start()] + "*" + text[numbered.end() :]
        out.append((_NUMBERS, _SERIES_NUMBER.sub("", rest), int(numbered[1])))
    words = _PAIR.sub(r"\1\2", text).split()
    for scheme, known in enumerate(_SCHEMES):
        for place, word in enumerate(words):
            if word in known:
                rest = " ".join([*words[:place], "*", *words[place + 1 :]])
                out.append((scheme, _SERIES_NUMBER.sub("", rest), known[word]))
    return out
