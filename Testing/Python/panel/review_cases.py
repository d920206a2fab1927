"""A review of three small cases with their images, and readers who sit down before it in the panel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.outputs.files import write_outputs
from StrokeSegLogic.review.desk import Desk, Reader
from StrokeSegLogic.review.folder import ReviewFolder

from .studies import GRID, ellipsoid, lesion_result

CASES = ("case 2", "case 10", "Fall ä")
ANNA, BERND, CLARA = Reader("Anna Kühn", "neuroradiologist"), Reader("Bernd"), Reader("Clara", "arbiter")


def make_review(home: Path) -> Path:
    """A review: two cases with the model's proposal and images, a third whose result is missing."""
    for name in CASES:
        (home / "studies" / name).mkdir(parents=True)
        head = ellipsoid(GRID, (0.5, 0.5, 0.5), 0.9).astype(np.float32)
        for role, level in (("DWI", 300), ("FLAIR", 200)):
            sitk.WriteImage(GRID.image(level * head), str(home / "studies" / name / f"{role}.nii.gz"))
        if name != CASES[2]:
            write_outputs(result(home / "studies" / name), home / "results" / name)
    begin_review(home / "review", home / "studies", home / "results")
    return home / "review"


def result(study: Path) -> Segmentation:
    """What the model found, with what it was made of."""
    found = lesion_result()
    inputs = [
        {"role": role, "source": f"{role}.nii.gz", "sha256": sha256_of(study / f"{role}.nii.gz"), "used": True}
        for role in ("DWI", "FLAIR")
    ]
    return replace(found, provenance={**found.provenance, "strokeseg": "0.1.0", "inputs": inputs})


def desk(review: Path, reader: Reader = ANNA) -> Desk:
    return Desk(ReviewFolder.find(review), reader)


def states(review: Path, reader: Reader = CLARA) -> dict[str, str]:
    """State of every case, as a reader may see it."""
    return {entry.name: entry.state for entry in desk(review, reader).worklist("name")}


def proposed() -> np.ndarray:
    """The model's labels."""
    return lesion_result().array()


def without_part(labels: np.ndarray) -> np.ndarray:
    """Labels of which a reader has taken a part, and added another."""
    edited: np.ndarray = labels.copy()
    edited[:, :, : GRID.size[0] // 3] = 0
    edited[2:4, 4:8, 30:34] = 1
    return edited


def draw(opened: Any, labels: np.ndarray) -> None:
    """The reader draws: the segmentation gets these labels."""
    from StrokeSegLogic.slicer_bridge.lesion_segments import replace_voxels
    from StrokeSegLogic.space.masks import cut

    node = opened.parameters.segmentation
    replace_voxels(node, node.GetSegmentation().GetNthSegmentID(0), cut(labels, GRID))
