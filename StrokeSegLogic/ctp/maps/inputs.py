"""Given perfusion maps on one grid and in standard units, with what is doubtful about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...result.doubts import Doubt
from ...result.outcome import AS_GIVEN, Scale
from ...space.grid import Grid, are_two_slabs, require_overlap
from ...space.resampling import resample
from ...study.case import MAP_ROLES, Case, Role, Series, role_names
from ...study.maps.units import RELATIVE, STANDARD_UNITS, doubts, is_picture, unit_named, units_of
from .doubts import DoubtKind
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
        images: float32 by role, all on one grid; in the unit that `units` gives.
        units: of each image: CBF ml/100 g/min, CBV ml/100 g, MTT, TTP and TMAX s, CT and MIP HU; "relative to normal
            tissue" or "unknown scale" for a map that has none or whose unit could not be told.
        doubts: what a reader must see.
        usable: maps that limits may be applied to: those in standard units, and CBF in any unit, for it is used
            relative to itself.
        unjudged: where flow or delay has no value, bool (z, y, x) (see `missing_values`); None where it has
            everywhere.
        fluid: what the 4-D series shows to be fluid, bool (z, y, x) (see `series.fluid`); None where no map was
            computed from it.
        inverted: maps whose values run the wrong way, which no factor mends, each with the words that say so.
        computed: maps that were computed from the 4-D series; the others were given.
        series_brain: the brain that the series shows, bool (z, y, x); None where no map was computed from it.
        scales: factor and offset that made these values of those that were given; a map that is not named kept its own.
    """

    images: Mapping[Role, sitk.Image]
    units: Mapping[Role, str]
    doubts: tuple[Doubt, ...]
    usable: frozenset[Role]
    unjudged: np.ndarray | None = None
    inverted: Mapping[Role, str] = field(default_factory=dict)
    fluid: np.ndarray | None = None
    computed: frozenset[Role] = frozenset()
    series_brain: np.ndarray | None = None
    scales: Mapping[Role, Scale] = field(default_factory=dict)

    @property
    def scales_known(self) -> dict[Role, bool]:
        """For each map whether its values are in the standard unit."""
        return {role: self.units[role] == STANDARD_UNITS[role] for role in self.images}


