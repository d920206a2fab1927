"""Given perfusion maps on one grid and in standard units, with what is doubtful about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid, are_two_slabs, require_overlap
from ...space.resampling import resample
from ...study.case import MAP_ROLES, Case, Role, Series
from ...study.maps.units import RELATIVE, STANDARD_UNITS, doubts, is_picture, unit_named, units_of
from .doubts import Doubt, DoubtKind
from .missing_values import fill_of, filled, unjudged
from .reading import MapReading
from .recognition import recognise

UNKNOWN_SCALE = "unknown scale"
_ROLES = (Role.CT, *MAP_ROLES, Role.MIP)
_LEAST_COMPARED = 100
_SAME_RATIO = 1e-3
"""No two different maps have one ratio in all voxels to a thousandth."""


@dataclass(frozen=True)
class StandardMaps:
    """Maps as the routes take them.

    Attributes:
        images: float32 by role's name, all on one grid; in the unit that `units` gives.
        units: of each image: CBF ml/100 g/min, CBV ml/100 g, MTT, TTP and TMAX s, CT and MIP HU; "relative to normal
            tissue" or "unknown scale" for a map that has none or whose unit could not be told.
        doubts: what a reader must see.
        usable: maps that limits may be applied to: those in standard units, and CBF in any unit, for it is used
            relative to itself.
        unjudged: where flow or delay has no value, bool (z, y, x) (see `gaps.unjudged`); None where it has everywhere.
        inverted: maps whose values run the wrong way, which no factor mends, each with the words that say so.
    """

    images: Mapping[str, sitk.Image]
    units: Mapping[str, str]
    doubts: tuple[Doubt, ...]
    usable: frozenset[str]
    unjudged: np.ndarray | None = None
    inverted: Mapping[str, str] = field(default_factory=dict)

    @property
    def scales_known(self) -> dict[str, bool]:
        """For each map whether its values are in the standard unit."""
        return {name: self.units[name] == STANDARD_UNITS[name] for name in self.images}


def standard_maps(case: Case, reference: Role | None = None) -> StandardMaps:
    """The case's maps, CT and MIP on the reference's grid and in standard units.

    Role and unit are found out from all values together, the roles that names and tags gave being claims (see
    `map_recognition`); a unit that the user named (`Series.unit`) is believed. A map whose unit cannot be told keeps
    its values. A map that a name calls one thing and its values another is left out, unless the user named it.

    Args:
        case: with at least one perfusion map.
        reference: whose grid; by default `Case.reference`'s.

    Raises:
        InputError: if there is no map, maps lie apart or are of two slabs, two are one and the same, two look swapped
            that the user did not name, or a named unit is not one of the role's.
    """
    given = {role: case.series[role] for role in _ROLES if role in case.series}
    if not any(role in MAP_ROLES for role in given):
        raise InputError("holds no perfusion map", where=case.name, fix="Give CBF and TMAX, or the 4-D series as CTP")
    # Values are judged where they were stored: a coarse reference would mix tissues, and grey values with air.
    judged, _ = _placed(case, given, None)
    images, notes = _placed(case, given, reference)
    named = {
        role.value: _by_unit(series, images[role.value]) for role, series in given.items() if series.unit is not None
    }
    judged |= {name: _by_unit(case.series[Role(name)], judged[name]) for name in named}
    arrays = {name: sitk.GetArrayFromImage(image) for name, image in judged.items()}
    _require_different(case, arrays)
    readings = recognise(arrays, {name: name for name in arrays})
    readings |= _pictures(given, judged, readings)
    _require_not_swapped(case, given, readings)
    out: dict[str, sitk.Image] = {}
    units: dict[str, str] = {}
    usable: set[str] = set()
    inverted: dict[str, str] = {}
    for role, series in given.items():
        name, reading = role.value, readings[role.value]
        left_out = reading.fits is not None and not series.named_by_user
        if reading.inverted and not left_out:
            # No unit mends it, not even one that the user named.
            out[name], units[name] = sitk.Cast(images[name], sitk.sitkFloat32), UNKNOWN_SCALE
            inverted[name] = reading.inverted.words
            notes += [*reading.doubts, _unused(series, "is not used", "export it again, the right way round")]
            continue
        if name in named:
            out[name], units[name] = named[name], _unit_words(series)
            if units[name] != RELATIVE:
                notes += [Doubt((name,), DoubtKind.RANGE, f"{name}: {words}") for words in doubts(name, arrays[name])]
            usable |= {name} if units[name] != RELATIVE or role is Role.CBF else set()
            continue
        notes += reading.doubts
        if left_out:
            notes.append(_unused(series, "was left out", f"name its role yourself if it is {name} all the same"))
            continue
        out[name], units[name] = _standard(reading, images[name], name)
        # What is open is a factor at most, and CBF is used relative to itself.
        relative = role is Role.CBF and not is_picture(arrays[name], name)
        if units[name] == STANDARD_UNITS[name] or (relative and (reading.role == "CBF" or series.named_by_user)):
            usable.add(name)
    notes += _unusable({name: arrays[name] for name in out if name not in usable and name not in inverted})
    blank = unjudged(
        {role.value: series.image for role, series in given.items()}, Grid.of(case.reference(reference).image)
    )
    if blank.any():
        words = f"{blank.mean():.1%} of the volume has no CBF, or lies outside of Tmax: nothing is judged there"
        notes.append(Doubt(tuple(name for name in ("CBF", "TMAX") if name in images), DoubtKind.NO_VALUE, words))
    seen = blank if blank.any() else None
    return StandardMaps(out, units, tuple(dict.fromkeys(notes)), frozenset(usable), seen, inverted)


def _unused(series: Series, what: str, fix: str) -> Doubt:
    return Doubt((series.role.value,), DoubtKind.LEFT_OUT, f"{series.role} {what} ({series.source}): {fix}")


def _placed(
    case: Case, given: Mapping[Role, Series], reference: Role | None
) -> tuple[dict[str, sitk.Image], list[Doubt]]:
    """All volumes on the reference's grid, and a doubt for each that was resampled."""
    base = case.reference(reference)
    images = {role.value: series.image for role, series in given.items()}
    if base.role.value not in images:
        # The 4-D series' frames: their grid is wanted, not their values.
        grid = Grid.of(base.image)
        images = {base.role.value: grid.image(np.zeros(grid.shape, np.uint8)), **images}
    placed, notes = on_one_grid(images, base.role.value)
    return {name: placed[name] for name in images if name != Role.CTP.value}, notes


