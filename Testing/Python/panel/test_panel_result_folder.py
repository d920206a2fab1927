"""A result's folder opened in the panel; and all of the review without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.outputs.files import write_outputs
from StrokeSegLogic.slicer_bridge.segmentations import labels_of
from StrokeSegLogic.space.grid import Grid

from .opened import OpenedModule, target
from .standin.qt_module import FileDialog
from .studies import GRID, MRI_STUDY, add_study, lesion_result

STORED = Path(__file__).parents[2] / "Data" / "Stored" / "panel.mrb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result as the command line writes it."""
    folder = tmp_path_factory.mktemp("written") / "Fall ä"
    write_outputs(lesion_result(), folder)
    return folder


def open_folder(opened: OpenedModule, folder: Path) -> None:
    FileDialog.answers.append(str(folder))
    opened.press(opened.ui.result.openResultButton)


def voxels(opened: OpenedModule) -> np.ndarray:
    parameters = opened.parameters
    return sitk.GetArrayFromImage(labels_of(parameters.segmentation, parameters.referenceVolume))


def test_a_result_is_shown_on_its_study(opened: OpenedModule, folder: Path) -> None:
    nodes = add_study(opened.slicer.scene)
    opened.assigned(*MRI_STUDY)
    open_folder(opened, folder)
    opened.wait(lambda: opened.parameters.segmentation is not None, what="the result")
    assert opened.parameters.referenceVolume is nodes["DWI"]
    assert np.array_equal(voxels(opened), lesion_result().array())
    assert opened.table()["Lesion volume"] == f"{lesion_result().statistics.volume_ml:.1f} ml"
    opened.wait(lambda: opened.panel.lesions.desk.table is not None, what="the table of lesions")
    assert len(opened.panel.lesions.desk.table.rows) == 2
    assert opened.panel.lesions.desk.table.rows[0].lesion == lesion_result().statistics.lesions[0]
    assert len(opened.slice_views()) == 3
    opened.press(opened.ui.result.nextLesionButton)
    assert opened.ui.result.placeLabel.text.startswith("lesion 1 of 2")
    assert target(opened.ui.result.openResultButton).isHidden()


@pytest.mark.parametrize("study", [False, True], ids=["no study", "another patient's study"])
def test_without_its_study_a_result_is_shown_on_its_probability(
    opened: OpenedModule, folder: Path, study: bool
) -> None:
    if study:
        add_study(opened.slicer.scene, grid=Grid((40, 40, 12), (5.0,) * 3, (90.0, -90.0, -30.0), GRID.direction))
        opened.assigned(*MRI_STUDY)
    open_folder(opened, folder)
    opened.wait(lambda: opened.parameters.segmentation is not None, what="the result")
    assert opened.parameters.referenceVolume is opened.parameters.probabilityVolume
    assert np.array_equal(voxels(opened), lesion_result().array())
    opened.wait(lambda: bool(opened.slice_views()), what="the views")


@pytest.mark.parametrize("what", ["nothing", "changed", "damaged record", "no labels"])
@pytest.mark.quick(2)
def test_what_is_no_result_is_refused_in_words(opened: OpenedModule, tmp_path: Path, what: str) -> None:
    if what != "nothing":
        write_outputs(lesion_result(), tmp_path)
    if what == "changed":
        (tmp_path / "labels.nii.gz").write_bytes(b"mine")
    if what == "damaged record":
        (tmp_path / "result.json").write_text("{", encoding="utf-8")
    if what == "no labels":
        (tmp_path / "labels.nii.gz").unlink()
    open_folder(opened, tmp_path)
    opened.wait(lambda: bool(opened.ui.run.problemLabel.text), what="words")
    assert opened.parameters.segmentation is None


def test_a_dialog_that_is_cancelled_opens_nothing(opened: OpenedModule) -> None:
    FileDialog.answers.append("")
    opened.press(opened.ui.result.openResultButton)
    assert opened.parameters.segmentation is None


def without_torch(folder: Path, result: Path) -> dict[str, Any]:
    """What a process saw in which torch cannot be imported."""
    here = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    command = [sys.executable, "-m", "panel.without_torch", str(folder), str(result)]
    ran = subprocess.run(command, env=environment, cwd=here, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("SEEN "))
    seen: dict[str, Any] = json.loads(line.removeprefix("SEEN "))
    return seen


@pytest.mark.parametrize("kind", ["folder", pytest.param("scene", marks=pytest.mark.slow)])
def test_a_result_is_opened_reviewed_and_exported_without_torch(folder: Path, tmp_path: Path, kind: str) -> None:
    seen = without_torch(tmp_path, folder if kind == "folder" else STORED)
    first, second = (lesion.volume_ml for lesion in lesion_result().statistics.lesions)
    assert seen["before"] == pytest.approx([first, second])
    assert seen["after"] == [[pytest.approx(first), True]]
    assert seen["place"].startswith("slice ") and seen["loaded"] == []
    assert seen["said"].startswith("Written: ")
    written = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out.seg.nrrd")))
    assert (written > 0).sum() * GRID.voxel_ml == pytest.approx(first)
