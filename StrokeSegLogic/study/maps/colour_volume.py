"""A stack of colour-coded slices, as secondary captures come, back to values."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from .colour_bar import ColourBar, find_colour_bar
from .colour_maps import decode_colours

_RIM_PX = 3
_SAME_BAR = 0.1
"""Bars of two slices are one scale where their colours differ by no more (of a channel's range, in the median)."""


def decode_volume(colours: sitk.Image, low: float, high: float, where: str) -> tuple[sitk.Image, tuple[str, ...]]:
    """Values behind a colour-coded volume, by the colour bar in its slices.

    Args:
        colours: 3-D, three uint8 a voxel.
        low, high: values at the lower and the upper end of the bar.
        where: file or series, for messages.

    Returns:
        Float32 on the same grid, 0 where no colour of the scale is shown and where the bar stands; and what a reader
        must know.

    Raises:
        InputError: if no slice shows a colour bar, slices show different bars, or as `decode_colours`.
    """
    pictures = sitk.GetArrayFromImage(colours)
    bar = _bar(pictures, where)
    _require_one_scale(pictures, bar, where)
    count, height, width, _ = pictures.shape
    # One beneath the other: whether enough colours are shown is a question to the volume, not to the slice at its top.
    found = decode_colours(pictures.reshape(count * height, width, 3), low, high, bar.colours, where)
    values = found.values.reshape(count, height, width).copy()
    rim = _RIM_PX
    rows = slice(max(bar.top - rim, 0), bar.bottom + rim)
    values[:, rows, max(bar.left - rim, 0) : bar.right + rim] = 0
    if not values.any():
        raise InputError(
            "shows colours of the scale on its colour bar only",
            where=where,
            fix="Check that the colour bar belongs to this map",
        )
    step = f"the colours tell values {found.resolution:.2g} apart at best"
    return Grid.of(colours).image(values), (*found.notes, step)


def _bar(pictures: np.ndarray, where: str) -> ColourBar:
    """The bar of the first slice from the middle outward that shows any; slices with little brain hide it least."""
    middle = len(pictures) // 2
    first: InputError | None = None
    for number in sorted(range(len(pictures)), key=lambda k: abs(k - middle)):
        try:
            return find_colour_bar(pictures[number], where)
        except InputError as error:
            first = first or error
    assert first is not None
    raise first


def _require_one_scale(pictures: np.ndarray, bar: ColourBar, where: str) -> None:
    inner = slice((bar.left + bar.right) // 2, (bar.left + bar.right) // 2 + 1)
    strips = pictures[:, bar.top : bar.bottom, inner].astype(np.float32) / 255
    wanted = bar.colours[::-1][None, :, None]
    away = np.median(np.abs(strips - wanted).max(axis=3), axis=(1, 2))
    # A slice without any bar there is black: it takes the others' scale.
    other = (away > _SAME_BAR) & (strips.max(axis=(1, 2, 3)) > _SAME_BAR)
    if other.any():
        raise InputError(
            f"slice {int(np.argmax(other)) + 1} shows another colour bar than the others",
            where=where,
            fix="Give the map with grey values, or slices of one scale",
        )
