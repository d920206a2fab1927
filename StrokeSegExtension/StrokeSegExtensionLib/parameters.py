"""The panel's settings, kept in the scene: a saved scene brings the panel back as it was."""

from typing import Any

import slicer
from slicer.parameterNodeWrapper import parameterNodeWrapper

from StrokeSegLogic.base.settings import HEMATOCRIT
from StrokeSegLogic.study.case import Role

# Slicer reads the annotations at run time; plain types and sentinels are what every version of it can store.
UNKNOWN = -1.0
"""Stands for an unknown age, score or time."""


@parameterNodeWrapper
class PanelParameters:
    """What the user chose, and which nodes came out of the last run.

    A threshold of 0 is the model's own. The brain mask is a segmentation or a label map; the first point of the
    artery's list counts. Lesions below `hiddenBelow` ml are hidden in the result, and are there still.
    """

    modality: str = "mri"
    volumeT1: slicer.vtkMRMLScalarVolumeNode
    volumeT2: slicer.vtkMRMLScalarVolumeNode
    volumeDWI: slicer.vtkMRMLScalarVolumeNode
    volumeFLAIR: slicer.vtkMRMLScalarVolumeNode
    volumeADC: slicer.vtkMRMLScalarVolumeNode
    volumeCT: slicer.vtkMRMLScalarVolumeNode
    volumeCBF: slicer.vtkMRMLScalarVolumeNode
    volumeCBV: slicer.vtkMRMLScalarVolumeNode
    volumeMTT: slicer.vtkMRMLScalarVolumeNode
    volumeTTP: slicer.vtkMRMLScalarVolumeNode
    volumeTMAX: slicer.vtkMRMLScalarVolumeNode
    volumeMIP: slicer.vtkMRMLScalarVolumeNode
    volumeCTP: slicer.vtkMRMLSequenceNode
    brainMask: slicer.vtkMRMLDisplayableNode
    arteryPoint: slicer.vtkMRMLMarkupsFiducialNode
    reference: str = ""
    age: float = UNKNOWN
    nihss: int = int(UNKNOWN)
    onset: float = UNKNOWN
    model: str = ""
    route: str = ""
    device: str = "auto"
    vote: str = "majority"
    register: str = "auto"
    threshold: float = 0.0
    minimumLesion: float = 0.0
    hiddenBelow: float = 0.0
    hematocrit: float = HEMATOCRIT
    flips: bool = False
    reproducible: bool = False
    anonymous: bool = False
    unmeasured: bool = False
    probability: bool = True
    agreement: bool = True
    maps: bool = True
    report: bool = True
    sideBySide: bool = False
    segmentation: slicer.vtkMRMLSegmentationNode
    modelSegmentation: slicer.vtkMRMLSegmentationNode
    referenceVolume: slicer.vtkMRMLScalarVolumeNode
    probabilityVolume: slicer.vtkMRMLScalarVolumeNode
    agreementVolume: slicer.vtkMRMLScalarVolumeNode
    resultText: slicer.vtkMRMLTextNode
    reportText: slicer.vtkMRMLTextNode


def parameters_of(node: Any) -> PanelParameters:
    """The parameters that a vtkMRMLScriptedModuleNode keeps; defaults where it has none yet."""
    wrapper: Any = PanelParameters
    parameters: PanelParameters = wrapper(node)
    return parameters


def volume_name(role: Role) -> str:
    """Name of the parameter that holds a role's volume."""
    return f"volume{role.value}"
