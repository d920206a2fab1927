"""How two volumes of a head lie to one another: a rigid transform, by mutual information about the brain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..base.errors import Cancelled
from ..base.progress import check_cancelled
from ..space.grid import Grid, bounding_box, reorient
from ..space.resampling import execute, resample
from ..space.smoothing import recursive_gaussian

_LEVELS = ((4.0, 2.0), (2.0, 1.0))
"""Side of the voxels and sigma of the smoothing, mm, from coarse to fine. 1 mm voxels cost eight times as much."""
_RIM_MM = 4.0
"""Of what lies around the brain: its edge says much of where it is. Without the rim, volumes that lie right were found
0.7 mm away on average in place of 0.4."""
_BINS = 32
_RANGE = (1.0, 99.0)
"""Percentiles of the brain's signal that the histogram's bins lie between: fat, vessels and infarcts are brighter."""
_RADIUS_MM = 70.0
"""About the radius of a head: where a turn is felt."""
_FIRST_STEP_MM, _LAST_STEP_MM, _MOST_STEPS = 2.0, 0.02, 60
_FEWEST_SLICES = 4
"""Fewer say nothing of motion through them."""
_LEAST_SHARED = 0.2
"""Part of the brain that both volumes must show."""


@dataclass(frozen=True)
class Registration:
    """Where the brain of the fixed volume was found in the moving volume.

    Attributes:
        transform: takes points of the fixed volume's space (mm, LPS) to those of the moving volume's that show the same
            tissue; turns about the brain's centre.
        before, after: mutual information of both volumes in nats, as given and with the transform, on the same voxels.
        mean_mm: displacement, averaged over the brain.
    """

    transform: sitk.Euler3DTransform
    before: float
    after: float
    mean_mm: float

    @property
    def gain(self) -> float:
        """By which part of what it was the mutual information has risen; 0.1 is a tenth."""
        return (self.after - self.before) / max(self.before, 1e-6)

    @property
    def shift_mm(self) -> float:
        """Displacement of the brain's centre."""
        return float(np.linalg.norm(self.transform.GetTranslation()))

    @property
    def angle_deg(self) -> float:
        """Of the rotation, about whatever axis."""
        trace = float(np.trace(np.reshape(self.transform.GetMatrix(), (3, 3))))
        return float(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1.0, 1.0))))

    def put_back(self, moving: sitk.Image) -> sitk.Image:
        """The moving volume where the fixed volume shows its tissue: the same voxels, on a grid that was moved.

        So nothing is interpolated here, and once when the volume is laid on another grid.
        """
        return sitk.TransformGeometry(moving, self.transform)


def register(fixed: sitk.Image, moving: sitk.Image, brain: sitk.Image) -> Registration | None:
    """Registers a volume rigidly to another of the same head.

    Mutual information after Mattes et al. (IEEE Trans Med Imaging 2003; 22:120), of all voxels of the fixed volume's
    brain and a rim of 4 mm around it, climbed by gradient steps that halve at each turn, at 4 mm and then at 2 mm. What
    comes out is a function of volumes and mask alone: no voxel is drawn by chance, and the sums do not depend on the
    number of threads.

    Args:
        fixed, moving: 3-D float32 of any contrasts, on any grids (mm, LPS).
        brain: uint8 mask of the brain in the fixed volume, on any grid.

    Returns:
        The best position near the one given; None where the volumes have fewer than four slices or share too little of
        the brain to say anything.

    Raises:
        Cancelled: if the run was cancelled.
    """
    if min(*fixed.GetSize(), *moving.GetSize()) < _FEWEST_SLICES:
        return None
    side = _LEVELS[-1][0]
    fixed, moving = _binned(reorient(fixed), side), _binned(reorient(moving), side)
    inside = _mask_on(brain, fixed)
    if not inside.any():
        return None
    start, size = bounding_box(inside, [_in_voxels(_RIM_MM, step) for step in fixed.GetSpacing()])
    fixed = sitk.RegionOfInterest(fixed, size, start)
    inside = _mask_on(brain, fixed)
    given = sitk.GetArrayFromImage(resample(moving, Grid.of(fixed), "nearest", np.nan))[inside]
    given = given[np.isfinite(given)]
    if given.size < _LEAST_SHARED * inside.sum():
        return None
    fixed = _clamped(fixed, sitk.GetArrayViewFromImage(fixed)[inside])
    moving = _clamped(moving, given)
    points = Grid.of(fixed).to_world(np.argwhere(inside)[:, ::-1])
    centre = [float(x) for x in points.mean(axis=0)]
    found = sitk.Euler3DTransform(centre)
    try:
        for number, (side, sigma) in enumerate(_LEVELS):
            pair = _Pair(fixed, moving, brain, side, sigma)
            pair.climb(found, _FIRST_STEP_MM / 3**number)
        before, after = pair.information(sitk.Euler3DTransform(centre)), pair.information(found)
    except RuntimeError:
        # ITK's way to say that the volumes stopped overlapping.
        return None
    turned = (points - centre) @ np.reshape(found.GetMatrix(), (3, 3)).T + centre + found.GetTranslation()
    return Registration(found, before, after, float(np.linalg.norm(turned - points, axis=1).mean()))


