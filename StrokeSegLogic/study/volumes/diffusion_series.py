"""Diffusion as converters and BIDS write it: one 4-D file of all b-values and directions, the b-values beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...base.errors import InputError, within_memory
from ...base.files import read_regular
from .b_values import Weighting
from .checks import MOST_FRAMES
from .diffusion_maps import DiffusionMaps, diffusion_maps, needed
from .frame_times import numbers
from .nifti import SUFFIXES, open_nifti
from .reader import volume_suffix

_LARGEST = 1 << 20
_FOLDERS_UP = 3
"""BIDS lets a file count for all below its folder."""


def b_values_beside(path: Path) -> tuple[Path, tuple[float, ...]] | None:
    """The file of b-values that belongs to a 4-D file, and what it holds; None if there is none.

    NAME.bval or NAME.bvals, the only such file or `bvals` in the folder, or, as BIDS has it, `dwi.bval` in a folder
    above.

    Raises:
        InputError: if it holds something else than numbers.
    """
    name = path.name
    for ending in (".nii.gz", ".nii", ".hdr"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    wanted = [path.with_name(f"{name}{ending}") for ending in (".bval", ".bvals")]
    alone = sorted(p for p in path.parent.iterdir() if p.suffix in (".bval", ".bvals") or p.name in ("bval", "bvals"))
    wanted += alone if len(alone) == 1 else []
    wanted += [folder / "dwi.bval" for folder in list(path.resolve().parents)[:_FOLDERS_UP]]
    found = next((candidate for candidate in wanted if candidate.is_file()), None)
    if found is None:
        return None
    try:
        values = numbers(read_regular(found, _LARGEST).decode("utf-8-sig"))
    except ValueError:
        raise InputError("holds something that is no number", where=found, fix="Give one b-value a volume") from None
    return found, values[: MOST_FRAMES + 1]


def directions_beside(b_values: Path, count: int) -> tuple[np.ndarray | None, str]:
    """The gradients' vectors (count, 3) from the .bvec beside a file of b-values; None, and why, if there are none.

    Three lines of numbers, as FSL writes them, or a line for each volume.

    Args:
        b_values: that file.
        count: of volumes.
    """
    path = b_values.with_name("bvec".join(b_values.name.rsplit("bval", 1)))
    if path == b_values or not path.is_file():
        return None, ""
    try:
        lines = read_regular(path, _LARGEST).decode("utf-8-sig").splitlines()
        rows = [row for row in map(numbers, lines) if row]
        table = np.array(rows, float)
    except (InputError, ValueError):
        return None, f"{path.name} cannot be read"
    if table.shape == (3, count):
        return table.T, ""
    if table.shape == (count, 3):
        return table, ""
    return None, f"{path.name} does not hold {count} vectors"


def read_diffusion(path: Path) -> DiffusionMaps:
    """Trace and ADC of a 4-D file with its b-values beside it, and with its directions where there is a .bvec.

    Raises:
        InputError: if it is not an intact 4-D NIfTI file of real numbers, no b-values belong to it, they are not as
            many as the volumes, or none of them weights enough by diffusion.
    """
    nifti = volume_suffix(path) in SUFFIXES
    header = open_nifti(path) if nifti else None
    size = header.size if header is not None else ()
    beside = b_values_beside(path) if nifti else None
    if header is None or len(size) != 4 or header.kind.kind not in "iuf" or beside is None:
        several = f"has {len(size)} dimensions ({' x '.join(map(str, size))}: " if nifti else "is no NIfTI file ("
        raise InputError(
            f"{several}several b-values in one file), and no .bval beside it says which",
            where=path,
            fix="Put its .bval beside it, or give the 3-D volume with the highest b-value",
        )
    source, values = beside
    if len(values) != size[3]:
        what = f"holds {len(values)} b-values, and {path.name} has {size[3]} volumes"
        raise InputError(what, where=source, fix="Give one b-value for each volume")
    vectors, fault = directions_beside(source, size[3])
    weightings = [Weighting(b) if vectors is None else Weighting.along(b, vectors[k]) for k, b in enumerate(values)]
    wanted = needed(weightings)
    grid = header.grid()
    with within_memory(path), header.voxels() as stream:

        def volumes() -> Iterator[np.ndarray | None]:
            for number in range(size[3]):
                stored = stream.array(grid.shape, header.kind)
                yield stored * np.float32(header.slope) + np.float32(header.intercept) if number in wanted else None

        made = diffusion_maps(weightings, volumes(), grid, str(path))
    return replace(made, trace_words=f"{made.trace_words} ({fault})") if fault else made
