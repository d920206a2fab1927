"""A second reader is told nothing of the first: not by lists, messages, reports or exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reviews import ANNA, BERND, CLARA, LESION, box, desk, image

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.review.export import export_review
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.numbers import count, reader_times
from StrokeSegLogic.review.report import tables, write_review_report
from StrokeSegLogic.review.selection import select
from StrokeSegLogic.review.worklist import Worklist

SMALLER = box((2, 5), (3, 7), (2, 4))


@pytest.fixture
def waiting(review: ReviewFolder) -> ReviewFolder:
    """case2 is rejected by Anna and waits for a second reader; case10 is accepted by her."""
    desk(review).want_second(["case2"])
    desk(review).start("case2").reject("poor images")
    desk(review).start("case10").accept()
    return review


def told(review: ReviewFolder, case: str = "case2") -> str:
    """All that Bernd's list says of a case."""
    entry = desk(review, BERND).entry(case)
    return " ".join([entry.state, entry.remark(0.7), str(entry.claim), str(entry.comments), str(entry.readings)])


def test_a_message_names_neither_the_first_reader_nor_what_they_do(waiting: ReviewFolder) -> None:
    desk(waiting).start("case2")
    with pytest.raises(InputError) as caught:
        desk(waiting, BERND).start("case2")
    assert str(caught.value) == "case2: is before another reader. Take another, or take it over."
    assert "Anna" not in told(waiting) and desk(waiting, BERND).entry("case2").state == "second read"


def test_who_reads_first_is_not_told_where_a_second_is_to_follow(review: ReviewFolder) -> None:
    desk(review).want_second(["case2"])
    desk(review, CLARA).comment("case2", "please soon")
    desk(review).start("case2")
    desk(review).comment("case2", "the rim")
    assert "Anna" not in told(review) and "please soon" in told(review)
    entry = desk(review, BERND).entry("case2")
    assert (entry.state, entry.remark(0.7)[:14]) == ("in review", "another reader")
    desk(review).start("case10")
    assert "Anna" in told(review, "case10"), "which nobody is to read blind"


def test_who_took_a_case_over_is_not_told_to_a_second_reader(waiting: ReviewFolder) -> None:
    second = desk(waiting, BERND).start("case2")
    desk(waiting).start("case2", take_over=True)
    with pytest.raises(InputError, match="was taken over by another reader in the meantime"):
        second.accept()


def test_a_request_is_not_taken_back_while_the_second_reads(waiting: ReviewFolder) -> None:
    second = desk(waiting, BERND).start("case2")
    with pytest.raises(InputError, match="case2: has a second reader before it") as caught:
        desk(waiting).want_second(["case2", "case10"], wanted=False)
    assert "Bernd" not in str(caught.value)
    assert second.readings() == {} and second.accept().reading == "second"
    assert desk(waiting).entry("case2").disputed(0.7), "two readings that were both asked for"
    assert desk(waiting).want_second(["case2"], wanted=False) == [], "and that stay"


def test_a_request_is_taken_back_once_the_second_has_left(waiting: ReviewFolder) -> None:
    desk(waiting, BERND).start("case2").leave()
    assert desk(waiting, CLARA).want_second(["case2"], wanted=False) == ["case2"]
    assert desk(waiting).entry("case2").state == "rejected"


def test_whoever_took_a_request_back_could_see_and_is_not_the_second(waiting: ReviewFolder) -> None:
    desk(waiting, BERND).want_second(["case2"], wanted=False)
    assert desk(waiting, BERND).entry("case2").first is not None
    desk(waiting).want_second(["case2"])
    with pytest.raises(InputError, match="has nothing to do for Bernd"):
        desk(waiting, BERND).start("case2")
    assert desk(waiting, CLARA).start("case2").reading == "second"


def test_a_request_that_was_withdrawn_under_the_second_in_older_records_is_read_as_it_was(
    waiting: ReviewFolder,
) -> None:
    second = desk(waiting, BERND).start("case2")
    with waiting.writing() as writer:
        writer.add("second", {"case": "case2", "reader": "Anna Kühn", "role": "", "wanted": False})
    second.accept()
    assert Worklist.of(waiting.chain())["case2"].second is not None


def test_a_report_leaves_out_what_is_read_blind_and_says_how_many(waiting: ReviewFolder, tmp_path: Path) -> None:
    numbers = count(waiting)
    assert numbers.blind == ["case2"] and {row.case for row in numbers.rows} == {"case10"}
    assert numbers.unread == {}, "that it was rejected is what the second must not know"
    (anna,) = reader_times(numbers.entries)
    assert anna.decided == {"accepted": 1, "edited": 0, "rejected": 0}
    assert ("being read blind: left out below", "1") in tables(numbers, 0.7)[0].rows
    write_review_report(numbers, waiting, tmp_path / "report")
    written = b"".join(path.read_bytes() for path in (tmp_path / "report").iterdir())
    assert b"poor images" not in written and b"1 case(s) are being read blind" in written
    everything = count(waiting, open_second_reads=True)
    assert everything.blind == [] and everything.unread == {"case2": "rejected: poor images"}


@pytest.mark.parametrize("which", ["final", "first", "second", "majority"])
def test_an_export_leaves_out_what_is_read_blind_and_names_it(waiting: ReviewFolder, which: str) -> None:
    assert select(waiting, which).left_out["case2"] == "is being read blind by a second reader"
    assert select(waiting, "final", open_second_reads=True).left_out["case2"] == "was rejected: poor images"
    assert "case2" not in select(waiting, "proposal").left_out


def test_an_export_of_the_models_labels_tells_nothing_of_the_first_reading(
    waiting: ReviewFolder, tmp_path: Path
) -> None:
    desk(waiting).comment("case2", "too much movement")
    export_review(waiting, tmp_path / "out", which="proposal")
    written = (tmp_path / "out" / "review.csv").read_text(encoding="utf-8")
    assert "case2,second read" in written and "poor images" not in written and "movement" not in written


def test_a_blind_case_leaves_when_it_is_asked_for(waiting: ReviewFolder, tmp_path: Path) -> None:
    desk(waiting).start("case2").save(image(SMALLER))
    left = export_review(waiting, tmp_path / "out")
    assert [chosen.entry.name for chosen in left.chosen] == ["case10"] and not (tmp_path / "out/case2.nii.gz").exists()
    left = export_review(waiting, tmp_path / "all", open_second_reads=True)
    assert [chosen.entry.name for chosen in left.chosen] == ["case2", "case10"]
    labels = {chosen.entry.name: chosen.labels(waiting).labels for chosen in left.chosen}
    assert np.array_equal(labels["case2"], SMALLER)


def test_once_both_have_read_nothing_is_left_out(waiting: ReviewFolder) -> None:
    desk(waiting, BERND).start("case2").save(image(LESION))
    assert count(waiting).blind == [] and select(waiting).left_out["case2"] == "waits for arbitration"
    assert ANNA.name in told(waiting)
