"""A reader takes cases, decides, and another reads after them without knowing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from reviews import ANNA, BERND, CLARA, LESION, box, desk, image

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.review.desk import Reader
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.verify import verify

SMALLER = box((2, 5), (3, 7), (2, 4))
ELSEWHERE = box((5, 7), (8, 12), (6, 10))


def states(review: ReviewFolder) -> dict[str, str]:
    return {entry.name: entry.state for entry in desk(review).worklist()}


def test_a_review_begins_with_the_proposals_that_are_there(review: ReviewFolder) -> None:
    assert states(review) == {"case2": "proposed", "case10": "proposed", "Fälle 3": "proposed"}
    proposal = desk(review).entry("case2").proposal
    assert proposal is not None
    assert proposal.maker == {"name": "three-planes 2.1", "weights_sha256": "ab" * 32}
    assert proposal.volume_ml == pytest.approx(LESION.sum() * 0.012) and proposal.doubt == pytest.approx(0.1)
    assert proposal.inputs == ({"role": "DWI", "source": "case2_dwi.nii.gz", "sha256": "cd" * 32},)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["case2", "case10", "Fälle 3"]),
        ("volume", ["case10", "case2", "Fälle 3"]),
        ("doubt", ["case10", "case2", "Fälle 3"]),
    ],
)
def test_the_worklist_comes_in_the_order_that_is_asked_for(review: ReviewFolder, order: str, names: list[str]) -> None:
    assert [entry.name for entry in desk(review).worklist(order)] == names


def test_a_case_before_a_reader_comes_to_no_other_unless_taken_over(review: ReviewFolder) -> None:
    first = desk(review).next()
    assert first is not None and first.case == "case2" and states(review)["case2"] == "in review"
    second = desk(review, BERND).next()
    assert second is not None and second.case == "case10"
    with pytest.raises(InputError, match="is before Anna Kühn"):
        desk(review, BERND).start("case2")
    again = desk(review).next()
    assert again is not None and again.case == "case2", "one's own case comes back first"
    taken = desk(review, BERND).start("case2", take_over=True)
    with pytest.raises(InputError, match="was taken over by Bernd"):
        first.accept()
    assert taken.accept().decision == "accepted" and states(review)["case2"] == "accepted"


def test_an_accepted_case_rests_on_the_proposal_itself(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    done = session.accept("clear")
    assert (done.reader, done.decision, done.comment) == ("Anna Kühn", "accepted", "clear")
    assert done.content["to_proposal"]["dice"] == 1.0 and done.content["role"] == "neuroradiologist"
    assert done.file.endswith("proposal.seg.nrrd") and verify(review.path).whole


def test_an_edited_case_says_what_was_added_and_removed(review: ReviewFolder) -> None:
    done = desk(review).start("case2").save(image(SMALLER | ELSEWHERE), "a second infarct")
    told = done.content["to_proposal"]
    added, removed = int(ELSEWHERE.sum()), int((LESION & ~SMALLER & 1).sum())
    assert (told["added"], told["removed"]) == (added, removed)
    assert told["delta_ml"] == pytest.approx((added - removed) * 0.012)
    assert told["dice"] == pytest.approx(2 * SMALLER.sum() / (LESION.sum() + SMALLER.sum() + ELSEWHERE.sum()))
    assert done.content["model"]["weights_sha256"] == "ab" * 32 and done.content["inputs"][0]["sha256"] == "cd" * 32
    assert Path(done.file).name == "v01.seg.nrrd"
    saved = sitk.ReadImage(str(review.path / done.file))
    assert np.array_equal(sitk.GetArrayFromImage(saved), SMALLER | ELSEWHERE)
    assert states(review)["case2"] == "edited" and verify(review.path).whole


def test_a_first_reader_can_come_back_and_every_version_stays(review: ReviewFolder) -> None:
    desk(review).start("case2").save(image(SMALLER))
    again = desk(review).start("case2")
    assert np.array_equal(again.labels_of(again.readings()["first"]).labels, SMALLER)
    assert again.save(image(LESION)).file.endswith("v02.seg.nrrd")
    home = (review.path / desk(review).entry("case2").folder).glob("*.seg.nrrd")
    assert sorted(path.name for path in home) == ["proposal.seg.nrrd", "v01.seg.nrrd", "v02.seg.nrrd"]


def test_a_case_is_rejected_for_a_reason_only(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    with pytest.raises(InputError, match="for a reason"):
        session.reject(" ")
    assert session.reject("haemorrhage").reason == "haemorrhage" and states(review)["case2"] == "rejected"


def test_a_case_that_was_given_back_waits_for_everybody(review: ReviewFolder) -> None:
    desk(review).start("case2").leave()
    taken = desk(review, BERND).next()
    assert taken is not None and taken.case == "case2"


def test_the_worklist_ends(review: ReviewFolder) -> None:
    while (session := desk(review).next()) is not None:
        session.accept()
    assert set(states(review).values()) == {"accepted"}


def test_labels_on_another_grid_are_refused_and_nothing_is_recorded(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    before = review.records.read_bytes()
    with pytest.raises(InputError, match="grid of the proposal"):
        session.save(sitk.Image((3, 4, 5), sitk.sitkUInt8))
    with pytest.raises(InputError, match="whole numbers"):
        session.save(sitk.Cast(image(LESION), sitk.sitkFloat32) * 0.5)
    assert review.records.read_bytes() == before


def test_a_second_reader_knows_nothing_of_the_first_before_saving(review: ReviewFolder) -> None:
    first = desk(review).start("case2")
    first.save(image(SMALLER), "small")
    desk(review).comment("case2", "look at the rim")
    assert desk(review, BERND).entry("case2").first is not None, "as long as nobody is to read it again"
    assert desk(review).want_second(["case2"]) == ["case2"] and states(review)["case2"] == "second read"
    seen = desk(review, BERND).entry("case2")
    assert (seen.state, seen.readings, seen.comments) == ("second read", {}, ())
    second = desk(review, BERND).start("case2")
    assert second.reading == "second" and second.readings() == {}
    assert np.array_equal(second.proposal().labels, LESION)
    done = second.save(image(LESION))
    assert done.content["to_first"]["dice"] == pytest.approx(2 * SMALLER.sum() / (SMALLER.sum() + LESION.sum()))
    assert done.content["to_first"]["delta_ml"] == pytest.approx((LESION.sum() - SMALLER.sum()) * 0.012)
    after = desk(review, BERND).entry("case2")
    assert after.first is not None and after.first.comment == "small"
    assert after.remarks == "Anna Kühn: small; Anna Kühn: look at the rim"
    assert after.state == "edited" and not after.disputed(0.7)
    with pytest.raises(InputError, match="has nothing to do for Bernd"):
        desk(review, BERND).start("case2")  # who knows the first reading is no second reader any more


def test_who_has_read_first_is_not_the_second(review: ReviewFolder) -> None:
    desk(review).start("case2").accept()
    desk(review).want_second(["case2"])
    assert desk(review).start("case2").reading == "first"


@pytest.mark.parametrize("how", ["other labels", "rejected"])
def test_two_readers_who_disagree_wait_for_a_third(review: ReviewFolder, how: str) -> None:
    desk(review).want_second(["case2"])
    desk(review).start("case2").save(image(SMALLER), "the rim")
    other = desk(review, BERND).start("case2")
    assert other.comments() == ()
    second = other.save(image(ELSEWHERE), "no rim") if how == "other labels" else other.reject("no stroke", "no rim")
    assert desk(review).entry("case2").disputed(0.7)
    for reader in (ANNA, BERND):
        waiting = desk(review, reader).next()
        assert waiting is not None and waiting.case != "case2", "neither decides between both"
        waiting.leave()
    arbiter = desk(review, CLARA).next()
    assert arbiter is not None and (arbiter.case, arbiter.reading) == ("case2", "arbitration")
    assert set(arbiter.readings()) == {"first", "second"}
    assert [event["comment"] for event in arbiter.comments()] == ["the rim", "no rim"], "beside both readings"
    done = arbiter.accept(of="second")
    assert (done.file, done.decision, done.content["chosen"]) == (second.file, second.decision, "second")
    entry = desk(review).entry("case2")
    assert entry.final == done and not entry.disputed(0.7) and verify(review.path).whole


def test_a_case_with_a_second_reader_and_none_at_all_are_named(review: ReviewFolder) -> None:
    with pytest.raises(InputError, match="there is no case 'case7'"):
        desk(review).start("case7")
    assert desk(review).entry("Fa\u0308lle 3").name == "Fälle 3", "however the letter is composed"


def test_a_reader_is_the_same_whatever_the_capitals_and_blanks(review: ReviewFolder) -> None:
    desk(review).want_second(["case2"])
    desk(review).start("case2").accept()
    again = desk(review, Reader(f"  {ANNA.name.upper()} ".replace(" K", "   K")))
    assert again.start("case2").reading == "first", "who has read a case first is not its second reader"
    assert again.reader.name == ANNA.name
