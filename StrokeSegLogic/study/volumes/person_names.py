"""Whether two names of patients, as DICOM writes them, can be those of the same person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

_ALIKE, _LONG = 0.85, 5
"""Words of so many letters that agree to that share differ by a slip of the pen (KATHARINA, KATARINA)."""


@dataclass(frozen=True)
class _Name:
    """A name in one script. `parts` are family name, given name and so on, where a ^ stands between them."""

    parts: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for part in self.parts[:3] for word in part.split())

    @property
    def latin(self) -> bool:
        return all(ord(letter) < 0x250 for part in self.parts for letter in part)


def share_a_word(first: str, other: str) -> bool:
    """Whether the names have a word in common; where there is none to compare with, they are taken to have."""
    pairs = _pairs(first, other)
    return not pairs or any(mine.words & your.words for mine, your in pairs)


def of_two_people(first: str, other: str) -> bool:
    """Whether family or given name differ.

    Spelling (Müller, MUELLER, O'Brien), order, a middle name, one part of a double name, and initials make no two
    people; nor do names in scripts of which each has one only.
    """
    pairs = _pairs(first, other)
    return bool(pairs) and not any(_same(mine, your) for mine, your in pairs)


def _pairs(first: str, other: str) -> list[tuple[_Name, _Name]]:
    """The names that are written in one script."""
    return [(mine, your) for mine in _names(first) for your in _names(other) if mine.latin == your.latin]


@lru_cache(maxsize=1024)
def _names(text: str) -> tuple[_Name, ...]:
    """The name in each script that it is given in, the groups of DICOM's PN."""
    names = (_Name(tuple(map(_plain, group.split("^")))) for group in text.split("="))
    return tuple(name for name in names if name.words)


def _plain(part: str) -> str:
    text = unicodedata.normalize("NFKD", part.casefold())
    text = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", text))
    # MUELLER is how systems without umlauts write Müller.
    text = re.sub(r"([aou])e", r"\1", re.sub("['\u2019`]", "", text)).replace("ß", "ss")
    return " ".join(re.findall(r"\w+", text.replace("_", " ")))


def _same(mine: _Name, your: _Name) -> bool:
    fewer, more = sorted((mine.words, your.words), key=len)
    # In any order, and with a middle name more. A single word says little, but contradicts nothing.
    if all(any(_alike(word, other) for other in more) for word in fewer):
        return True
    if min(len(mine.parts), len(your.parts)) < 2:
        return _joined(mine.parts) == _joined(your.parts)
    return all(_parts_agree(ours, theirs) for ours, theirs in zip(mine.parts[:2], your.parts[:2], strict=True))


def _parts_agree(ours: str, theirs: str) -> bool:
    if not ours or not theirs or _joined((ours,)) == _joined((theirs,)):
        return True
    return any(_alike(word, other) for word in ours.split() for other in theirs.split())


def _alike(word: str, other: str) -> bool:
    if word == other or (min(len(word), len(other)) == 1 and word[0] == other[0] and word.isalpha()):
        return True
    if min(len(word), len(other)) < _LONG or not (word + other).isalpha():
        return False
    return SequenceMatcher(None, word, other).ratio() >= _ALIKE


def _joined(parts: tuple[str, ...]) -> str:
    return "".join(parts).replace(" ", "")