def on_one_grid(
    maps: Mapping[str, sitk.Image], reference: str | None = None
) -> tuple[dict[str, sitk.Image], list[Doubt]]:
    """The maps on the grid of one of them, and a doubt for each that was resampled or has voxels without value.

    What has no value, NaN or outside of a map's field of view, becomes 0, on CT air (see `gaps`).

    Args:
        maps: by name.
        reference: whose grid; by default CBF's, else the first's.

    Raises:
        InputError: if a map does not share the reference's field of view, holds no number, or they look like two slabs
            of one patient.
    """
    if not maps:
        raise InputError("no map was given", fix="Give at least CBF and TMAX")
    name = reference or ("CBF" if "CBF" in maps else next(iter(maps)))
    if name not in maps:
        raise InputError(f"the reference {name} is not among the maps", fix=f"Choose one of {', '.join(maps)}")
    grid = Grid.of(maps[name])
    out: dict[str, sitk.Image] = {}
    notes: list[Doubt] = []
    for other, image in maps.items():
        own = Grid.of(image)
        # Before anything is interpolated: one NaN would spread over all of its line.
        image, gaps = filled(other, image)
        notes += gaps
        if own.same(grid):
            out[other] = image
            continue
        if are_two_slabs(own, grid):
            raise InputError(
                f"{other} and {name} are of two slabs of one patient: they lie one above the other",
                where=other,
                fix="Give each slab as a study of its own, with all its maps",
                roles=(other, name),
            )
        require_overlap(image, other, grid, name)
        out[other] = resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=fill_of(other))
        words = f"{other} lay on another grid ({own.words}) than {name} ({grid.words}) and was resampled"
        notes.append(Doubt((other,), DoubtKind.GRID, words))
    return out, notes


