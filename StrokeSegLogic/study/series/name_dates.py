"""Dates and times of day that stand in the names of files and folders, however they are written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_TIME = (
    r"(?:(\d{2})(\d{2})(\d{2})?(?!\d)|[T_ -](\d{2})(\d{2})(\d{2})(?!\d)|T(\d{2})(\d{2})(?!\d)"
    r"|[T_ -](\d{2})[-:h](\d{2})(?:[-:m](\d{2}))?(?!\d))?"
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_. /]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?=$|\D|\d{4}(?:$|\D)|\d{6}(?:$|\D))"
    + _TIME
)
_SPACED = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-_. /])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_SHORT = re.compile(r"(?<![\d.])(\d{2})([-.])(\d{2})\2(\d{2})(?![\d.])")
_ASIAN = re.compile(r"(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_MONTHS = (
    r"jan(?:uary|uar|vier)?|ene(?:ro)?|gen(?:naio)?",
    r"feb(?:ruary|ruar|braio|rero)?|fe?v(?:rier|ereiro)?",
    r"mar(?:ch|s|zo|co)?|maerz|marz|mrz",
    r"apr(?:il|ile)?|avr(?:il)?|abr(?:il)?",
    r"may|mai|mayo|maio|mag(?:gio)?",
    r"june?|juni|juin|junio|junho|giu(?:gno)?",
    r"july?|juli|juil(?:let)?|julio|julho|lug(?:lio)?",
    r"aug(?:ust)?|aout|ago(?:sto)?",
    r"sept?(?:ember|embre|iembre)?|set(?:embro|tembre)?",
    r"oct(?:ober|obre|ubre)?|okt(?:ober)?|out(?:ubro)?|ott(?:obre)?",
    r"nov(?:ember|embre|iembre|embro)?",
    r"dec(?:ember|embre)?|dez(?:ember|embro)?|dic(?:iembre|embre)?",
)
_NAMED = re.compile(
    r"(?:(?<!\d)(\d{1,2})[-_. ]{0,2})?(?<![^\W\d_])(?:"
    + "|".join(f"(?P<m{number}>{names})" for number, names in enumerate(_MONTHS, 1))
    + r")\.?[-_. ]?(?:(\d{1,2})(?:st|nd|rd|th)?[-_., ]+)?((?:19|20)\d\d)(?!\d)",
    re.I,
)
_MONTH = re.compile(r"(?:^|(?<=/))(?:((?:19|20)\d\d)[-_.](0[1-9]|1[0-2])|(0[1-9]|1[0-2])[-_.]((?:19|20)\d\d))(?=/|$)")
_YEAR = re.compile(r"(?:^|(?<=/))(200[2-9]|20[1-3]\d)(?=/|$)")
"""A whole folder; 1901 and 2001 are how Philips numbers its series."""
_DAY_S = 86400.0


@dataclass(frozen=True)
class Span:
    """Days that a name speaks of, by their number in the calendar, and the second of the day where it is said."""

    first: int
    last: int
    second: float | None = None

    def days_to(self, other: Span) -> int:
        return max(self.first - other.last, other.first - self.last, 0)

    def hours_to(self, other: Span) -> float | None:
        """Hours between two moments; None where one of them is none."""
        if self.second is None or other.second is None or self.first != self.last or other.first != other.last:
            return None
        return abs((self.first - other.first) * _DAY_S + self.second - other.second) / 3600


@lru_cache(maxsize=4096)
def dates_of(path: str) -> tuple[tuple[Span, ...], str]:
    """The dates that a path holds, in all readings where there are several (01-02-2024), and the path without them."""
    found: list[Span] = []
    for pattern, reading in (
        (_YEAR_FIRST, _year_first),
        (_SPACED, _spaced),
        (_ASIAN, _asian),
        (_NAMED, _named),
        (_YEAR_LAST, _year_last),
        (_SHORT, _short),
        (_MONTH, _year_and_month),
        (_YEAR, _year),
    ):
        for match in list(pattern.finditer(path)):
            spans = list(reading(match))
            found += spans
            if spans:
                path = path[: match.start()] + " " * len(match[0]) + path[match.end() :]
    return tuple(found), path


def day_span(stamp: str) -> Span | None:
    """The day of a date as DICOM writes it; None for what is none, and for years before there were such images, which
    anonymising leaves."""
    year = stamp[:4]
    if len(stamp) < 8 or not year.isdigit() or int(year) < 1975:
        return None
    return next(_days(year, stamp[4:6], stamp[6:8]), None)


def _year_first(found: re.Match[str]) -> Iterator[Span]:
    clock = [part for part in found.groups()[4:] if part]
    second = None
    if clock:
        hours, minutes, seconds = (*map(int, clock), 0)[:3]
        second = hours * 3600.0 + minutes * 60 + seconds if hours < 24 and minutes < 60 and seconds < 61 else None
    yield from _days(found[1], found[3], found[4], second)


def _spaced(found: re.Match[str]) -> Iterator[Span]:
    yield from _days(found[1], found[3], found[4])


def _asian(found: re.Match[str]) -> Iterator[Span]:
    yield from _days(found[1], found[2], found[3])


def _named(found: re.Match[str]) -> Iterator[Span]:
    month = next(number for number in range(1, 13) if found[f"m{number}"])
    groups = found.groups()
    day, year = groups[0] or groups[-2], groups[-1]
    if day is not None:
        yield from _days(year, str(month), day)
    else:
        yield from _month(int(year), month)


def _year_last(found: re.Match[str]) -> Iterator[Span]:
    yield from _days(found[4], found[3], found[1])
    if found[1] != found[3]:
        yield from _days(found[4], found[1], found[3])


def _short(found: re.Match[str]) -> Iterator[Span]:
    one, two, three = found[1], found[3], found[4]
    for year, month, day in ((three, two, one), (three, one, two), (one, two, three)):
        if int(year) < 30:
            yield from _days(f"20{year}", month, day)


def _year_and_month(found: re.Match[str]) -> Iterator[Span]:
    yield from _month(int(found[1] or found[4]), int(found[2] or found[3]))


def _year(found: re.Match[str]) -> Iterator[Span]:
    yield Span(date(int(found[1]), 1, 1).toordinal(), date(int(found[1]), 12, 31).toordinal())


def _days(year: str, month: str, day: str, second: float | None = None) -> Iterator[Span]:
    try:
        number = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return
    yield Span(number, number, second)


def _month(year: int, month: int) -> Iterator[Span]:
    last = calendar.monthrange(year, month)[1]
    yield Span(date(year, month, 1).toordinal(), date(year, month, last).toordinal())
