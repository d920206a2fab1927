"""What was drawn and not saved: kept every half minute, whole, offered once, gone with the decision."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from reviews import ANNA, BERND, LESION, box, desk, image

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.review.active_time import PAUSE_S, ActiveTime
from StrokeSegLogic.review.desk import Desk, Reader
from StrokeSegLogic.review.drafts import AUTOSAVE_S
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.numbers import reader_times
from StrokeSegLogic.review.reading import Session

OTHER = box((5, 7), (8, 12), (6, 10))


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_draft_is_written_when_it_is_due_and_something_changed(review: ReviewFolder) -> None:
    clock = Clock()
    session = Desk(review, ANNA, clock).start("case2")
    asked = 0

    def labels():  # type: ignore[no-untyped-def]
        nonlocal asked
        asked += 1
        return image(OTHER)

    assert AUTOSAVE_S < 30
    assert session.keep(labels) is None and asked == 0, "nothing is read before it is time"
    clock.now += AUTOSAVE_S
    assert session.keep(labels) is not None and asked == 1
    clock.now += AUTOSAVE_S
    assert session.keep(labels) is None and asked == 2, "nothing has changed"
    assert session.keep(lambda: image(LESION), now=True) is not None
    (folder,) = (review.path / desk(review).entry("case2").folder).glob("drafts/*")
    assert len(list(folder.glob("*.seg.nrrd"))) == 1, "the draft before went"


def test_a_draft_is_offered_after_a_crash_with_the_time_that_was_worked(review: ReviewFolder) -> None:
    clock = Clock()
    lost = Desk(review, ANNA, clock).start("case2")
    clock.now += 12
    lost.active.seen()
    lost.keep(lambda: image(OTHER), now=True)
    back = Desk(review, ANNA, clock).start("case2")
    draft = back.draft()
    assert draft is not None and np.array_equal(back.draft_labels(draft).labels, OTHER)
    clock.now += 3
    done = back.save(image(OTHER))
    assert done.active_s == 15 and back.draft() is None
    assert not list(review.path.glob("cases/*/drafts/*"))


def test_a_draft_is_its_readers_alone_and_outlives_leaving_and_a_take_over(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    session.keep(lambda: image(OTHER), now=True)
    taken = desk(review, BERND).start("case2", take_over=True)
    assert taken.draft() is None
    taken.leave()
    back = desk(review).start("case2")
    assert back.draft() is not None
    back.reset()
    assert back.draft() is None and np.array_equal(back.proposal().labels, LESION)


def test_a_draft_from_before_a_decision_is_not_offered(review: ReviewFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    session = desk(review).start("case2")
    session.keep(lambda: image(OTHER), now=True)
    with monkeypatch.context() as killed:
        killed.setattr("StrokeSegLogic.review.drafts.DraftFiles.remove", lambda self: None)
        session.save(image(LESION))
    assert desk(review).start("case2").draft() is None


def test_a_decision_that_knows_nothing_of_a_draft_leaves_it(review: ReviewFolder) -> None:
    """By the command line, under the same name, while the panel has the case open."""
    panel = desk(review).start("case2")
    panel.keep(lambda: image(OTHER), now=True)
    Desk(review, ANNA, timed=False).start("case2").accept()
    with pytest.raises(InputError, match="was given back in the meantime: nothing was recorded"):
        panel.save(image(OTHER))
    back = desk(review).start("case2")
    draft = back.draft()
    assert draft is not None and np.array_equal(back.draft_labels(draft).labels, OTHER)
    back.save(image(OTHER))
    assert desk(review).start("case2").draft() is None and not list(review.path.glob("cases/*/drafts/*"))


def test_a_draft_that_is_given_as_the_correction_is_used(review: ReviewFolder) -> None:
    desk(review).start("case2").keep(lambda: image(OTHER), now=True)
    session = Desk(review, ANNA, timed=False).start("case2")
    (draft,) = session.drafts()
    session.save(session.path_of(draft))
    assert desk(review).start("case2").draft() is None


def test_a_draft_of_the_same_reader_on_another_computer_is_told_apart_and_never_replaced(
    review: ReviewFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr("StrokeSegLogic.review.drafts.gethostname", lambda: "ward-3")
        desk(review).start("case2").keep(lambda: image(OTHER), now=True)
    here = desk(review).start("case2")
    here.keep(lambda: image(LESION), now=True)
    newest, older = here.drafts()
    assert (newest.elsewhere, older.elsewhere) == ("", "ward-3")
    here.save(image(LESION))
    back = desk(review).start("case2")
    offered = back.draft()
    assert offered == older and np.array_equal(back.draft_labels(offered).labels, OTHER)
    back.keep(lambda: image(OTHER | LESION), now=True)
    assert [draft.elsewhere for draft in back.drafts()] == [""], "it went on here"


def test_a_reset_puts_away_what_was_offered_and_no_more(review: ReviewFolder) -> None:
    desk(review).start("case2").keep(lambda: image(LESION), now=True)
    desk(review).start("case2").keep(lambda: image(OTHER), now=True)
    session = desk(review).start("case2")
    assert session.draft() is not None
    session.reset()
    (left,) = session.drafts()
    assert np.array_equal(session.draft_labels(left).labels, LESION)


def test_drafts_of_before_they_were_told_apart_are_offered(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    session.keep(lambda: image(OTHER), now=True)
    (folder,) = (review.path / desk(review).entry("case2").folder).glob("drafts/*")
    record = json.loads((folder / "draft.json").read_text(encoding="utf-8"))
    record.pop("host")
    (folder / "draft.json").write_text(json.dumps(record), encoding="utf-8")
    folder.rename(folder.with_name(folder.name[:-9]))
    draft = desk(review).start("case2").draft()
    assert draft is not None and (draft.host, draft.elsewhere) == ("", "")


def test_a_damaged_draft_is_not_offered(review: ReviewFolder) -> None:
    session = desk(review).start("case2")
    session.keep(lambda: image(OTHER), now=True)
    path = session.draft_path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-3])
    assert desk(review).start("case2").draft() is None


def test_pauses_are_no_work_and_a_clock_that_goes_back_takes_nothing_away() -> None:
    clock = Clock()
    active = ActiveTime(5.0, clock)
    clock.now += 10
    active.seen()
    clock.now += 10_000
    active.seen()
    assert active.seconds == 5 + 10 + PAUSE_S
    clock.now -= 50
    assert active.seconds == 5 + 10 + PAUSE_S


def test_every_sitting_counts_whether_or_not_something_was_drawn(review: ReviewFolder) -> None:
    clock = Clock()

    def sit(seconds: float, reader: Reader = ANNA) -> Session:
        session = Desk(review, reader, clock).start("case2")
        clock.now += seconds
        session.active.seen()
        return session

    sit(10).leave()
    sit(50, BERND).leave()
    drawn = sit(7)
    drawn.keep(lambda: image(OTHER), now=True)
    drawn.leave()
    done = sit(5).save(image(OTHER))
    assert done.active_s == 10 + 7 + 5 and done.content["active_s"] == 5, "the draft's time is not counted twice"
    assert sit(4).accept().active_s == 26, "and what was decided before is a sitting, too"
    (anna,) = reader_times(desk(review).worklist())
    assert anna.active_s == (26,)


def test_a_sitting_that_was_given_back_counts_for_a_decision_that_nobody_watched(review: ReviewFolder) -> None:
    clock = Clock()
    session = Desk(review, ANNA, clock).start("case2")
    clock.now += 30
    session.active.seen()
    session.leave()
    done = Desk(review, ANNA, clock, timed=False).start("case2").accept()
    assert done.active_s == 30 and done.content["active_s"] is None


def test_who_is_not_watched_has_no_time(review: ReviewFolder) -> None:
    done = Desk(review, ANNA, timed=False).start("case2").accept()
    assert done.active_s is None and done.content["open_s"] >= 0
