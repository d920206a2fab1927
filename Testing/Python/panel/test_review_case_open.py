"""What is kept of a case that is before its reader, without Qt and MRML."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("slicer") is None:  # an optional part: pip install "strokeseg[slicer]"
    pytest.skip("drafts and versions are written by slicer", allow_module_level=True)

from StrokeSegExtensionLib.review_words import difference_words

from StrokeSegLogic.review import drafts
from StrokeSegLogic.review.drafts import AUTOSAVE_S, Draft

from .review_cases import BERND, CASES, desk, proposed, without_part
from .review_sitting import Sitting
from .studies import GRID

EDITED = without_part(proposed())
MORE = np.roll(EDITED, 1, axis=2)


def rest(sitting: Sitting) -> Draft | None:
    """The reader rests until a draft is due; the draft that is there then."""
    at_hand = sitting.presenter.at_hand
    assert at_hand is not None
    at_hand.session._autosave._clock = lambda: sitting.clock.now
    at_hand.session._autosave._written = sitting.clock.now
    sitting.clock.pass_(AUTOSAVE_S + 10.0)
    return at_hand.session.draft()


def begun_with(sitting: Sitting, case: str = CASES[0]) -> np.ndarray:
    """What the case opens with, taken anew."""
    sitting.presenter.leave()
    sitting.start(case)
    return sitting.scene.labels_now


def test_what_is_drawn_is_on_the_disk_within_thirty_seconds(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    for stroke in (EDITED, MORE):
        sitting.scene.draw(stroke)
        draft = rest(sitting)
        assert draft is not None
        assert np.array_equal(sitting.presenter.at_hand.session.draft_labels(draft).labels, stroke)


def test_what_is_undone_after_it_was_kept_does_not_come_back(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.scene.draw(EDITED)
    assert np.array_equal(begun_with(sitting), EDITED)
    sitting.scene.draw(MORE)
    assert rest(sitting) is not None
    sitting.scene.draw(EDITED)
    assert np.array_equal(begun_with(sitting), EDITED), "the draft that was opened"
    sitting.scene.draw(MORE)
    assert rest(sitting) is not None
    sitting.scene.draw(proposed())
    assert np.array_equal(begun_with(sitting), proposed())
    assert sitting.presenter.at_hand.session.draft() is None


def test_a_readers_own_version_opens_again_unless_it_was_reset(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.scene.draw(EDITED)
    sitting.presenter.save("", go_on=False)
    sitting.start(CASES[0])
    assert np.array_equal(sitting.scene.labels_now, EDITED)
    sitting.scene.draw(MORE)
    assert np.array_equal(begun_with(sitting), MORE)
    sitting.scene.draw(EDITED)
    assert np.array_equal(begun_with(sitting), EDITED)
    sitting.presenter.reset()
    assert np.array_equal(begun_with(sitting), proposed())


def test_a_slider_that_hides_small_lesions_draws_nothing(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.scene.hide(EDITED)
    assert sitting.view.standing.changed != ""
    assert rest(sitting) is None
    assert np.array_equal(begun_with(sitting), proposed())


def test_a_reset_takes_the_draft_away(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.scene.draw(EDITED)
    sitting.presenter.leave()
    sitting.start(CASES[0])
    sitting.presenter.reset()
    assert sitting.view.standing.changed == difference_words(0, 0, *2 * (float(proposed().sum() * GRID.voxel_ml),))
    sitting.presenter.leave()
    assert desk(sitting.review).start(CASES[0]).draft() is None


def test_what_others_remarked_and_drawings_of_another_computer_are_told(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(sitting.review, BERND).comment(CASES[0], "An old infarct, too?")
    for host, drawn in (("ward", EDITED), ("office", MORE)):
        monkeypatch.setattr(drafts, "gethostname", lambda host=host: host)
        session = desk(sitting.review).start(CASES[0])
        session.keep(lambda drawn=drawn: GRID.image(drawn), now=True)
        session.leave()
    monkeypatch.setattr(drafts, "gethostname", lambda: "home")
    sitting.start(CASES[0])
    assert np.array_equal(sitting.scene.labels_now, MORE), "the newest"
    (words,) = (words for words, _ in sitting.view.notices if "is open again" in words)
    assert "on office and not saved is open again" in words.replace("(UTC) ", "")
    assert "(UTC) on ward, is kept beside it" in words
    assert "Bernd: \u201cAn old infarct, too?\u201d" in words
