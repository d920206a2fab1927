"""Every parser that is attacked, with its share of the inputs."""

from __future__ import annotations

import numpy as np

from .generators import dicom, itk, models, nifti
from .inputs import Generator

PARSERS: dict[str, tuple[Generator, float]] = {
    "nifti": (nifti.volume, 3),
    "nifti over time": (nifti.series, 2),
    "nrrd": (itk.nrrd, 3),
    "metaimage": (itk.metaimage, 3),
    "dicom": (dicom.series, 3),
    "manifests": (models.manifest, 2),
    "safetensors": (models.weights, 1.5),
    "zips": (models.archive, 1.5),
}
"""Generator and share."""


def parser_of(seed: int, number: int, parsers: tuple[str, ...]) -> str:
    """The parser that an input is for."""
    shares = np.array([PARSERS[name][1] for name in parsers])
    drawn = np.random.default_rng([seed, number]).random() * shares.sum()
    return parsers[int(np.searchsorted(shares.cumsum(), drawn, side="right").clip(max=len(parsers) - 1))]
