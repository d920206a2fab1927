"""The shells of a diffusion series: which of its volumes belong together, and of which a trace is made.

The rule, and why:

- A shell is what lies within 10 % of a b-value, for scanners count the imaging gradients in.
- Taken is, of the shells from 500 to 1600 s/mm², that nearest to 1000, those from 700 up before those below, those of
  all directions before that of one. Stroke is imaged with 1000; below 700 the tissue's T2 begins to outweigh its
  diffusion, below 500 it does: an infarct whose ADC is lower by 0.4e-3 mm²/s is brighter by exp(500 * 0.0004), 1.2, and
  by as much where its T2 has risen from 90 to 110 ms (TE 80 ms).
- A shell above 1600 is taken where there is no other. Its logarithm is no straight line of b any more (Jensen et al.,
  Magn Reson Med 2005 53:1432), so that no ADC comes of it.
- A b-value up to 50 is that of an image without diffusion weighting, as FSL, DIPY and MRtrix have it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL_B, FULL_B = 1000.0, 700.0
"""s/mm²: what acute stroke is imaged with, and from where on diffusion outweighs all else in the picture."""
UNWEIGHTED_B = 50.0
LEAST_B, HIGHEST_B = 500.0, 1600.0
_SAME_SHELL = 0.1
_SAME_DIRECTION = math.cos(math.radians(2.0))
"""Schemes of 250 directions keep 8 degrees between two of them."""
_NO_VECTOR = 0.1
"""A vector shorter than this is none: the image shows all directions."""


@dataclass(frozen=True)
class Weighting:
    """How a volume is weighted.

    Attributes:
        b: s/mm².
        direction: of the diffusion gradient, a unit vector in any frame that is the same for the whole series; () for
            an image of all directions, a trace; None where it is not known.
    """

    b: float
    direction: tuple[float, ...] | None = None

    @classmethod
    def along(cls, b: float, vector: Sequence[float]) -> Weighting:
        """A volume whose gradient had this vector of any length; the zero vector stands for all directions."""
        length = math.sqrt(sum(part * part for part in vector))
        if not math.isfinite(length):
            return cls(b)
        return cls(b, tuple(part / length for part in vector) if length > _NO_VECTOR else ())


@dataclass(frozen=True)
class Shell:
    """Volumes of one b-value.

    Attributes:
        b: s/mm², their mean.
        directions: numbers of the volumes by direction: those of one direction are repeats of one another.
        trace: whether they are acquired traces.
        told: whether their directions are known, so that repeats are told from directions.
    """

    b: float
    directions: tuple[tuple[int, ...], ...]
    trace: bool = False
    told: bool = True

    @property
    def single(self) -> bool:
        """Whether it is known to show a single direction."""
        return self.told and not self.trace and len(self.directions) == 1

    @property
    def count(self) -> int:
        """How many volumes it has."""
        return sum(map(len, self.directions))


def shells_of(weightings: Sequence[Weighting]) -> tuple[Shell, ...]:
    """The shells with diffusion weighting, that of which a trace is made first; none where nothing is weighted.

    Where a shell holds acquired traces beside single directions it is the traces alone.
    """
    left = [number for number, known in enumerate(weightings) if math.isfinite(known.b) and known.b > UNWEIGHTED_B]
    found = []
    while left:
        centre = min((weightings[number].b for number in left), key=_away)
        members = [number for number in left if abs(weightings[number].b - centre) <= _SAME_SHELL * centre]
        left = [number for number in left if number not in members]
        found.append(_shell(weightings, members))
    # The shell of a single direction is no picture of all, however near to the usual b-value.
    return tuple(sorted(found, key=lambda shell: (not LEAST_B <= shell.b <= HIGHEST_B, shell.single)))


def unweighted_of(weightings: Sequence[Weighting]) -> Shell | None:
    """The volumes without diffusion weighting, repeats of one another; None where there is none."""
    members = tuple(number for number, known in enumerate(weightings) if 0 <= known.b <= UNWEIGHTED_B)
    return Shell(float(np.mean([weightings[number].b for number in members])), (members,)) if members else None


def _away(b: float) -> tuple[bool, bool, float, float]:
    """How far a b-value is from the one that is wanted; of two as far away the higher is nearer."""
    return not LEAST_B <= b <= HIGHEST_B, b < FULL_B, abs(b - USUAL_B), -b


def _shell(weightings: Sequence[Weighting], members: Sequence[int]) -> Shell:
    traces = [number for number in members if weightings[number].direction == ()]
    trace = 0 < len(traces) < len(members) or len(members) == 1 == len(traces)
    groups = [traces] if trace else _by_direction(weightings, members)
    told = trace or all(weightings[number].direction for number in members)
    counted = [number for group in groups for number in group]
    b = float(np.mean([weightings[number].b for number in counted]))
    return Shell(b, tuple(tuple(group) for group in groups), trace, told)


def _by_direction(weightings: Sequence[Weighting], members: Sequence[int]) -> list[list[int]]:
    """The volumes by direction, up to its sign; those without a known direction each by itself."""
    groups: list[list[int]] = []
    vectors: list[tuple[float, ...]] = []
    for number in members:
        vector = weightings[number].direction or (0.0, 0.0, 0.0)
        alike = np.abs(np.asarray(vectors).reshape(-1, 3) @ np.asarray(vector)) > _SAME_DIRECTION
        if alike.any():
            groups[int(alike.argmax())].append(number)
        else:
            groups.append([number])
            vectors.append(vector)
    return groups
