"""A review's presenter without Qt and MRML, against the real desk; and the process that proposes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("slicer") is None:  # an optional part: pip install "strokeseg[slicer]"
    pytest.skip("drafts and versions are written by slicer", allow_module_level=True)

from StrokeSegExtensionLib import review_list
from StrokeSegExtensionLib.review_proposing import ProposingProcess

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.base.locks import exclusive
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.folder import LOCK, PATIENCE_S

from .doubles import Clock
from .review_cases import CASES, desk, states
from .review_sitting import Sitting


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
