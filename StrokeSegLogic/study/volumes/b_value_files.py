"""The b-values and directions that lie beside a diffusion series, under the names that converters and tools give them.

NAME.bval is dcm2niix's, `bvals` FSL's, sub-01_dwi.bval in a folder above that of BIDS, where a file counts for all
below its folder whose names hold what its own name holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from ...base.errors import InputError
from ...base.files import read_regular
from .b_values import UNWEIGHTED_B, Weighting
from .checks import MOST_FRAMES
from .frame_times import numbers
from .reader import volume_suffix

Kind: TypeAlias = Literal["bval", "bvec"]
_LARGEST = 1 << 20
_VOLUMES = (".nii.gz", ".nii", ".hdr")
_HIGHEST_B = 50_000.0
"""s/mm²; the strongest gradients in a scanner for people reach 40,000."""
_UNIT = 0.1
_LEVEL = re.compile(r"dwi|anat|(?:sub|ses)-.+", re.I)
"""Folders of BIDS below its root."""


def weightings_beside(path: Path, count: int) -> tuple[list[Weighting], str] | None:
    """How the volumes of a file are weighted, by the files of b-values and directions that belong to it, and what is
    wrong with the directions ("" for nothing); None where there are no b-values.

    Args:
        path: of the file of volumes.
        count: of its volumes.

    Raises:
        InputError: if the b-values are no numbers, no such values, or not as many as the volumes.
    """
    source = _file_beside(path, "bval")
    return None if source is None else _weightings(path, source, _file_beside(path, "bvec"), count)


def own_weighting(path: Path) -> Weighting | None:
    """How the only volume of a file is weighted, by a .bval of its own name; None where that says nothing."""
    source = _own(path, "bval", _names(path.parent))
    if source is None:
        return None
    try:
        found, _ = _weightings(path, source, _own(path, "bvec", _names(path.parent)), 1)
    except InputError:
        # Of one volume the name and the rest of the study say enough.
        return None
    return found[0]


def _weightings(path: Path, source: Path, directions: Path | None, count: int) -> tuple[list[Weighting], str]:
    values = _b_values(source)
    if len(values) != count:
        what = f"holds {len(values)} b-values, and {path.name} has {count} volume{'' if count == 1 else 's'}"
        raise InputError(what, where=source, fix="Give one b-value for each volume")
    vectors, fault = _vectors(directions, values) if directions is not None else (None, "")
    if vectors is None:
        return [Weighting(b) for b in values], fault
    return [Weighting.along(b, vector) for b, vector in zip(values, vectors.tolist(), strict=True)], fault


def _file_beside(path: Path, kind: Kind) -> Path | None:
    """The file of b-values or of directions that belongs to a file of volumes."""
    names = _names(path.parent)
    if (found := _own(path, kind, names)) is not None:
        return found
    for common in (f"{kind}s", kind, f"{kind}s.txt", f"{kind}.txt"):
        if common in names:
            return names[common]
    stems = {_stem(name) for name, other in names.items() if volume_suffix(other) is not None}
    # What has a volume of its own name belongs to that.
    alone = [names[name] for name in names if re.search(rf"\.{kind}s?$", name) and name.rsplit(".", 1)[0] not in stems]
    return alone[0] if len(alone) == 1 else _inherited(path, kind)


def _own(path: Path, kind: Kind, names: dict[str, Path]) -> Path | None:
    stem = _stem(path.name.lower())
    endings = (f"{mark}{kind}{many}{text}" for text in ("", ".txt") for mark in "._" for many in ("", "s"))
    return next((names[stem + ending] for ending in endings if stem + ending in names), None)


def _inherited(path: Path, kind: Kind) -> Path | None:
    """By the inheritance principle of BIDS: the nearest file whose entities the name has, too; of several the one with
    most of them."""
    entities = set(_stem(path.name.lower()).split("_")[:-1])
    folder = path.resolve().parent
    while True:
        fitting = []
        for name, found in _names(folder).items():
            *theirs, suffix = name.split("_")
            if suffix == f"dwi.{kind}" and set(theirs) <= entities:
                fitting.append((-len(theirs), found))
        if fitting:
            return min(fitting)[1]
        if _LEVEL.fullmatch(folder.name) is None or folder.parent == folder:
            return None
        folder = folder.parent


def _names(folder: Path) -> dict[str, Path]:
    """The files of a folder by their names in small letters."""
    return {found.name.lower(): found for found in sorted(folder.iterdir()) if found.is_file()}


def _stem(name: str) -> str:
    return next((name[: -len(ending)] for ending in _VOLUMES if name.endswith(ending)), name)


def _b_values(path: Path) -> tuple[float, ...]:
    try:
        values = numbers(_text(path))[: MOST_FRAMES + 1]
    except ValueError:
        raise InputError("holds something that is no number", where=path, fix="Give one b-value a volume") from None
    if (highest := max((b for b in values if math.isfinite(b)), default=0.0)) > _HIGHEST_B:
        what = f"holds b-values of up to {highest:g}, which are none in s/mm²"
        raise InputError(what, where=path, fix="Give them in s/mm²")
    return values


def _vectors(path: Path, b_values: Sequence[float]) -> tuple[np.ndarray | None, str]:
    """The gradients' vectors (count, 3): of three lines of numbers, as FSL has them, or of a line for each volume."""
    count = len(b_values)
    try:
        table = np.array([row for row in map(numbers, _text(path).splitlines()) if row], float)
    except (InputError, ValueError):
        return None, f"{path.name} cannot be read"
    fitting = [turned for turned in (table.T, table) if turned.shape == (count, 3)]
    if not fitting:
        return None, f"{path.name} does not hold {count} vectors"
    # Three volumes leave open which is meant: those that are weighted have vectors of length 1.
    weighted = np.asarray(b_values) > UNWEIGHTED_B
    return max(fitting, key=lambda turned: int((np.linalg.norm(turned[weighted], axis=1) > 1 - _UNIT).sum())), ""


def _text(path: Path) -> str:
    """The text, whatever editor wrote it: Windows' may write UTF-16.

    Raises:
        ValueError: if it is none.
    """
    content = read_regular(path, _LARGEST)
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
