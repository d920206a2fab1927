"""How the head moved between the frames of a series, and the frames brought back to where it lay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...space.grid import Grid
from ...space.resampling import resample
from ...space.smoothing import SLICES, recursive_gaussian
from .time_series import Series

LEAST_MM = 0.5
"""Frames that moved less, everywhere in the head, stay as they are: interpolation would only blur them."""
LARGE_MM = 10.0
"""More than this is put right as well as it goes, and said."""
_IMPOSSIBLE_MM = 60.0
"""No head that stays in the scanner's field moves so far: the frames do not show the same head, or no head."""
_COARSE_MM, _SMOOTH_MM = 3.6, 2.5
_FEWEST_SLICES = 4
_RADIUS_MM = 70.0
"""About the radius of a head: where a turn is felt."""
# Soft tissue and bone; the changing brightness of vessels and brain is small against that of bone.
_LOW_HU, _HIGH_HU = -200.0, 800.0


@dataclass(frozen=True)
class Motion:
    """Where the head was in each frame against the reference, a frame of the first eighth of the series.

    Attributes:
        turns_deg: (T,) angle of rotation.
        shifts_mm: (T,) displacement of the head's centre.
        largest_mm: (T,) displacement about 70 mm from the centre, where turn and shift add up.
        corrected: (T,) which frames were resampled.
    """

    turns_deg: np.ndarray
    shifts_mm: np.ndarray
    largest_mm: np.ndarray
    corrected: np.ndarray

    @property
    def summary(self) -> str:
        """One sentence."""
        if not self.corrected.any():
            return f"the head lay still (at most {self.largest_mm.max():.1f} mm)"
        return (
            f"the head moved by up to {self.shifts_mm.max():.1f} mm and {self.turns_deg.max():.1f} degrees; "
            f"{int(self.corrected.sum())} of {len(self.corrected)} frames were put back"
        )


def corrected(series: Series, progress: Progress | None = None) -> tuple[Series, Motion]:
    """A series of a head that lies still, and how it had moved.

    Each frame is registered rigidly to a frame before the bolus, on about 4 mm pixels. Frames that moved by half a
    millimetre or more are resampled once, linearly; if there are none, the series is handed back as it is.

    Args:
        series: checked.
        progress: asked before each frame.

    Raises:
        InputError: if frames lie further apart than a head can move.
    """
    progress = progress or Progress()
    count = len(series)
    reference = count // 8
    coarse = _coarse_grid(series.grid)
    fixed = _prepared(series, reference, coarse)
    centre = series.grid.to_world((np.array([series.grid.size]) - 1) / 2)[0]
    parameters = np.zeros((count, 6))
    # Outwards from the reference, each frame starting where its neighbour was found.
    ways = (range(reference + 1, count), range(reference - 1, -1, -1))
    done, lost = 0, []
    for way in ways:
        start = np.zeros(6)
        for number in way:
            progress(0.6 * done / count, "motion check")
            found = _registered(fixed, _prepared(series, number, coarse), centre, start)
            if found is None:
                lost.append(number)
            else:
                start = found
            parameters[number], done = start, done + 1
    turns = np.degrees(np.linalg.norm(parameters[:, :3], axis=1))
    shifts = np.linalg.norm(parameters[:, 3:], axis=1)
    largest = shifts + np.radians(turns) * _RADIUS_MM
    _require_possible(largest, series)
    moved = largest >= LEAST_MM
    motion = Motion(turns, shifts, largest, moved)
    warnings = list(series.warnings)
    if lost:
        at = ", ".join(f"{series.times_s[number]:g}" for number in sorted(lost)[:6])
        warnings.append(f"motion could not be measured in {len(lost)} frames (at {at} s): taken as in the frame beside")
    if not moved.any():
        return replace(series, warnings=tuple(warnings)), motion
    hu = np.empty((count, *series.grid.shape), series.hu.dtype)
    for number in range(count):
        progress(0.6 + 0.4 * number / count, "motion correction")
        frame = series.frame(number)
        hu[number] = _put_back(frame, series.grid, centre, parameters[number]) if moved[number] else frame
    if largest.max() > LARGE_MM:
        warnings.append(
            f"strong motion, up to {shifts.max():.0f} mm and {turns.max():.0f} degrees: the maps may be blurred"
        )
    return replace(series, hu=hu, order=tuple(range(count)), warnings=tuple(warnings)), motion


