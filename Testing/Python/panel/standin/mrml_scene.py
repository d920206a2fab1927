"""The application's scene with its real logics, as 3D Slicer sets them up at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
import vtk

LOGICS = {
    "Volumes": "vtkSlicerVolumesLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "Transforms": "vtkSlicerTransformLogic",
}


class ApplicationScene:
    """A scene, its application logic and its modules' logics; `close` lets go of all of them."""

    def __init__(self, folder: Path) -> None:
        self.scene = slicer.vtkMRMLScene()
        for kind in ("Crosshair", "Interaction", "Selection"):
            self.scene.AddNode(getattr(slicer, f"vtkMRML{kind}Node")())
        self.logic = slicer.vtkSlicerApplicationLogic()
        self.logic.SetMRMLScene(self.scene)
        self.logic.SetSliceLogics(vtk.vtkCollection())
        self.logic.SetViewLogics(vtk.vtkCollection())
        colours = self.logic.GetColorLogic()
        colours.SetMRMLScene(self.scene)
        colours.AddDefaultColorNodes()
        self.logic.SetModuleLogic("Colors", colours)
        # As the module Colors does.
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        self._logics: dict[str, Any] = {}
        for name, kind in LOGICS.items():
            logic = self._logics[name] = getattr(slicer, kind)()
            if name == "Terminologies":
                logic.SetModuleShareDirectory(str(folder))
            logic.SetMRMLApplicationLogic(self.logic)
            logic.SetMRMLScene(self.scene)
            self.logic.SetModuleLogic(name, logic)
        _keep_one_conversion_rule_of_a_kind()
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.scene)
        self._remote, self._transfer = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
        self._remote.GetCacheManager().SetRemoteCacheDirectory(str(folder))
        self._remote.SetMRMLScene(self.scene)
        self._transfer.SetMRMLScene(self.scene)
        self._remote.AddDataIOToScene()
        self._transfer.SetAndObserveDataIOManager(self._remote.GetDataIOManager())

    def close(self) -> None:
        self._remote.RemoveDataIOFromScene()
        self._transfer.SetAndObserveDataIOManager(None)
        for logic in (*self._logics.values(), self._remote, self._transfer, self.logic):
            logic.SetMRMLScene(None)
        self.scene.Clear(True)
        self._logics.clear()


def _keep_one_conversion_rule_of_a_kind() -> None:
    """Every Segmentations logic registers the same rules once more with the one factory of the process."""
    factory = slicer.vtkSegmentationConverterFactory.GetInstance()
    kinds = set()
    for rule in factory.GetConverterRules():
        if rule.GetClassName() in kinds:
            factory.UnregisterConverterRule(rule)
        kinds.add(rule.GetClassName())
