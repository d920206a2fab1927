"""Trace and ADC of a diffusion series in DICOM whose directions are volumes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, within_memory
from ...space.grid import Grid
from .b_values import Weighting
from .dicom import in_order, read_dicom_series, stack_grid
from .dicom_headers import Slice
from .diffusion_maps import DiffusionMaps, diffusion_maps, needed


def read_directions(parts: Sequence[Sequence[Slice]]) -> DiffusionMaps:
    """Trace and ADC of volumes that each are the slices of one b-value and direction.

    Raises:
        InputError: as `read_dicom_series` and `diffusion_maps`, or if the volumes do not lie at the same places.
    """
    weightings = [_weighting(part[0]) for part in parts]
    wanted = needed(weightings)
    where = parts[0][0].path.parent
    grid = stack_grid(in_order(parts[min(wanted, default=0)]), str(where))

    def volumes() -> Iterator[np.ndarray | None]:
        for number, part in enumerate(parts):
            if number not in wanted:
                yield None
                continue
            image = read_dicom_series(part)
            if not grid.same(Grid.of(image)):
                raise InputError(
                    "the directions of the diffusion series do not lie at the same places",
                    where=where,
                    fix="Give the trace image, or a folder with the files of this direction alone",
                )
            yield sitk.GetArrayFromImage(image)

    with within_memory(where):
        return diffusion_maps(weightings, volumes(), grid, str(where))


def taken_slices(parts: Sequence[Sequence[Slice]]) -> tuple[Slice, ...]:
    """The slices of those volumes that trace and ADC are made of, one volume after the other."""
    wanted = needed([_weighting(part[0]) for part in parts])
    return tuple(record for number in sorted(wanted) for record in parts[number])


def _weighting(record: Slice) -> Weighting:
    # Without a b-value beside volumes that have theirs it is not weighted.
    b = record.tags.b_value or 0.0
    return Weighting.along(b, record.gradient) if record.gradient else Weighting(b)
