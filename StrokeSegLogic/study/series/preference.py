"""Which of several series that claim one role is taken, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid, are_two_slabs
from ..case import MAP_ROLES, Role
from ..volumes.b_values import FULL_B, LEAST_B, USUAL_B
from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .reading import Quality, Reading
from .words import cut

Rival: TypeAlias = "tuple[Candidate, Reading]"

CLEARLY = 0.2
"""How much surer a role has to be than a rival's."""
_PART, _SAME_PLANE = 0.75, 0.9
"""What reaches across less than so much of another of its role and plane was broken off, as when a patient moves."""
_ROUNDED = 1e-5
_SAME = "both hold the same volume"
_NO_TRACE = frozenset({Quality.DIRECTION, Quality.COMPUTED, Quality.COLOUR})
_KINDS = _NO_TRACE | {Quality.TRACE, Quality.SERIES}

_LAST = (Quality.COLOUR, Quality.CAPTURE, Quality.SHARP, Quality.DOUBTFUL)
"""Of these any other is better, however sure the role."""


def better(first: Reading, other: Reading) -> str | None:
    """Why the first is clearly better than the second; None if it is not.

    Of diffusion the acquired trace goes before what was computed and before single directions, whatever their b-values,
    from 500 s/mm² up (see `b_values`); then the b-value decides, then how sure the role is, then plane and making.
    """
    if (least := _least(first, other)) is not None:
        return least or None
    if first.role is Role.DWI and other.role is Role.DWI and (said := _diffusion(first, other)) is not None:
        return said or None
    if first.confidence - other.confidence >= CLEARLY - 1e-9:
        return f"its name or header says so more surely ({first.confidence:.2f} against {other.confidence:.2f})"
    if other.confidence - first.confidence >= CLEARLY - 1e-9:
        return None
    return _made(first, other, frozenset(Quality))


def _least(first: Reading, other: Reading) -> str | None:
    """Why the first is better where one of the two is made as nobody would want it; "" if the second is, else None."""
    for quality in _LAST:
        if (quality in first.qualities) != (quality in other.qualities):
            return quality.reason if quality in other.qualities else ""
    return None


def _diffusion(first: Reading, other: Reading) -> str | None:
    """Why the first of two diffusion series is better, "" if the second is, None if neither is by its diffusion."""
    b, against = first.b_value, other.b_value
    # What is no picture of all directions is wanted only where the trace shows more of T2 than of diffusion.
    for least, kinds in ((LEAST_B, _NO_TRACE), (FULL_B, _KINDS)):
        enough = tuple(value is None or value >= least for value in (b, against))
        if enough[0] != enough[1]:
            return f"its b-value is higher ({_shown(b)} against {_shown(against)} s/mm²)" if enough[0] else ""
        if why := _made(first, other, kinds):
            return why
        if _made(other, first, kinds):
            return ""
    if b is not None and against is None and b >= FULL_B:
        return f"its b-value is known ({b:g} s/mm²)"
    if b is None or against is None or b == against:
        return "" if b is None and against is not None and against >= FULL_B else None
    away = abs(b - USUAL_B), abs(against - USUAL_B)
    if away[0] == away[1]:
        return f"its b-value is higher ({b:g} against {against:g} s/mm²)" if b > against else ""
    return f"its b-value is nearer to {USUAL_B:g} s/mm², that of stroke protocols" if away[0] < away[1] else ""


def _shown(b: float | None) -> str:
    return "unknown" if b is None else f"{b:g}"


def _made(first: Reading, other: Reading, of: frozenset[Quality]) -> str | None:
    """Why the first is better made; None if it is not."""
    has, lacks = (first.qualities - other.qualities) & of, (other.qualities - first.qualities) & of
    if sum(q.points for q in has) <= sum(q.points for q in lacks):
        return None
    reasons = [q for q in has if q.points > 0] + [q for q in lacks if q.points < 0]
    return max(reasons, key=lambda quality: abs(quality.points)).reason


_AGAIN = re.compile(r"\brepeat\b")
_RUN = re.compile(r"\brun (\d{1,3})\b")


def choose(role: Role, rivals: Sequence[Rival]) -> tuple[Candidate, Reading, Mapping[Candidate, str]]:
    """The rival that gets a role, and for each other why it did not.

    Where nobody is better by role, plane and making: what covers the head goes before what was broken off, the
    acquisition that was repeated before the first, the plainer name before that with something added, the later before
    the earlier of two alike; of volumes that are the same the first by name is taken.

    Raises:
        InputError: if neither of two is better, or they are two slabs of one patient.
    """
    top = [rival for rival in rivals if not any(better(other[1], rival[1]) for other in rivals if other is not rival)]
    if len(top) > 1 and role in (*MAP_ROLES, Role.CTP) and _are_slabs(top[0][0], top[1][0]):
        raise InputError(
            f"{top[0][0].name} and {top[1][0].name} are of two slabs of one patient: both are {role.display_name}, "
            "and they lie one above the other",
            fix="Give each slab as a study of its own, with all its maps",
        )
    # What parts of one bolus are called (run-1 and run-2, one with an addition) does not say which is meant.
    if len(top) > 1 and not _are_parts(role, top):
        top = [a for a in top if not any(_closer(b, a) for b in top if b is not a)] or top
    if len(top) > 1 and not _are_copies([candidate for candidate, _ in top]):
        raise _tie(role, top)
    taken, reading = min(top, key=lambda rival: rival[0].name)
    lost = {}
    for candidate, other in rivals:
        if candidate is not taken:
            why = better(reading, other) or _closer((taken, reading), (candidate, other))
            lost[candidate] = _SAME if why is None or _is_converted(taken, candidate) else why
    return taken, reading, lost


