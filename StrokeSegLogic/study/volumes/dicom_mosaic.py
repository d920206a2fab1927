"""Files in which the slices of a volume lie side by side: Siemens' mosaic and United Imaging's grid."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dicom_values as values
from .dicom_clock import read_clock
from .dicom_csa import csa_numbers
from .dicom_headers import Slice

if TYPE_CHECKING:
    from pydicom import Dataset

MOSAIC, GRID = "MOSAIC", "VFRAME"
"""Words of the image type."""
SIEMENS_COUNT = (0x0019, 0x0A, "SIEMENS MR HEADER")
SIEMENS_CSA = (0x0029, 0x10, "SIEMENS CSA HEADER")
UIH_COUNT = (0x0065, 0x50, "IMAGE PRIVATE HEADER")
UIH_FRAMES = (0x0065, 0x51, "IMAGE PRIVATE HEADER")
MOSAIC_TAGS = ("SpacingBetweenSlices",)
_MOST_TILES = 4096
_COUNT, _NORMAL = "NumberOfImagesInMosaic", "SliceNormalVector"


def tiles_of(whole: Slice, header: Dataset) -> list[Slice]:
    """The slices of a mosaic, or nothing where the header does not say how many there are and where they lie."""
    if GRID in whole.tags.image_type:
        return _of_grid(whole, header)
    return _of_mosaic(whole, header)


def is_mosaic(record: Slice) -> bool:
    """Whether a file's picture is of many slices."""
    return MOSAIC in record.tags.image_type or GRID in record.tags.image_type


def _of_mosaic(whole: Slice, header: Dataset) -> list[Slice]:
    """Siemens: the tiles fill a square, row by row. The position is that of a picture of the mosaic's size about the
    slice's middle (nibabel, "DICOM orientation: Siemens mosaic")."""
    csa = csa_numbers(values.private_bytes(header, SIEMENS_CSA), (_COUNT, _NORMAL))
    told = values.private_number(header, SIEMENS_COUNT)
    count = int(told if told is not None else csa.get(_COUNT, (0.0,))[0])
    side = math.ceil(math.sqrt(max(count, 0)))
    normal = csa.get(_NORMAL, ())
    step = values.number(header, "SpacingBetweenSlices") or whole.thickness
    place, size = _first(whole, side, side), _tile_size(whole, count, side, side)
    if place is None or size is None or len(normal) != 3 or not step:
        return []
    places = [tuple((place + np.asarray(normal) * step * number).tolist()) for number in range(count)]
    return _tiles(whole, size, side, places)


def _of_grid(whole: Slice, header: Dataset) -> list[Slice]:
    """United Imaging: each tile has an item with its place (documented by the vendor, dcm2niix issue 225)."""
    items = values.private_items(header, UIH_FRAMES)
    told = values.private_number(header, UIH_COUNT)
    count = int(told if told is not None else len(items))
    columns = math.ceil(math.sqrt(max(count, 0)))
    rows = math.ceil(count / columns) if columns else 0
    size = _tile_size(whole, count, rows, columns)
    places = [values.numbers(item, "ImagePositionPatient", 3) for item in items]
    if size is None or len(places) != count or None in places:
        return []
    tiles = _tiles(whole, size, columns, [place for place in places if place is not None])
    return [_at_its_time(tile, item) for tile, item in zip(tiles, items, strict=True)]


def _at_its_time(tile: Slice, item: Any) -> Slice:
    clock = read_clock(item)
    if clock.acquisition is None:
        return tile
    return replace(tile, clock=replace(tile.clock, acquisition=clock.acquisition))


def _tile_size(whole: Slice, count: int, rows: int, columns: int) -> tuple[int, int] | None:
    if not 1 <= count <= _MOST_TILES or whole.size[0] % rows or whole.size[1] % columns:
        return None
    return whole.size[0] // rows, whole.size[1] // columns


def _first(whole: Slice, rows: int, columns: int) -> np.ndarray | None:
    """Where the first tile's first voxel lies, mm, LPS."""
    if whole.position is None or whole.axes is None or whole.spacing is None or not rows:
        return None
    axes = np.reshape(whole.axes, (2, 3))
    beside = [(size - size / parts) / 2 for size, parts in zip(whole.size, (rows, columns), strict=True)]
    across = axes[0] * beside[1] * whole.spacing[1] + axes[1] * beside[0] * whole.spacing[0]
    return np.asarray(whole.position) + across


def _tiles(whole: Slice, size: tuple[int, int], columns: int, places: list[tuple[float, ...]]) -> list[Slice]:
    return [
        replace(
            whole,
            size=size,
            position=place,
            frame=number + 1,
            tile=(number // columns * size[0], number % columns * size[1]),
            picture=whole.size,
        )
        for number, place in enumerate(places)
    ]
