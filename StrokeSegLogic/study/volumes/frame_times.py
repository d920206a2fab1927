"""When the frames of a 4-D file were recorded: from its header, or from a file beside it."""

from __future__ import annotations

import math
import re
from pathlib import Path

from ...base.errors import InputError
from ...base.files import read_regular
from ...base.json_files import read_json
from ..maps.units import SECONDS_PER
from .archives import ARCHIVES

_LIKELY_S = (0.3, 20.0)
"""A step of perfusion CT in seconds lies in this range; a thousand times more is milliseconds."""
_WRITTEN_BY_DEFAULT = 1.0
_LARGEST = 16 << 20
"""Bytes of a file of times; some keep the tags of every slice beside them."""
IN_PYTHON = "Give a Series with times_s, the seconds of its frames"


def beside(path: Path) -> str:
    """What to do where a series has no times, in words.

    Args:
        path: of the file, or of the folder of a DICOM series.
    """
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    if (packed := next((each for each in folder.parts[::-1] if each.lower().endswith(ARCHIVES)), None)) is not None:
        place = f"the archive {packed}, beside the series"
    else:
        place = f"the folder {folder.name}"
    return (
        f"Put the frames' seconds as times.txt (one number a frame) into {place}; or say FrameTimesStart, VolumeTiming "
        "or RepetitionTime in a .json of the same name as the file"
    )


def sidecar_times(path: Path, frames: int) -> tuple[tuple[float, ...], str] | None:
    """Seconds of the frames from a file beside a 4-D file, and that file's name; None if there is none.

    Looked for in this order, NAME being the file's without its ending: NAME.json (BIDS: FrameTimesStart, VolumeTiming,
    RepetitionTime), NAME.times.txt, NAME_times.txt, times.json, times.txt.

    Raises:
        InputError: if it cannot be read or its times are not as many as the frames.
    """
    home = path if path.is_dir() else path.parent
    stem = re.sub(r"(?i)(\.seq)?\.(nii\.gz|nii|nrrd|nhdr|mha|mhd)$", "", path.name)
    names = [f"{stem}.json", f"{stem}.times.txt", f"{stem}_times.txt", "times.json", "times.txt"]
    for name in names:
        beside = home / name
        if not beside.is_file():
            continue
        times = _from_json(beside, frames) if name.endswith(".json") else _from_text(beside)
        if times is None:
            continue
        if len(times) != frames:
            raise InputError(
                f"holds {len(times)} times, and {path.name} has {frames} frames",
                where=beside,
                fix="Give one time in seconds for each frame",
            )
        return times, name
    return None


def times_of_step(
    step: float, unit: str, start: float, frames: int, where: str, fix: str
) -> tuple[tuple[float, ...], str]:
    """Seconds of evenly spaced frames from a header's step, and a note where the header is doubtful ("" if not).

    Args:
        step: between frames.
        unit: "sec", "msec", "usec" (or "s", "ms"), or anything else for unknown.
        start: time of the first frame, same unit.
        frames: how many.
        where: the file, or the name of a series in memory, for the message.
        fix: what to do where the times are not known.

    Raises:
        InputError: if the step is no positive number; or the unit is unknown and the step is 1, which writers put there
            where they know nothing, or fits neither seconds nor milliseconds.
    """
    start = start if math.isfinite(start) else 0.0
    if not math.isfinite(step) or step <= 0:
        raise InputError(f"the header's time step is {step:g}", where=where, fix=fix)
    if unit in SECONDS_PER:
        factor, note = SECONDS_PER[unit], ""
    elif step != _WRITTEN_BY_DEFAULT and _LIKELY_S[0] <= step <= _LIKELY_S[1]:
        factor, note = 1.0, f"the header gives a time step of {step:g} without unit: seconds were assumed"
    elif _LIKELY_S[0] <= step / 1000 <= _LIKELY_S[1]:
        factor, note = 1e-3, f"the header gives a time step of {step:g} without unit: milliseconds were assumed"
    else:
        what = "which is also what is written where it is not known" if step == _WRITTEN_BY_DEFAULT else "in no unit"
        raise InputError(f"the header gives a time step of {step:g}, {what}", where=where, fix=fix)
    return tuple((start + k * step) * factor for k in range(frames)), note


def numbers(text: str) -> tuple[float, ...]:
    """The numbers of a text with commas, blanks or line ends between them; lines that begin with # are left out.

    Raises:
        ValueError: if something else stands there.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return tuple(float(word) for word in re.split(r"[\s,;]+", " ".join(lines).strip()) if word)


def _from_text(path: Path) -> tuple[float, ...]:
    try:
        return numbers(read_regular(path, _LARGEST).decode("utf-8-sig"))
    except ValueError:
        fix = "Give one time in seconds a line"
        raise InputError("holds something that is no number", where=path, fix=fix) from None


def _from_json(path: Path, frames: int) -> tuple[float, ...] | None:
    """The times, or None where the file says nothing on time."""
    content = read_json(path, fix="Correct it, or take it out of the folder", largest=_LARGEST)
    if isinstance(content, list):
        content = {"FrameTimesStart": content}
    if not isinstance(content, dict):
        return None
    for key in ("FrameTimesStart", "VolumeTiming", "times_s"):
        if key in content:
            return _listed(content[key], key, path)
    if "RepetitionTime" not in content:
        return None
    step = _number(content["RepetitionTime"])
    if step is None or not math.isfinite(step) or step <= 0:
        shown = repr(content["RepetitionTime"])[:40]
        raise InputError(f"RepetitionTime is {shown}", where=path, fix="Give the seconds from frame to frame")
    return tuple(k * step for k in range(frames))


def _listed(values: object, key: str, path: Path) -> tuple[float, ...]:
    found = [_number(value) for value in values] if isinstance(values, list) else [None]
    times = tuple(time for time in found if time is not None)
    if len(times) < len(found):
        raise InputError(f"{key} is no list of numbers", where=path, fix="Give one time in seconds for each frame")
    return times


def _number(value: object) -> float | None:
    """A number as JSON has it; None for all else, and for integers that no float holds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