def standard_maps(case: Case, reference: Role | None = None) -> StandardMaps:
    """The case's maps, CT and MIP on the reference's grid and in standard units.

    Role and unit are found out from all values together, the roles that names and tags gave being claims (see
    `recognition`); a unit that the user named (`Series.unit`) is believed. A map whose unit cannot be told keeps
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
    named = {role: _by_unit(series, images[role]) for role, series in given.items() if series.unit is not None}
    judged |= {role: _by_unit(case.series[role], judged[role]) for role in named}
    arrays = {role: sitk.GetArrayFromImage(image) for role, image in judged.items()}
    _require_different(case, arrays)
    readings = recognise({role.value: values for role, values in arrays.items()}, {role.value: role for role in arrays})
    readings |= _pictures(given, judged, readings)
    _require_not_swapped(case, given, readings)
    out: dict[Role, sitk.Image] = {}
    units: dict[Role, str] = {}
    usable: set[Role] = set()
    inverted: dict[Role, str] = {}
    scales: dict[Role, Scale] = {}
    for role, series in given.items():
        reading = readings[role.value]
        left_out = reading.fits is not None and not series.named_by_user
        if reading.inverted and not left_out:
            # No unit mends it, not even a unit that the user named.
            out[role], units[role] = sitk.Cast(images[role], sitk.sitkFloat32), UNKNOWN_SCALE
            inverted[role] = reading.inverted.words
            notes += [*reading.doubts, _unused(series, "is not used", "export it again, the right way round")]
            continue
        if role in named:
            out[role], units[role], scales[role] = named[role], _unit_words(series), _scale_by_unit(series)
            if units[role] != RELATIVE:
                notes += [
                    Doubt((role,), DoubtKind.RANGE, f"{role.display_name}: {words}")
                    for words in doubts(role, arrays[role])
                ]
            usable |= {role} if units[role] != RELATIVE or role is Role.CBF else set()
            continue
        notes += reading.doubts
        if left_out:
            notes.append(_unused(series, "was left out", f"name it yourself if it is {role.display_name} all the same"))
            continue
        out[role], units[role], scales[role] = _standard(reading, images[role], role)
        # What is open is a factor at most, and CBF is used relative to itself.
        relative = role is Role.CBF and not is_picture(arrays[role], role)
        if units[role] == STANDARD_UNITS[role] or (relative and (reading.role is Role.CBF or series.named_by_user)):
            usable.add(role)
    notes += _unusable({role: arrays[role] for role in out if role not in usable and role not in inverted})
    blank = unjudged({role: series.image for role, series in given.items()}, Grid.of(case.reference(reference).image))
    if blank.any():
        words = f"{blank.mean():.1%} of the volume has no CBF, or lies outside of Tmax: nothing is judged there"
        notes.append(Doubt(tuple(role for role in (Role.CBF, Role.TMAX) if role in images), DoubtKind.NO_VALUE, words))
    seen = blank if blank.any() else None
    return StandardMaps(out, units, tuple(dict.fromkeys(notes)), frozenset(usable), seen, inverted, scales=scales)


def _unused(series: Series, what: str, fix: str) -> Doubt:
    return Doubt((series.role,), DoubtKind.LEFT_OUT, f"{series.role.display_name} {what} ({series.source}): {fix}")


def _placed(
    case: Case, given: Mapping[Role, Series], reference: Role | None
) -> tuple[dict[Role, sitk.Image], list[Doubt]]:
    """All volumes on the reference's grid, and a doubt for each that was resampled."""
    base = case.reference(reference)
    images = {role: series.image for role, series in given.items()}
    if base.role not in images:
        # The 4-D series' frames: their grid is wanted, not their values.
        grid = Grid.of(base.image)
        images = {base.role: grid.image(np.zeros(grid.shape, np.uint8)), **images}
    placed, notes = on_one_grid(images, base.role)
    return {role: placed[role] for role in images if role != Role.CTP}, notes


def on_one_grid(
    maps: Mapping[Role, sitk.Image], reference: Role | None = None
) -> tuple[dict[Role, sitk.Image], list[Doubt]]:
    """The maps on the grid of one of them, and a doubt for each that was resampled or has voxels without value.

    What has no value, NaN or outside of a map's field of view, becomes 0, on CT air (see `missing_values`).

    Args:
        maps: by role.
        reference: whose grid; by default CBF's, else the first's.

    Raises:
        InputError: if a map does not share the reference's field of view, holds no number, or they look like two slabs
            of one patient.
    """
    if not maps:
        raise InputError("no map was given", fix="Give at least CBF and TMAX")
    base = reference or (Role.CBF if Role.CBF in maps else next(iter(maps)))
    if base not in maps:
        raise InputError(f"the reference {base} is not among the maps", fix=f"Choose one of {', '.join(maps)}")
    grid = Grid.of(maps[base])
    out: dict[Role, sitk.Image] = {}
    notes: list[Doubt] = []
    for other, image in maps.items():
        own = Grid.of(image)
        # Before anything is interpolated: one NaN would spread over all of its line.
        image, missing = filled(other, image)
        notes += missing
        if own.same(grid):
            out[other] = image
            continue
        if are_two_slabs(own, grid):
            raise InputError(
                f"{role_names((other, base), ' and ')} are of two slabs of one patient: they lie one above the other",
                where=other,
                fix="Give each slab as a study of its own, with all its maps",
                roles=(other, base),
            )
        require_overlap(image, other, grid, base)
        out[other] = resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=fill_of(other))
        words = f"{role_names([other])} lay on another grid ({own.words}) than {base} ({grid.words}) and was resampled"
        notes.append(Doubt((other,), DoubtKind.GRID, words))
    return out, notes


def _by_unit(series: Series, image: sitk.Image) -> sitk.Image:
    """A map in its standard unit by the unit that the user named."""
    factor, offset = _scale_by_unit(series)
    return sitk.Cast(sitk.Cast(image, sitk.sitkFloat32) * factor + offset, sitk.sitkFloat32)


