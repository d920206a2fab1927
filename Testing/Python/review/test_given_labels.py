"""Labels that a reader has corrected elsewhere come from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reviews import LESION, box, desk, image

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.study.volumes.nifti import write_nifti

SMALLER = box((2, 5), (3, 7), (2, 4))


@pytest.mark.parametrize("value", [1, 255])
def test_the_one_value_of_a_mask_is_the_lesion(review: ReviewFolder, tmp_path: Path, value: int) -> None:
    write_nifti(image(SMALLER * value), tmp_path / "mask.nii.gz")
    session = desk(review).start("case2")
    done = session.save(tmp_path / "mask.nii.gz")
    assert np.array_equal(session.labels_of(done).labels, SMALLER)
    lesion = done.content["to_proposal"]
    assert lesion["removed"] == int((LESION > SMALLER).sum()) and 0 < lesion["dice"] < 1


def test_labels_without_a_lesion_among_them_are_refused(review: ReviewFolder, tmp_path: Path) -> None:
    write_nifti(image(np.where(SMALLER > 0, 3, 2 * LESION).astype(np.uint8)), tmp_path / "mask.nii.gz")
    with pytest.raises(InputError, match="holds the labels 2, 3, and none is 1"):
        desk(review).start("case2").save(tmp_path / "mask.nii.gz")


def test_a_file_of_the_proposal_itself_is_no_correction(review: ReviewFolder, tmp_path: Path) -> None:
    write_nifti(image(255 * LESION), tmp_path / "mask.nii.gz")
    with pytest.raises(InputError, match="nothing was changed"):
        desk(review).start("case2").save(tmp_path / "mask.nii.gz")
