"""What an image of a head can be at most; a header that claims more is refused before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ...base.errors import InputError

MOST_VOXELS = 1 << 28
"""Of one volume, 640 x 640 x 640: 0.35 mm throughout a head at 7 T has 210 million."""
MOST_SAMPLES = 1 << 31
"""Of all frames: a whole-brain perfusion CT (512 x 512 x 320, 20 frames) has 1.7 billion."""
MOST_FRAMES = 4096
"""Of a series; perfusion CT has 10 to 100."""
MOST_SLICE_PIXELS = 1 << 24
"""Of one DICOM slice, 4096 x 4096."""
MOST_HEADER_BYTES = 1 << 20
"""Sequences of Slicer keep times and DICOM tags of every frame in the header, some 100 KB."""
MOST_BYTES_BEFORE = 64 << 20
"""Between a header and the first voxel: NIfTI extensions, bytes to be skipped."""
MOST_BYTES_BEHIND = 1 << 20
"""Behind the last voxel. What holds more does not fit its header; it would have to be unpacked and hashed, however long
it is."""
DEFLATE_RATIO = 1032
"""gzip and zlib pack zeros so far, nothing further."""


def require_plausible_size(size: Sequence[int], where: str | Path, samples: int = 1) -> None:
    """Refuses what no image of a head is: without voxels, or with far too many.

    Args:
        size: x, y, z, and frames.
        where: file or series, for the message.
        samples: values a voxel, frames of a sequence included.

    Raises:
        InputError: if an axis is not positive, or a volume or all of its frames have too many voxels.
    """
    shown = f"{' x '.join(_short(n) for n in size[:8])} voxels"
    if samples != 1:
        shown += f" of {_short(samples)} values"
    if any(n < 1 for n in size) or samples < 1:
        raise InputError(
            f"its header claims {shown}: there are none in it",
            where=where,
            fix="Export it again",
        )
    frames = math.prod(size[3:]) * samples
    if math.prod(size[:3]) > MOST_VOXELS or frames > MOST_FRAMES or math.prod(size[:3]) * frames > MOST_SAMPLES:
        raise InputError(
            f"its header claims {shown}, more than an image of a head has",
            where=where,
            fix="Correct the header, or give the head alone at the resolution that it was acquired with",
        )


def _short(number: int) -> str:
    """Digits that fit into a line."""
    return str(number) if abs(number) < 10**12 else "more than 10^12"
