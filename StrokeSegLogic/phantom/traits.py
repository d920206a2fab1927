"""What makes one head differ from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .shapes import rotation


@dataclass(frozen=True)
class Traits:
    """Size, place in the scanner, and age of a head.

    Attributes:
        scale: x, y, z against the atlas.
        tilt: rotation (3, 3) of the head in the scanner.
        shift: of the anterior commissure in the scanner, mm.
        sulcus_mm: half width of a sulcus.
        sulcus_depth_mm: mean depth of the sulci.
        cortex_mm: thickness of the cortex; 2.5 mm on average (Fischl and Dale, PNAS 2000).
        ventricles: radius of the lateral ventricles against the atlas.
        hyperintensity_mm: reach of white-matter hyperintensities around the ventricles.
        lacunes: (x, y, z, radius) of old cavities, mm.
    """

    scale: tuple[float, float, float]
    tilt: np.ndarray
    shift: tuple[float, float, float]
    sulcus_mm: float
    sulcus_depth_mm: float
    cortex_mm: float
    ventricles: float
    hyperintensity_mm: float
    lacunes: tuple[tuple[float, float, float, float], ...]

    @classmethod
    def of(cls, rng: np.random.Generator) -> Traits:
        # One "age" drives what ages together: wide sulci, large ventricles, white-matter disease.
        age = rng.uniform()
        lacunes = [
            (
                float(rng.choice([-1, 1]) * rng.uniform(18, 30)),
                float(rng.uniform(-15, 20)),
                float(rng.uniform(2, 28)),
                float(rng.uniform(1.5, 3.5)),
            )
            for _ in range(int(rng.binomial(2, 0.15 + 0.35 * age)))
        ]
        scale = 0.97 + rng.normal(0, 0.025) + rng.normal(0, 0.015, 3)
        shift = rng.normal(0, 4, 3)
        return cls(
            scale=(float(scale[0]), float(scale[1]), float(scale[2])),
            tilt=rotation(np.radians(rng.normal([3, 0, 0], [4, 2, 2]))),
            shift=(float(shift[0]), float(shift[1]), float(shift[2])),
            sulcus_mm=0.1 + 0.45 * age + rng.uniform(0, 0.15),
            sulcus_depth_mm=float(rng.uniform(15, 18)),
            cortex_mm=float(rng.uniform(2.7, 3.3)),
            ventricles=0.75 + 0.6 * age + rng.uniform(0, 0.25),
            hyperintensity_mm=-5.0 + 7.0 * age + rng.uniform(0, 1),
            lacunes=tuple(lacunes),
        )
