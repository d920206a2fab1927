"""Every parser that is attacked, with its share of the inputs."""

from __future__ import annotations

import numpy as np

from .generators import dicom, itk, models, nifti, recipes, studies, tables, worker
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
    "jobs": (worker.job, 2),
    "worker lines": (worker.lines, 1.5),
    "recipes": (recipes.recipe, 2.5),
    "cohort tables": (tables.cohort, 1.5),
    "masks": (tables.masks, 1),
    "splits": (tables.splits, 1),
    "data sets": (tables.participants, 0.5),
    "times": (tables.times, 1.5),
    "study folders": (studies.folder, 1.5),
    "command line": (studies.arguments, 1),
    "whole runs": (studies.segmented, 0.2),
}
"""Generator and share."""


def parser_of(seed: int, number: int, parsers: tuple[str, ...]) -> str:
    """The parser that an input is for."""
    shares = np.array([PARSERS[name][1] for name in parsers])
    drawn = np.random.default_rng([seed, number]).random() * shares.sum()
    return parsers[int(np.searchsorted(shares.cumsum(), drawn, side="right").clip(max=len(parsers) - 1))]
