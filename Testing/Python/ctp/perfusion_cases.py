"""Cases of CT perfusion maps for the whole walk, and maps that were made into something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.study.case import Case, ClinicalData, Role, Series

GRID = ctp_grid((3.2, 3.2, 11.0))
KNOWN = ClinicalData(age=64, nihss=16, onset_hours=9.0)


def case_of(images: Mapping[str, sitk.Image], clinical: ClinicalData = KNOWN, confidence: float = 1.0) -> Case:
    """Roles are the user's, or with less confidence the files' names'."""
    series = [Series(Role(name), image, name, "said", confidence, "0" * 64) for name, image in images.items()]
    return replace(Case.of("phantom", series), clinical=clinical)


def only(images: Mapping[str, sitk.Image], *names: str) -> dict[str, sitk.Image]:
    return {name: images[name] for name in names}


def picture(image: sitk.Image) -> sitk.Image:
    values = sitk.GetArrayFromImage(image)
    return GRID.image(np.rint(np.clip(values / values.max(), 0, 1) * 255).astype(np.float32))