class _Pair:
    """Both volumes at voxels of some size, and what is asked of them there."""

    def __init__(self, fixed: sitk.Image, moving: sitk.Image, brain: sitk.Image, side: float, sigma: float) -> None:
        self._fixed, self._moving = (
            recursive_gaussian(_binned(image, side), sigma, narrow=True) for image in (fixed, moving)
        )
        inside = Grid.of(self._fixed).image(_mask_on(brain, self._fixed).astype(np.uint8))
        rim = [_in_voxels(_RIM_MM, step) for step in inside.GetSpacing()]
        self._mask = sitk.BinaryDilate(inside, rim)

    def information(self, transform: sitk.Transform) -> float:
        """Mutual information in nats with this transform."""
        method = self._method()
        method.SetInitialTransform(transform)
        return -float(method.MetricEvaluate(self._fixed, self._moving))

    def climb(self, transform: sitk.Transform, first_step_mm: float) -> None:
        """Improves the transform, in place."""
        method = self._method()
        # A radian moves the skull by some 70 mm.
        method.SetOptimizerScales([_RADIUS_MM**2] * 3 + [1.0] * 3)
        method.SetOptimizerAsRegularStepGradientDescent(first_step_mm, _LAST_STEP_MM, _MOST_STEPS, 0.5, 1e-6)
        method.SetInitialTransform(transform, inPlace=True)
        given_up = False

        def ask() -> None:
            nonlocal given_up
            # An exception would not pass through ITK.
            try:
                check_cancelled()
            except Cancelled:
                given_up = True
                method.StopRegistration()

        method.AddCommand(sitk.sitkIterationEvent, ask)
        method.Execute(self._fixed, self._moving)
        if given_up:
            raise Cancelled

    def _method(self) -> sitk.ImageRegistrationMethod:
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(_BINS)
        method.SetMetricSamplingStrategy(method.NONE)
        method.SetMetricFixedMask(self._mask)
        method.SetInterpolator(sitk.sitkLinear)
        # Else gradients are taken of a smoothed volume (sigma: the thickest voxel's side) and values of another: the
        # climb ends beside the summit, by more than a millimetre where slices are thick.
        method.MetricUseMovingImageGradientFilterOff()
        method.MetricUseFixedImageGradientFilterOff()
        # Sums of several parts are rounded otherwise from run to run.
        method.SetNumberOfWorkUnits(1)
        return method


def _binned(image: sitk.Image, side: float) -> sitk.Image:
    """Means of as many neighbours along each axis as make no more than this side, mm."""
    # A file's rounding makes 1 mm 1.0000001.
    bins = [
        min(max(int(side / step + 0.01), 1), count)
        for step, count in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]
    work = sitk.BinShrinkImageFilter()
    work.SetShrinkFactors(bins)
    return execute(work, image)


def _mask_on(brain: sitk.Image, image: sitk.Image) -> np.ndarray:
    """The mask at the voxels of an image, bool (z, y, x)."""
    return sitk.GetArrayFromImage(resample(brain, Grid.of(image), "nearest")) > 0


def _clamped(image: sitk.Image, values: np.ndarray) -> sitk.Image:
    """The image held to where most of these values are; MR has a true zero, which air keeps."""
    low, high = np.percentile(values, _RANGE)
    return sitk.Clamp(image, sitk.sitkFloat32, min(float(low), 0.0), float(high))


def _in_voxels(mm: float, step: float) -> int:
    return round(mm / step)
