"""Going through doubtful slices and lesions of a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from StrokeSegLogic.result.record import DoubtfulSlice, LesionPlace, Point, ResultRecord

from .study import Place
from .words import tr as _

Kind = Literal["slice", "lesion"]


class Places:
    """The places of a result and where the reader is among them.

    Args:
        record: of the result; None where there is none.
    """

    def __init__(self, record: ResultRecord | None) -> None:
        self._places: dict[Kind, list[Place]] = {
            "slice": [] if record is None else _slices(record.slices),
            "lesion": [] if record is None else _lesions(record.lesions),
        }
        self._at: dict[Kind, int | None] = {"slice": None, "lesion": None}

    def has(self, kind: Kind) -> bool:
        return bool(self._places[kind])

    def first(self, kind: Kind) -> Place | None:
        """The first place, of lesions the largest; None if there are none."""
        return self._places[kind][0] if self._places[kind] else None

    def step(self, kind: Kind, by: int) -> Place | None:
        """The next place (`by` 1) or the previous place (-1), round and round; None if there are none."""
        places = self._places[kind]
        if not places:
            return None
        at = self._at[kind]
        first = 0 if by > 0 else len(places) - 1
        self._at[kind] = number = first if at is None else (at + by) % len(places)
        return places[number]


def _slices(slices: Sequence[DoubtfulSlice]) -> list[Place]:
    words = _("slice {slice}, doubt {number} of {count}")
    return [
        Place(
            _ras(doubtful.point_lps_mm),
            words.format(slice=doubtful.index + 1, number=number, count=len(slices)),
            "slice",
        )
        for number, doubtful in enumerate(slices, 1)
    ]


def _lesions(lesions: Sequence[LesionPlace]) -> list[Place]:
    words = _("lesion {number} of {count}, {volume:.1f} ml")
    return [
        Place(
            _ras(lesion.point_lps_mm),
            words.format(number=number, count=len(lesions), volume=lesion.volume_ml),
            "lesion",
        )
        for number, lesion in enumerate(lesions, 1)
    ]


def _ras(point_lps: Point) -> Point:
    x, y, z = point_lps
    return -x, -y, z
