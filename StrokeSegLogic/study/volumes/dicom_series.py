"""A DICOM series over time to frames: any order of files, any vendor's way to say when a slice was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...base.errors import InputError, within_memory
from ...space.grid import Grid
from .checks import require_plausible_size
from .dicom import Source, in_order, read_records, stack_grid, voxels_of
from .dicom_clock import DAY_S, Clock
from .dicom_headers import Slice
from .dicom_pixels import start_decoder
from .frame_stack import FrameStack, TimeSeries
from .frame_times import beside, sidecar_times

_SAME_PLACE_MM = 0.02
_SAME_TIME_S = 1e-3
_SLAB_SHIFT = 0.2
"""Slices whose times differ by more than this part of the interval were not recorded together."""
_SPREAD_SAID = 0.1
_SHOWN = 4


@dataclass(frozen=True)
class _Source:
    """One way in which headers tell frames apart: its words, the value, and whether it is seconds."""

    words: str
    value: Callable[[Clock], float | None]
    seconds: bool
    note: str = ""


_SOURCES = (
    _Source("the acquisition time", lambda c: c.acquisition, True),
    _Source("the trigger time", lambda c: c.trigger, True),
    _Source("the frame reference time", lambda c: c.reference, True),
    _Source(
        "the content time",
        lambda c: c.content,
        True,
        "the frames' times are those of ContentTime, which some software sets when it reconstructs",
    ),
    _Source("the temporal position", lambda c: c.position, False),
    _Source("the acquisition number", lambda c: c.acquisition_number, False),
    _Source("the instance number", lambda c: c.instance, False),
)


def read_dicom_time_series(files: Iterable[Source]) -> TimeSeries:
    """The frames of a perfusion series; the files may come in any order, and of one series or one series a frame.

    Frames are told apart by the first of these that differs wherever a place was imaged again: AcquisitionDateTime or
    AcquisitionTime (past midnight, too), TriggerTime, FrameReferenceTime, ContentTime; and, with a times.txt beside
    the files, by TemporalPositionIdentifier, AcquisitionNumber or InstanceNumber. Each slice's own rescale slope and
    intercept are applied. Where each slice has a time of its own the frame's time is their mean.

    Raises:
        InputError: if a file is not intact, frames or slices are missing, two table positions were recorded in turns
            or one after the other, the stack is tilted, or nothing tells the frames' times.
    """
    start_decoder()
    records = read_records(files)
    where = f"{records[0].path.parent} (series '{records[0].tags.series_description or records[0].uid}')"
    places = _places(records, where)
    frames, times, notes = _frames(places, where, records[0].path.parent)
    grid = stack_grid(frames[0], where)
    require_plausible_size((*grid.size, len(frames)), where)
    with within_memory(where):
        stack = FrameStack((len(frames), *grid.shape))
        for frame in frames:
            _require_on(grid, frame, where)
            stack.add(voxels_of(frame, where))
    return TimeSeries(stack.image(grid), times, (*_put_together(frames), *notes))


def _put_together(frames: Sequence[Sequence[Slice]]) -> tuple[str, ...]:
    """A note on the series that the frames are of, where they are of several with more than one frame."""
    first = [frame[0] for frame in frames]
    counts = {uid: sum(record.uid == uid for record in first) for uid in dict.fromkeys(r.uid for r in first)}
    if len(counts) < 2 or len(counts) == len(first):
        return ()
    names = {record.uid: record.tags.series_description or "without description" for record in reversed(first)}
    words = [f"'{names[uid]}' ({count} frame{'s' * (count > 1)})" for uid, count in counts.items()]
    shown = ", ".join(words[:_SHOWN]) + (" and more" if len(words) > _SHOWN else "")
    return (f"{len(counts)} series were put together in the order of time: {shown}",)


def count_frames(records: Sequence[Slice]) -> int:
    """How often the place that was imaged most often was imaged; 1 where places are not known."""
    seen: dict[object, int] = {}
    for record in records:
        if record.position is not None:
            seen[record.position] = seen.get(record.position, 0) + 1
    return max(seen.values(), default=1)


def _places(records: Sequence[Slice], where: str) -> list[list[Slice]]:
    """The slices by place, places along the normal."""
    if any(record.position is None for record in records):
        raise InputError("a slice lacks its position", where=where, fix="Export the series again with all its tags")
    ordered = in_order(records)
    along = [float(ordered[0].normal @ np.asarray(record.position)) for record in ordered]
    places: list[list[Slice]] = [[]]
    for number, record in enumerate(ordered):
        if number and along[number] - along[number - 1] > _SAME_PLACE_MM:
            places.append([])
        places[-1].append(record)
    return places


def _frames(
    places: list[list[Slice]], where: str, home: Path
) -> tuple[list[list[Slice]], tuple[float, ...], tuple[str, ...]]:
    """The slices of each frame along the normal, the frames' seconds, and notes."""
    most = max(map(len, places))
    if most < 2:
        raise InputError(
            f"holds {sum(map(len, places))} slices, each place once: one volume, not frames over time",
            where=where,
            fix="Give the whole series",
        )
    source = next((known for known in _SOURCES if _tells(known, places)), None)
    if source is None:
        raise InputError(
            f"holds {most} images at one place, and no time or number in their headers tells them apart",
            where=where,
            fix="Export the series again with AcquisitionTime, or convert it to NIfTI with its times",
        )
    values = _values(source, places)
    order = [np.argsort(at_place, kind="stable") for at_place in values]
    sorted_values = [at_place[index] for at_place, index in zip(values, order, strict=True)]
    if source.seconds:
        _require_one_slab(places, sorted_values, where)
    _require_complete(places, sorted_values, source, where)
    frames = [[place[int(index[k])] for place, index in zip(places, order, strict=True)] for k in range(most)]
    table = np.array(sorted_values)
    if known := sidecar_times(home, most):
        return frames, known[0], (f"the frames' times are from {known[1]}",)
    if not source.seconds:
        what = f"{source.words} tells its {most} frames apart, but no header says when"
        raise InputError(what, where=where, fix=beside(home))
    times = table.mean(axis=0)
    notes = [source.note] if source.note else []
    spread = float(np.ptp(table, axis=0).max())
    if spread > _SPREAD_SAID * float(np.median(np.diff(times))):
        notes.append(f"slices of one frame were recorded up to {spread:.2g} s apart: their mean time is the frame's")
    return frames, tuple(float(t) for t in times - times.min()), tuple(notes)


