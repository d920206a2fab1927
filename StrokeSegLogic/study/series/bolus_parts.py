"""Several 4-D CT perfusion series in one study: copies of one another, parts of one bolus, or neither."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from ..case import Role
from ..volumes.candidates import Candidate
from ..volumes.dicom_phases import LONGEST_PAUSE_S
from ..volumes.joined_series import FilePhase
from .reading import Reading

Rival = tuple[Candidate, Reading]
_SAME_TIME_S = 1e-3


@dataclass(frozen=True)
class _Seen:
    """What is compared of a series: where it lies, its frames' own seconds, a digest of each frame, and at how many
    seconds of the day or since 1 A.D. it was acquired (None where nothing says so)."""

    grid: Grid
    times: tuple[float, ...]
    frames: tuple[bytes, ...]
    acquired: float | None


def together(readings: Sequence[Rival]) -> list[Rival]:
    """The candidates, of 4-D CT perfusion series each bolus once.

    A series whose frames another holds, too, in whatever format, is named as its copy, DICOM before files; one that
    cannot be read is left aside where another can. Files at the same places are put together where one goes on within
    a minute of the other's end, by the times beside them or by when their sidecars say that they were acquired.
    """
    # Where each frame has its own time, and is known by its images, that is the original.
    members = sorted(
        (k for k, (_, reading) in enumerate(readings) if reading.role is Role.CTP),
        key=lambda k: (readings[k][0].tags is None, -(readings[k][0].frames or 0), readings[k][0].name),
    )
    out: dict[int, Rival] = dict(enumerate(readings))
    seen: dict[int, _Seen] = {}
    faults: dict[int, InputError] = {}
    for number in members:
        candidate = readings[number][0]
        try:
            found = _look(candidate)
        except InputError as error:
            faults[number] = error
            continue
        twin = next((k for k, other in seen.items() if set(found.frames) <= set(other.frames)), None)
        if twin is None:
            seen[number] = found
        else:
            whole = "is a copy of" if len(found.frames) == len(seen[twin].frames) else "holds a part of the frames of"
            out[number] = candidate, Reading.nothing(f"it {whole} {readings[twin][0].name}")
    if seen:
        for number, fault in faults.items():
            out[number] = readings[number][0], Reading.nothing(fault.clause)
    files = [k for k in seen if readings[k][0].tags is None]
    for chain in _chains({k: seen[k] for k in files}):
        if len(chain) > 1:
            out[chain[0][0]] = _whole([(readings[k], seen[k], begins) for k, begins in chain])
            for number, _ in chain[1:]:
                del out[number]
    return list(out.values())


def _look(candidate: Candidate) -> _Seen:
    if candidate.fault is not None:
        raise candidate.fault
    if candidate.colour:
        raise InputError("it is in colour", where=candidate.name)
    found = candidate.read_time_series()
    voxels = sitk.GetArrayViewFromImage(found.image)
    grid = Grid.of(found.image)
    frames = tuple(_digest(grid.image(frame)) for frame in voxels)
    tags = candidate.tags or candidate.sidecar
    return _Seen(grid, found.times_s, frames, None if tags is None else tags.acquired)


def _digest(frame: sitk.Image) -> bytes:
    """Of a frame's values, however a converter has turned its rows and slices round."""
    upright = sitk.GetArrayFromImage(sitk.DICOMOrient(frame, "LPS")).astype(np.float32)
    return hashlib.sha256(repr(upright.shape).encode() + upright.tobytes()).digest()


def _chains(seen: dict[int, _Seen]) -> list[list[tuple[int, float]]]:
    """The files of each bolus in the order of time, each with the seconds to be added to its times."""
    clocks = {k: _begins(found, list(seen.values())) for k, found in seen.items()}
    chains: list[list[tuple[int, float]]] = []
    for number in sorted(seen, key=lambda k: clocks[k] + min(seen[k].times)):
        start = clocks[number] + min(seen[number].times)
        for chain in chains:
            last, begins = chain[-1]
            pause = start - (begins + max(seen[last].times))
            if -_SAME_TIME_S < pause <= LONGEST_PAUSE_S and seen[last].grid.same(seen[number].grid):
                chain.append((number, clocks[number]))
                break
        else:
            chains.append([(number, clocks[number])])
    return chains


def _begins(found: _Seen, all_of_them: Sequence[_Seen]) -> float:
    """Seconds that put a file's times on the clock of the others: when it was acquired, where that is said of all and
    their own times begin anew."""
    known = [other.acquired for other in all_of_them]
    anew = len({round(min(other.times), 3) for other in all_of_them}) == 1
    if found.acquired is None or None in known or not anew:
        return 0.0
    return found.acquired - min(found.times)


def _whole(chain: Sequence[tuple[Rival, _Seen, float]]) -> Rival:
    """The files as a candidate."""
    candidates = [candidate for (candidate, _), _, _ in chain]
    phases: list[FilePhase] = []
    frames, before = 0, -np.inf
    for (candidate, _), found, begins in chain:
        # A frame that both parts hold at one moment counts once.
        skipped = int(begins + found.times[0] <= before + _SAME_TIME_S)
        phases.append(FilePhase(candidate.name, candidate.read_time_series, begins, skipped))
        frames += len(found.times) - skipped
        before = begins + max(found.times)
    whole = replace(
        candidates[0],
        name=" and ".join(candidate.name for candidate in candidates),
        files=tuple(path for candidate in candidates for path in candidate.files),
        phases=tuple(phases),
        phase_frames=frames,
    )
    return whole, max((reading for (_, reading), _, _ in chain), key=lambda reading: reading.confidence)
