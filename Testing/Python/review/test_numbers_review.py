"""What a review says in numbers, held against sums by hand, SimpleITK and an EM of our own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from reviews import ANNA, BERND, CLARA, GRID, LESION, box, desk, image

from StrokeSegLogic.review.consensus import consensus
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.numbers import count, lesion_votes, reader_times
from StrokeSegLogic.review.report import tables, write_review_report
from StrokeSegLogic.review.verify import exported_head, verify

SMALLER = box((2, 5), (3, 7), (2, 4))
SPOT = box((6, 7), (10, 12), (8, 11))
VOXEL_ML = GRID.voxel_ml


@pytest.fixture
def twice_read(review: ReviewFolder) -> ReviewFolder:
    """case2 read twice, case10 accepted twice, the third rejected."""
    desk(review).want_second(["case2", "case10"])
    desk(review).start("case2").save(image(SMALLER))
    desk(review, BERND).start("case2").save(image(LESION | SPOT))
    desk(review).start("case10").accept()
    desk(review, BERND).start("case10").accept()
    desk(review).start("Fälle 3").reject("no stroke")
    return review


def test_readers_are_held_against_the_model_and_one_another_as_in_table_3(twice_read: ReviewFolder) -> None:
    numbers = count(twice_read)
    of_case2 = {(row.member, row.reference): row.scores for row in numbers.readers if row.case == "case2"}
    anna, bernd = "Anna Kühn", "Bernd"
    assert list(of_case2) == [("model", f"{anna} & {bernd}"), (anna, bernd), ("model", anna), ("model", bernd)]
    between = of_case2[anna, bernd]
    filters = sitk.LabelOverlapMeasuresImageFilter()
    filters.Execute(image(SMALLER), image(LESION | SPOT))
    assert between.dice == pytest.approx(filters.GetDiceCoefficient())
    assert between.volume_difference_ml == pytest.approx((LESION.sum() + SPOT.sum() - SMALLER.sum()) * VOXEL_ML)
    assert between.lesion_f1_isles22 == pytest.approx(2 / 3), "one found, one missed, none invented"
    far = sitk.HausdorffDistanceImageFilter()
    far.Execute(image(SMALLER), image(LESION | SPOT))
    assert between.hausdorff_mm == pytest.approx(far.GetHausdorffDistance(), abs=1e-3)
    joint = of_case2["model", f"{anna} & {bernd}"].dice
    assert joint == pytest.approx((of_case2["model", anna].dice + of_case2["model", bernd].dice) / 2)


def test_volumes_and_lesions_agree_as_by_hand(twice_read: ReviewFolder) -> None:
    numbers = count(twice_read)
    (between,) = (each for each in numbers.agreements if (each.member, each.reference) == ("Anna Kühn", "Bernd"))
    larger = np.roll(LESION, 4, axis=2) | LESION
    first = np.array([SMALLER.sum(), larger.sum()]) * VOXEL_ML
    second = np.array([(LESION | SPOT).sum(), larger.sum()]) * VOXEL_ML
    assert between.cases == 2 and between.bias_ml == pytest.approx((first - second).mean())
    spread = 1.96 * (first - second).std(ddof=1)
    assert (between.low_ml, between.high_ml) == pytest.approx((between.bias_ml - spread, between.bias_ml + spread))
    # Four parts: one of case2 that both mark, the spot that one marks, two of case10 that both mark.
    assert between.lesions == 4 and between.kappa == pytest.approx(0.0)


def test_a_lesion_that_both_drop_counts_as_agreement() -> None:
    votes = lesion_votes({"model": (LESION | SPOT) > 0, "a": LESION > 0, "b": LESION > 0})
    assert {who: each.tolist() for who, each in votes.items()} == {
        "model": [True, True],
        "a": [True, False],
        "b": [True, False],
    }


def test_the_model_is_held_against_what_holds_in_the_end(twice_read: ReviewFolder) -> None:
    numbers = count(twice_read)
    assert {row.case: row.scores.dice for row in numbers.rows} == pytest.approx(
        {"case2": 2 * SMALLER.sum() / (SMALLER.sum() + LESION.sum()), "case10": 1.0}
    )
    assert numbers.unread == {"Fälle 3": "rejected: no stroke"}


def test_time_and_edits_are_counted_by_reader(twice_read: ReviewFolder) -> None:
    times = {each.reader: each for each in reader_times(desk(twice_read).worklist())}
    assert times["Anna Kühn"].decided == {"accepted": 1, "edited": 1, "rejected": 1}
    assert times["Anna Kühn"].edit_rate == 0.5 and len(times["Bernd"].active_s) == 2


def test_readers_in_changing_pairs_go_by_their_turn(twice_read: ReviewFolder) -> None:
    desk(twice_read).want_second(["Fälle 3"])
    desk(twice_read, CLARA).start("Fälle 3").reject("no stroke")
    members = {(row.member, row.reference) for row in count(twice_read).readers}
    assert ("first reader", "second reader") in members and ("model", "first reader") in members


def test_the_report_says_from_which_events_it_was_counted(twice_read: ReviewFolder, tmp_path: Path) -> None:
    numbers = count(twice_read)
    made = write_review_report(numbers, twice_read, tmp_path / "report")
    titles = [table.title for table in made]
    assert titles[:2] == ["Progress", "Readers"] and any("Table 3" in title for title in titles)
    record = json.loads((tmp_path / "report" / "review.json").read_text(encoding="utf-8"))
    assert record["review"]["events"] == numbers.head.events and record["review"]["id"] == twice_read.id
    assert exported_head(tmp_path / "report" / "review.json") == verify(twice_read.path).head
    assert verify(twice_read.path, tmp_path / "report" / "review.json").whole
    with (tmp_path / "report" / "review.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case"], row["reading"], row["decision"]) for row in rows] == [
        ("case2", "first", "edited"),
        ("case2", "second", "edited"),
        ("case10", "first", "accepted"),
        ("case10", "second", "accepted"),
        ("Fälle 3", "first", "rejected"),
    ]
    assert "Anna Kühn" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_comments_stand_in_the_report(twice_read: ReviewFolder, tmp_path: Path) -> None:
    desk(twice_read).comment("case10", "look again, \u00e4lter")
    comments = tables(count(twice_read), 0.7)[-1]
    assert comments.title == "Comments"
    assert [(row[0], row[1], row[3]) for row in comments.rows] == [("case10", "Anna Kühn", "look again, \u00e4lter")]
    write_review_report(count(twice_read), twice_read, tmp_path / "report")
    for name in ("report.html", "review.csv", "tables.md"):
        assert "look again" in (tmp_path / "report" / name).read_text(encoding="utf-8"), name


def test_a_review_in_which_nobody_has_decided_has_a_report_too(review: ReviewFolder) -> None:
    progress, readers = tables(count(review), 0.7)
    assert ("proposed", "3") in progress.rows and readers.rows == ()


def test_a_version_that_was_changed_is_in_no_figure_and_is_named(twice_read: ReviewFolder) -> None:
    (version,) = twice_read.path.glob("cases/*-case2/v01.seg.nrrd")
    version.write_bytes(version.read_bytes()[:-1] + b"x")
    assert any("was changed since it was recorded" in why for why in count(twice_read).unread.values())


READERS = [box((2, 5), (3, 7), (2, 6)), box((2, 5), (3, 8), (2, 5)), box((2, 6), (4, 7), (1, 5))]


def test_the_majority_is_what_two_of_three_say() -> None:
    assert np.array_equal(consensus(READERS, "majority"), np.sum(READERS, axis=0) >= 2)
    assert np.array_equal(consensus(READERS[:2], "majority"), READERS[0] & READERS[1]), "of two, what both say"


def test_staple_is_that_of_warfield_and_others() -> None:
    """Expectation maximisation as their paper's equations 21, 22 and 16 have it, prior the mean of all readers."""
    votes = np.stack([each.ravel() for each in READERS]).astype(float)
    p, q, prior = np.full(3, 0.99), np.full(3, 0.99), votes.mean()
    for _ in range(200):
        yes = prior * np.prod(np.where(votes == 1, p[:, None], 1 - p[:, None]), axis=0)
        no = (1 - prior) * np.prod(np.where(votes == 0, q[:, None], 1 - q[:, None]), axis=0)
        weight = yes / (yes + no)
        p, q = votes @ weight / weight.sum(), (1 - votes) @ (1 - weight) / (1 - weight).sum()
    assert np.array_equal(consensus(READERS, "staple").ravel(), weight >= 0.5)


@pytest.mark.parametrize("way", ["majority", "staple"])
def test_readers_who_never_differ_are_their_own_consensus(way: str) -> None:
    assert np.array_equal(consensus([LESION, LESION], way), LESION)
    assert not consensus([0 * LESION, 0 * LESION], way).any()


@pytest.mark.parametrize("way", ["majority", "staple"])
def test_a_consensus_of_several_labels_keeps_them(way: str) -> None:
    two = [2 * READERS[0] + SPOT, 2 * READERS[0] + SPOT, 2 * READERS[1] + SPOT]
    found = consensus(two, way)
    assert set(np.unique(found)) == {0, 1, 2} and np.array_equal(found == 1, SPOT == 1)


def test_nothing_is_a_consensus_of_one() -> None:
    with pytest.raises(ValueError, match="at least two"):
        consensus(READERS[:1], "majority")
    with pytest.raises(ValueError, match="no way"):
        consensus(READERS, "median")
    assert ANNA.name != BERND.name
