"""A simulated 4-D series as a study on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..study.volumes.nifti import write_nifti_series
from .ctp import CtpSeries


def write_study(series: CtpSeries, folder: Path) -> Path:
    """Writes the series as folder/CTP.nii.gz; the folder is made if missing.

    Returns:
        The file.

    Raises:
        ValueError: if the frames are not evenly spaced in time: a NIfTI file has one time step.
        OutputError: if the file cannot be written.
    """
    steps = np.diff(series.times_s)
    if not np.allclose(steps, steps[0]):
        raise ValueError("the frames are not evenly spaced in time")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "CTP.nii.gz"
    write_nifti_series(series.hu, series.grid, float(steps[0]), path)
    return path
