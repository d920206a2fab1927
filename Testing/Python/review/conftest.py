"""A folder of three results, and a review of them."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

if find_spec("slicer") is None:  # an optional part: pip install "strokeseg[slicer]"
    collect_ignore_glob = ["test_*.py"]
else:
    from reviews import LESION, segmentation, write_result

    from StrokeSegLogic.batch.beginning import begin_review
    from StrokeSegLogic.review.folder import ReviewFolder

CASES = ("case2", "case10", "Fälle 3")


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of three cases: the second is the largest and the most doubtful, the third has no lesion."""
    home = tmp_path_factory.mktemp("results")
    larger = np.roll(LESION, 4, axis=2) | LESION
    for name, labels, doubt in zip(CASES, (LESION, larger, 0 * LESION), (0.1, 0.4, 0.0), strict=True):
        write_result(home / name, segmentation(name, labels, doubt))
    return home


@pytest.fixture(scope="session")
def _begun(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("begun") / "review"
    begin_review(place, results)
    return place


@pytest.fixture
def review(_begun: Path, tmp_path: Path) -> ReviewFolder:
    """A review that has just begun."""
    shutil.copytree(_begun, tmp_path / "shared" / "review")
    return ReviewFolder.find(tmp_path / "shared" / "review")
