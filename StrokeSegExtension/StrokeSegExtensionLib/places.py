"""Going through doubtful slices and lesions of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .study import Place
from .words import tr as _

Kind = Literal["slice", "lesion"]


class Places:
    """The places of a result and where one is among them.

    Args:
        navigation: of a result's record: `slices` in descending doubt, `lesions` in descending volume, each with
            `point_lps_mm`.
    """

    def __init__(self, navigation: Mapping[str, Any]) -> None:
        self._places: dict[Kind, list[Place]] = {
            "slice": _slices(navigation.get("slices", ())),
            "lesion": _lesions(navigation.get("lesions", ())),
        }
        self._at: dict[Kind, int | None] = {"slice": None, "lesion": None}

    def has(self, kind: Kind) -> bool:
        return bool(self._places[kind])

    def step(self, kind: Kind, by: int) -> Place | None:
        """The next place (`by` 1) or the previous one (-1), round and round; None if there are none."""
        places = self._places[kind]
        if not places:
            return None
        at = self._at[kind]
        first = 0 if by > 0 else len(places) - 1
        self._at[kind] = number = first if at is None else (at + by) % len(places)
        return places[number]


def _slices(slices: Sequence[Mapping[str, Any]]) -> list[Place]:
    words = _("slice {slice}, doubt {number} of {count}")
    return [
        Place(_ras(one), words.format(slice=int(one["index"]) + 1, number=number, count=len(slices)), "slice")
        for number, one in enumerate(slices, 1)
    ]


def _lesions(lesions: Sequence[Mapping[str, Any]]) -> list[Place]:
    words = _("lesion {number} of {count}, {volume:.1f} ml")
    return [
        Place(_ras(one), words.format(number=number, count=len(lesions), volume=one["volume_ml"]), "lesion")
        for number, one in enumerate(lesions, 1)
    ]


def _ras(one: Mapping[str, Any]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in one["point_lps_mm"])
    return -x, -y, z
