"""One bolus in several 4-D files, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import SimpleITK as sitk

from ...space.grid import Grid
from .frame_stack import FrameStack, TimeSeries


@dataclass(frozen=True)
class FilePhase:
    """A 4-D file that holds a part of a bolus.

    Attributes:
        name: of the file.
        read: its frames.
        begins_s: seconds to be added to its own times.
        skipped: so many first frames the part before has, too.
    """

    name: str
    read: Callable[[], TimeSeries]
    begins_s: float = 0.0
    skipped: int = 0


def read_phases(phases: Sequence[FilePhase], frames: int) -> TimeSeries:
    """The frames of all phases, which are in the order of time and lie on one grid, with their times.

    Args:
        phases: two or more.
        frames: of all of them together.

    Raises:
        InputError: as the reading of each.
    """
    stack: FrameStack | None = None
    grid: Grid | None = None
    times: list[float] = []
    notes: list[str] = []
    counts = []
    for phase in phases:
        part = phase.read()
        voxels = sitk.GetArrayViewFromImage(part.image)[phase.skipped :]
        if stack is None or grid is None:
            grid = Grid.of(part.image)
            stack = FrameStack((frames, *grid.shape))
        for frame in voxels:
            stack.add(frame)
        times += [phase.begins_s + time for time in part.times_s[phase.skipped :]]
        notes += part.notes
        counts.append(f"{phase.name} ({len(voxels)} frames)")
    assert stack is not None and grid is not None
    said = f"{len(phases)} files were put together in the order of time: {', '.join(counts)}"
    return TimeSeries(stack.image(grid), tuple(times), (said, *dict.fromkeys(notes)))
