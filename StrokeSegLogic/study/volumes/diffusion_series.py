"""Diffusion as converters and BIDS write it: one 4-D file of all b-values and directions, the b-values beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.files import read_regular
from .checks import MOST_FRAMES, require_finite
from .frame_times import numbers
from .nifti import open_nifti

_LARGEST = 1 << 20
_SAME_SHELL = 0.1
"""b-values of one shell differ by so much of the highest: scanners count the imaging gradients in."""
_LEAST_B = 100.0
"""s/mm²; a highest b-value below it is no diffusion weighting."""
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


def read_shell(path: Path) -> tuple[sitk.Image, str]:
    """The mean of the volumes of the highest b-value, 3-D float32, mm, LPS; and what it is, in words.

    Raises:
        InputError: if it is not an intact 4-D NIfTI file of real numbers, no b-values belong to it, they are not as
            many as the volumes, or none of them weights by diffusion.
    """
    header = open_nifti(path)
    size = header.size
    beside = b_values_beside(path)
    if len(size) != 4 or header.kind.kind not in "iuf" or beside is None:
        shown = " x ".join(map(str, size))
        raise InputError(
            f"has {len(size)} dimensions ({shown}: several b-values in one file), and no .bval beside it says which",
            where=path,
            fix="Put its .bval beside it, or give the 3-D volume with the highest b-value",
        )
    source, values = beside
    if len(values) != size[3]:
        what = f"holds {len(values)} b-values, and {path.name} has {size[3]} volumes"
        raise InputError(what, where=source, fix="Give one b-value for each volume")
    highest = max(values)
    if not highest >= _LEAST_B:
        raise InputError(f"its highest b-value is {highest:g}: it shows no diffusion", where=path, fix="Leave it out")
    shell = [b >= highest * (1 - _SAME_SHELL) for b in values]
    grid = header.grid()
    total = np.zeros(grid.shape, np.float32)
    with header.voxels() as stream:
        for wanted in shell:
            volume = stream.array(grid.shape, header.kind)
            if wanted:
                total += volume.astype(np.float32)
    mean = total / np.float32(sum(shell))
    image = grid.image((mean * np.float32(header.slope) + np.float32(header.intercept)).astype(np.float32))
    require_finite(image, str(path))
    return image, f"the mean of {sum(shell)} of its {len(shell)} volumes, those of b={highest:g} s/mm²"
