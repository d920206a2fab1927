"""strokeseg review from the first case to the export."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.cli.main import run

sys.path.append(str(Path(__file__).parents[1] / "review"))
pytestmark = pytest.mark.skipif(find_spec("slicer") is None, reason="needs the extra slicer")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from reviews import LESION, segmentation, write_result

    home = tmp_path_factory.mktemp("cli")
    for name in ("a", "b", "c"):
        write_result(home / "results" / name, segmentation(name, LESION))
    assert run(["review", "init", str(home / "review"), str(home / "results"), "--agreement", "0.9"]) == 0
    return home


@pytest.fixture
def review(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(begun / "review", tmp_path / "review")
    monkeypatch.setenv("STROKESEG_READER", "Änne")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "review"


def test_a_review_from_the_first_case_to_the_export(
    review: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from reviews import GRID, LESION

    def said(*words: str, code: int = 0) -> str:
        assert run(["review", words[0], str(review), *words[1:]]) == code, capsys.readouterr().err
        return capsys.readouterr().out

    assert "3 proposed" in said("propose", "--retry"), "as strokeseg batch calls it"
    assert "proposal.seg.nrrd" in said("next")
    assert "a accepted: 0 voxels added, 0 removed, Dice 1.000" in said("accept", "a", "--comment", "clear")
    larger = GRID.image(np.maximum(LESION, np.roll(LESION, 1, axis=2)))
    sitk.WriteImage(larger, str(tmp_path / "edited.nii.gz"))
    assert "b edited: 12 voxels added" not in said("second", "b")
    assert "b edited" in said("edit", "b", str(tmp_path / "edited.nii.gz"))
    assert "c rejected" in said("reject", "c", "--reason", "movement")
    assert "Nothing waits for you" in said("next")
    other = said("list", "--reader", "Bert")
    assert "second read" in other and "Änne" not in [line.split()[-1] for line in other.splitlines() if " b " in line]
    blind = said("report")
    assert "1 case(s) are being read blind" in blind and "1 case(s)" not in said("report", "--with-open-second-reads")
    assert "not there: b is being read blind" in said("export", str(tmp_path / "early"))
    assert "reading         second" in said("next", "--reader", "Bert")
    said("accept", "b", "--reader", "Bert")
    listed = said("list")
    assert "readers disagree" in listed and "Änne: clear" in listed
    said("accept", "b", "--of", "first", "--reader", "Carla", "--role", "arbiter")
    assert "Nothing was changed or lost" in said("verify")
    assert "form of the slow-fusion paper" in said("report", "--output", str(tmp_path / "tables"))
    assert "2 cases in" in said("export", str(tmp_path / "masks"))
    exported = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "masks" / "b.nii.gz")))
    assert np.array_equal(exported, sitk.GetArrayFromImage(larger))
    (version,) = review.glob("cases/*/v01.seg.nrrd")
    version.write_bytes(b"")
    assert "fault: " in said("verify", "--export", str(tmp_path / "masks" / "review.json"), code=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["accept", "d"], "there is no case 'd'"),
        (["second"], "Give one of the two"),
        (["second", "--share", "2"], "is no share"),
        (["reject", "a", "--reason", "x", "--reader", " "], "is empty"),
        (["leave", "a"], "is not before Änne"),
        (["edit", "a", "missing.nii.gz"], "does not exist"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_that_says_what_to_do(
    review: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (review / "records.jsonl").read_bytes()
    assert run(["review", words[0], str(review), *words[1:]]) == 1
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    after = (review / "records.jsonl").read_bytes()
    assert after.startswith(before) and b'"decided"' not in after


def test_a_decision_leaves_a_draft_of_the_panels_and_says_so(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from reviews import GRID, LESION, Reader, desk

    desk(review, Reader("Änne")).start("a").keep(lambda: GRID.image(LESION * 0), now=True)
    assert run(["review", "accept", str(review), "a"]) == 0
    assert "not in it, and kept: the draft" in capsys.readouterr().out
    assert len(list(review.glob("cases/*/drafts/*/draft.json"))) == 1


def test_a_folder_without_a_review_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", "list", str(tmp_path)]) == 1
    assert "strokeseg review init" in capsys.readouterr().err


def test_a_command_that_fails_takes_no_case_from_the_others(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", "edit", str(review), "a", "nothere.nii.gz"]) == 1
    assert "nothere.nii.gz" in capsys.readouterr().err
    assert run(["review", "start", str(review), "a", "--reader", "Bert"]) == 0


def test_a_command_that_ends_or_is_stopped_leaves_nothing_among_the_temporary_files(
    review: Path, tmp_path: Path
) -> None:
    from reviews import GRID, LESION

    sitk.WriteImage(GRID.image(np.roll(LESION, 1, axis=2)), str(tmp_path / "edited.nii.gz"))
    (tmp_path / "temporary").mkdir()
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root, "TMPDIR": str(tmp_path / "temporary")}

    def left(*words: str, stopped_by: int | None = None) -> list[Path]:
        process = subprocess.Popen([sys.executable, "-m", "StrokeSegLogic", "review", *words], env=environment)
        if stopped_by is not None:
            # While the labels are being written, or as near to that as can be seen from outside.
            while process.poll() is None and not any(review.glob("cases/*/strokeseg-*")):
                time.sleep(0.01)
            process.send_signal(stopped_by)
        assert process.wait() in (0, 3)
        scratch = [*review.rglob("strokeseg-*"), *(tmp_path / "temporary").iterdir()]
        return [path for path in scratch if path.exists()]

    edited = str(tmp_path / "edited.nii.gz")
    assert left("edit", str(review), "a", edited) == []
    assert left("export", str(review), str(tmp_path / "masks")) == []
    # A lock that was just being made when the signal came goes with the next run that asks for a folder there.
    assert [path for path in left("edit", str(review), "b", edited, stopped_by=signal.SIGTERM) if path.is_dir()] == []


def test_what_was_left_aside_is_said_as_a_review_begins(
    tmp_path: Path, begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(begun / "results" / "a", tmp_path / "data" / "made" / "a")
    shutil.copytree(begun / "review", tmp_path / "data" / "old")
    (tmp_path / "data" / "x").mkdir()
    (tmp_path / "data" / "x" / "DWI.nii").write_text("x")
    assert run(["review", "init", str(tmp_path / "data")]) == 0
    out = capsys.readouterr().out
    assert "note: old holds a review, and was left aside" in out and "2 cases in" in out
    assert run(["review", "list", str(tmp_path / "data")]) == 0
    assert "made_a" in capsys.readouterr().out


def test_a_damaged_proposal_is_named_and_the_next_case_comes(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with min(review.glob("cases/*/proposal.seg.nrrd")).open("ab") as file:
        file.write(b"x")
    assert run(["review", "next", str(review)]) == 0
    out = capsys.readouterr().out
    assert "was changed" in out and "0002-b" in out
    assert run(["review", "start", str(review), "a", "--reader", "Bert"]) == 1, "nobody can read it"
    assert "is before" not in capsys.readouterr().err
