"""Numbers in the names of files and folders that say whose a volume is, and those that number series or images.

A patient's number is long, stands at the beginning of a name, and is far from that of another patient; series of one
examination are numbered one after the other, and their numbers stand at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from .name_dates import dates_of
from .protocol_words import is_protocol_word, is_technical

_FIRST = re.compile(r"([^\W\d_]{0,8})[-_ ]?(\d{6,})(?!\.\d|\d)")
_LATER = re.compile(r"(?<![\d.])\d{6,}(?!\.\d|\d)")
_CODE = re.compile(r"([A-Za-z]{1,8})[-_]?(0\d+|\d{3,})(?![A-Za-z0-9])")
"""A code as studies give it: R001, TGH-0123."""
_NUMBERING_TEXT = "s se ser serie series seq im img image i scan mr ct pt nm e ex exam run vol file acc"
_NUMBERING = frozenset(_NUMBERING_TEXT.split())
_SMALLEST, _NEAR = 10_000, 1_000
"""Zeros before it make no number longer; numbers that are nearer than that may have been given one after the other."""
_COHORTS_TEXT = "brain stroke isch train training test valid head mri isles atlas brats healthy lesion"
_COHORTS = frozenset(_COHORTS_TEXT.split())
"""Words of protocols that cohorts number their people by: brain001."""
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_SECONDS = range(1_000_000_000, 2_000_000_000)
"""Of 2001 to 2033, as computers count them."""


@dataclass(frozen=True)
class Numbers:
    """Attributes:
    first: at the beginning of a file's or folder's name.
    later: elsewhere, or after a word that numbers series.
    codes: letters and number at a name's beginning.
    """

    first: frozenset[int] = frozenset()
    later: frozenset[int] = frozenset()
    codes: frozenset[tuple[str, int]] = frozenset()


@lru_cache(maxsize=4096)
def numbers_of(path: str) -> Numbers:
    """The numbers in a path, without ending, that may say whose a volume is; dates and times are none."""
    first, later, codes = set[int](), set[int](), set[tuple[str, int]]()
    for name in dates_of(path)[1].split("/"):
        name, rest = name.strip(" _-"), name
        if (begins := _FIRST.match(name)) is not None:
            counts = begins[1].lower() in _NUMBERING or (begins[1] and is_protocol_word(begins[1].lower()))
            (later if counts else first).update(_identifying(begins[2]))
            rest = name[begins.end() :]
        elif (code := _CODE.match(name)) is not None and not _counts(code[1].lower(), code[2]):
            codes.add((code[1].lower(), int(code[2])))
        for number in _LATER.findall(rest):
            later.update(_identifying(number))
    return Numbers(frozenset(first), frozenset(later), frozenset(codes))


def several_have(paths: Iterable[str]) -> frozenset[int]:
    """Numbers that stand in the names of several volumes, and so are of no single series."""
    counted = Counter(number for path in paths for number in numbers_of(path).later)
    return frozenset(number for number, count in counted.items() if count > 1)


def numbers_differ(first: str, other: str, common: Collection[int]) -> tuple[bool, str] | None:
    """Whether two paths are of two patients by their numbers: for sure or perhaps, and what says so.

    Args:
        first, other: the paths.
        common: see `several_have`.
    """
    if share_a_number(first, other):
        return None
    ours, theirs = numbers_of(first), numbers_of(other)
    if ours.first and theirs.first:
        if _same_hours(ours.first, theirs.first):
            return None
        sure = _gap(ours.first, theirs.first) > _NEAR and not all(map(_is_clock, ours.first | theirs.first))
        return sure, "their names begin with different numbers"
    if ours.later and theirs.later and _gap(ours.later, theirs.later) > _NEAR:
        if _same_hours(ours.later, theirs.later):
            return None
        return bool((ours.later | theirs.later) & set(common)), "different numbers stand in their names"
    if ours.codes and theirs.codes:
        return False, "their names begin with different codes"
    return None


def share_a_number(first: str, other: str) -> bool:
    """Whether a number or code that may be a patient's stands in both paths."""
    ours, theirs = numbers_of(first), numbers_of(other)
    return bool((ours.first | ours.later) & (theirs.first | theirs.later) or ours.codes & theirs.codes)


def _identifying(number: str) -> tuple[int, ...]:
    """The number, or nothing where it counts images."""
    return () if int(number) < _SMALLEST else (int(number),)


def _is_clock(number: int) -> bool:
    return _CLOCK.fullmatch(f"{number:06d}") is not None


def _same_hours(ours: Collection[int], theirs: Collection[int]) -> bool:
    """Whether the numbers are times of a few hours: HHMMSS, or seconds as computers count them."""
    numbers = {*ours, *theirs}
    if all(number in _SECONDS for number in numbers):
        return max(numbers) - min(numbers) < 86_400
    return all(map(_is_clock, numbers)) and max(numbers) // 10_000 - min(numbers) // 10_000 <= 2


def _counts(letters: str, number: str) -> bool:
    """Whether a code numbers series, or is a word of protocols (b1000, TE80); S0001 is how studies call people, S0401
    how Philips counts."""
    padded = number[0] == "0"
    hundreds = number[1:2] != "0" and number[2:] == "01"
    if (letters == "s" and len(number) == 4 and padded and not hundreds) or (
        letters in _COHORTS and padded and len(number) > 2
    ):
        return False
    return letters in _NUMBERING or is_technical(letters) or is_protocol_word(letters + number)


def _gap(ours: Collection[int], theirs: Collection[int]) -> int:
    return min(abs(mine - your) for mine in ours for your in theirs)
