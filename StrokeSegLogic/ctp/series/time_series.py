"""A 4-D CT perfusion series as it was given: frames and their times, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...base.errors import InputError
from ...space.grid import Grid
from .density import require_density

FEWEST_FRAMES = 10
SHORTEST_S = 25.0
"""A bolus needs longer than this to come and go: nothing can be said of a shorter series."""
ADVISED_S = 60.0
"""Shorter series often end before the bolus has left tissue that is supplied late (Copen et al., AJNR 2015)."""
LONGEST_INTERVAL_S = 4.0
"""Maps stay about the same up to an interval of 3 s (Wiesmann et al., Eur Radiol 2008); beyond it they may not."""
_LOWEST_HU = -1024
"""No HU lie below: -2048 and less stand where a scanner or software has no value."""
_SURELY_AIR_HU = -500.0
_MILLISECONDS = 300.0
_FIELD_MM = 230.0
_SLICE_MM = 5.0
_WHERE = "the perfusion series"


@dataclass(frozen=True)
class Series:
    """Frames in the order of time; nothing is copied.

    Attributes:
        hu: (T, z, y, x) as given, HU.
        order: which of them are used, in which order.
        times_s: of the used frames, rising.
        grid: of each frame.
        warnings: what the reader of the result should know.
        torn: voxels that hold padding in some of the frames, and so have no curve; bool (z, y, x), None without any.
        padded: whether any frame holds padding; it then reads as air.
    """

    hu: np.ndarray
    order: tuple[int, ...]
    times_s: np.ndarray
    grid: Grid
    warnings: tuple[str, ...] = ()
    torn: np.ndarray | None = None
    padded: bool = False

    def __len__(self) -> int:
        return len(self.order)

    def frame(self, number: int) -> np.ndarray:
        """One frame (z, y, x), HU, in the type as given; padding is air."""
        frame = self.hu[self.order[number]]
        return np.maximum(frame, frame.dtype.type(_LOWEST_HU)) if self.padded else frame

    def frames(self) -> Iterator[np.ndarray]:
        return (self.frame(number) for number in range(len(self)))


def checked(ctp: np.ndarray, times_s: np.ndarray, grid: Grid | None = None) -> Series:
    """A series in the order of time, or an error that says what is wrong with it.

    Unsorted frames are sorted and empty frames left out, each with a warning. Padding below -1024 HU is air; where only
    some frames hold it (a reconstruction that follows the head) the voxels are named `Series.torn`, with a warning.

    Args:
        ctp: (T, z, y, x), HU.
        times_s: (T,) seconds since any moment.
        grid: of each frame; without a grid a field of view of 230 mm and slices of 5 mm are assumed, with a warning.

    Raises:
        InputError: for another number of axes or times; missing, doubled or impossible times; too few frames or too
            short a span; values that are no numbers.
    """
    warnings: list[str] = []
    times = np.asarray(times_s, float).reshape(-1)
    if ctp.ndim != 4:
        raise InputError(f"has {ctp.ndim} axes, not (time, z, y, x)", where=_WHERE, fix="Give a 4-D series")
    if not (np.issubdtype(ctp.dtype, np.integer) or np.issubdtype(ctp.dtype, np.floating)):
        raise InputError(f"has values of type {ctp.dtype}", where=_WHERE, fix="Give HU, not colours")
    if ctp.dtype == np.float16:
        # What ITK cannot hold.
        ctp = ctp.astype(np.float32)
    if len(times) != len(ctp):
        what = f"has {len(ctp)} frames and {len(times)} time points"
        raise InputError(what, where=_WHERE, fix="Give one acquisition time for each frame")
    if grid is None:
        grid = _assumed(ctp.shape[1:])
        warnings.append("voxel size unknown: a field of view of 230 mm and slices of 5 mm are assumed")
    elif ctp.shape[1:] != grid.shape:
        what = f"has frames of shape {ctp.shape[1:]} and a grid of shape {grid.shape}"
        raise InputError(what, where=_WHERE, fix="Give the grid of the frames")
    missing = np.flatnonzero(~np.isfinite(times))
    if len(missing):
        raise InputError(
            f"has no time for frame {_list(missing + 1)}", where=_WHERE, fix="Add the times, or leave these frames out"
        )
    order = np.argsort(times, kind="stable")
    if (np.diff(times) < 0).any():
        warnings.append("the frames were not in the order of time; they were sorted")
    kept = _without_doubled(ctp, _without_empty(ctp, order, times, warnings), times, warnings)
    _check_times(times[kept], warnings)
    require_density([ctp[k] for k in kept])
    padded, torn = _padding(ctp, kept)
    if torn is not None:
        warnings.append(
            f"{torn.mean():.1%} of the voxels hold padding in some frames and HU in others: nothing is measured there"
        )
    frames = tuple(int(k) for k in kept)
    return Series(ctp, frames, times[kept] - times[kept[0]], grid, tuple(warnings), torn, padded)


def _padding(ctp: np.ndarray, kept: np.ndarray) -> tuple[bool, np.ndarray | None]:
    """Whether there is any, and where only some of the frames hold it."""
    if np.issubdtype(ctp.dtype, np.unsignedinteger) or all(ctp[k].min() >= _LOWEST_HU for k in kept):
        return False, None
    ever, shown = np.zeros(ctp.shape[1:], bool), np.zeros(ctp.shape[1:], bool)
    for k in kept:
        ever |= ctp[k] < _LOWEST_HU
        # Noise takes air below the lowest HU, too: that is no padding in the place of something.
        shown |= ctp[k] > _SURELY_AIR_HU
    torn = ever & shown
    return True, torn if torn.any() else None


def _without_empty(ctp: np.ndarray, order: np.ndarray, times: np.ndarray, warnings: list[str]) -> np.ndarray:
    """The frames that show something."""
    empty = []
    for k in order:
        low, high = ctp[k].min(), ctp[k].max()
        if not (np.isfinite(low) and np.isfinite(high)):
            what = f"has values that are no numbers in the frame at {times[k]:g} s"
            raise InputError(what, where=_WHERE, fix="Export the series again, or leave this frame out")
        if low == high:
            empty.append(k)
    if empty:
        at = ", ".join(f"{times[k]:g}" for k in empty[:6])
        warnings.append(f"{len(empty)} empty frame{'s' * (len(empty) > 1)} left out, at {at} s")
    return np.array([k for k in order if k not in empty], int)


def _without_doubled(ctp: np.ndarray, order: np.ndarray, times: np.ndarray, warnings: list[str]) -> np.ndarray:
    """The frames, those left out that are the frame before once more: of the same moment and the same values."""
    doubled = [b for a, b in pairwise(order) if times[a] == times[b] and np.array_equal(ctp[a], ctp[b])]
    if doubled:
        at = ", ".join(f"{times[k]:g}" for k in doubled[:6])
        warnings.append(f"{len(doubled)} doubled frame{'s' * (len(doubled) > 1)} left out, at {at} s")
    return np.array([k for k in order if k not in doubled], int)


def _check_times(times: np.ndarray, warnings: list[str]) -> None:
    if len(times) < FEWEST_FRAMES:
        what = f"has {len(times)} usable frames, fewer than {FEWEST_FRAMES}"
        raise InputError(what, where=_WHERE, fix="Give the whole series")
    steps = np.diff(times)
    if (steps <= 0).any():
        at = float(times[int(np.argmin(steps))])
        raise InputError(
            f"has two frames at {at:g} s",
            where=_WHERE,
            fix="Give each frame its own time; two slabs of one patient are two series",
        )
    usual = float(np.median(steps))
    if usual >= _MILLISECONDS:
        what = f"has frames {usual:g} s apart"
        raise InputError(what, where=_WHERE, fix="Give times in seconds; these look like milliseconds")
    span = float(times[-1] - times[0])
    if span < SHORTEST_S:
        what = f"is {span:.3g} s long: too short to see a bolus come and go"
        raise InputError(what, where=_WHERE, fix=f"Give at least {SHORTEST_S:g} s, better {ADVISED_S:g} s")
    for i in gaps_after(times)[:3]:
        warnings.append(f"no frame between {times[i] - times[0]:.3g} and {times[i + 1] - times[0]:.3g} s: a gap")
    if usual > LONGEST_INTERVAL_S:
        warnings.append(f"frames are {usual:.3g} s apart: too far for reliable flow (at most 3 s is advised)")


def gaps_after(times_s: np.ndarray) -> np.ndarray:
    """Indices of frames behind which others are missing: the next comes after 2.5 usual steps or more, and over 4 s."""
    steps = np.diff(times_s)
    return np.flatnonzero(steps > max(2.5 * float(np.median(steps)), LONGEST_INTERVAL_S))


def _assumed(shape: tuple[int, ...]) -> Grid:
    pixel = _FIELD_MM / max(shape[1:])
    return Grid(
        (shape[2], shape[1], shape[0]),
        (pixel, pixel, _SLICE_MM),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    )


def _list(numbers: np.ndarray) -> str:
    return ", ".join(str(n) for n in numbers[:6]) + (" and more" if len(numbers) > 6 else "")