def _scale_by_unit(series: Series) -> Scale:
    unit = unit_named(series.role, series.unit or "", series.source)
    return 1.0 if unit.factor is None else unit.factor, unit.offset


def _unit_words(series: Series) -> str:
    unit = unit_named(series.role, series.unit or "", series.source)
    return RELATIVE if unit.factor is None else STANDARD_UNITS[series.role]


def _pictures(
    given: Mapping[Role, Series], images: Mapping[Role, sitk.Image], readings: Mapping[str, MapReading]
) -> dict[str, MapReading]:
    """Readings of maps that were pictures before they were resampled, which hides their whole numbers."""
    found: dict[str, MapReading] = {}
    for role, series in given.items():
        if series.unit is None and images[role] is not series.image and readings[role.value].factor is not None:
            own = sitk.GetArrayViewFromImage(series.image)
            if is_picture(own, role):
                found |= recognise({role.value: own}, {role.value: role})
    return found


def _require_different(case: Case, arrays: Mapping[Role, np.ndarray]) -> None:
    """Refuses one map under two names: one file that was copied or linked twice, in whatever unit."""
    maps = {role: values for role, values in arrays.items() if role in MAP_ROLES}
    for (role, first), (other, second) in combinations(maps.items(), 2):
        both = (first != 0) & (second != 0)
        if first.shape != second.shape or both.sum() < _LEAST_COMPARED:
            continue
        ratio = first[both].astype(np.float64) / second[both]
        if float(ratio.std()) < _SAME_RATIO * abs(float(ratio.mean())):
            sources = " and ".join(case.series[each].source for each in (role, other))
            raise InputError(
                f"{role_names((role, other), ' and ')} are one map, up to a factor of {float(ratio.mean()):.3g} "
                f"({sources})",
                where=case.name,
                fix="Give each map once, by its own name",
                roles=(role, other),
            )


def _require_not_swapped(case: Case, given: Mapping[Role, Series], readings: Mapping[str, MapReading]) -> None:
    swapped = {
        role: doubt
        for role, series in given.items()
        if not series.named_by_user and (doubt := readings[role.value].doubt_of(DoubtKind.SWAPPED))
    }
    if swapped:
        raise InputError(
            f"{next(iter(swapped.values())).words} ({'; '.join(readings[role.value].reason for role in swapped)})",
            where=case.name,
            fix=f"Name {' and '.join(swapped)} yourself, the right way round",
            option="sequence",
            roles=swapped,
        )


def _standard(reading: MapReading, image: sitk.Image, role: Role) -> tuple[sitk.Image, str, Scale]:
    image = sitk.Cast(image, sitk.sitkFloat32)
    if reading.factor is not None and reading.role is role:
        if (reading.factor, reading.offset) != (1.0, 0.0):
            image = sitk.Cast(image * reading.factor + reading.offset, sitk.sitkFloat32)
        return image, STANDARD_UNITS[role], (reading.factor, reading.offset)
    return image, RELATIVE if reading.relative else UNKNOWN_SCALE, AS_GIVEN


def _unusable(arrays: Mapping[Role, np.ndarray]) -> list[Doubt]:
    """A doubt about the maps that no limit is applied to, with the way out; none if there are none."""
    if not arrays:
        return []
    units = "; ".join(f"{role.display_name} in {_units_that_fit(role, values)}" for role, values in arrays.items())
    scale, them = ("scale", "it") if len(arrays) == 1 else ("scales", "them")
    words = (
        f"the {scale} of {', '.join(arrays)} could not be told, and no limit is applied to {them}; name the unit, if "
        f"you know it: {units}"
    )
    return [Doubt(tuple(arrays), DoubtKind.NO_LIMIT, words)]


def _units_that_fit(role: Role, values: np.ndarray) -> str:
    """The absolute units that brain with these values could have, else all of the role, as "s, ms or 0.1 s"."""
    shown = values[np.isfinite(values) & (values != 0)]
    middle = float(np.median(shown)) if shown.size else 0.0
    absolute = [unit for unit in units_of(role) if unit.factor is not None]
    words = [unit.name for unit in absolute if unit.median[0] <= middle <= unit.median[1]]
    words = words or [unit.name for unit in absolute]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
