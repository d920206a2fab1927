"""Scenes of our own, apart from the one that a user of 3D Slicer works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..base.scratch import scratch_folder
from .runtime import Scene, in_application, load_slicer, load_vtk


@contextmanager
def headless_scene(workplace: Path | None = None) -> Iterator[Scene]:
    """An empty scene that volumes and segmentations can be added to, written from and read into.

    Several may be open at once; none knows of another. When the block ends the scene is emptied and its temporary
    files are deleted: do not keep its nodes. Inside 3D Slicer this is a private scene beside the user's, which is
    left alone; to add nodes to the user's scene, hand `slicer.mrmlScene` to the functions of this package.

    Args:
        workplace: where Slicer keeps its temporary files; the system's temporary folder if None.

    Raises:
        OutputError: if slicer is not installed.
    """
    slicer = load_slicer()
    with ExitStack() as stack:
        scene = slicer.vtkMRMLScene()
        stack.callback(scene.Clear, True)
        if in_application():
            # The application has set up everything that there is one of in a process.
            slicer.mrmlScene.CopyRegisteredNodesToScene(scene)
            _attach(slicer.vtkMRMLColorLogic(), scene, stack)
        else:
            _attach_application(scene, stack)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
        _attach_file_transfer(scene, stack, workplace)
        yield scene


def _attach(logic: Any, scene: Scene, stack: ExitStack) -> None:
    logic.SetMRMLScene(scene)
    stack.callback(logic.SetMRMLScene, None)


def _attach_application(scene: Scene, stack: ExitStack) -> None:
    """Stands in for what the application does at its start: logics and colour tables."""
    slicer, vtk = load_slicer(), load_vtk()
    scene.AddNode(slicer.vtkMRMLCrosshairNode())
    application = slicer.vtkSlicerApplicationLogic()
    _attach(application, scene, stack)
    application.SetSliceLogics(vtk.vtkCollection())
    application.SetViewLogics(vtk.vtkCollection())
    logics = {
        "Colors": application.GetColorLogic(),  # adds the default colour nodes
        "Volumes": slicer.vtkSlicerVolumesLogic(),
        "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic(),
    }
    for name, logic in logics.items():
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)
        application.SetModuleLogic(name, logic)
    stack.callback(logics.clear)  # the application only points at them
    _keep_one_conversion_rule_of_a_kind()


def _keep_one_conversion_rule_of_a_kind() -> None:
    """Every Segmentations logic registers the same rules once more with the one factory of the process."""
    factory = load_slicer().vtkSegmentationConverterFactory.GetInstance()
    kinds = set()
    for rule in factory.GetConverterRules():
        if rule.GetClassName() in kinds:
            factory.UnregisterConverterRule(rule)
        kinds.add(rule.GetClassName())


def _attach_file_transfer(scene: Scene, stack: ExitStack, workplace: Path | None) -> None:
    """Reading a scene bundle unpacks it into the folder of the "remote" cache, which must therefore exist."""
    slicer = load_slicer()
    folder = stack.enter_context(scratch_folder(workplace))
    remote, transfer = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    remote.GetCacheManager().SetRemoteCacheDirectory(str(folder))
    _attach(remote, scene, stack)
    _attach(transfer, scene, stack)
    remote.AddDataIOToScene()
    stack.callback(remote.RemoveDataIOFromScene)
    transfer.SetAndObserveDataIOManager(remote.GetDataIOManager())
    stack.callback(transfer.SetAndObserveDataIOManager, None)
