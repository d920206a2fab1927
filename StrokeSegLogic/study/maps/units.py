"""The units that perfusion maps come in, and whether values are in the unit that a name promises.

Ranges are wide on purpose: they are to catch factors of ten and more, not unusual patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ...base.errors import InputError
from ..case import Role, role_names

STANDARD_UNITS = MappingProxyType(
    {
        Role.CBF: "ml/100 g/min",
        Role.CBV: "ml/100 g",
        Role.MTT: "s",
        Role.TTP: "s",
        Role.TMAX: "s",
        Role.CT: "HU",
        Role.MIP: "HU",
    }
)
"""What every map is brought to."""

RELATIVE = "relative to normal tissue"


@dataclass(frozen=True)
class Unit:
    """One way in which a map is stored.

    Attributes:
        role: of the map: CBF, CBV, MTT, TTP, TMAX, CT or MIP.
        name: of the unit.
        factor: to the standard unit; None for a map relative to normal tissue, which has none.
        offset: added after the factor.
        median: what the median of brain tissue lies between, in this unit.
        common: how usual it is beside other units of the role; 1 for the standard.
    """

    role: Role
    name: str
    factor: float | None
    median: tuple[float, float]
    offset: float = 0.0
    common: float = 1.0


# Brain: grey and white matter have CBF 60 and 25 ml/100 g/min, CBV 4 and 2 ml/100 g, MTT 4 to 6 s; software differs
# by a factor of two either way. Normal Tmax is 0 to 4 s, the bolus peaks 8 to 45 s after the first image.
UNITS: tuple[Unit, ...] = (
    Unit(Role.CBF, "ml/100 g/min", 1.0, (12, 110)),
    Unit(Role.CBF, "0.1 ml/100 g/min", 0.1, (120, 1100), common=0.6),
    Unit(Role.CBF, "ml/g/min", 100.0, (0.12, 1.1), common=0.5),
    Unit(Role.CBF, f"{RELATIVE}, %", None, (60, 140), common=0.3),
    Unit(Role.CBF, RELATIVE, None, (0.6, 1.4), common=0.4),
    Unit(Role.CBV, "ml/100 g", 1.0, (1.0, 7.0)),
    Unit(Role.CBV, "0.1 ml/100 g", 0.1, (10, 70), common=0.6),
    Unit(Role.CBV, "ml/g", 100.0, (0.01, 0.07), common=0.5),
    Unit(Role.CBV, f"{RELATIVE}, %", None, (60, 140), common=0.3),
    Unit(Role.CBV, RELATIVE, None, (0.6, 1.4), common=0.3),
    Unit(Role.MTT, "s", 1.0, (2.0, 15)),
    Unit(Role.MTT, "0.1 s", 0.1, (20, 150), common=0.6),
    Unit(Role.MTT, "ms", 0.001, (2000, 15000), common=0.6),
    Unit(Role.TTP, "s", 1.0, (6.0, 60)),
    Unit(Role.TTP, "0.1 s", 0.1, (60, 600), common=0.6),
    Unit(Role.TTP, "ms", 0.001, (6000, 60000), common=0.6),
    Unit(Role.TMAX, "s", 1.0, (0.2, 9)),
    Unit(Role.TMAX, "0.1 s", 0.1, (2, 90), common=0.6),
    Unit(Role.TMAX, "ms", 0.001, (200, 9000), common=0.6),
    Unit(Role.CT, "HU", 1.0, (15, 48)),
    Unit(Role.CT, "HU + 1024", 1.0, (1039, 1072), offset=-1024.0, common=0.6),
    Unit(Role.MIP, "HU", 1.0, (35, 140)),
    Unit(Role.MIP, "HU + 1024", 1.0, (1059, 1164), offset=-1024.0, common=0.6),
)


def units_of(role: Role) -> tuple[Unit, ...]:
    """The known units of a role, the standard unit first."""
    return tuple(unit for unit in UNITS if unit.role == role)


def unit_named(role: Role, text: str, where: str = "") -> Unit:
    """The unit of a role that a user wrote, blanks and capitals aside; "relative" and "%" for relative maps.

    Raises:
        InputError: if the role has no such unit.
    """
    wanted = _letters(text)
    known = units_of(role)
    for unit in known:
        short = unit.name.replace(f"{RELATIVE}, %", "%").replace(RELATIVE, "relative")
        if wanted in (_letters(unit.name), _letters(short)):
            return unit
    names = ", ".join(unit.name.replace(f"{RELATIVE}, %", "%").replace(RELATIVE, "relative") for unit in known)
    raise InputError(f"'{text}' is no unit of {role_names([role])}", where=where or None, fix=f"Use one of {names}")


def _letters(text: str) -> str:
    return "".join(text.split()).lower()


@dataclass(frozen=True)
class _Range:
    """What brain looks like in the right unit, and what values above or below it are likely to be.

    The percentile `percent` of the voxels that are not 0 has to lie between `low` and `high`.
    """

    percent: float
    low: float
    high: float
    above: str
    below: str
    far_above: tuple[float, str] | None = None


# Delays in acute stroke reach 20 s or so; 4 to 6 s of MTT and some 20 s of TTP are healthy.
_RANGES = {
    Role.TMAX: _Range(99, 0.2, 60, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    Role.MTT: _Range(99, 1, 60, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    Role.TTP: _Range(50, 2, 90, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    Role.CBF: _Range(75, 4, 400, "a scaled or colour-coded map", "ml/g/min, ml/100 g/s or a ratio"),
    Role.CBV: _Range(75, 0.3, 40, "ml/1000 g or a scaled map", "ml/g or a ratio"),
}
_NEGATIVE_PART = 0.01
_BYTE = 255
_DARK_PICTURE = 64
"""Pictures are stretched to be seen: none is as dark as this all over."""
_SATURATED_PART = 0.002
"""Noise reaches its maximum once; above this part of the brain the scale ends there."""


def doubts(role: Role, voxels: np.ndarray) -> list[str]:
    """Sentences on values that do not fit the standard unit of a role; none for a role that is not known here.

    Args:
        role: CBF, CBV, MTT, TTP, TMAX, CT or MIP.
        voxels: any shape; in the file's units.
    """
    voxels = voxels[np.isfinite(voxels)]
    shown = voxels[voxels != 0]
    if not shown.size:
        return []
    if role in (Role.CT, Role.MIP):
        return _hounsfield(role, shown)
    if role not in _RANGES:
        return []
    found = []
    span = _RANGES[role]
    if negative := negative_part(voxels):
        found.append(f"{negative:.0%} of its voxels that are not 0 are negative, which {role} cannot be")
    value = float(np.percentile(shown, span.percent))
    unit = STANDARD_UNITS[role]
    if voxels.max() == _BYTE and is_picture(voxels):
        found.append(f"whole numbers up to 255: a picture of {role}, not {role} in {unit}")
    elif value > span.high:
        guess = span.far_above[1] if span.far_above and value > span.far_above[0] else span.above
        found.append(f"values of {value:.4g} (percentile {span.percent:g}) are too high for {unit}: perhaps {guess}")
    elif value < span.low:
        found.append(
            f"values of {value:.4g} (percentile {span.percent:g}) are too low for {unit}: perhaps {span.below}"
        )
    return found


def negative_part(voxels: np.ndarray) -> float:
    """The part of the voxels that are not 0 that is negative; 0 where that is no more than noise."""
    shown = voxels[voxels != 0]
    part = float((shown < 0).mean()) if shown.size else 0.0
    return part if part > _NEGATIVE_PART else 0.0


def is_picture(voxels: np.ndarray, role: Role | None = None) -> bool:
    """Whether the values could be an 8-bit picture's, whose scale is unknown: whole numbers that use a byte's range.

    For flow that is a range up to 255 exactly, where a picture's white is; other whole numbers are flow in
    ml/100 g/min, as some software stores it. Of any other map a range up to 64 and more is enough: its absolute values
    decide. A map in whole seconds, as some software stores Tmax and MTT, stays far below.

    Args:
        voxels: any shape, finite.
        role: what the map is said to be; None if it is not said.
    """
    least = _BYTE if role == Role.CBF else _DARK_PICTURE
    whole = voxels.size > 0 and voxels.min() >= 0 and least <= voxels.max() <= _BYTE
    return bool(whole and (voxels == np.round(voxels)).all())


def saturated_part(voxels: np.ndarray) -> float:
    """The part of the voxels that are not 0 that share the largest value; 0 where that is chance."""
    shown = voxels[voxels != 0]
    if not shown.size:
        return 0.0
    part = float((shown == shown.max()).mean())
    return part if part > _SATURATED_PART and shown.max() > shown.min() else 0.0


def _hounsfield(role: Role, shown: np.ndarray) -> list[str]:
    high = float(np.percentile(shown, 75))
    if shown.min() > -200 and high > 500:
        return [f"no air below -200 and three quarters up to {high:.4g}: perhaps {role} with 1024 added to the HU"]
    if shown.max() <= 2:
        return [f"no value above 2: {role} in HU it is not, perhaps a normalised map"]
    return []


SECONDS_PER = MappingProxyType(
    {
        **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
        **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
        **dict.fromkeys(("us", "usec", "microsecond", "microseconds"), 1e-6),
    }
)
"""By the unit's name in small letters."""
