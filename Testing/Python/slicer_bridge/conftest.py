"""A small made-up result, and scenes to put it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.mri.result import Segmentation, Statistics
from StrokeSegLogic.result.lesions import Lesion
from StrokeSegLogic.slicer_bridge.runtime import headless_scene
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series

from .slicer_grids import AXIAL

if find_spec("slicer") is None:  # an optional part: pip install "strokeseg[slicer]"
    collect_ignore_glob = ["test_*.py"]

MakeSegmentation = Callable[..., Segmentation]


@pytest.fixture
def scene() -> Iterator[Any]:
    with headless_scene() as scene:
        yield scene


@pytest.fixture(scope="session")
def make_segmentation() -> MakeSegmentation:
    """A head with an ellipsoid lesion on the patient's right, on any grid; or with given labels, or with none."""

    def make(grid: Grid = AXIAL, labels: np.ndarray | None = None, **changes: Any) -> Segmentation:
        if labels is None:
            labels = (_distance(grid, (0.3, 0.6, 0.5)) < 0.4).astype(np.uint8)
        head = _distance(grid, (0.5, 0.5, 0.5)) < 0.9
        noise = np.random.default_rng(0).normal(0, 5, grid.shape)
        volume = grid.image((head * (100 + noise) + 80 * labels).astype(np.float32))
        fields: dict[str, Any] = {
            "case": Case.of("case-1", [_series(role, volume) for role in (Role.T1, Role.DWI, Role.FLAIR)]),
            "reference": Role.DWI,
            "labels": grid.image(labels),
            "probability": grid.image((0.9 * labels).astype(np.float32)),
            "agreement": grid.image(3 * labels),
            "brain": grid.image(head.astype(np.uint8)),
            "statistics": _statistics(grid, labels),
            "provenance": {"model": {"name": "three-planes", "version": "2.1", "weights_sha256": "ab" * 32}},
        }
        return Segmentation(**fields | changes)

    return make


def _series(role: Role, image: sitk.Image) -> Series:
    return Series(role, image, f"{role}.nii.gz", "made up", 1.0, "0" * 64)


def _statistics(grid: Grid, labels: np.ndarray) -> Statistics:
    lesions: tuple[Lesion, ...] = ()
    if labels.any():
        x, y, z = grid.to_world(np.argwhere(labels)[:, ::-1].mean(axis=0)[None])[0]
        lesions = (Lesion(float(labels.sum() * grid.voxel_ml), (float(x), float(y), float(z)), 0.9),)
    volume = sum(lesion.volume_ml for lesion in lesions)
    return Statistics(volume, 1000.0, lesions, None, None, (), ())


def _distance(grid: Grid, centre: tuple[float, float, float]) -> np.ndarray:
    """Distance (z, y, x) from a point given in parts of the field of view, in parts of half of it."""
    z, y, x = (2 * ((np.arange(n) + 0.5) / n - c) for n, c in zip(grid.shape, centre[::-1], strict=True))
    return np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
