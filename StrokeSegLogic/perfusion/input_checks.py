"""What is refused or said before perfusion is judged: maps that do not belong together."""

from __future__ import annotations

from collections.abc import Mapping

import SimpleITK as sitk

from ..base.errors import InputError
from ..ctp.maps.doubts import Doubt, DoubtKind
from ..grid import Grid, require_overlap, resample
from ..space.slabs import are_two_slabs
from .gaps import fill_of, filled


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
