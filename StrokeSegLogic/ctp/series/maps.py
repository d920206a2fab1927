"""From a 4-D CT perfusion series to maps in absolute units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...brain.perfusion import brain_of_frames
from ...space.grid import Grid
from ...space.masks import grown
from ...study.case import Role
from . import motion as motions
from .arteries import LARGEST_SCALE, Vessel, area, find_artery, find_vein
from .bolus import Passage, passage
from .curves import disturbed, enhancement, mean_frame, vessel_candidates
from .deconvolution import PER_100_G, PER_100_G_MIN, DeconvolutionSpec, deconvolve
from .denoising import DenoisingSpec, denoised
from .fluid import fluid_of
from .time_series import Series, checked


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
    """

    motion: bool = True
    smoothing_mm: float = 2.0
    denoising: DenoisingSpec | None = field(default_factory=DenoisingSpec)
    deconvolution: DeconvolutionSpec = field(default_factory=DeconvolutionSpec)
    device: str = "auto"


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
    haematocrit factor and the brain's density (see `deconvolution`).

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
    given_aif, given_vof = _ordered(aif, ctp, series, "aif"), _ordered(vof, ctp, series, "vof")
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
    artery, vein = _vessels(series, inside, mip, plain, bolus, given_aif, given_vof, shaken)
    fluid = fluid_of(series, inside, mean, artery.curve, curves.mean(axis=1), progress.span(0.7, 0.73))
    scale, more = _scale(artery, vein, series.times_s)
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
    cbf, cbv = np.maximum(flow.height, 0) * PER_100_G_MIN, np.maximum(flow.area, 0) * PER_100_G
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
        warnings=(*series.warnings, *bolus.warnings, *notes, *more),
        baseline=bolus.baseline,
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


def _ordered(given: np.ndarray | None, ctp: np.ndarray, series: Series, name: str) -> np.ndarray | None:
    """A given curve in the series' order of frames, or a given mask as it is."""
    if given is None:
        return None
    given = np.asarray(given)
    if given.shape == ctp.shape[1:] and given.any():
        return given.astype(bool)
    if given.shape == (len(ctp),) and np.isfinite(given).all() and given.max() > 0:
        return given.astype(float)[list(series.order)]
    raise InputError(
        f"is neither {len(ctp)} finite values above 0, one for each frame, nor a mask of shape {ctp.shape[1:]}",
        where=name,
        fix="Give enhancement in HU at each frame's time, or a mask with some voxels set",
    )


def _vessels(
    series: Series,
    brain: np.ndarray,
    mip: np.ndarray,
    plain: np.ndarray,
    bolus: Passage,
    aif: np.ndarray | None,
    vof: np.ndarray | None,
    moved: bool,
) -> tuple[Vessel, Vessel | None]:
    """Artery and vein, as given or found."""
    curves, voxels = np.zeros((len(series), 0)), np.zeros((0, 3), int)
    if aif is None or vof is None:
        curves, voxels = vessel_candidates(series, brain, mip, plain, bolus.baseline, moved)
    if aif is None:
        artery = find_artery(curves, voxels, series.times_s, bolus.baseline)
    else:
        artery = _given(aif, series, bolus.baseline)
    if vof is None:
        return artery, find_vein(curves, voxels, series.times_s, bolus.baseline, artery.curve)
    return artery, _given(vof, series, bolus.baseline)


def _given(curve_or_mask: np.ndarray, series: Series, baseline: int) -> Vessel:
    if curve_or_mask.ndim == 1:
        return Vessel(curve_or_mask, np.zeros((0, 3), int))
    curve = np.array([float(frame[curve_or_mask].mean()) for frame in series.frames()])
    return Vessel(curve - curve[:baseline].mean(), np.argwhere(curve_or_mask))


def _scale(artery: Vessel, vein: Vessel | None, times_s: np.ndarray) -> tuple[float, tuple[str, ...]]:
    """What the arterial curve is multiplied by, and what is to be said of it."""
    if vein is None:
        return 1.0, (
            "no vein was found: the arterial curve is not corrected for partial volume, CBF and CBV may be high",
        )
    ratio = area(vein.curve, times_s) / area(artery.curve, times_s)
    if ratio <= 1:
        # The artery filled its voxels: the vein has nothing to teach.
        return 1.0, ()
    if ratio > LARGEST_SCALE:
        words = f"the vein has {ratio:.1f} times the artery's area and was not used: CBF and CBV are uncertain"
        return 1.0, (words,)
    return ratio, ()
