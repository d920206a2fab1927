"""Proposals that are made for a review: case by case, by a batch, and again after a kill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from reviews import LESION, desk, segmentation, write_result

from StrokeSegLogic.base.errors import Cancelled, InputError, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.batch.proposals import batch_proposer
from StrokeSegLogic.outputs.settings import StudySettings
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.proposals import Made, Wanted, propose
from StrokeSegLogic.review.verify import verify


def begun(home: Path, *names: str) -> ReviewFolder:
    """A review of studies that nobody has segmented."""
    for name in names:
        (home / "studies" / name).mkdir(parents=True)
        (home / "studies" / name / "DWI.nii.gz").write_text(name, encoding="utf-8")
    return begin_review(home / "review", home / "studies")


def lesion(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
    """A runner that finds the same lesion in every study, and none that it could read in "broken"."""
    with (Path(str(case.study)).parents[1] / "runs.txt").open("a", encoding="utf-8") as file:
        file.write(f"{case.name}\n")
    if case.name == "broken":
        raise InputError("holds no volume", where=case.name)
    write_result(folder, segmentation(case.name, LESION))
    return {"lesion_ml": 1.0}


def runs(home: Path) -> list[str]:
    return (home / "runs.txt").read_text(encoding="utf-8").splitlines()


def states(review: ReviewFolder) -> dict[str, str]:
    return {entry.name: entry.state for entry in desk(review).worklist()}


def test_a_proposal_can_be_read_as_soon_as_it_is_there(tmp_path: Path) -> None:
    review = begun(tmp_path, "a", "b")
    seen = []

    def proposer(wanted: Sequence[Wanted], results: Path, tell: Callable[[Made], None], progress: Progress) -> None:
        for case in wanted:
            seen.append((Path(str(case.study)).resolve(), states(review)))
            write_result(results / case.name, segmentation(case.name, LESION))
            tell(Made(case.name, results / case.name))

    assert propose(review, proposer) == {}
    assert seen == [
        (tmp_path / "studies" / "a", {"a": "waiting", "b": "waiting"}),
        (tmp_path / "studies" / "b", {"a": "proposed", "b": "waiting"}),
    ]


def test_a_batch_proposes_every_case_and_lists_the_failing_one(tmp_path: Path) -> None:
    review = begun(tmp_path, "a", "broken", "Fälle 3")
    assert set(propose(review, batch_proposer(runner=lesion))) == {"broken"}
    assert states(review) == {"a": "proposed", "broken": "waiting", "Fälle 3": "proposed"}
    assert propose(review, batch_proposer(runner=lesion)) == {}, "what failed is tried again only when asked"
    again = propose(review, batch_proposer(runner=lesion, retry=True), again=True)
    assert "holds no volume" in again["broken"] and runs(tmp_path).count("broken") == 2
    assert runs(tmp_path).count("a") == 1 and verify(review.path).whole
    assert (review.path / "results" / "summary.csv").is_file(), "the batch's own summary"


def test_a_cancel_keeps_what_is_proposed_and_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    review = begun(tmp_path, "a", "b", "c")
    token = CancelToken()

    def cut(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
        if case.name == "b":
            token.cancel()
        return lesion(case, folder, settings, progress)

    with pytest.raises(Cancelled):
        propose(review, batch_proposer(runner=cut), Progress(cancel=token))
    assert states(review)["a"] == "proposed" and states(review)["c"] == "waiting"
    assert propose(review, batch_proposer(runner=lesion)) == {}
    assert set(states(review).values()) == {"proposed"} and runs(tmp_path).count("a") == 1


def test_a_result_that_no_event_names_is_proposed_without_being_computed_again(tmp_path: Path) -> None:
    review = begun(tmp_path, "a")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch_proposer(runner=lesion)(
            [Wanted("a", str(tmp_path / "studies" / "a"))], review.path / "results", killed, Progress()
        )
    assert states(review) == {"a": "waiting"} and runs(tmp_path) == ["a"]
    assert propose(review, batch_proposer(runner=lesion)) == {}
    assert states(review) == {"a": "proposed"} and runs(tmp_path) == ["a"]


def test_a_result_that_somebody_changed_before_it_was_proposed_is_no_proposal(tmp_path: Path) -> None:
    review = begun(tmp_path, "a")
    batch_proposer(runner=lesion)(
        [Wanted("a", str(tmp_path / "studies" / "a"))], review.path / "results", lambda made: None, Progress()
    )
    (review.path / "results" / "a" / "segmentation.seg.nrrd").write_bytes(b"painted over")
    problems = propose(review, batch_proposer(runner=lesion))
    assert "was changed since the model made it" in problems["a"]
    computed_anew = batch_proposer(runner=lesion, overwrite=True)
    assert propose(review, computed_anew, again=True) == {} and states(review) == {"a": "proposed"}


def test_other_settings_are_not_mixed_into_a_review_unasked(tmp_path: Path) -> None:
    review = begun(tmp_path, "a", "broken")
    propose(review, batch_proposer(runner=lesion))
    with pytest.raises(OutputError, match="other settings"):
        propose(review, batch_proposer(StudySettings(threshold=0.3), runner=lesion), again=True)
    assert states(review)["a"] == "proposed"
