"""Trace and ADC of a diffusion series in DICOM whose directions are volumes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, within_memory
from ...space.grid import Grid
from .b_values import Weighting
from .dicom import in_order, read_dicom_series, read_records, stack_grid
from .dicom_headers import read_slice
from .diffusion_maps import DiffusionMaps, diffusion_maps, needed


def read_directions(parts: Sequence[Sequence[str | Path]]) -> DiffusionMaps:
    """Trace and ADC of volumes that each are the files of one b-value and direction.

    Raises:
        InputError: as `read_dicom_series` and `diffusion_maps`, or if the volumes do not lie at the same places.
    """
    weightings = [_weighting(Path(part[0])) for part in parts]
    wanted = needed(weightings)
    where = Path(parts[0][0]).parent
    first = parts[min(wanted, default=0)]
    grid = stack_grid(in_order(read_records(first)), str(where))

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


def _weighting(file: Path) -> Weighting:
    """That of a volume; without a b-value beside volumes that have theirs it is not weighted."""
    record = read_slice(file)
    b = None if record is None else record.tags.b_value
    if record is None or b is None:
        return Weighting(0.0)
    return Weighting.along(b, record.gradient) if record.gradient else Weighting(b)
