"""Whether a series' values are the density of a head in HU: refused where they are not, doubted where they are odd."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ...base.errors import InputError

_WHERE = "the perfusion series"
_SAMPLE = 1_000_000
_SURELY_AIR_HU = -500.0
_LEAST_SHOWN = 0.01
_SOFT_HU = (-200.0, 300.0)
_LEAST_SOFT = 0.05
"""Part of the voxels beside air that is soft in any head, whatever bone there is."""
_TISSUE_HU = (10.0, 75.0)
"""The middle of all that is soft in a head or a brain: tissue of 20 to 45 HU for the most part."""
_OFFSETS = (1000, 1024, 8192, 32768)
"""What scanners add to HU before they store them, so that nothing is below 0."""
_OFFSET_SHARE, _SURELY_TISSUE_HU, _LOWEST_WITH_OFFSET = 0.1, (15.0, 55.0), -200.0
"""With an offset so much of what is no air lies there above it, and hardly anything is below 0."""
_OF_BYTES = 255.0
_VESSELS_HU = 300.0
"""Arteries with contrast reach 150 to 300 HU: a scale that ends below has cut them off."""
_FEWEST_CUT, _FRAMES_CUT = 20, 3
_NEAR_TOP = 0.05
_PLAUSIBLE = {"tissue": (20.0, 48.0), "fluid": (-8.0, 20.0), "blood before contrast": (15.0, 110.0)}
"""HU in the frames before contrast. Blood has 30 to 60, less where it fills its voxels in part, more where contrast was
given before. Ours."""
_LEAST_FLUID_ML = 1.0
_AIR_HU, _LEAST_AIR, _OF_ONE_VALUE = (-1100.0, -850.0), 0.05, 0.5


def require_density(frames: Sequence[np.ndarray]) -> None:
    """Refuses a series that is no density, or a part of the scale of density alone.

    That is: stored values without their rescale intercept; pictures of 8 bit and values cut off at a window, in which
    arteries end flat; what software leaves that takes the frames before contrast off the others; other scales.

    Args:
        frames: (z, y, x) each, in the order of time.

    Raises:
        InputError: if so, with what is wrong.
    """
    # A frame that is padding for the most part says nothing.
    first = next((frame for frame in frames if (frame > _SURELY_AIR_HU).mean() > _LEAST_SHOWN), frames[0])
    part = first.reshape(-1)[:: max(first.size // _SAMPLE, 1)]
    low, high = min(float(frame.min()) for frame in frames), max(float(frame.max()) for frame in frames)
    if (offset := _offset(part, low)) is not None:
        raise _no_hu(
            f"tissue lies at about {offset + 35}, as if {offset} had been added: the rescale intercept is missing or "
            "was not applied",
            f"Export it with its RescaleIntercept, or take {offset} off all values",
        )
    # What software cuts off stands at its limit.
    held = part[(part != 0) & (part > max(_SURELY_AIR_HU, float(part.min())))]
    soft = held[(held > _SOFT_HU[0]) & (held < _SOFT_HU[1])]
    middle = float(np.median(soft)) if soft.size else 0.0
    cut = high < _VESSELS_HU and _is_cut(frames, low, high)
    bytes_alone = low >= 0 and high == _OF_BYTES and all(_is_whole(f) for f in (first, frames[len(frames) // 2]))
    # A brain without its skull may end at 255 HU by chance.
    if bytes_alone and (cut or not _TISSUE_HU[0] <= middle <= _TISSUE_HU[1]):
        raise _no_hu(
            "its values run from 0 to 255, those of a picture of 8 bit, in which a window of grey values was stored",
            "Export the original series, not a secondary capture or a picture, with all its bits",
        )
    if cut:
        raise _no_hu(
            f"its values are cut off at {high:g}, as by a window: bone and arteries end there, and the arterial curve "
            "is lost",
            "Export the series without a window, with all its bits",
        )
    rescaled = "Export it with rescale slope and intercept applied"
    if held.size and soft.size < _LEAST_SOFT * held.size:
        raise _no_hu(
            f"hardly a voxel lies between {_SOFT_HU[0]:g} and {_SOFT_HU[1]:g}, where all soft tissue has its density "
            f"(the middle is {float(np.median(held)):.0f})",
            rescaled,
        )
    if middle < _TISSUE_HU[0]:
        raise _no_hu(
            f"half of its voxels are below {middle:.1f}, where tissue has 20 to 40, as if the frames before contrast "
            "had been subtracted, or in another scale",
            "Give the series as it was scanned, with rescale slope and intercept applied",
        )
    if middle > _TISSUE_HU[1]:
        raise _no_hu(f"half of its voxels are above {middle:.0f}, where tissue has 20 to 40", rescaled)


def density_doubts(
    plain: np.ndarray, brain: np.ndarray, fluid: np.ndarray, vessels: Iterable[np.ndarray], voxel_ml: float
) -> tuple[str, ...]:
    """What is odd about the densities of a series whose maps can be computed all the same.

    Args:
        plain: mean of the frames before contrast (z, y, x), HU.
        brain: bool (z, y, x).
        fluid: bool, what of it is fluid.
        vessels: (N, 3) voxels z, y, x of artery and vein, none of a curve.
        voxel_ml: volume of a voxel.
    """
    blood = [plain[tuple(voxels.T)] for voxels in vessels if len(voxels)]
    seen = {"tissue": plain[brain & ~fluid]}
    if fluid.sum() * voxel_ml >= _LEAST_FLUID_ML:
        seen["fluid"] = plain[fluid]
    if blood:
        seen["blood before contrast"] = np.concatenate(blood)
    odd = []
    for name, values in seen.items():
        middle = float(np.median(values)) if values.size else _PLAUSIBLE[name][0]
        low, high = _PLAUSIBLE[name]
        if not low <= middle <= high:
            odd.append(f"{name} {middle:.0f} HU (usual {low:g} to {high:g})")
    if (air := _air(plain)) is not None and not _AIR_HU[0] <= air <= _AIR_HU[1]:
        odd.append(f"air {air:.0f} HU (usual -1000)")
    if not odd:
        return ()
    return (
        f"the densities are not those of a head in HU: {', '.join(odd)}; check rescale slope and intercept. Fluid and "
        "blood cannot be told by such densities, and fluid may be taken for core",
    )


def _no_hu(what: str, fix: str) -> InputError:
    return InputError(f"holds no HU: {what}", where=_WHERE, fix=fix)


def _offset(part: np.ndarray, low: float) -> int | None:
    """What was added to HU, where most that is no air lies so much too high."""
    held = part[part > 0]
    if low < _LOWEST_WITH_OFFSET or not held.size:
        return None
    least, most = _SURELY_TISSUE_HU
    shares = {k: float(((held > k + least) & (held < k + most)).mean()) for k in _OFFSETS}
    best = max(shares, key=lambda k: shares[k])
    return best if shares[best] > _OFFSET_SHARE else None


def _is_whole(frame: np.ndarray) -> bool:
    return np.issubdtype(frame.dtype, np.integer) or bool((frame == np.round(frame)).all())


def _is_cut(frames: Sequence[np.ndarray], low: float, high: float) -> bool:
    """Whether values pile up at the highest in some frames, where a scale that goes on thins out."""
    near = high - _NEAR_TOP * (high - low)
    cut = 0
    for frame in frames:
        above = frame[frame > near]
        top = int((above == high).sum())
        cut += top >= _FEWEST_CUT and top > above.size - top
        if cut >= _FRAMES_CUT:
            return True
    return False


def _air(plain: np.ndarray) -> float | None:
    """The middle of air where the series shows any and no padding in its place."""
    air = plain[plain < _SURELY_AIR_HU / 2]
    if air.size < _LEAST_AIR * plain.size:
        return None
    middle = float(np.median(air))
    return None if float((air == middle).mean()) > _OF_ONE_VALUE else middle
