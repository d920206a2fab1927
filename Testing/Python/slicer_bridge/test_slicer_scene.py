from __future__ import annotations

import gc
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import SimpleITK as sitk
import slicer

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.slicer_bridge.files import write_scene, write_segmentation
from StrokeSegLogic.slicer_bridge.runtime import headless_scene, load_slicer
from StrokeSegLogic.slicer_bridge.volumes import add_volume


def test_scenes_are_independent_and_may_be_nested():
    with headless_scene() as outer:
        empty = outer.GetNumberOfNodes()
        with headless_scene() as inner:
            add_volume(inner, sitk.Image(3, 3, 3, sitk.sitkUInt8), "inner")
            assert outer.GetNumberOfNodes() == empty
        assert outer.GetFirstNodeByName("inner") is None
        add_volume(outer, sitk.Image(3, 3, 3, sitk.sitkUInt8), "outer")


def test_what_slicers_own_python_lacks_beside_the_application_is_fetched_from_slicers_modules(
    monkeypatch: pytest.MonkeyPatch,
):
    """Its package `slicer` has the classes of loadable modules only once the application has loaded them."""
    logic = slicer.vtkSlicerVolumesLogic
    monkeypatch.delattr(slicer, "vtkSlicerVolumesLogic")
    part = SimpleNamespace(vtkSlicerVolumesLogic=logic)
    monkeypatch.setitem(sys.modules, "vtkSlicerVolumesModuleLogicPython", part)
    assert load_slicer().vtkSlicerVolumesLogic is logic


def test_a_scene_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    factory = slicer.vtkSegmentationConverterFactory.GetInstance()
    gone = []
    for _ in range(3):
        with headless_scene() as scene:
            scene.AddObserver("DeleteEvent", lambda *_: gone.append(True))
        rules = len(factory.GetConverterRules())
    del scene
    gc.collect()
    assert len(gone) == 3
    assert len({rule.GetClassName() for rule in factory.GetConverterRules()}) == rules
    assert list(tmp_path.iterdir()) == []


def test_a_scene_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]):
    with headless_scene() as scene:
        add_volume(scene, sitk.Image(3, 3, 3, sitk.sitkFloat32), "volume")
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_the_users_scene_in_the_application_is_left_alone(
    make_segmentation: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Told apart by `slicer.app` only; the rest of the application is tested inside of it."""
    write_scene(make_segmentation(), tmp_path / "outside.mrb")
    with headless_scene() as users:
        monkeypatch.setattr(slicer, "app", object(), raising=False)
        monkeypatch.setattr(slicer, "mrmlScene", users, raising=False)
        before = users.GetNumberOfNodes()
        write_scene(make_segmentation(), tmp_path / "case.mrb")
        write_segmentation(make_segmentation(), tmp_path / "case.seg.nrrd")
        assert users.GetNumberOfNodes() == before
    assert (tmp_path / "case.seg.nrrd").exists()
    inside, outside = _slice_planes(tmp_path / "case.mrb"), _slice_planes(tmp_path / "outside.mrb")
    assert len(inside) == 3
    assert inside == outside


def _slice_planes(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as bundle:
        return re.findall(rb'sliceToRAS="[^"]*"', bundle.read(f"{path.stem}/{path.stem}.mrml"))


def test_without_slicer_the_message_says_what_to_install(
    make_segmentation: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setitem(sys.modules, "slicer", None)
    for write, name in ((write_segmentation, "case.seg.nrrd"), (write_scene, "case.mrb")):
        with pytest.raises(OutputError, match=r'pip install "strokeseg\[slicer\]"'):
            write(make_segmentation(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_bridge_imports_no_slicer():
    code = (
        "import sys\n"
        "from StrokeSegLogic.slicer_bridge import files, input_volumes, results, segmentations, sequences, volumes\n"
        "assert not {'slicer', 'vtk', 'torch', 'qt', 'ctk'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