def _by_unit(series: Series, image: sitk.Image) -> sitk.Image:
    """A map in its standard unit by the unit that the user named."""
    unit = unit_named(series.role.value, series.unit or "", series.source)
    factor = 1.0 if unit.factor is None else unit.factor
    return sitk.Cast(sitk.Cast(image, sitk.sitkFloat32) * factor + unit.offset, sitk.sitkFloat32)


def _unit_words(series: Series) -> str:
    unit = unit_named(series.role.value, series.unit or "", series.source)
    return RELATIVE if unit.factor is None else STANDARD_UNITS[series.role.value]


def _pictures(
    given: Mapping[Role, Series], images: Mapping[str, sitk.Image], readings: Mapping[str, MapReading]
) -> dict[str, MapReading]:
    """Readings of maps that were pictures before they were resampled, which hides their whole numbers."""
    found: dict[str, MapReading] = {}
    for role, series in given.items():
        if series.unit is None and images[role.value] is not series.image and readings[role.value].factor is not None:
            own = sitk.GetArrayViewFromImage(series.image)
            if is_picture(own, role.value):
                found |= recognise({role.value: own}, {role.value: role.value})
    return found


def _require_different(case: Case, arrays: Mapping[str, np.ndarray]) -> None:
    """Refuses one map under two names: one file that was copied or linked twice, in whatever unit."""
    maps = {name: values for name, values in arrays.items() if Role(name) in MAP_ROLES}
    for (name, first), (other, second) in combinations(maps.items(), 2):
        both = (first != 0) & (second != 0)
        if first.shape != second.shape or both.sum() < _LEAST_COMPARED:
            continue
        ratio = first[both].astype(np.float64) / second[both]
        if float(ratio.std()) < _SAME_RATIO * abs(float(ratio.mean())):
            sources = " and ".join(case.series[Role(role)].source for role in (name, other))
            raise InputError(
                f"{name} and {other} are one map, up to a factor of {float(ratio.mean()):.3g} ({sources})",
                where=case.name,
                fix="Give each map once, in its own role",
                roles=(name, other),
            )


def _require_not_swapped(case: Case, given: Mapping[Role, Series], readings: Mapping[str, MapReading]) -> None:
    swapped = {
        role.value: doubt
        for role, series in given.items()
        if not series.named_by_user and (doubt := readings[role.value].doubt_of(DoubtKind.SWAPPED))
    }
    if swapped:
        raise InputError(
            f"{next(iter(swapped.values())).words} ({'; '.join(readings[name].reason for name in swapped)})",
            where=case.name,
            fix=f"Name the roles of {' and '.join(swapped)} yourself, the right way round",
            option="role",
            roles=swapped,
        )


def _standard(reading: MapReading, image: sitk.Image, name: str) -> tuple[sitk.Image, str]:
    image = sitk.Cast(image, sitk.sitkFloat32)
    if reading.factor is not None and reading.role == name:
        if (reading.factor, reading.offset) != (1.0, 0.0):
            image = sitk.Cast(image * reading.factor + reading.offset, sitk.sitkFloat32)
        return image, STANDARD_UNITS[name]
    return image, RELATIVE if reading.relative else UNKNOWN_SCALE


def _unusable(arrays: Mapping[str, np.ndarray]) -> list[Doubt]:
    """A doubt about the maps that no limit is applied to, with the way out; none if there are none."""
    if not arrays:
        return []
    units = "; ".join(f"{name} in {_units_that_fit(name, values)}" for name, values in arrays.items())
    scale, them = ("scale", "it") if len(arrays) == 1 else ("scales", "them")
    words = (
        f"the {scale} of {', '.join(arrays)} could not be told, and no limit is applied to {them}; name the unit, if "
        f"you know it: {units}"
    )
    return [Doubt(tuple(arrays), DoubtKind.NO_LIMIT, words)]


def _units_that_fit(name: str, values: np.ndarray) -> str:
    """The absolute units that brain with these values could have, else all of the role, as "s, ms or 0.1 s"."""
    shown = values[np.isfinite(values) & (values != 0)]
    middle = float(np.median(shown)) if shown.size else 0.0
    absolute = [unit for unit in units_of(name) if unit.factor is not None]
    words = [unit.name for unit in absolute if unit.median[0] <= middle <= unit.median[1]]
    words = words or [unit.name for unit in absolute]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
