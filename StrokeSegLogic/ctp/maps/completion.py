"""Maps out of the 4-D series: those that are missing beside maps that were given, or all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...brain.perfusion import brain_of_maps
from ...result.doubts import Doubt
from ...space.grid import Grid, are_two_slabs, require_overlap
from ...space.resampling import resample
from ...study.case import MAP_ROLES, Case, Role, Series, role_names
from ...study.maps.units import STANDARD_UNITS
from ..series.maps import PerfusionMaps
from .doubts import DoubtKind
from .inputs import StandardMaps
from .missing_values import fill_of, filled

_LEAST_COVERED = 0.99
"""Part of the given maps' brain that the series has to reach: a map of 0 beyond it would be read as no blood."""
_LEAST_IN_BRAIN = 0.6
"""Part of the given maps' brain that the series has to show brain at: with less the head lies elsewhere. Ours."""


def outline(standard: StandardMaps) -> np.ndarray:
    """The brain that the given maps show, bool (z, y, x); maps computed beside them neither add to it nor take away."""
    given = {role: image for role, image in standard.images.items() if role not in standard.computed}
    values = {role: sitk.GetArrayFromImage(image).astype(np.float32) for role, image in given.items()}
    # A map that runs the wrong way is brightest outside the brain.
    fit = {role: array for role, array in values.items() if role not in standard.inverted}
    if any(role in MAP_ROLES for role in fit):
        values = fit
    brain = brain_of_maps(Grid.of(next(iter(standard.images.values()))), values)
    return brain if standard.unjudged is None else brain & ~standard.unjudged


def require_one_place(series: Series, given: StandardMaps) -> None:
    """Refuses a series that does not show what the given maps show, before anything long.

    Raises:
        InputError: if it lies elsewhere, is of another slab, or does not reach the whole brain of the maps.
    """
    grid, own = Grid.of(next(iter(given.images.values()))), Grid.of(series.image)
    if are_two_slabs(own, grid):
        raise InputError("shows another slab than the given maps", where=series.source, fix="Give each slab by itself")
    require_overlap(series.image, series.source, grid, "of the given maps")
    if own.same(grid):
        return
    brain = outline(given)
    reached = sitk.GetArrayFromImage(resample(own.image(np.ones(own.shape, np.uint8)), grid, "nearest"))
    covered = _part(reached > 0, brain)
    if covered < _LEAST_COVERED:
        raise InputError(
            f"reaches {covered:.0%} of the brain in the given maps",
            where=series.source,
            fix="Give maps of the slices that the series has, or the series by itself",
        )


def completed(case: Case, given: StandardMaps, missing: Collection[Role], measured: PerfusionMaps) -> StandardMaps:
    """The given maps, untouched, and those that are missing out of the series, on the given maps' grid.

    Each computed map is resampled once (linear); fluid as the series shows it goes with them.

    Args:
        case: whose maps they are.
        given: in standard units.
        missing: roles to be taken from the series.
        measured: what was computed from it.

    Raises:
        InputError: if the brain of the series does not lie where that of the given maps lies.
    """
    grid, own = Grid.of(next(iter(given.images.values()))), measured.grid
    kept = {role: image for role, image in given.images.items() if role not in missing}
    brain = sitk.GetArrayFromImage(on_grid(own.image(measured.brain.astype(np.uint8)), grid, "nearest")) > 0
    together = _part(brain, outline(given))
    if together < _LEAST_IN_BRAIN:
        raise InputError(
            f"shows brain at {together:.0%} of the brain in the given maps: the head lies elsewhere",
            where=case.series[Role.CTP].source,
            fix="Check that maps and series are of one scan, or give the series by itself",
        )
    made = {role: image for role, image in measured.images().items() if role in missing}
    placed = {role: on_grid(image, grid, "linear", fill_of(role)) for role, image in made.items()}
    fluid = on_grid(own.image(measured.fluid.astype(np.uint8)), grid, "nearest")
    doubts = [*given.doubts, *_said(case, tuple(kept), tuple(made))]
    if not own.same(grid):
        words = f"{', '.join(made)}: resampled from the series' grid ({own.words}) to the maps' ({grid.words})"
        doubts.append(Doubt(tuple(made), DoubtKind.GRID, words))
    order = [role for role in (Role.CT, *MAP_ROLES, Role.MIP) if role in kept or role in placed]
    return StandardMaps(
        images={role: kept[role] if role in kept else placed[role] for role in order},
        units={role: given.units[role] if role in kept else STANDARD_UNITS[role] for role in order},
        doubts=tuple(doubts),
        usable=given.usable.union(made),
        unjudged=given.unjudged,
        inverted={role: words for role, words in given.inverted.items() if role in kept},
        fluid=sitk.GetArrayFromImage(fluid) > 0,
        computed=frozenset(made),
        series_brain=brain,
        scales={role: scale for role, scale in given.scales.items() if role in kept},
    )


def all_of(case: Case, measured: PerfusionMaps, why: Iterable[Doubt]) -> StandardMaps:
    """All maps out of the series, on its own grid; a CT or MIP that was given stays.

    Args:
        case: whose series it is.
        measured: what was computed from it.
        why: given maps are not used.

    Raises:
        InputError: if a given CT or MIP lies elsewhere.
    """
    images = measured.images()
    made = set(images)
    for role in (Role.CT, Role.MIP):
        # What was given is better than what stands in for it.
        if role in case.series:
            own = case.series[role]
            require_overlap(own.image, own.source, measured.grid, "the CTP series")
            images[role] = _preferred(role, own.image, images[role])
            made.discard(role)
    doubts: list[Doubt] = []
    others = tuple(role for role in case.series if role in MAP_ROLES)
    if others:
        words = f"the given {role_names(others)} were not used: all maps were computed from the series"
        doubts.append(Doubt(others, DoubtKind.LEFT_OUT, words))
    doubts += why
    return StandardMaps(
        images,
        STANDARD_UNITS,
        tuple(doubts),
        frozenset(images),
        fluid=measured.fluid,
        computed=frozenset(made),
        series_brain=measured.brain,
    )


def on_grid(image: sitk.Image, grid: Grid, interpolation: str, fill: float = 0.0) -> sitk.Image:
    """The image on the grid; as it is where it lies there."""
    return image if Grid.of(image).same(grid) else resample(image, grid, interpolation, fill)


def _said(case: Case, kept: tuple[Role, ...], made: tuple[Role, ...]) -> list[Doubt]:
    beside = role_names(role for role in kept if role in MAP_ROLES)
    here = f"{role_names(made)} computed here from the series"
    words = f"{here}; {beside} as given: the two need not agree in absolute values"
    doubts = [Doubt(made, DoubtKind.COMPUTED, words)]
    replaced = tuple(role for role in made if role in case.series)
    if replaced:
        words = f"in place of the given {', '.join(replaced)}, not used, stands what was computed from the series"
        doubts.append(Doubt(replaced, DoubtKind.LEFT_OUT, words))
    return doubts


def _part(found: np.ndarray, of: np.ndarray) -> float:
    return float((found & of).sum() / max(int(of.sum()), 1))


def _preferred(role: Role, given: sitk.Image, made: sitk.Image) -> sitk.Image:
    """The given image on the grid of the map that stands in for it, which still stands beyond its field of view."""
    grid = Grid.of(made)
    image, _ = filled(role, given)
    shown = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=float("nan")))
    return grid.image(np.where(np.isnan(shown), sitk.GetArrayViewFromImage(made), shown).astype(np.float32))
