"""From a 4-D CT perfusion series to maps in absolute units."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...base.settings import HEMATOCRIT, HEMATOCRIT_RANGE
from ...brain.perfusion import brain_of_frames
from ...space.given_point import GivenPoint
from ...space.grid import Grid
from ...space.masks import grown
from ...study.case import Role
from . import motion as motions
from .arteries import Vessel
from .artery_by_hand import OPTION as ARTERY_OPTION
from .bolus import passage
from .curves import disturbed, enhancement, mean_frame
from .deconvolution import (
    KAPPA,
    PER_100_G,
    PER_100_G_MIN,
    DeconvolutionSpec,
    deconvolve,
    hematocrit_factor,
)
from .denoising import DenoisingSpec, denoised
from .density import density_doubts
from .fluid import fluid_of
from .time_series import checked
from .vessels import ordered, scale_of, vessels


@dataclass(frozen=True)
class MapsSpec:
    """How maps are made.

    Attributes:
        motion: whether to look for motion and put frames back.
        smoothing_mm: sigma of the Gaussian within slices and brain that curves are smoothed with; 0 for none. With
            `denoising`, what moving bone disturbs is looked for in curves smoothed so, and nothing else.
        denoising: how noise is taken off the curves; None for the Gaussian alone.
        deconvolution: how to regularise.
        device: "auto", "cpu", "cuda" or "mps".
        artery: where a person sees the artery; None: it is found.
        hematocrit: of arterial blood, 0.15 to 0.7; CBF and CBV carry it.

    Raises:
        InputError: for an impossible hematocrit.
    """

    motion: bool = True
    smoothing_mm: float = 2.0
    denoising: DenoisingSpec | None = field(default_factory=DenoisingSpec)
    deconvolution: DeconvolutionSpec = field(default_factory=DeconvolutionSpec)
    device: str = "auto"
    artery: GivenPoint | None = None
    hematocrit: float = HEMATOCRIT

    def __post_init__(self) -> None:
        low, high = HEMATOCRIT_RANGE
        if not low <= self.hematocrit <= high:
            what, fix = "which no patient has", f"Give it as a part of 1, {low:g} to {high:g}, not in percent"
            if not math.isfinite(self.hematocrit):
                what = "which is no number"
            elif low <= self.hematocrit / 100 <= high:
                what = f"which is in percent: as a part of 1 it is {self.hematocrit / 100:g}"
            raise InputError(f"is {self.hematocrit:g}, {what}", option="hematocrit", fix=fix)


@dataclass(frozen=True)
class PerfusionMaps:
    """Maps of one series; float32 (z, y, x), 0 outside the brain but for `mip`.

    Attributes:
        cbf: ml/100 g/min.
        cbv: ml/100 g.
        mtt: s, 60 CBV / CBF; 0 where there is no flow.
        ttp: s from the first frame to the peak of the tissue curve.
        tmax: s from the artery to the peak of the residue function, not below 0; freed of the lateness that truncation
            brings (`lateness`), unlike the maps of most software.
        mip: HU, maximum over time.
        plain: HU, mean of the frames before contrast: stands in for a CT without contrast.
        brain: bool.
        fluid: bool, what of the brain is fluid by its density and by contrast that never arrives (see `fluid`).
        grid: of all of them.
        times_s: (T,) of the frames used, from 0.
        aif, vof: curves (T,) in HU with their voxels; no voxels where a curve was given. `aif` is as measured,
            before it is scaled. `vof` is None where no vein was found.
        aif_scale: what the arterial curve was multiplied by, so that its area is the vein's.
        motion: None where it was not looked for.
        warnings: what the reader must know.
        baseline: number of frames before contrast.
        hematocrit: of arterial blood, as it was taken.
    """

    cbf: np.ndarray
    cbv: np.ndarray
    mtt: np.ndarray
    ttp: np.ndarray
    tmax: np.ndarray
    mip: np.ndarray
    plain: np.ndarray
    brain: np.ndarray
    fluid: np.ndarray
    grid: Grid
    times_s: np.ndarray
    aif: Vessel
    vof: Vessel | None
    aif_scale: float
    motion: motions.Motion | None
    warnings: tuple[str, ...]
    baseline: int = 0
    hematocrit: float = HEMATOCRIT

    def images(self) -> dict[Role, sitk.Image]:
        """Float32 images by role: CBF, CBV, MTT, TTP, TMAX, MIP, and CT, the frames before contrast."""
        arrays = {Role.CBF: self.cbf, Role.CBV: self.cbv, Role.MTT: self.mtt, Role.TTP: self.ttp, Role.TMAX: self.tmax}
        arrays |= {Role.MIP: self.mip, Role.CT: self.plain}
        return {role: self.grid.image(array) for role, array in arrays.items()}


def maps(
    ctp: np.ndarray,
    times_s: np.ndarray,
    aif: np.ndarray | None = None,
    vof: np.ndarray | None = None,
    *,
    grid: Grid | None = None,
    brain: np.ndarray | None = None,
    spec: MapsSpec | None = None,
    progress: Progress | None = None,
) -> PerfusionMaps:
    """Computes perfusion maps from a series by block-circulant deconvolution (see `deconvolution`).

    Frames before contrast are the baseline; curves are freed of noise (see `denoising`); the arterial curve is
    scaled to the area of the venous curve against partial volume, where the vein's is larger. CBF and CBV carry the
    hematocrit factor and the brain's density (see `deconvolution`).

    Args:
        ctp: (T, z, y, x), HU; not changed.
        times_s: (T,) seconds.
        aif: arterial enhancement (T,) in HU, or a bool mask (z, y, x) of an artery; found in the series if None.
        vof: the same of a great vein.
        grid: of a frame; without it a usual voxel size is assumed, with a warning.
        brain: bool (z, y, x); found in the series if None.
        spec: how.
        progress: reported to, and asked for cancellation several times a second.

    Raises:
        InputError: if the series cannot be used (see `series.checked`), no contrast arrives, no brain or no artery is
            found, or a curve or mask does not fit the series.
        DeviceError: if the device is not there.
        Cancelled: if the user stopped it.
    """
    spec, progress = spec or MapsSpec(), progress or Progress()
    series = checked(ctp, times_s, grid)
    if aif is not None and spec.artery is not None:
        raise InputError("is given as a curve or mask and as a point", option=ARTERY_OPTION, fix="Give one of them")
    if spec.artery is not None:
        spec.artery.index(series.grid, ARTERY_OPTION)  # before anything long
    given_aif, given_vof = ordered(aif, ctp, series, "aif"), ordered(vof, ctp, series, "vof")
    if brain is not None and brain.shape != series.grid.shape:
        raise InputError(
            f"has shape {brain.shape}, not {series.grid.shape}", where="brain", fix="Give a mask of frames"
        )
    moved = None
    if spec.motion:
        series, moved = motions.corrected(series, progress.span(0.0, 0.5))
    mean, mip = mean_frame(series, progress.span(0.5, 0.55))
    inside = brain_of_frames(mean, series.grid) if brain is None else brain.astype(bool)
    if series.torn is not None:
        inside = inside & ~_reached(series.torn, moved is not None and bool(moved.corrected.any()))
        if not inside.any():
            raise InputError(
                "holds padding in some frames wherever there is brain",
                where="the perfusion series",
                fix="Export the series as it was scanned, without motion correction",
            )
    bolus, curves, plain = enhancement(series, inside, spec.smoothing_mm, passage, progress.span(0.55, 0.7))
    shaken = moved is not None and bool(moved.corrected.any())
    notes: tuple[str, ...] = ()
    if shaken:
        inside, curves, notes = _without_disturbed(inside, curves, plain, series.grid)
    artery, vein, said = vessels(
        series, inside, mip, plain, bolus, spec.artery if given_aif is None else given_aif, given_vof, shaken
    )
    fluid = fluid_of(series, inside, mean, artery.curve, curves.mean(axis=1), progress.span(0.7, 0.73))
    scale, more = scale_of(artery, vein, series.times_s)
    seen = [vessel.voxels for vessel in (artery, vein) if vessel is not None]
    odd = density_doubts(plain, inside, fluid, seen, series.grid.voxel_ml)
    from ...nets.run.network import choose

    device = choose(spec.device).where
    if spec.denoising is not None:
        span = progress.span(0.73, 0.9)
        denoised(series, inside, curves, bolus.baseline, spec.denoising, device, span, artery.curve)
    flow = deconvolve(
        curves,
        artery.curve * scale,
        series.times_s,
        spec.deconvolution,
        device,
        progress.span(0.9, 0.99),
    )
    plasma = hematocrit_factor(spec.hematocrit) / KAPPA
    cbf, cbv = (
        np.maximum(found, 0) * plasma * unit for found, unit in ((flow.height, PER_100_G_MIN), (flow.area, PER_100_G))
    )
    mtt = np.where(cbf > 1, 60 * cbv / np.maximum(cbf, 1), 0)

    def volume(values: np.ndarray) -> np.ndarray:
        filled = np.zeros(series.grid.shape, np.float32)
        filled[inside] = values
        return filled

    progress(1.0, "maps are ready")
    return PerfusionMaps(
        cbf=volume(cbf),
        cbv=volume(cbv),
        mtt=volume(mtt),
        ttp=volume(flow.ttp_s),
        tmax=volume(flow.tmax_s),
        mip=mip,
        plain=plain,
        brain=inside,
        fluid=fluid,
        grid=series.grid,
        times_s=series.times_s,
        aif=artery,
        vof=vein,
        aif_scale=scale,
        motion=moved,
        warnings=(*series.warnings, *odd, *bolus.warnings, *notes, *said, *more),
        baseline=bolus.baseline,
        hematocrit=spec.hematocrit,
    )


def _reached(torn: np.ndarray, moved: bool) -> np.ndarray:
    """What holds padding in some frames, and where frames were put back also what interpolation mixed with it."""
    if not moved:
        return torn
    return grown(torn, (2, 2, 1))


def _without_disturbed(
    brain: np.ndarray, curves: np.ndarray, plain: np.ndarray, grid: Grid
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Brain and curves without voxels where moving bone shows, and what is to be said of them."""
    bad = disturbed(curves, plain, brain, grid.spacing)
    if not bad.any():
        return brain, curves, ()
    left = brain.copy()
    left[brain] = ~bad
    words = f"{bad.sum() * grid.voxel_ml:.0f} ml of brain beside bone that moved are left out of the maps"
    return left, curves[:, ~bad], (words,)
