"""A review of a data set, or of a batch's results, begins: its cases are those that a batch finds there."""

from __future__ import annotations

from pathlib import Path

from ..base.progress import Progress
from ..review.beginning import begin_with, require_no_review
from ..review.folder import INSIDE, ReviewFolder
from ..review.worklist_file import ReviewSettings
from .review_cases import find_review_cases


def begin_review(
    place: Path,
    source: Path | None = None,
    results: Path | None = None,
    settings: ReviewSettings | None = None,
    progress: Progress | None = None,
    *,
    layout: str | None = None,
) -> ReviewFolder:
    """Makes a review; all of its folder appears, or nothing.

    Args:
        place: the review's folder, new or empty; without a source the folder of the data, and the review goes into its
            folder `review`.
        source: what is to be reviewed (see `review_cases.find_review_cases`).
        results: results of the source's cases that lie elsewhere.
        settings: how it is done; the defaults if None.
        progress: of the copying.
        layout: of the data set; else it is told from the folder.

    Returns:
        The review; its `notes` say what was left aside.

    Raises:
        InputError: if the source holds no case, or there is a review already.
        OutputError: if the folder is not empty or cannot be written to.
    """
    home = place / INSIDE if source is None else place
    require_no_review(home)
    (progress or Progress())(0.0, "looking for cases")
    cases = find_review_cases(place if source is None else source, results, layout, home)
    return begin_with(home, cases.found, settings, cases.notes, progress)
