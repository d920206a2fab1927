"""Getting hold of slicer and vtk, scenes apart from the user's own, and keeping VTK's log lines off the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ..base.errors import OutputError
from ..base.locks import scratch_folder

Scene = Any
VolumeNode = Any
SegmentationNode = Any
_OF_MODULES = {
    "vtkSlicerVolumesLogic": "vtkSlicerVolumesModuleLogicPython",
    "vtkSlicerSegmentationsModuleLogic": "vtkSlicerSegmentationsModuleLogicPython",
    "vtkMRMLColorLegendDisplayNode": "vtkSlicerColorsModuleMRMLPython",
    "vtkSlicerColorLogic": "vtkSlicerColorsModuleLogicPython",
}
"""Classes that 3D Slicer's application adds to its package `slicer` as it loads its modules, and where they lie for a
process of its Python beside it, as the one is that makes a review's proposals."""


def load_slicer() -> Any:
    """The slicer module: 3D Slicer's own, or that of the slicer-core wheel.

    Raises:
        OutputError: if there is none.
    """
    try:
        import slicer
    except ModuleNotFoundError as error:
        if error.name != "slicer":
            raise
        raise OutputError(
            "Slicer files and nodes need the slicer package, which is not installed",
            fix='Run pip install "strokeseg[slicer]", or choose another output format',
        ) from None
    for name, part in _OF_MODULES.items():
        if not hasattr(slicer, name):
            setattr(slicer, name, getattr(import_module(part), name))
    return slicer


def load_vtk() -> Any:
    """The vtk module that slicer works with.

    Raises:
        OutputError: if slicer is not installed.
    """
    load_slicer()
    import vtk

    return vtk


def in_application() -> bool:
    """Whether this process is the 3D Slicer application, with a scene of its user's."""
    slicer = load_slicer()
    return getattr(slicer, "app", None) is not None and getattr(slicer, "mrmlScene", None) is not None


def nodes_of_class(scene: Scene, kind: str) -> list[Any]:
    """All nodes of a scene that are of a class or made of it."""
    return [scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind))]


_STDERR = 2


@contextmanager
def quiet_vtk() -> Iterator[None]:
    """Keeps VTK's and ITK's words off the terminal for calls whose success is checked by other means.

    ITK writes its errors to the process's standard error itself, past Python and VTK: that is put aside, too.

    In the application nothing changes: its error log shows what VTK says.
    """
    if in_application():
        yield
        return
    vtk = load_vtk()
    logger, window = vtk.vtkLogger, vtk.vtkOutputWindow.GetInstance()
    verbosity, mode = logger.GetCurrentVerbosityCutoff(), window.GetDisplayMode()
    logger.SetStderrVerbosity(logger.VERBOSITY_OFF)
    window.SetDisplayModeToNever()
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        logger.SetStderrVerbosity(verbosity)
        window.SetDisplayMode(mode)


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
            # The application has set up everything that a process has only once.
            slicer.mrmlScene.CopyRegisteredNodesToScene(scene)
            _attach(slicer.vtkMRMLColorLogic(), scene, stack)
        else:
            _attach_application(scene, stack)
            # In the application its module Colors does this.
            scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
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
