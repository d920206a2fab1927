"""The patient of the walk's tests."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_cases import GRID

from StrokeSegLogic.phantom.ctp_maps import ctp_patient


@pytest.fixture(scope="session")
def lvo() -> tuple[dict[str, sitk.Image], np.ndarray]:
    """Maps of an occlusion, and its labels; not to be changed."""
    maps = ctp_patient(0, "LVO").maps(GRID)
    return maps.images, sitk.GetArrayFromImage(maps.truth)
