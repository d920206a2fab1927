"""Finding the colour bar in a colour-coded map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base.errors import InputError

_EVEN = 0.10
"""Neighbours across a bar differ by no more (of the full range of a channel): JPEG ringing, not tissue."""
_NEARLY = 0.9
_SMOOTH = 0.16
"""Nor do neighbours along it."""
_LENGTH_PART = 0.2
"""A bar is at least this part of the picture's height."""
_PATH = 0.8
"""The colours along a bar run at least this far (sum of steps in units of a channel's range)."""
_WIDTH_PX = 4
_SIDE_PART = 0.3
"""Bars stand in this part of the width at either side."""
_DARK = 0.08
_BESIDE_PX, _SHARP = 3, 0.3
"""So far beside a bar the picture differs by so much, in half of the rows at least."""
_UNEVEN_FLOOR = 0.01
"""Strips more even than this are alike in it: then the longer strip is better."""
_ALIKE = 0.06
"""Colours closer than this cannot be told apart behind JPEG."""
_APART = 0.1
"""Places on the bar further apart than this part of its length must not look alike."""


@dataclass(frozen=True)
class ColourBar:
    """A vertical colour bar.

    Attributes:
        top, bottom, left, right: its rows and columns in the picture, ends excluded.
        colours: (N, 3), 0 to 1, from its lower end up.
    """

    top: int
    bottom: int
    left: int
    right: int
    colours: np.ndarray


def find_colour_bar(picture: np.ndarray, where: str) -> ColourBar:
    """The colour bar at the left or right side of a picture: a strip even across and smooth along, of many colours.

    Args:
        picture: (H, W, 3), uint8.
        where: file or series, for the message.

    Raises:
        InputError: if there is none, or its colours do not tell its values apart.
    """
    shown = _unit(picture, where)
    strips = _strips(shown)
    if not strips:
        raise InputError(
            "is colour-coded, and no colour bar was found at its sides",
            where=where,
            fix="Give the map with grey values as the scanner stores it, or the colour table with its lowest and "
            "highest value",
        )
    # Tissue has strips, too, but it meanders: of a bar alone every colour comes once.
    bar = next((strip for strip in strips if _alike_places(strip.colours) is None), None)
    if bar is None:
        require_telling(strips[0].colours, where)
        raise AssertionError("the best strip was found ambiguous before")
    return bar


def require_telling(colours: np.ndarray, where: str) -> None:
    """Refuses a row of colours in which one colour stands for two values.

    Args:
        colours: (N, 3), 0 to 1.

    Raises:
        InputError: if places more than a tenth of the length apart look alike.
    """
    places = _alike_places(colours)
    if places is not None:
        raise InputError(
            f"one colour of the scale stands for two values ({places[0]:.0%} and {places[1]:.0%} of its length)",
            where=where,
            fix="Give the map with grey values: this colour table cannot be undone",
        )


def _alike_places(colours: np.ndarray) -> tuple[float, float] | None:
    """Two places (0 to 1) on a row of colours that lie apart and look alike; None if there are none."""
    some = colours[np.linspace(0, len(colours) - 1, min(len(colours), 128)).astype(int)]
    gap = np.abs(some[:, None] - some[None]).max(axis=2)
    place = np.linspace(0, 1, len(some))
    alike = (np.abs(place[:, None] - place[None]) > _APART) & (gap < _ALIKE)
    if not alike.any():
        return None
    low, high = np.argwhere(alike)[0]
    return float(place[low]), float(place[high])


def _strips(shown: np.ndarray) -> list[ColourBar]:
    """Strips at the sides that are even across and run through many colours, the most even and longest first."""
    height, width = shown.shape[:2]
    plain = _plain(shown)
    side = int(_SIDE_PART * width)
    found: list[tuple[float, ColourBar]] = []
    for column in (*range(side), *range(width - side, width)):
        for start, stop in _runs(plain[:, column]):
            if stop - start < _LENGTH_PART * height:
                continue
            path = float(np.abs(np.diff(_thinned(shown[start:stop, column]), axis=0)).max(axis=1).sum())
            left, right = _spread(shown, column, start, stop)
            if path < _PATH or right - left < _WIDTH_PX or not _stands_alone(shown, start, stop, left, right):
                continue
            strip = shown[start:stop, left:right]
            colours = np.median(strip, axis=1)
            uneven = float(np.abs(strip - colours[:, None]).mean())
            score = (stop - start) / (_UNEVEN_FLOOR + uneven)
            found.append((score, ColourBar(start, stop, left, right, colours[::-1])))
    return [bar for _, bar in sorted(found, key=lambda scored: -scored[0])]


def _unit(picture: np.ndarray, where: str) -> np.ndarray:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise InputError(
            f"is no colour picture of 8 bits a channel ({picture.dtype} of shape {picture.shape})",
            where=where,
            fix="Give the secondary capture as it was exported",
        )
    return picture.astype(np.float32) / 255


def _plain(shown: np.ndarray) -> np.ndarray:
    """Pixels that are like their neighbours across and along, and not black; bool (H, W)."""
    across = np.abs(np.diff(shown, axis=1)).max(axis=2) <= _EVEN
    along = np.abs(np.diff(shown, axis=0)).max(axis=2) <= _SMOOTH
    even = np.pad(across, ((0, 0), (0, 1))) | np.pad(across, ((0, 0), (1, 0)))
    smooth = np.pad(along, ((0, 1), (0, 0)), constant_values=True)
    dark = shown.max(axis=2) < _DARK
    # A bar may begin in black: only a pixel in a longer black stretch is background.
    deep = dark & np.roll(dark, 6, axis=0) & np.roll(dark, -6, axis=0)
    return even & smooth & ~deep


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
    # The last pixel's step leads out of the run: it belongs to it, its step does not.
    return [(int(a), int(min(b + 1, len(line)))) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _thinned(colours: np.ndarray) -> np.ndarray:
    """Every eighth colour of a run: noise from pixel to pixel adds up to no path."""
    return colours[:: max(len(colours) // 24, 1)]


def _spread(shown: np.ndarray, column: int, start: int, stop: int) -> tuple[int, int]:
    """The columns around `column` that show the same run of colours nearly everywhere."""
    run = shown[start:stop, column]

    def same(other: int) -> bool:
        return bool(np.quantile(np.abs(shown[start:stop, other] - run).max(axis=1), _NEARLY) <= _EVEN)

    left = right = column
    while left > 0 and same(left - 1):
        left -= 1
    while right + 1 < shown.shape[1] and same(right + 1):
        right += 1
    return left, right + 1


def _stands_alone(shown: np.ndarray, start: int, stop: int, left: int, right: int) -> bool:
    """Whether the strip ends sharply on either side; colours of tissue go over into those beside them."""
    run = np.median(shown[start:stop, left:right], axis=1)
    for other in (left - _BESIDE_PX, right - 1 + _BESIDE_PX):
        if 0 <= other < shown.shape[1]:
            difference = np.abs(shown[start:stop, other] - run).max(axis=1)
            if np.median(difference) < _SHARP:
                return False
    return True
