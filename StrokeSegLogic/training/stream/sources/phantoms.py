"""The project's own MRI phantoms, without infarct, as carriers."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ....phantom.mri import mri_phantom
from ....space.grid import Grid, bounding_box, box_slices, working_grid
from ....space.resampling import resample
from ....study.case import Role
from ..samples import scaled
from .carriers import Carrier

PHANTOMS = 6


class PhantomCarriers:
    """A few phantoms, made when first drawn, their sequences brought onto the working grid of the FLAIR.

    The seeds start far from those that demo and tests use, so that these never show a phantom seen in training.
    """

    def __init__(self, seed: int) -> None:
        self._first = 10_000 + seed
        self._made: dict[int, Carrier] = {}

    def __call__(self, random: np.random.Generator) -> Carrier:
        seed = self._first + int(random.integers(PHANTOMS))
        if seed not in self._made:
            self._made[seed] = _carrier(seed)
        return self._made[seed]


def _carrier(seed: int) -> Carrier:
    phantom = mri_phantom(seed, lesion=False)
    grid = working_grid(Grid.of(phantom.images[Role.FLAIR]), 1.0)
    arrays = {
        role: sitk.GetArrayFromImage(resample(image, grid)).astype(np.float32) for role, image in phantom.images.items()
    }
    brain = np.logical_and.reduce([array > 0 for array in arrays.values()])
    start, size = bounding_box(brain)
    box = box_slices(start, size)
    brain = brain[box].copy()
    # The phantom's own DWI has no infarct to paint on ADC with: ADC is simulated for it like for the others.
    images: dict[Role, np.ndarray] = {
        role: scaled(array[box], brain) for role, array in arrays.items() if role != Role.ADC
    }
    return Carrier(images, brain, np.zeros_like(brain), np.zeros_like(brain), None, f"phantom-{seed}")