def _require_possible(largest_mm: np.ndarray, series: Series) -> None:
    far = np.flatnonzero(largest_mm > _IMPOSSIBLE_MM)
    if not far.size:
        return
    at = ", ".join(f"{series.times_s[number]:g}" for number in far[:6]) + (" and more" if far.size > 6 else "")
    raise InputError(
        f"shows a head that would have moved by {largest_mm.max():.0f} mm between frames (at {at} s)",
        where="the perfusion series",
        fix="Check that all frames are of one head and place, in HU, or leave these frames out",
    )


def _coarse_grid(grid: Grid) -> Grid:
    pixel = [max(_COARSE_MM, step) for step in grid.spacing]
    # Slices stay: a shift along them shows best there.
    pixel[2] = grid.spacing[2] if grid.spacing[2] > _COARSE_MM / 2 else _COARSE_MM
    size = [max(round(n * old / new), 1) for n, old, new in zip(grid.size, grid.spacing, pixel, strict=True)]
    return grid.about_centre(tuple(size), tuple(pixel))


def _prepared(series: Series, number: int, coarse: Grid) -> sitk.Image:
    # Every second pixel is enough before the smoothing that `resample` adds.
    skip = [max(int(new / old / 2), 1) for new, old in zip(coarse.spacing, series.grid.spacing, strict=True)]
    thinned = series.frame(number)[:, :: skip[1], :: skip[0]].astype(np.float32)
    x, y, z = series.grid.spacing
    image = sitk.GetImageFromArray(np.clip(thinned, _LOW_HU, _HIGH_HU))
    image.SetSpacing((x * skip[0], y * skip[1], z))
    image.SetOrigin(series.grid.origin)
    image.SetDirection(series.grid.direction)
    return recursive_gaussian(resample(image, coarse, fill=_LOW_HU), _SMOOTH_MM, SLICES, narrow=True)


def _registered(fixed: sitk.Image, moving: sitk.Image, centre: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Parameters (6,) of the rigid transform from the fixed to the moving image, radians and mm; None without any."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetInterpolator(sitk.sitkLinear)
    # A radian moves the skull by some 70 mm.
    method.SetOptimizerScales([_RADIUS_MM**2] * 3 + [1.0] * 3)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 0.02, 80, 0.5, 1e-6)
    if fixed.GetSize()[2] < _FEWEST_SLICES:
        # So few slices say nothing of motion through them.
        method.SetOptimizerWeights([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    transform = sitk.Euler3DTransform(centre)
    transform.SetParameters(start)
    method.SetInitialTransform(transform, inPlace=True)
    try:
        before = method.MetricEvaluate(fixed, moving)
        method.Execute(fixed, moving)
        # A step that noise led astray shows in a poorer match than where it began.
        return np.array(transform.GetParameters()) if method.GetMetricValue() < before else start
    except RuntimeError:
        # ITK's way to say that the images stopped overlapping; the caller says so in the result.
        return None


def _put_back(frame: np.ndarray, grid: Grid, centre: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    transform = sitk.Euler3DTransform(centre)
    transform.SetParameters(parameters)
    image = grid.image(np.ascontiguousarray(frame))
    # Beyond the first and last slice the nearest is taken: emptiness would look like contrast leaving.
    moved = sitk.Resample(image, image, transform, sitk.sitkLinear, -1024.0, image.GetPixelID(), True)
    return sitk.GetArrayFromImage(moved)
