"""A result to be reported: a ball of brain with a lesion whose place is known."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.mri.result import PlaneVote, Segmentation, Statistics
from StrokeSegLogic.result.lesions import Lesion
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series


def series(role: Role, image: sitk.Image) -> Series:
    return Series(role, image, f"scan/{role}.nii.gz", f"the name says {role}", 0.9, "0123456789abcdef" * 4)


def head(size: tuple[int, int, int], spacing: tuple[float, float, float]) -> sitk.Image:
    """A ball of brain in air, LPS, its centre at the origin."""
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin([-(n - 1) / 2 * s for n, s in zip(size, spacing, strict=True)])
    index = np.argwhere(np.ones(Grid.of(image).shape, bool))[:, ::-1]
    radius = np.linalg.norm(Grid.of(image).to_world(index) / [60, 75, 55], axis=1).reshape(Grid.of(image).shape)
    noise = np.random.default_rng(0).normal(0, 5, radius.shape)
    return Grid.of(image).image(np.where(radius < 1, 100 + noise, 0).astype(np.float32))


def result(
    image: sitk.Image | None = None,
    *,
    lesion: bool = True,
    others: bool = True,
    name: str = "Case 7",
    warnings: tuple[str, ...] = (),
) -> Segmentation:
    """A segmentation of a ball with a lesion 30 mm to the patient's left, 15 mm to the back."""
    image = image or head((64, 76, 30), (2.0, 2.0, 4.0))
    grid = Grid.of(image)
    index = np.argwhere(np.ones(grid.shape, bool))[:, ::-1]
    distance = np.linalg.norm(grid.to_world(index) - [30, 15, 0], axis=1).reshape(grid.shape)
    probability = np.clip(1.5 - distance / 14, 0, 1).astype(np.float32) * lesion
    labels = (probability > 0.5).astype(np.uint8)
    agreement = sum((probability > t).astype(np.uint8) for t in (0.3, 0.5, 0.7))
    volume = float(labels.sum() * grid.voxel_ml)
    doubt = np.argsort(-(probability * (1 - probability)).sum((1, 2)), kind="stable")[:8] if lesion else ()
    statistics = Statistics(
        volume,
        1020.0,
        (Lesion(volume, (30.0, 15.0, 0.0), 0.8),) if lesion else (),
        1.0 if lesion else None,
        0.0 if lesion else None,
        tuple(PlaneVote(plane, volume, 0.95, 40, 0.4) for plane in ("axial", "coronal", "sagittal")),
        tuple(int(k) for k in doubt),
    )
    roles = [series(Role.DWI, image)]
    if others:
        roles += [series(role, head((50, 60, 44), (2.6, 2.6, 2.8))) for role in (Role.T1, Role.FLAIR)]
    return Segmentation(
        Case.of(name, roles, ["a mask was left out"]),
        Role.DWI,
        grid.image(labels),
        grid.image(probability),
        grid.image(np.asarray(agreement, np.uint8)),
        grid.image((sitk.GetArrayFromImage(image) > 0).astype(np.uint8)),
        statistics,
        {"model": {"name": "m1", "weights_sha256": "f" * 64}, "failed": [], "weights": None, "ok": True},
        warnings,
    )
