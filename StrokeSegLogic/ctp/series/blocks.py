"""Blocks of pixels within slices: noise's own grain is no finer than a pixel of about a millimetre."""

from __future__ import annotations

import numpy as np

from ...space.grid import Grid


def pixels_in_a_block(grid: Grid, pixel_mm: float) -> tuple[int, int]:
    """How many rows and columns make blocks of about that size."""
    rows, columns = (max(round(pixel_mm / step), 1) for step in grid.spacing[1::-1])
    return rows, columns


def block_sums(volume: np.ndarray, factors: tuple[int, int]) -> np.ndarray:
    """Sums over the blocks of a volume (z, y, x), the last blocks filled up with zeros."""
    rows, columns = factors
    if rows == columns == 1:
        return volume
    padded = np.pad(volume, ((0, 0), (0, -volume.shape[1] % rows), (0, -volume.shape[2] % columns)))
    blocks = padded.reshape(len(padded), padded.shape[1] // rows, rows, padded.shape[2] // columns, columns)
    return np.asarray(blocks.sum(axis=(2, 4)))


def of_blocks(values: np.ndarray, factors: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """Each pixel's block's value: the way back from `block_sums` to a volume of that shape (z, y, x)."""
    rows, columns = factors
    return values.repeat(rows, axis=1).repeat(columns, axis=2)[:, : shape[1], : shape[2]]
