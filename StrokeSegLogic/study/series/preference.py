"""Which of several series that claim one role is taken, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid, are_two_slabs
from ..case import MAP_ROLES, Role
from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .reading import Quality, Reading
from .words import cut

Rival: TypeAlias = "tuple[Candidate, Reading]"

CLEARLY = 0.2
"""How much surer a role has to be than a rival's."""
_USUAL_B, _FULL_B = 1000.0, 700.0
"""s/mm²: what acute stroke is imaged with, and from where on diffusion outweighs all else in the picture."""
_KINDS = frozenset({Quality.TRACE, Quality.DIRECTION, Quality.COMPUTED, Quality.COLOUR})


def better(first: Reading, other: Reading) -> str | None:
    """Why the first is clearly better than the second; None if it is not.

    Of diffusion the acquired trace goes before what was computed and before single directions, whatever their b-values;
    then the b-value decides, then how sure the role is, then plane and making.
    """
    if first.role is Role.DWI and other.role is Role.DWI and (said := _diffusion(first, other)) is not None:
        return said or None
    if first.confidence - other.confidence >= CLEARLY - 1e-9:
        return f"its role is surer ({first.confidence:.2f} against {other.confidence:.2f})"
    if other.confidence - first.confidence >= CLEARLY - 1e-9:
        return None
    return _made(first, other, frozenset(Quality))


def _diffusion(first: Reading, other: Reading) -> str | None:
    """Why the first of two diffusion series is better, "" if the second is, None if neither is by its diffusion."""
    b, against = first.b_value, other.b_value
    full = tuple(value is None or value >= _FULL_B for value in (b, against))
    if full[0] != full[1]:
        return f"its b-value is higher ({_shown(b)} against {_shown(against)} s/mm²)" if full[0] else ""
    if why := _made(first, other, _KINDS):
        return why
    if _made(other, first, _KINDS):
        return ""
    if b is None or against is None or b == against:
        return None
    away = abs(b - _USUAL_B), abs(against - _USUAL_B)
    if away[0] == away[1]:
        return f"its b-value is higher ({b:g} against {against:g} s/mm²)" if b > against else ""
    return f"its b-value is nearer to {_USUAL_B:g} s/mm², that of stroke protocols" if away[0] < away[1] else ""


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


def choose(role: Role, rivals: Sequence[Rival]) -> tuple[Candidate, Reading, Mapping[Candidate, str]]:
    """The rival that gets a role, and for each other why it did not.

    Where nobody is better by role, plane and making: the acquisition that was repeated goes before the first, the
    plainer name before that with something added, the later before the earlier of two alike; of volumes that are the
    same the first by name is taken; directions of one diffusion series are taken together, as their mean.

    Raises:
        InputError: if neither of two is better, or they are two slabs of one patient.
    """
    top = [rival for rival in rivals if not any(better(other[1], rival[1]) for other in rivals if other is not rival)]
    if len(top) > 1 and role in (*MAP_ROLES, Role.CTP) and _are_slabs(top[0][0], top[1][0]):
        raise InputError(
            f"{top[0][0].name} and {top[1][0].name} are of two slabs of one patient: both are {role}, and they lie one "
            "above the other",
            fix="Give each slab as a study of its own, with all its maps",
        )
    if len(top) > 1:
        top = [a for a in top if not any(_closer(b, a) for b in top if b is not a)] or top
    if len(top) > 1 and (mean := _mean_of_directions(top)) is not None:
        taken, reading = mean
        directions = [candidate for candidate, _ in top]
    elif len(top) > 1 and not _are_copies([candidate for candidate, _ in top]):
        raise _tie(role, top)
    else:
        taken, reading = min(top, key=lambda rival: rival[0].name)
        directions = [taken]
    lost = {}
    for candidate, other in rivals:
        if candidate not in directions:
            why = better(reading, other) or _closer((taken, reading), (candidate, other))
            lost[candidate] = why or "both hold the same volume"
    return taken, reading, lost


def _tie(role: Role, top: Sequence[Rival]) -> InputError:
    first, second = top[0][0], top[1][0]
    more = f" (and {len(top) - 2} more)" if len(top) > 2 else ""
    what = f"two series claim the role {role}: {first.name} and {second.name}{more}"
    way = " by any of its files" if first.tags is not None and first.files else ""
    return InputError(what, fix=f"Name the right series as {role}{way}", option="role", roles=(role.value,))


def _closer(first: Rival, other: Rival) -> str | None:
    """Why the first of two that are as good as one another is rather meant; None if it is not."""
    (ours, theirs), texts = (first[0], other[0]), (_title(first[0]), _title(other[0]))
    again = tuple(_AGAIN.search(text) is not None for text in texts)
    if again[0] != again[1]:
        return "it repeats the other" if again[0] else None
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


def _title(candidate: Candidate) -> str:
    """The words by which a series is told from others: its description, or its file's name."""
    if candidate.tags is not None:
        return cut(candidate.tags.series_description)
    path = PurePosixPath(candidate.name)
    return cut(path.name[: len(path.name) - len(volume_suffix(path) or "")])


def _are_slabs(first: Candidate, other: Candidate) -> bool:
    grids = first.grid(), other.grid()
    return grids[0] is not None and grids[1] is not None and are_two_slabs(grids[0], grids[1])


def _are_copies(candidates: Sequence[Candidate]) -> bool:
    """Whether all hold the same volume, in whatever format; those that cannot be read do not."""
    try:
        if any(not candidate.files or (candidate.frames or 1) > 1 for candidate in candidates):
            return bool(candidates[0].files) and len({candidate.sha256() for candidate in candidates}) == 1
        first = candidates[0].read_map()
        values, grid = sitk.GetArrayViewFromImage(first), Grid.of(first)
        for candidate in candidates[1:]:
            image = candidate.read_map()
            same = grid.same(Grid.of(image)) and np.array_equal(values, sitk.GetArrayViewFromImage(image))
            if not same:
                return False
    except InputError:
        return False
    return True


def _mean_of_directions(rivals: Sequence[Rival]) -> Rival | None:
    """All directions of one diffusion series as one candidate; None if the rivals are something else."""
    candidates = [candidate for candidate, _ in rivals]
    reading = rivals[0][1]
    alike = {(c.tags.series_description, c.tags.b_value, c.tags.echo_time) for c in candidates if c.tags is not None}
    single = all(Quality.DIRECTION in other.qualities for _, other in rivals)
    if not single or len(alike) != 1 or any(c.tags is None for c in candidates):
        return None
    first = candidates[0]
    files = tuple(dict.fromkeys(path for candidate in candidates for path in candidate.files))
    slices = tuple(record for candidate in candidates for record in candidate.slices)
    reason = f"{reading.reason} and there is no trace image: the mean of {len(candidates)} directions"
    parts = tuple(candidate.slices for candidate in candidates)
    whole = Candidate(first.name, files, first.tags, parts, slices=slices)
    return whole, replace(reading, reason=reason)
