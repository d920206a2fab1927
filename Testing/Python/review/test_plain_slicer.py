"""A review with no more libraries than a plain 3D Slicer has: numbers, tables and masks come all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk
from reviews import GRID, LESION, desk

from StrokeSegLogic.base.errors import expected
from StrokeSegLogic.review.export import export_review
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.nifti import RESULT

_PLAIN = """
import sys
from pathlib import Path
absent = ("nibabel", "jinja2", "matplotlib", "torch", "typer", "rich", "safetensors", "dask", "distributed")
sys.modules.update(dict.fromkeys(absent))
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.desk import Desk, Reader
from StrokeSegLogic.review.export import export_review
from StrokeSegLogic.review.numbers import count
from StrokeSegLogic.review.report import left_out, write_review_report
from StrokeSegLogic.review.verify import verify
results, home = map(Path, sys.argv[1:])
review = begin_review(home / "review", results)
desk = Desk.open(home / "review", Reader("Anna"))
while (session := desk.next()) is not None:
    session.accept()
write_review_report(count(review), review, home / "report")
for form in ("nifti", "bids", "evaluate"):
    export_review(review, home / form, form)
assert verify(review.path, home / "nifti" / "review.json").whole
print(*left_out(), sep="\\n")
"""


def test_a_review_needs_no_more_than_a_plain_slicer_has(results: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", _PLAIN, str(results), str(tmp_path)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    page, plots = ran.stdout.splitlines()
    assert page.startswith("The page is left out: Jinja2 is not installed (pip install Jinja2; in 3D Slicer: ")
    assert plots.startswith("Plots are left out: matplotlib")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"tables.md", "review.csv", "cases.csv", "tables.csv", "review.json"}
    mask = sitk.ReadImage(str(tmp_path / "nifti" / "case2.nii.gz"))
    assert Grid.of(mask).same(GRID) and (sitk.GetArrayFromImage(mask) == LESION).all()
    assert mask.GetMetaData("ITK_FileNotes") == RESULT.decode(), "no reader of studies takes it for an image"


def test_with_nibabel_and_without_the_same_mask_leaves(
    review: ReviewFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(review).start("case10").accept()
    export_review(review, tmp_path / "with")
    monkeypatch.setitem(sys.modules, "nibabel", None)
    export_review(review, tmp_path / "without")
    both = [sitk.ReadImage(str(tmp_path / name / "case10.nii.gz")) for name in ("with", "without")]
    assert Grid.of(both[0]) == Grid.of(both[1]) and both[0].GetPixelID() == both[1].GetPixelID()
    assert (sitk.GetArrayFromImage(both[0]) == sitk.GetArrayFromImage(both[1])).all()


def test_a_package_that_is_missing_is_named_with_the_words_that_install_it() -> None:
    told = str(expected(ModuleNotFoundError("no", name="nibabel")))
    assert 'pip install nibabel; in 3D Slicer: slicer.util.pip_install("nibabel")' in told
