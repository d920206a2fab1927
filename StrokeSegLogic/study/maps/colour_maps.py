"""Values brought back from colour-coded maps, as secondary captures show them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base.errors import InputError
from .colour_bar import ColourBar, find_colour_bar, require_telling

_OFF_SCALE = 0.14
"""A pixel whose nearest colour on the bar differs by more (of a channel's range) is writing, grey anatomy or air."""
_BAR_RIM_PX = 3
"""JPEG spreads the bar's colours so far beyond it."""
_NEARLY_BLACK = 0.15
_BATCH = 4096
_LEAST_PART = 0.005


@dataclass(frozen=True)
class ColourMap:
    """Values of a colour-coded picture.

    Attributes:
        values: float32 (H, W), in the unit of the limits given; 0 where not known.
        known: bool (H, W): where the colour is one of the scale's.
        resolution: the step that colours can tell at best, in the values' unit.
        bar: where the scale was found; None if a table was given.
        notes: what a reader must know.
    """

    values: np.ndarray
    known: np.ndarray
    resolution: float
    bar: ColourBar | None
    notes: tuple[str, ...]


def decode_colours(
    picture: np.ndarray,
    low: float,
    high: float,
    table: np.ndarray | None = None,
    where: str = "the colour-coded map",
) -> ColourMap:
    """The values behind colours: each pixel's nearest colour on the colour bar, between the values at its ends.

    The numbers beside a bar are not read: the user gives them. Values beyond the bar's ends are lost: they show the
    colour of the end.

    Args:
        picture: (H, W, 3), uint8.
        low, high: values at the lower and the upper end of the bar; low above high for a bar that counts downward.
        table: (N, 3) colours, 0 to 1, from low to high, where they are known; then no bar is looked for.
        where: file or series, for messages.

    Raises:
        InputError: if there is no colour bar and no table, its colours are fewer than two or do not tell values apart,
            low equals high, or hardly a pixel shows a colour of the scale.
    """
    if not (np.isfinite(low) and np.isfinite(high)) or low == high:
        raise InputError(
            f"the scale runs from {low:g} to {high:g}",
            where=where,
            fix="Give the values that stand at the lower and the upper end of the colour bar",
        )
    bar = None
    if table is None:
        bar = find_colour_bar(picture, where)
        table = bar.colours
    else:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise InputError("is no colour picture of 8 bits a channel", where=where, fix="Give it as it was exported")
        table = np.asarray(table, np.float32)
        if table.ndim != 2 or table.shape[1] != 3 or len(np.unique(table, axis=0)) < 2 or not np.isfinite(table).all():
            raise InputError(
                f"the colour table (shape {table.shape}) is no row of two and more colours",
                where=where,
                fix="Give red, green and blue from 0 to 1, one colour a row, from the lowest to the highest value",
            )
        require_telling(table, where)
    if not picture.size:
        raise InputError("has no pixels", where=where, fix="Give the picture as it was exported")
    place, distance = _nearest(picture, np.asarray(table, np.float32))
    known = distance <= _OFF_SCALE
    # Black is air, even where the scale begins in black.
    known &= picture.max(axis=2) > 8
    if bar is not None:
        rim = _BAR_RIM_PX
        known[max(bar.top - rim, 0) : bar.bottom + rim, max(bar.left - rim, 0) : bar.right + rim] = False
    if known.mean() < _LEAST_PART:
        raise InputError(
            "hardly a pixel shows a colour of the scale",
            where=where,
            fix="Check that the colour bar or table belongs to this picture",
        )
    part = place / (len(table) - 1)
    values = np.where(known, low + part * (high - low), 0).astype(np.float32)
    notes = []
    ends = float(((part < 0.5 / len(table)) | (part > 1 - 0.5 / len(table)))[known].mean())
    if ends > 0.01:
        notes.append(f"{ends:.0%} of the pixels show an end of the colour scale: their values may lie beyond it")
    if bar is not None and table[0].max() < _NEARLY_BLACK:
        notes.append("the scale begins in black, where the bar's end cannot be told from the background to 4 %")
    notes.append("values were read off colours: no more than the colour bar's steps")
    step = abs(high - low) / (len(np.unique((np.asarray(table) * 255).round(), axis=0)) - 1)
    return ColourMap(values, known, float(step), bar, tuple(notes))


def _nearest(picture: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel the index of the nearest colour (H, W) and the largest difference of a channel (H, W)."""
    packed = picture.astype(np.int64) @ np.array([65536, 256, 1])
    # A picture has far fewer colours than pixels.
    colours, back = np.unique(packed.reshape(-1), return_inverse=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.float32) / 255
    place = np.empty(len(rgb), np.int64)
    distance = np.empty(len(rgb), np.float32)
    for start in range(0, len(rgb), _BATCH):
        part = rgb[start : start + _BATCH]
        gap = ((part[:, None] - table[None]) ** 2).sum(axis=2)
        place[start : start + _BATCH] = gap.argmin(axis=1)
        distance[start : start + _BATCH] = np.abs(part - table[place[start : start + _BATCH]]).max(axis=1)
    shape = picture.shape[:2]
    return place[back].reshape(shape), distance[back].reshape(shape)
