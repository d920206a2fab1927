"""Small cases and volumes that tests make."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.study.case import Case, Role, Series


def case_of(images: dict[Role, sitk.Image], name: str = "test") -> Case:
    """A case of images in memory."""
    series = [Series(role, image, f"{role} in memory", "chosen", 1.0, "0" * 64) for role, image in images.items()]
    return Case.of(name, series)


def ball(
    shape: tuple[int, int, int] = (20, 24, 22), radius: float = 8.0, value: float = 100.0, seed: int = 0
) -> np.ndarray:
    """A noisy ball of tissue in nothing, (z, y, x) float32."""
    axes = [np.arange(n) - (n - 1) / 2 for n in shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    noise = np.random.default_rng(seed).normal(1, 0.1, shape)
    return (value * noise * (x**2 + y**2 + z**2 < radius**2)).astype(np.float32)
