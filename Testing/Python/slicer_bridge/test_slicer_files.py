from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.result.looks import LESION_STYLE
from StrokeSegLogic.slicer_bridge.files import write_scene, write_segmentation
from StrokeSegLogic.slicer_bridge.runtime import headless_scene
from StrokeSegLogic.slicer_bridge.segmentations import RESEARCH, labels_of
from StrokeSegLogic.slicer_bridge.volumes import read_volume
from StrokeSegLogic.space.grid import Grid

from .slicer_grids import AXIAL, grids

WRITERS = [(write_segmentation, "case.seg.nrrd"), (write_scene, "case.mrb")]
EMPTY = np.zeros(AXIAL.shape, np.uint8)

Write = Callable[[Any, Path], None]


def _read_segmentation(scene: Any, path: Path) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    return node


def _read_scene(scene: Any, path: Path) -> None:
    messages = slicer.vtkMRMLMessageCollection()
    assert scene.ReadFromMRB(str(path), True, messages), messages.GetAllMessagesAsString()


@contextmanager
def _files_no_larger_than(size: int) -> Iterator[None]:
    """To a writer it looks like a disk that is full."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@settings(max_examples=12, deadline=None)
@given(grids(), st.integers(0, 2**32 - 1), st.booleans())
def test_the_segmentation_file_lies_on_the_reference_grid_for_every_reader(
    make_segmentation: Any, grid: Grid, seed: int, empty: bool
):
    labels = (np.random.default_rng(seed).random(grid.shape) < (0 if empty else 0.3)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder, headless_scene() as scene:
        path = Path(folder) / "case.seg.nrrd"
        write_segmentation(make_segmentation(grid, labels), path)
        image = sitk.ReadImage(str(path))
        back = labels_of(_read_segmentation(scene, path), image)
    assert image.GetPixelID() == sitk.sitkUInt8
    assert Grid.of(image).same(grid)
    assert np.allclose(Grid.of(image).to_world(np.eye(3)), grid.to_world(np.eye(3)), rtol=0, atol=1e-10)
    assert np.array_equal(sitk.GetArrayFromImage(image), labels)
    assert np.array_equal(sitk.GetArrayFromImage(back), labels)


@pytest.mark.parametrize("labels", [None, EMPTY], ids=["lesion", "no lesion"])
def test_the_segmentation_file_keeps_name_colour_and_terminology(
    scene: Any, make_segmentation: Any, tmp_path: Path, labels: np.ndarray | None
):
    path = tmp_path / "case.seg.nrrd"
    write_segmentation(make_segmentation(labels=labels), path)

    header = sitk.ReadImage(str(path))
    assert header.GetMetaData("Segment0_Name") == "Ischemic lesion"
    colour = [float(value) for value in header.GetMetaData("Segment0_Color").split()]
    assert colour == pytest.approx(LESION_STYLE.colour, abs=1e-5)
    tags = header.GetMetaData("Segment0_Tags").split("|")
    assert f"TerminologyEntry:{LESION_STYLE.slicer_terminology_string()}" in tags
    assert "DICOM.SegmentAlgorithmType:AUTOMATIC" in tags
    assert "StrokeSeg.Model:three-planes 2.1" in tags

    segment = _read_segmentation(scene, path).GetSegmentation().GetSegment(LESION_STYLE.id)
    assert segment.GetName() == "Ischemic lesion"
    assert segment.GetColor() == pytest.approx(LESION_STYLE.colour, abs=1e-5)
    assert segment.GetTerminology() == LESION_STYLE.slicer_terminology_string()


def test_one_result_gives_one_file(make_segmentation: Any, tmp_path: Path):
    for name in ("a.seg.nrrd", "b.seg.nrrd"):
        write_segmentation(make_segmentation(), tmp_path / name)
    assert (tmp_path / "a.seg.nrrd").read_bytes() == (tmp_path / "b.seg.nrrd").read_bytes()


@settings(max_examples=3, deadline=None)
@given(grids())
def test_the_scene_opens_with_everything_in_place(make_segmentation: Any, grid: Grid):
    segmentation = make_segmentation(grid)
    with tempfile.TemporaryDirectory() as folder, headless_scene() as scene:
        path = Path(folder) / "case.mrb"
        write_scene(segmentation, path)
        _read_scene(scene, path)
        expected = {str(role): series.image for role, series in segmentation.case.series.items()}
        expected |= {"Probability": segmentation.probability, "Agreement": segmentation.agreement}
        for name, image in expected.items():
            read = read_volume(scene.GetFirstNodeByName(name)).image()
            # Slicer reads left-handed volumes with their slices in reverse order: other indices, same places.
            back = sitk.Resample(read, image, sitk.Transform(), sitk.sitkNearestNeighbor, -1.0)
            assert np.array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(image)), name
        node = scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
        reference = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
        assert reference.GetName() == "DWI"
        labels = labels_of(node, segmentation.labels)
        assert np.array_equal(sitk.GetArrayFromImage(labels), segmentation.array())


def test_the_scenes_views_show_the_lesion_on_the_reference(scene: Any, make_segmentation: Any, tmp_path: Path):
    segmentation = make_segmentation()
    write_scene(segmentation, tmp_path / "case.mrb")
    _read_scene(scene, tmp_path / "case.mrb")
    assert scene.GetNumberOfNodesByClass("vtkMRMLSliceNode") == 3
    x, y, z = segmentation.statistics.lesions[0].centre_mm
    for view, offset in (("Red", z), ("Green", -y), ("Yellow", -x)):
        composite = scene.GetNodeByID(f"vtkMRMLSliceCompositeNode{view}")
        assert scene.GetNodeByID(composite.GetBackgroundVolumeID()).GetName() == "DWI"
        node = scene.GetNodeByID(f"vtkMRMLSliceNode{view}")
        to_ras = node.GetSliceToRAS()
        normal = [abs(to_ras.GetElement(row, 2)) for row in range(3)]
        assert to_ras.GetElement(int(np.argmax(normal)), 3) == pytest.approx(offset, abs=1e-3)
        assert max(node.GetFieldOfView()) < 1.2 * max(np.multiply(AXIAL.size, AXIAL.spacing))
    display = scene.GetFirstNodeByClass("vtkMRMLSegmentationNode").GetDisplayNode()
    assert display.GetVisibility()
    assert display.GetSegmentVisibility(LESION_STYLE.id)


def test_the_scene_holds_the_brain_hidden_and_the_segmentation_file_does_not(
    scene: Any, make_segmentation: Any, tmp_path: Path
):
    segmentation = make_segmentation()
    found = replace(segmentation, provenance={**segmentation.provenance, "brain": "outline of the DWI"})
    write_scene(found, tmp_path / "case.mrb")
    write_segmentation(found, tmp_path / "case.seg.nrrd")
    _read_scene(scene, tmp_path / "case.mrb")
    node = scene.GetFirstNodeByName("StrokeSeg brain")
    assert list(node.GetSegmentation().GetSegmentIDs()) == ["Brain"]
    assert not node.GetDisplayNode().GetVisibility()
    assert node.GetDescription() == f"{RESEARCH} Brain mask: outline of the DWI."
    brain = sitk.GetArrayFromImage(labels_of(node, segmentation.brain))
    assert np.array_equal(brain, sitk.GetArrayFromImage(segmentation.brain))
    written = _read_segmentation(scene, tmp_path / "case.seg.nrrd")
    assert list(written.GetSegmentation().GetSegmentIDs()) == [LESION_STYLE.id]
    assert sitk.ReadImage(str(tmp_path / "case.seg.nrrd")).GetDimension() == 3


def test_the_scenes_colours_survive(scene: Any, make_segmentation: Any, tmp_path: Path):
    write_scene(make_segmentation(), tmp_path / "case.mrb")
    _read_scene(scene, tmp_path / "case.mrb")
    probability = scene.GetFirstNodeByName("Probability").GetDisplayNode()
    assert probability.GetColorNode().GetName() == "Iron"
    assert (probability.GetWindowLevelMin(), probability.GetWindowLevelMax()) == (0.0, 1.0)
    agreement = scene.GetFirstNodeByName("Agreement").GetDisplayNode()
    assert agreement.GetColorNode().GetNumberOfColors() == 4
    assert agreement.GetColorNode().GetColorName(2) == "two planes"


def test_the_scene_holds_relative_paths_only(make_segmentation: Any, tmp_path: Path):
    write_scene(make_segmentation(), tmp_path / "case.mrb")
    with zipfile.ZipFile(tmp_path / "case.mrb") as bundle:
        assert {name.split("/")[0] for name in bundle.namelist()} == {"case"}
        for name in bundle.namelist():
            content = bundle.read(name)
            assert str(tmp_path).encode() not in content, name
            assert tempfile.gettempdir().encode() + b"/" not in content, name


def test_a_scene_without_lesion_opens_and_has_an_empty_segment(scene: Any, make_segmentation: Any, tmp_path: Path):
    write_scene(make_segmentation(labels=EMPTY), tmp_path / "case.mrb")
    _read_scene(scene, tmp_path / "case.mrb")
    node = scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    assert node.GetSegmentation().GetSegment(LESION_STYLE.id) is not None
    labels = labels_of(node, scene.GetFirstNodeByName("DWI"))
    assert Grid.of(labels).same(AXIAL)
    assert not sitk.GetArrayFromImage(labels).any()


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_nothing_but_the_file_is_left_and_nothing_is_said(
    make_segmentation: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    write: Write,
    name: str,
):
    temporary, results = tmp_path / "temporary", tmp_path / "results"
    temporary.mkdir()
    results.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    write(make_segmentation(), results / name)
    assert [path.name for path in results.iterdir()] == [name]
    assert list(temporary.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("write", "name"), WRITERS)
@pytest.mark.parametrize("part", [0.1, 0.9])
def test_a_full_disk_leaves_the_previous_result(
    make_segmentation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, name: str, part: float
):
    """The smaller size fails while the volumes are written, the larger size while they are packed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    labels = np.random.default_rng(0).integers(0, 2, AXIAL.shape, np.uint8)
    write(make_segmentation(labels=labels), tmp_path / name)
    previous = (tmp_path / name).read_bytes()
    with _files_no_larger_than(int(part * len(previous))), pytest.raises(OutputError, match="full"):
        write(make_segmentation(labels=labels), tmp_path / name)
    assert (tmp_path / name).read_bytes() == previous
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_folder_that_cannot_be_written_to_is_named(make_segmentation: Any, tmp_path: Path, write: Write, name: str):
    with pytest.raises(OutputError, match=r"missing.*No such file"):
        write(make_segmentation(), tmp_path / "missing" / name)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file.*Not a directory"):
        write(make_segmentation(), tmp_path / "file" / name)
    if os.name == "posix" and os.getuid() != 0:  # nothing is read-only for root
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(OutputError, match="Permission denied"):
            write(make_segmentation(), tmp_path / "locked" / name)


@pytest.mark.parametrize("write", [write_segmentation, write_scene])
def test_another_suffix_is_refused(make_segmentation: Any, tmp_path: Path, write: Write):
    with pytest.raises(OutputError, match="the name does not end in"):
        write(make_segmentation(), tmp_path / "case.nii.gz")
    assert list(tmp_path.iterdir()) == []
