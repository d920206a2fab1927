"""The tissue that perfusion is judged in: brain without vessels and fluid, its maps smoothed, and what is normal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import SimpleITK as sitk

from ..brain import stripped_outline
from ..errors import InputError
from ..grid import Grid
from ..hemispheres import MidPlane

if TYPE_CHECKING:
    from .thresholds import ThresholdSettings

Side = Literal["left", "right"]

_BOTH_SIDES = 0.4
"""Part of the delayed tissue on the less affected side from which on that side is no healthy reference."""
_LEAST_NORMAL = 0.02
"""Smallest part of the tissue that a mean of normal tissue may rest on."""
_WIDE_BRAIN = 0.02
"""Up to this part of the largest value a CBF map's voxel is background, where the map has no outline of its own."""


@dataclass(frozen=True)
class Reference:
    """The normal tissue that flow and volume are compared with.

    Attributes:
        words: which tissue it is.
        affected: the patient's side with more delayed tissue; None where nothing is delayed.
        cbf: mean flow of the reference, in the map's unit.
        cbv: mean volume of the reference, in the map's unit; None without CBV.
        ml: how much tissue it is.
    """

    words: str
    affected: Side | None
    cbf: float
    cbv: float | None
    ml: float


@dataclass(frozen=True)
class PerfusionTissue:
    """Maps made ready for thresholds; arrays (z, y, x) on the maps' grid.

    Attributes:
        grid: of the maps.
        brain: bool.
        tissue: brain without vessels and fluid, bool.
        tmax: smoothed, s; 0 outside the tissue.
        rcbf: smoothed CBF over the reference's mean; 0 outside the tissue.
        cbv: as given; None if there is none.
        no_time: tissue where the maps give no delay at all (Tmax 0), bool.
        left: the patient's left of the mid-sagittal plane, bool.
        reference: what rCBF is relative to.
        notes: what a reader must know.
    """

    grid: Grid
    brain: np.ndarray
    tissue: np.ndarray
    tmax: np.ndarray
    rcbf: np.ndarray
    cbv: np.ndarray | None
    no_time: np.ndarray
    left: np.ndarray
    reference: Reference
    notes: tuple[str, ...]


def prepare(maps: Mapping[str, sitk.Image], settings: ThresholdSettings, brain: np.ndarray | None) -> PerfusionTissue:
    """See `thresholds.segment_by_thresholds`, which says what may be given.

    Raises:
        InputError: if CBF or TMAX is missing, the maps lie on different grids, no brain is found, or there is too
            little normal tissue.
    """
    grid = _one_grid(maps)
    values = {name: sitk.GetArrayFromImage(image).astype(np.float32) for name, image in maps.items()}
    if brain is None:
        brain = brain_of_maps(maps["CBF"])
    if brain.shape != grid.shape:
        raise InputError(f"the brain mask has the shape {brain.shape} where the maps have {grid.shape}")
    if not brain.any():
        raise InputError("no brain was found in the CBF map", fix="Check the map: is it empty?")
    vessel = _vessels(values, brain, settings)
    fluid, how = _fluid(values, brain & ~vessel, grid, settings)
    tissue = brain & ~vessel & ~fluid
    if not tissue.any():
        raise InputError("no tissue is left beside vessels and fluid", fix="Check the units of the CBV map and the CT")
    smooth: dict[str, np.ndarray] = {
        name: smoothed(values[name], tissue, grid, settings.smoothing_mm)
        for name in ("CBF", "TMAX", "CBV")
        if name in values
    }
    left = MidPlane.of(brain, grid).left(grid)
    reference, notes = _reference(smooth, tissue, left, grid, settings)
    if not settings.core_within_hypoperfusion:
        notes.append("core was not limited to hypoperfused tissue: chronic infarcts and white matter may count as core")
    return PerfusionTissue(
        grid=grid,
        brain=brain,
        tissue=tissue,
        tmax=smooth["TMAX"],
        rcbf=smooth["CBF"] / reference.cbf,
        cbv=values.get("CBV"),
        no_time=tissue & (values["TMAX"] == 0),
        left=left,
        reference=reference,
        notes=(*how, *notes),
    )


def brain_of_maps(cbf: sitk.Image) -> np.ndarray:
    """Where a CBF map shows brain, bool (z, y, x): its own outline where it is 0 outside, else where there is flow."""
    outline = stripped_outline(cbf)
    if outline is not None:
        return sitk.GetArrayFromImage(outline) > 0
    values = sitk.GetArrayViewFromImage(cbf)
    return np.asarray(values > _WIDE_BRAIN * values.max())


def smoothed(values: np.ndarray, mask: np.ndarray, grid: Grid, sigma_mm: float) -> np.ndarray:
    """Gaussian smoothing (sigma in mm) among the voxels of a mask alone; 0 outside of it.

    Vessels and air would else bleed into tissue: masked smoothing has no such bias (Wack et al., BMC Med Imaging 2014,
    14:28).

    Args:
        values, mask: (z, y, x).
    """
    inside = np.where(mask, values, 0).astype(np.float32)
    if sigma_mm <= 0:
        return inside
    weight = _gaussian(mask.astype(np.float32), grid, sigma_mm)
    return np.where(mask, _gaussian(inside, grid, sigma_mm) / np.maximum(weight, 1e-6), 0).astype(np.float32)


