"""Small results to review, written as StrokeSeg writes them, and lesions to correct them by."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.mri.result import PlaneVote, Segmentation, measure
from StrokeSegLogic.review.desk import Desk, Reader
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.slicer_bridge.files import write_segmentation
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series
from StrokeSegLogic.study.volumes.nifti import write_nifti

GRID = Grid((12, 14, 8), (2.0, 2.0, 3.0), (-11.0, -13.0, 5.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
ANNA, BERND, CLARA = Reader("Anna Kühn", "neuroradiologist"), Reader("Bernd"), Reader("Clara", "arbiter")


def box(*ranges: tuple[int, int]) -> np.ndarray:
    """Labels (z, y, x), 1 in a box."""
    labels = np.zeros(GRID.shape, np.uint8)
    labels[tuple(slice(*each) for each in ranges)] = 1
    return labels


LESION = box((2, 5), (3, 7), (2, 5))


def segmentation(
    name: str, labels: np.ndarray = LESION, disagreement: float = 0.0, sha256: str = "cd" * 32
) -> Segmentation:
    """A result whose planes agree but for this, of a DWI with that hash."""
    brain = np.ones(GRID.shape, np.uint8)
    image = GRID.image((100 + 50 * labels).astype(np.float32))
    series = Series(Role.DWI, image, f"{name}_dwi.nii.gz", "its name", 1.0, sha256)
    probability = (0.9 * labels).astype(np.float32)
    statistics = measure(labels, probability, {}, brain > 0, GRID, {}, {})
    vote = PlaneVote("axial", statistics.volume_ml, 1.0 - disagreement, 8, 1.0)
    return Segmentation(
        case=Case.of(name, [series]),
        reference=Role.DWI,
        labels=GRID.image(labels),
        probability=GRID.image(probability),
        agreement=GRID.image(3 * labels),
        brain=GRID.image(brain),
        statistics=type(statistics)(**{**vars(statistics), "planes": (vote,)}),
        provenance={
            "strokeseg": "0.1.0",
            "model": {"name": "three-planes", "version": "2.1", "weights_sha256": "ab" * 32, "trained_on": "phantoms"},
            "inputs": [{"role": "DWI", "source": f"{name}_dwi.nii.gz", "sha256": sha256, "used": True}],
        },
    )


def write_result(folder: Path, result: Segmentation) -> None:
    """The files of a result that a review asks for, with their record."""
    writers = {
        "segmentation.seg.nrrd": partial(write_segmentation, result),
        "labels.nii.gz": partial(write_nifti, result.labels),
        "probability.nii.gz": partial(write_nifti, result.probability),
    }
    write_recorded(folder, writers, "result.json", result.summary())


def image(labels: np.ndarray) -> sitk.Image:
    return GRID.image(labels)


def desk(review: ReviewFolder | Path, reader: Reader = ANNA) -> Desk:
    folder = review if isinstance(review, ReviewFolder) else ReviewFolder.find(review)
    return Desk(folder, reader)
