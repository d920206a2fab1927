"""What Slicer sees of the module before it is opened: its words, its terminology, its sample data."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6 import QtGui

from StrokeSegLogic.ctp.maps.windows import map_layer
from StrokeSegLogic.result.outcome import Layer
from StrokeSegLogic.slicer_bridge.volumes import numpy_voxels
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.maps.units import STANDARD_UNITS

from .names_used import EXTENSION, ROOT
from .opened import OpenedModule
from .studies import GRID

if TYPE_CHECKING:
    from .standin.install import Slicer


@pytest.fixture
def started(running: Slicer) -> SimpleNamespace:
    """The module's description, after the application's start."""
    from StrokeSegExtension import StrokeSegExtension

    parent = SimpleNamespace(path=str(EXTENSION / "StrokeSegExtension.py"))
    StrokeSegExtension(parent)
    running.app._emit("startupCompleted()")
    return parent


def test_the_module_says_what_it_is_and_that_it_is_for_research(started: SimpleNamespace) -> None:
    assert started.title == "Stroke Segmentation" and started.categories == ["Segmentation"]
    assert "Research use only" in started.helpText and "Nothing leaves this computer" in started.helpText
    assert "arXiv" in started.acknowledgementText


def test_the_icon_is_a_square_png_under_the_modules_name() -> None:
    icon = QtGui.QImage(str(EXTENSION / "Resources" / "Icons" / "StrokeSegExtension.png"))
    assert icon.width() == icon.height() >= 128 and icon.hasAlphaChannel()


def test_the_terminology_is_there_after_the_start(running: Slicer, started: SimpleNamespace) -> None:
    import vtk

    logic = running.app.applicationLogic().GetModuleLogic("Terminologies")
    names = vtk.vtkStringArray()
    logic.GetLoadedTerminologyNames(names)
    file = ROOT / "Resources" / "Terminology" / "StrokeSeg.term.json"
    wanted = json.loads(file.read_text(encoding="utf-8"))["SegmentationCategoryTypeContextName"]
    assert wanted in [names.GetValue(index) for index in range(names.GetNumberOfValues())]


def test_all_simulated_studies_are_offered_as_sample_data_without_any_address(
    running: Slicer, started: SimpleNamespace
) -> None:
    assert [sample["sampleName"] for sample in running.samples] == [
        "StrokeSegMRI",
        "StrokeSegCTPMaps",
        "StrokeSegReview",
    ]
    for sample in running.samples:
        assert sample["category"] == "StrokeSeg" and sample["uris"] == []
        assert Path(sample["thumbnailFileName"]).is_file()


def test_a_sample_becomes_volumes_that_say_they_are_simulated(opened: OpenedModule) -> None:
    from StrokeSegExtensionLib.sample_data import load_sample

    image = GRID.image(np.arange(np.prod(GRID.shape), dtype=np.float32).reshape(GRID.shape))
    nodes = load_sample("StrokeSegMRI", lambda: [Layer("DWI", image), Layer("TMAX", image)])
    assert [node.GetName() for node in nodes] == ["StrokeSegMRI_DWI", "StrokeSegMRI_Tmax"]
    assert "not a patient" in nodes[0].GetDescription()
    assert numpy_voxels(nodes[0].GetImageData()).max() == np.prod(GRID.shape) - 1
    opened.assigned("DWI")


def test_a_sample_is_seen_in_the_users_views(opened: OpenedModule) -> None:
    from StrokeSegExtensionLib.sample_data import load_sample

    image = sitk.Image(8, 9, 4, sitk.sitkFloat32)
    nodes = load_sample("StrokeSegMRI", lambda: [Layer("DWI", image), Layer("FLAIR", image)])
    manager = opened.slicer.app.layoutManager()
    for name in ("Red", "Yellow", "Green"):
        composite = manager.sliceWidget(name).sliceLogic().GetSliceCompositeNode()
        assert composite.GetBackgroundVolumeID() == nodes[0].GetID()


def test_a_samples_maps_are_shown_in_colours_with_a_bar_and_its_ct_in_the_brains_window(opened: OpenedModule) -> None:
    from StrokeSegExtensionLib.sample_data import load_sample

    image = GRID.image(np.linspace(-1000, 1500, np.prod(GRID.shape), dtype=np.float32).reshape(GRID.shape))
    inside = np.ones(GRID.shape, bool)
    shown = [map_layer(role, image, STANDARD_UNITS[role], inside) for role in (Role.CT, Role.CBF)]
    ct, flow = load_sample("StrokeSegCTPMaps", lambda: shown)
    assert (ct.GetDisplayNode().GetWindowLevelMin(), ct.GetDisplayNode().GetWindowLevelMax()) == (0, 80)
    assert flow.GetDisplayNode().GetWindowLevelMax() == 80
    assert flow.GetDisplayNode().GetColorNode().GetName() == "StrokeSeg flow"
    bars = [opened.slicer.scene.GetNthNodeByClass(0, "vtkMRMLColorLegendDisplayNode")]
    assert [bar.GetTitleText() for bar in bars] == ["ml/100 g/min"]


def test_a_sample_that_cannot_be_made_says_why(running: Slicer) -> None:
    from StrokeSegExtensionLib.sample_data import load_sample

    def fail() -> Any:
        raise MemoryError("too little memory")

    with pytest.raises(RuntimeError, match="too little memory"):
        load_sample("StrokeSegMRI", fail)


def test_studies_for_a_review_are_written_once_and_looked_for_where_they_lie(
    opened: OpenedModule, tmp_path: Path
) -> None:
    from StrokeSegExtensionLib.review_memory import ReviewMemory
    from StrokeSegExtensionLib.sample_data import write_studies

    from StrokeSegLogic.batch.review_cases import find_review_cases

    made: list[int] = []

    def make(seed: int) -> dict[str, sitk.Image]:
        made.append(seed)
        return {name: sitk.Image(4, 4, 3, sitk.sitkFloat32) + seed for name in ("DWI", "FLAIR")}

    folder = tmp_path / "studies"
    for _press in range(2):
        assert write_studies(folder, {"patient 1": 7, "patient 2": 8}, make) == []
    assert made == [7, 8], "what is there is made once more"
    assert [case.name for case in find_review_cases(folder).found] == ["patient 1", "patient 2"]
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "patient 2" / "FLAIR.nrrd"))).max() == 8
    assert ReviewMemory().folder == str(folder)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "roles"), [(0, {"DWI", "FLAIR", "ADC", "T1", "T2"}), (1, {"CBF", "CBV", "TMAX"})])
def test_each_sample_loads_and_is_assigned(
    opened: OpenedModule, started: SimpleNamespace, number: int, roles: set[str]
) -> None:
    sample = opened.slicer.samples[number]
    sample["customDownloader"](None)
    if number:
        opened.press(opened.ui.study.ctpButton)
    opened.wait(lambda: roles <= set(opened.rows()))


def test_the_smoke_test_of_reload_and_test_passes(running: Slicer) -> None:
    from StrokeSegExtension import StrokeSegExtensionTest

    test = StrokeSegExtensionTest()
    test.runTest()