def _gaussian(values: np.ndarray, grid: Grid, sigma_mm: float) -> np.ndarray:
    image = grid.image(values)
    for axis, (size, step) in enumerate(zip(grid.size, grid.spacing, strict=True)):
        # ITK's recursive filter needs four voxels; across slices thicker than two sigmas there is nothing to gain.
        if size >= 4 and step <= 2 * sigma_mm:
            image = sitk.RecursiveGaussian(image, sigma_mm, direction=axis)
    return sitk.GetArrayFromImage(image)


def _one_grid(maps: Mapping[str, sitk.Image]) -> Grid:
    missing = [name for name in ("CBF", "TMAX") if name not in maps]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} is missing, which core and hypoperfusion are defined by",
            fix="Give CBF and TMAX maps, or the 4-D series that they are computed from",
        )
    grid = Grid.of(maps["CBF"])
    other = [name for name, image in maps.items() if not Grid.of(image).same(grid)]
    if other:
        raise InputError(
            f"{', '.join(other)} and CBF lie on different grids",
            fix="Bring the maps onto one grid first (input_checks.on_one_grid does)",
        )
    return grid


def _vessels(values: Mapping[str, np.ndarray], brain: np.ndarray, settings: ThresholdSettings) -> np.ndarray:
    if "CBV" not in values or settings.vessel_cbv is None:
        return np.zeros(brain.shape, bool)
    return brain & (values["CBV"] > settings.vessel_cbv)


def _fluid(
    values: Mapping[str, np.ndarray], tissue: np.ndarray, grid: Grid, settings: ThresholdSettings
) -> tuple[np.ndarray, list[str]]:
    none = np.zeros(tissue.shape, bool)
    if "CT" in values and settings.fluid_hu is not None:
        return tissue & (smoothed(values["CT"], tissue, grid, settings.smoothing_mm) < settings.fluid_hu), []
    if "CBV" in values and settings.fluid_rcbv is not None:
        volume = smoothed(values["CBV"], tissue, grid, settings.smoothing_mm)
        typical = float(np.median(volume[tissue])) if tissue.any() else 0.0
        return tissue & (volume < settings.fluid_rcbv * typical), ["fluid was told by its low CBV, for want of a CT"]
    return none, ["fluid was not excluded: there is neither CT nor CBV"]


def _reference(
    smooth: Mapping[str, np.ndarray], tissue: np.ndarray, left: np.ndarray, grid: Grid, settings: ThresholdSettings
) -> tuple[Reference, list[str]]:
    tmax = smooth["TMAX"]
    delayed = without_small_parts(
        tissue & (tmax > settings.hypoperfusion_tmax_s), grid, settings.smallest_hypoperfused_ml
    )
    on_left, on_right = int((delayed & left).sum()), int((delayed & ~left).sum())
    affected: Side | None = None
    if on_left + on_right > 0:
        affected = "left" if on_left > on_right else "right"
    notes = []
    normal = tissue & (tmax <= settings.normal_tmax_s)
    words = f"tissue with Tmax up to {settings.normal_tmax_s:g} s"
    if settings.reference == "contralateral" and affected is not None:
        normal = normal & (~left if affected == "left" else left)
        words += f" in the {'right' if affected == 'left' else 'left'} hemisphere (contralateral)"
        if min(on_left, on_right) > _BOTH_SIDES * (on_left + on_right):
            notes.append("both hemispheres are delayed: the contralateral side is no healthy reference")
    else:
        words += " in both hemispheres"
    if normal.sum() < _LEAST_NORMAL * tissue.sum() or not float(smooth["CBF"][normal].mean()) > 0:
        raise InputError(
            f"there is too little normal tissue (Tmax up to {settings.normal_tmax_s:g} s) to compare CBF with",
            fix="Check the unit of the Tmax map and the arterial input",
        )
    reference = Reference(
        words=words,
        affected=affected,
        cbf=float(smooth["CBF"][normal].mean()),
        cbv=float(smooth["CBV"][normal].mean()) if "CBV" in smooth else None,
        ml=float(normal.sum() * grid.voxel_ml),
    )
    return reference, notes


def without_small_parts(mask: np.ndarray, grid: Grid, smallest_ml: float) -> np.ndarray:
    """The mask less its connected parts (26 neighbours) below a volume; bool (z, y, x)."""
    if smallest_ml <= 0 or not mask.any():
        return mask
    least = int(np.ceil(smallest_ml / grid.voxel_ml - 1e-6))
    parts = sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True)
    kept = sitk.RelabelComponent(parts, minimumObjectSize=max(least, 1))
    return sitk.GetArrayFromImage(kept) > 0
