"""Files of a result as it stands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.slicer_bridge.volumes import volume_grid
from StrokeSegLogic.space.grid import Grid

from .opened import OpenedModule, target
from .studies import GRID, add_study, lesion_result


def export(opened: OpenedModule, button: str, path: Path | str) -> str:
    """Presses a button, answers the file dialog, and returns what the panel says."""
    opened.slicer.files.append(str(path))
    opened.press(getattr(opened.ui.export, button))
    return str(opened.ui.export.exportLabel.text)


def test_seg_nrrd_holds_the_labels_on_the_whole_grid_and_every_tag(finished: OpenedModule, tmp_path: Path) -> None:
    said = export(finished, "segNrrdButton", tmp_path / "case.seg.nrrd")
    assert said == f"Written: {tmp_path / 'case.seg.nrrd'}"
    image = sitk.ReadImage(str(tmp_path / "case.seg.nrrd"))
    assert Grid.of(image).same(volume_grid(finished.parameters.referenceVolume))
    assert np.array_equal(sitk.GetArrayFromImage(image), lesion_result().array())
    keys = set(image.GetMetaDataKeys())
    assert {"Segment0_Name", "Segment0_Tags"} <= keys
    assert "three-planes 2.1" in image.GetMetaData("Segment0_Tags")


def test_exporting_leaves_the_nodes_own_file_name_alone(finished: OpenedModule, tmp_path: Path) -> None:
    node = finished.parameters.segmentation
    before = node.GetStorageNode()
    export(finished, "segNrrdButton", tmp_path / "case.seg.nrrd")
    assert node.GetStorageNode() is before


def test_nifti_is_nifti_with_the_labels_on_the_references_grid(finished: OpenedModule, tmp_path: Path) -> None:
    export(finished, "niftiButton", tmp_path / "case.nii.gz")
    assert (tmp_path / "case.nii.gz").read_bytes()[:2] == b"\x1f\x8b"
    image = sitk.ReadImage(str(tmp_path / "case.nii.gz"))
    assert image.GetPixelID() == sitk.sitkUInt8 and np.allclose(image.GetOrigin(), GRID.origin, atol=1e-3)
    assert np.array_equal(sitk.GetArrayFromImage(image), lesion_result().array())


def test_a_result_without_lesion_is_written_on_the_whole_grid(opened: OpenedModule, tmp_path: Path) -> None:
    add_study(opened.slicer.scene)
    opened.run_to(lesion_result(lesion=False), tmp_path / "result")
    for button, name in (("segNrrdButton", "none.seg.nrrd"), ("niftiButton", "none.nii.gz")):
        export(opened, button, tmp_path / name)
        image = sitk.ReadImage(str(tmp_path / name))
        assert image.GetSize()[:3] == GRID.size and not sitk.GetArrayViewFromImage(image).any()


def test_a_name_without_its_ending_gets_it(finished: OpenedModule, tmp_path: Path) -> None:
    export(finished, "niftiButton", tmp_path / "case")
    assert (tmp_path / "case.nii.gz").exists()


@pytest.mark.parametrize(("answer", "kept"), [(False, b"older"), (True, b"\x1f\x8b")])
def test_a_file_of_the_lengthened_name_is_replaced_only_when_the_user_agrees(
    finished: OpenedModule, tmp_path: Path, answer: bool, kept: bytes
) -> None:
    (tmp_path / "case.nii.gz").write_bytes(b"older")
    finished.slicer.answers.append(answer)
    said = export(finished, "niftiButton", tmp_path / "case")
    assert finished.slicer.displayed[-1] == ("question", f"{tmp_path / 'case.nii.gz'} is there already. Replace it?")
    assert (tmp_path / "case.nii.gz").read_bytes().startswith(kept)
    assert ("Written" in said) == answer


def test_a_file_that_the_dialog_has_asked_about_is_not_asked_about_again(
    finished: OpenedModule, tmp_path: Path
) -> None:
    (tmp_path / "case.nii.gz").write_bytes(b"older")
    said = export(finished, "niftiButton", tmp_path / "case.nii.gz")
    assert "Written" in said
    # It is kept all the same: nobody else's file is deleted.
    (kept,) = tmp_path.glob("previous-*/case.nii.gz")
    assert kept.read_bytes() == b"older" and said.endswith(f"case.nii.gz moved to {kept.parent}")


def test_an_export_is_replaced_by_the_next_unless_somebody_has_changed_it(
    finished: OpenedModule, tmp_path: Path
) -> None:
    for _ in range(2):
        export(finished, "reportButton", tmp_path / "case.html")
    assert not list(tmp_path.glob("previous-*")) and not list(tmp_path.glob(".strokeseg*"))
    (tmp_path / "case.html").write_text("annotated", encoding="utf-8")
    export(finished, "reportButton", tmp_path / "case.html")
    (kept,) = tmp_path.glob("previous-*/case.html")
    assert kept.read_text(encoding="utf-8") == "annotated"


def test_the_name_that_is_proposed_is_the_references_in_the_last_folder(
    finished: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .standin.qt_module import FileDialog

    proposed: list[str] = []

    def note(*arguments: Any) -> str:
        proposed.append(arguments[2])
        return FileDialog.answers.popleft()

    import qt

    monkeypatch.setattr(qt.QFileDialog._kind, "getSaveFileName", staticmethod(note), raising=False)
    finished.parameters.referenceVolume.SetName("DWI b1000: axial/1")
    export(finished, "niftiButton", tmp_path / "case.nii.gz")
    export(finished, "segNrrdButton", "")
    assert Path(proposed[0]).is_absolute() and Path(proposed[0]).parent.is_dir()
    assert Path(proposed[0]).name == "DWI b1000_ axial_1_strokeseg.nii.gz"
    assert Path(proposed[1]) == tmp_path / "DWI b1000_ axial_1_strokeseg.seg.nrrd"


def test_the_report_is_what_the_run_made(finished: OpenedModule, tmp_path: Path) -> None:
    export(finished, "reportButton", tmp_path / "case.html")
    assert (tmp_path / "case.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_dialog_that_is_cancelled_writes_nothing_and_says_nothing(finished: OpenedModule, tmp_path: Path) -> None:
    assert export(finished, "segNrrdButton", "") == ""


def test_a_folder_that_is_not_there_is_an_error_with_advice(finished: OpenedModule, tmp_path: Path) -> None:
    said = export(finished, "niftiButton", tmp_path / "nowhere" / "case.nii.gz")
    assert "case.nii.gz" in said and "Check that the folder can be written to" in said


def test_a_failed_export_leaves_the_older_file_as_it_was(
    finished: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "case.html").write_text("older", encoding="utf-8")

    def torn(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", torn)
    assert "No space left" in export(finished, "reportButton", tmp_path / "case.html")
    assert (tmp_path / "case.html").read_bytes() == b"older"


def test_dicom_asks_for_a_study_from_the_dicom_database(finished: OpenedModule) -> None:
    finished.press(finished.ui.export.dicomButton)
    assert "DICOM database" in finished.ui.export.exportLabel.text


def test_a_study_from_the_dicom_database_opens_slicers_own_export(finished: OpenedModule) -> None:
    reference = finished.parameters.referenceVolume
    reference.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    finished.press(finished.ui.export.dicomButton)
    assert finished.slicer.displayed[-1][0] == "dicom export"
    assert "export dialog" in finished.ui.export.exportLabel.text


def test_nothing_can_be_exported_before_there_is_a_result(opened: OpenedModule) -> None:
    for name in ("segNrrdButton", "niftiButton", "dicomButton", "reportButton"):
        assert not target(getattr(opened.ui.export, name)).isEnabled()