def _tie(role: Role, top: Sequence[Rival]) -> InputError:
    first, second = top[0][0], top[1][0]
    more = f" (and {len(top) - 2} more)" if len(top) > 2 else ""
    what = f"two series claim to be {role.display_name}: {first.name} and {second.name}{more}"
    if _are_parts(role, top):
        what += "; by the times that are known none goes on within a minute where another ends"
        fix = (
            f"Put the seconds of each file's frames on one clock, as NAME.times.txt, into the folder of the file "
            f"({_homes(first, second)}), or name the right series as CTP"
        )
        return InputError(what, fix=fix, option="sequence", roles=(role.value,))
    way = " by any of its files" if first.tags is not None and first.files else ""
    return InputError(
        what, fix=f"Name the right series as {role.display_name}{way}", option="sequence", roles=(role.value,)
    )


def _homes(*candidates: Candidate) -> str:
    return " and ".join(dict.fromkeys(c.files[0].resolve().parent.name for c in candidates if c.files)) or "there"


def _are_parts(role: Role, rivals: Sequence[Rival]) -> bool:
    return role is Role.CTP and all(candidate.tags is None for candidate, _ in rivals)


def _closer(first: Rival, other: Rival) -> str | None:
    """Why the first of two that are as good as one another is rather meant; None if it is not."""
    (ours, theirs), texts = (first[0], other[0]), (_title(first[0]), _title(other[0]))
    if (share := _share(ours, theirs)) is not None and not _PART < share < 1 / _PART:
        return f"the other covers {1 / share:.0%} of its slices' extent, as if broken off" if share > 1 else None
    again = tuple(_AGAIN.search(text) is not None for text in texts)
    if again[0] != again[1]:
        return "it repeats the other" if again[0] else None
    runs = tuple(_RUN.findall(text) for text in texts)
    if all(runs) and runs[0] != runs[1] and _RUN.sub("", texts[0]) == _RUN.sub("", texts[1]):
        return "it is the later of two runs" if int(runs[0][0]) > int(runs[1][0]) else None
    words = tuple(set(text.split()) for text in texts)
    if words[0] < words[1]:
        added = " ".join(word for word in texts[1].split() if word not in words[0])
        return f"its name is the plain one, without '{added}'"
    if re.fullmatch(re.escape(texts[0]) + "[a-d]", texts[1]):
        return f"its name is the plain one, without '{texts[1][-1]}'"
    if words[0] == words[1] and ours.tags is not None and theirs.tags is not None:
        begun, ended = ours.tags.acquired, theirs.tags.acquired
        if begun is not None and ended is not None and begun > ended:
            return "it was acquired later, of two series of one name"
    return None


def _share(first: Candidate, other: Candidate) -> float | None:
    """How much further the first reaches across its slices than the other; None where they lie in different planes."""
    grids = first.grid(), other.grid()
    if grids[0] is None or grids[1] is None:
        return None
    across = [np.asarray(grid.matrix)[:, 2] * grid.size[2] for grid in grids if grid is not None]
    lengths = [float(np.linalg.norm(vector)) for vector in across]
    aligned = abs(float(across[0] @ across[1])) / (lengths[0] * lengths[1])
    return lengths[0] / lengths[1] if aligned > _SAME_PLANE else None


def _title(candidate: Candidate) -> str:
    """The words by which a series is told from others: its description, or its file's name."""
    if candidate.tags is not None:
        return cut(candidate.tags.series_description)
    path = PurePosixPath(candidate.name)
    return cut(path.name[: len(path.name) - len(volume_suffix(path) or "")])


def _are_slabs(first: Candidate, other: Candidate) -> bool:
    grids = first.grid(), other.grid()
    return grids[0] is not None and grids[1] is not None and are_two_slabs(grids[0], grids[1])


def _is_converted(first: Candidate, other: Candidate) -> bool:
    """Whether one of the two is the other in another format: then that is why it was left aside, whatever is better."""
    if (first.tags is None) == (other.tags is None):
        return False
    grids = first.grid(), other.grid()
    if grids[0] is None or grids[1] is None or sorted(grids[0].size) != sorted(grids[1].size):
        return False
    return _are_copies([first, other])


def _are_copies(candidates: Sequence[Candidate]) -> bool:
    """Whether all hold the same volume, in whatever format; those that cannot be read do not."""
    try:
        if any(not candidate.files or (candidate.frames or 1) > 1 for candidate in candidates):
            return bool(candidates[0].files) and len({candidate.sha256() for candidate in candidates}) == 1
        # A converter turns rows and slices round: the same voxels lie at the same places all the same.
        first, *others = (sitk.DICOMOrient(candidate.read_map(), "LPS") for candidate in candidates)
        values, grid = sitk.GetArrayViewFromImage(first), Grid.of(first)
        for image in others:
            theirs = sitk.GetArrayViewFromImage(image)
            # Scaled by a slope that was written in fewer digits.
            same = grid.same(Grid.of(image)) and np.allclose(values, theirs, rtol=_ROUNDED, atol=_ROUNDED)
            if not same:
                return False
    except InputError:
        return False
    return True
