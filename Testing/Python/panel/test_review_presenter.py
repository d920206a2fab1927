"""A review's presenter without Qt and MRML, against the real desk; and the process that proposes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if find_spec("slicer") is None:  # an optional part: pip install "strokeseg[slicer]"
    pytest.skip("drafts and versions are written by slicer", allow_module_level=True)

import SimpleITK as sitk
from StrokeSegExtensionLib import review_list
from StrokeSegExtensionLib.background import Background
from StrokeSegExtensionLib.review_case import CaseMaterial
from StrokeSegExtensionLib.review_presenter import ReviewPresenter
from StrokeSegExtensionLib.review_proposing import ProposingProcess
from StrokeSegExtensionLib.review_protocols import Standing
from StrokeSegExtensionLib.review_words import CaseRow, difference_words

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.base.locks import exclusive
from StrokeSegLogic.review.beginning import begin_review
from StrokeSegLogic.review.drafts import AUTOSAVE_S
from StrokeSegLogic.review.folder import LOCK, PATIENCE_S

from .doubles import Clock
from .review_cases import ANNA, CASES, desk, proposed, states, without_part
from .studies import GRID


class Section:
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.rows: Sequence[CaseRow] = ()
        self.standing = Standing()
        self.notices: list[tuple[str, bool]] = []
        self.answers: list[bool] = []

    def show_worklist(self, rows: Sequence[CaseRow]) -> None:
        self.rows = rows

    def show_standing(self, standing: Standing) -> None:
        self.standing = standing

    def say(self, words: str, problem: bool = False) -> None:
        self.notices.append((words, problem))

    def case_opened(self) -> None:
        self.notices.append(("", False))

    def ask(self, question: str) -> bool:
        return self.answers.pop(0)


class Drawing:
    """A case's scene whose labels the test draws."""

    def __init__(self) -> None:
        self.material: CaseMaterial | None = None
        self.labels_now = np.zeros(GRID.shape, np.uint8)
        self.changed: Callable[[sitk.Image], None] = lambda _labels: None

    def open(
        self,
        material: CaseMaterial,
        done: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
        changed: Callable[[sitk.Image], None],
        alive: Callable[[], None],
    ) -> None:
        self.material, self.changed = material, changed
        begin = material.proposal if material.begin is None else material.begin
        self.labels_now = begin.labels.astype(np.uint8)
        done()

    def close(self) -> None:
        self.material = None

    forget = close

    def draw(self, labels: np.ndarray) -> None:
        self.labels_now = labels
        self.changed(GRID.image(labels))

    def drawn(self) -> sitk.Image:
        return GRID.image(self.labels_now)

    labels = drawn

    def hidden_ml(self) -> float:
        return 0.0

    def reset(self) -> None:
        assert self.material is not None
        self.labels_now = self.material.proposal.labels.astype(np.uint8)

    def colour_changes(self, shown: bool) -> None: ...


class Sitting:
    """A reader before a review, with time that the test lets pass."""

    def __init__(self, review: Path) -> None:
        self.review, self.clock = review, Clock()
        self.view, self.scene = Section(), Drawing()
        background, process = Background(self.clock), ProposingProcess(self.clock, None, lambda: "cpu")
        self.presenter = ReviewPresenter(self.view, self.scene, self.clock, background, process)
        self.presenter.open(review, ANNA.name, ANNA.role)
        self.settle()

    def settle(self) -> None:
        self.clock.wait(lambda: not self.view.standing.busy)

    def start(self, case: str) -> None:
        self.presenter.start(case)
        self.settle()
        assert self.view.standing.case.startswith(f"{case}:"), self.view.notices


@pytest.fixture
def sitting(review: Path) -> Any:
    found = Sitting(review)
    yield found
    found.presenter.close()


