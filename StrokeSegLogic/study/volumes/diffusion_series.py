"""Diffusion as converters and BIDS write it: one 4-D file of all b-values and directions, or a file for each volume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, within_memory
from ...space.grid import Grid
from .b_value_files import weightings_beside
from .b_values import Weighting
from .diffusion_maps import DiffusionMaps, diffusion_maps, geometric_mean, needed
from .nifti import SUFFIXES, open_nifti
from .no_value import zero_for_no_value
from .reader import read_volume, volume_suffix


def read_diffusion(path: Path) -> DiffusionMaps:
    """Trace and ADC of a 4-D file with its b-values beside it, and with its directions where there is a .bvec.

    Raises:
        InputError: if it is not an intact 4-D NIfTI file of real numbers, no b-values belong to it, they are not as
            many as the volumes, or none of them weights enough by diffusion.
    """
    nifti = volume_suffix(path) in SUFFIXES
    header = open_nifti(path) if nifti else None
    size = header.size if header is not None else ()
    beside = weightings_beside(path, size[3]) if len(size) == 4 else None
    if header is None or len(size) != 4 or header.kind.kind not in "iuf" or beside is None:
        several = f"has {len(size)} dimensions ({' x '.join(map(str, size))}: " if nifti else "is no NIfTI file ("
        raise InputError(
            f"{several}several b-values in one file), and no .bval beside it says which",
            where=path,
            fix="Put its .bval beside it, or give the 3-D volume with the highest b-value",
        )
    weightings, fault = beside
    wanted = needed(weightings)
    grid = header.grid()
    with within_memory(path), header.voxels() as stream:

        def volumes() -> Iterator[np.ndarray | None]:
            for number in range(size[3]):
                stored = stream.array(grid.shape, header.kind)
                yield stored * np.float32(header.slope) + np.float32(header.intercept) if number in wanted else None

        made = diffusion_maps(weightings, volumes(), grid, str(path))
    return replace(made, trace_words=f"{made.trace_words} ({fault})") if fault else made


def read_direction_files(paths: Sequence[Path], weightings: Sequence[Weighting | None]) -> DiffusionMaps:
    """Trace and ADC of files that are a direction each, or a volume without weighting.

    Args:
        paths: of the files.
        weightings: of each; None for a direction of a b-value that nothing tells.

    Raises:
        InputError: as `read_volume` and `diffusion_maps`, or if the volumes do not lie at the same places.
    """
    where = str(paths[0])
    grid: Grid | None = None

    def volumes() -> Iterator[np.ndarray]:
        nonlocal grid
        for path in paths:
            image = read_volume(path, finite=False)
            grid = grid or Grid.of(image)
            if not grid.same(Grid.of(image)):
                raise InputError(
                    f"lies at other places than {paths[0].name}, another direction of the same series",
                    where=path,
                    fix="Give the trace image, or the directions on one grid",
                )
            yield sitk.GetArrayFromImage(image)

    with within_memory(where):
        known = [weighting for weighting in weightings if weighting is not None]
        if len(known) == len(paths):
            return diffusion_maps(known, volumes(), Grid.of(read_volume(paths[0], finite=False)), where)
        trace = geometric_mean(volumes())
    assert grid is not None
    words = f"the trace, computed as the geometric mean of {len(paths)} files, each of a direction of its own"
    image, missing = zero_for_no_value(grid.image(trace), where)
    words += f"; {missing}" if missing else ""
    return DiffusionMaps(image, words, True, None, "the b-values of its files are not known")