def _tells(source: _Source, places: list[list[Slice]]) -> bool:
    """Whether the source gives every slice a value, and those of one place different values."""
    for place in places:
        values = [source.value(record.clock) for record in place]
        known = sorted(value for value in values if value is not None)
        if len(known) < len(values) or any(b - a < _SAME_TIME_S for a, b in pairwise(known)):
            return False
    return True


def _values(source: _Source, places: list[list[Slice]]) -> list[np.ndarray]:
    """The source's values by place, unsorted; a series that crosses midnight without dates goes on past it."""
    found = [np.array([source.value(record.clock) for record in place], float) for place in places]
    low, high = min(float(at_place.min()) for at_place in found), max(float(at_place.max()) for at_place in found)
    if source.seconds and high < DAY_S and high - low > DAY_S / 2:
        found = [np.where(at_place < DAY_S / 2, at_place + DAY_S, at_place) for at_place in found]
    return found


def _require_one_slab(places: list[list[Slice]], times: list[np.ndarray], where: str) -> None:
    """Refuses a series recorded at two table positions: its slices share no time."""
    if len(places) < 2 or min(map(len, times)) < 2:
        return
    interval = float(np.median(np.concatenate([np.diff(at_place) for at_place in times])))
    starts = np.array([float(at_place[0]) for at_place in times])
    jumps = np.flatnonzero(np.abs(np.diff(starts)) > _SLAB_SHIFT * interval)
    if len(jumps) != 1:
        # No jump: one slab. Many: slices recorded one after the other.
        return
    cut = int(jumps[0]) + 1
    lower, upper = times[:cut], times[cut:]
    if cut in (1, len(times) - 1) and len(times) > 2 and len(times[0]) != len(times[-1]):
        # One place alone that lacks its first frames is a gap, not a slab.
        return
    low, high = (f"slices {a} to {b}" for a, b in ((1, cut), (cut + 1, len(times))))
    apart = float(min(np.abs(lower[0] - time).min() for time in upper[0]))
    one_after_other = lower[0][-1] < upper[0][0] or upper[0][-1] < lower[0][0]
    if apart <= _SLAB_SHIFT * interval and not one_after_other:
        # They share times: frames are missing.
        return
    how = "one after the other" if one_after_other else f"in turns, {apart:.2g} s or more apart (shuttle mode)"
    raise InputError(
        f"holds two slabs of one patient: {low} and {high} were recorded at two table positions {how}",
        where=where,
        fix="Put the files of each slab into a study folder of its own",
    )


def _require_complete(places: list[list[Slice]], times: list[np.ndarray], source: _Source, where: str) -> None:
    """Refuses a series in which a place lacks a frame, and names it."""
    most = max(map(len, places))
    short = [number for number, place in enumerate(places) if len(place) < most]
    if not short:
        return
    full = times[max(range(len(places)), key=lambda k: len(places[k]))]
    first = float(min(at_place.min() for at_place in times))
    words = []
    for number in short[:_SHOWN]:
        near = np.array([int(np.abs(full - value).argmin()) for value in times[number]])
        lost = sorted(set(range(most)) - set(near.tolist()))
        shown = ", ".join(
            f"{k + 1} (at {full[k] - first:.4g} s)" if source.seconds else str(k + 1) for k in lost[:_SHOWN]
        )
        more = " and more" if len(lost) > _SHOWN else ""
        words.append(f"slice {number + 1} of {len(places)} lacks frame {shown}{more}")
    more = f"; and {len(short) - _SHOWN} more slices" if len(short) > _SHOWN else ""
    raise InputError(
        f"is not complete: of {most} frames {'; '.join(words)}{more}",
        where=where,
        fix="Copy or export the whole series again, or leave out all files of the frames that are not complete",
    )


def _require_on(grid: Grid, frame: Sequence[Slice], where: str) -> None:
    first, last = frame[0].position, frame[-1].position
    ends = grid.to_world(np.array([[0, 0, 0], [0, 0, grid.size[2] - 1]], float))
    if np.abs(ends - np.array([first, last], float)).max() > 0.5 * min(grid.spacing):
        raise InputError(
            "its frames do not lie at the same places (the table moved, or several scans)",
            where=where,
            fix="Give the files of one scan at one table position",
        )