def test_what_is_drawn_is_on_the_disk_within_thirty_seconds(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    sitting.start(CASES[0])
    at_hand = sitting.presenter.at_hand
    assert at_hand is not None
    monkeypatch.setattr(at_hand.session._autosave, "_clock", lambda: sitting.clock.now)
    at_hand.session._autosave._written = sitting.clock.now
    edited = without_part(proposed())
    sitting.clock.pass_(AUTOSAVE_S + 0.1)
    for stroke in (edited, np.roll(edited, 1, axis=2)):
        sitting.scene.draw(stroke)
        sitting.clock.pass_(30.0)
        draft = at_hand.session.draft()
        assert draft is not None and np.array_equal(at_hand.session.draft_labels(draft).labels, stroke)


def test_a_reset_takes_the_draft_away(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.scene.draw(without_part(proposed()))
    sitting.presenter.leave()
    sitting.start(CASES[0])
    sitting.presenter.reset()
    assert sitting.view.standing.changed == difference_words(0, 0, *2 * (float(proposed().sum() * GRID.voxel_ml),))
    sitting.presenter.leave()
    assert desk(sitting.review).start(CASES[0]).draft() is None


def test_a_scene_that_closes_while_a_case_is_being_read_gives_it_back(sitting: Sitting) -> None:
    sitting.presenter.start(CASES[0])
    assert sitting.view.standing.busy
    sitting.presenter.scene_closing()
    sitting.clock.wait(lambda: states(sitting.review)[CASES[0]] == "proposed")
    assert sitting.scene.material is None


def test_what_another_reader_does_is_seen(sitting: Sitting) -> None:
    from .review_cases import BERND

    desk(sitting.review, BERND).start(CASES[1])
    sitting.clock.pass_(3.0)
    assert [row.cells[1] for row in sitting.view.rows] == ["proposed", "in review", "waiting"]
    assert sitting.view.rows[1].cells[4].startswith("Bernd")


def test_a_window_does_not_stand_still_for_long_while_another_reader_writes(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert review_list.PATIENCE_S < PATIENCE_S
    monkeypatch.setattr(review_list, "PATIENCE_S", 0.2)
    sitting.presenter.read_as("Bernd", "")
    sitting.start(CASES[0])
    with exclusive(sitting.review / LOCK):
        sitting.presenter.accept("")
    assert sitting.view.notices[-1][1] and "somebody has been writing there for 0.2 s" in sitting.view.notices[-1][0]
    assert sitting.view.standing.case.startswith(f"{CASES[0]}:"), "the case is still before its reader"
    sitting.presenter.accept("", go_on=False)
    assert states(sitting.review)[CASES[0]] == "accepted"


def test_next_goes_round_and_stops_where_nothing_waits(sitting: Sitting) -> None:
    sitting.start(CASES[1])
    sitting.presenter.accept("")
    sitting.settle()
    assert sitting.view.standing.case.startswith(f"{CASES[0]}:")
    sitting.presenter.accept("")
    sitting.settle()
    assert sitting.view.standing.case == ""
    sitting.presenter.next()
    sitting.settle()
    assert sitting.view.notices[-1][0].startswith("No case waits")
    sitting.start(CASES[1])
    assert states(sitting.review) == {CASES[0]: "accepted", CASES[1]: "in review", CASES[2]: "waiting"}


def test_a_proposal_that_was_changed_is_refused_and_the_case_given_back(sitting: Sitting) -> None:
    for proposal in sitting.review.glob("cases/*/proposal.seg.nrrd"):
        proposal.write_bytes(b"mine")
    sitting.presenter.start(CASES[0])
    sitting.settle()
    assert sitting.view.notices[-1][1] and "was changed" in sitting.view.notices[-1][0]
    assert states(sitting.review)[CASES[0]] == "proposed"


def test_another_reader_sits_down_and_the_case_goes_back(sitting: Sitting) -> None:
    sitting.start(CASES[0])
    sitting.presenter.read_as("Bernd", "")
    assert states(sitting.review)[CASES[0]] == "proposed"
    sitting.presenter.comment(CASES[0], "look at the rim")
    (entry,) = (entry for entry in desk(sitting.review).worklist() if entry.name == CASES[0])
    assert entry.comments[0]["reader"] == "Bernd"


def test_a_failing_case_is_proposed_in_nobodys_way(tmp_path: Path) -> None:
    for name in ("case1", "case2"):
        (tmp_path / "studies" / name).mkdir(parents=True)
        (tmp_path / "studies" / name / "DWI.nii.gz").write_bytes(b"no image")
    begin_review(tmp_path / "review", tmp_path / "studies")
    sitting = Sitting(tmp_path / "review")
    sitting.presenter.propose_or_stop()
    assert sitting.view.standing.proposing is not None
    sitting.clock.wait(lambda: sitting.view.standing.proposing is None)
    assert sitting.view.notices[-1] == ("Proposed, but for 2; the list says why.", False)
    assert all(row.failed and row.cells[4] for row in sitting.view.rows)
    sitting.presenter.close()


def test_the_process_that_proposes_says_what_is_wrong(tmp_path: Path) -> None:
    clock, ended = Clock(), list[tuple[str, StrokeSegError | None]]()
    process = ProposingProcess(clock, None, lambda: "cpu")
    process.start(tmp_path, lambda _stage: None, lambda words, error: ended.append((words, error)))
    clock.wait(lambda: bool(ended))
    assert ended[0][1] is not None and "holds no review" in ended[0][1].what
    assert not process.running
