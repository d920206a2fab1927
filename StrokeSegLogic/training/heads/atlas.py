"""Where a head lies in MNI space, and whose artery feeds what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import reorient
from ...study.volumes.reader import read_volume

ATLAS = "ArterialAtlas136.nii.gz"
"""In SOOP's folder: arterial territories of Liu et al. (Scientific Data 2023, 10:74) on its masks' grid."""
_VENTRICLES = (31, 32)
_SHRUNK = 4

GROUPS: dict[str, tuple[int, ...]] = {
    "anterior cerebral": (1, 2),
    "medial lenticulostriate": (3, 4),
    "lateral lenticulostriate": (5, 6),
    "middle cerebral, frontal and parietal": (7, 8, 9, 10),
    "middle cerebral, temporal and occipital": (11, 12, 13, 14),
    "insula": (15, 16),
    "posterior cerebral": (17, 18, 19, 20),
    "thalamus": (21, 22, 23, 24),
    "basilar": (25, 26),
    "cerebellum": (27, 28, 29, 30),
}
"""Labels of the atlas that a lesion moved about may be in, each group as often as any other."""

POSTERIOR = ("basilar", "cerebellum")


@dataclass(frozen=True)
class Territories:
    """The atlas.

    Attributes:
        labels: uint8 (z, y, x), 1 mm, working orientation.
        corner: MNI place (z, y, x) of its first voxel, see `mni_place`.
    """

    labels: np.ndarray
    corner: np.ndarray

    @property
    def parenchyma(self) -> np.ndarray:
        return (self.labels > 0) & ~np.isin(self.labels, _VENTRICLES)

    def random_place(self, group: str, random: np.random.Generator) -> np.ndarray:
        """An MNI place (3,) in a group of territories; in the whole brain if the group has no voxel."""
        labels = self.labels.ravel()
        inside = np.flatnonzero(np.isin(labels, GROUPS[group]))
        inside = inside if len(inside) else np.flatnonzero(labels)
        chosen = int(inside[random.integers(len(inside))])
        return np.array(np.unravel_index(chosen, self.labels.shape)) + self.corner


def mni_place(lps_mm: tuple[float, float, float]) -> np.ndarray:
    """LPS mm as a place (z, y, x) that grows as the index of an image in working orientation does."""
    x, y, z = lps_mm
    return np.array([-z, y, -x])


def read_territories(folder: Path) -> Territories:
    """The atlas in a folder.

    Raises:
        InputError: if it is missing.
    """
    path = folder / ATLAS
    if not path.is_file():
        raise InputError(f"there is no {ATLAS}", where=folder, fix="Give the SOOP folder")
    image = reorient(read_volume(path))
    return Territories(np.rint(sitk.GetArrayFromImage(image)).astype(np.uint8), mni_place(image.GetOrigin()))


def to_mni(parenchyma: np.ndarray, territories: Territories) -> tuple[np.ndarray, np.ndarray]:
    """Matrix (3, 3) and shift (3,) from a head's voxels (z, y, x) of 1 mm to MNI places.

    Affine, by least squares of the two parenchymas at 4 mm, from their moments; about 5 mm off at worst, which is
    less than lesions are moved anyway.
    """
    fixed, moving = _coarse(parenchyma), _coarse(territories.parenchyma)
    start = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.AffineTransform(3), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    work = sitk.ImageRegistrationMethod()
    work.SetNumberOfThreads(1)
    work.SetMetricAsMeanSquares()
    work.SetInterpolator(sitk.sitkLinear)
    work.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 60, 0.6)
    work.SetOptimizerScalesFromPhysicalShift()
    work.SetInitialTransform(start, inPlace=False)
    found = work.Execute(fixed, moving)
    origin, *ends = (np.array(found.TransformPoint(point)) for point in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)))
    matrix = np.stack([end - origin for end in ends], axis=1)
    # ITK's points run x, y, z; arrays z, y, x.
    return matrix[::-1, ::-1].copy(), origin[::-1] + territories.corner


def _coarse(mask: np.ndarray) -> sitk.Image:
    """The part of each cube of 4 mm that a mask takes, in voxels of 1 mm of its own."""
    return sitk.BinShrink(sitk.GetImageFromArray(mask.astype(np.float32)), [_SHRUNK] * 3)
