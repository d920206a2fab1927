"""The panel's parameters as the presenter's plain data, and back."""

from __future__ import annotations

import math
from typing import TypeVar

from StrokeSegLogic.base.settings import DEVICES, HEMATOCRIT, REGISTERS, VOTES
from StrokeSegLogic.study.case import ClinicalData, Modality, Role

from .parameters import UNKNOWN, PanelParameters, volume_name
from .study import Settings, StudyInputs
from .words import tr as _

T = TypeVar("T", bound=str)


_MRI_ROWS = (Role.DWI, Role.FLAIR, Role.ADC, Role.T1, Role.T2)
_CTP_ROWS = (Role.CTP, Role.CBF, Role.CBV, Role.TMAX, Role.MTT, Role.TTP, Role.MIP, Role.CT)


def roles_of(modality: str) -> tuple[Role, ...]:
    """The rows of a modality, from the top."""
    return _MRI_ROWS if modality == "mri" else _CTP_ROWS


def inputs_of(parameters: PanelParameters, name: str) -> StudyInputs:
    """What the user wants segmented; volumes of the other modality stay chosen and are left out."""
    modality: Modality = "ctp" if parameters.modality == "ctp" else "mri"
    volumes = {
        role: node.GetID()
        for role in roles_of(modality)
        if (node := getattr(parameters, volume_name(role))) is not None
    }
    reference = Role.parse(parameters.reference) if parameters.reference else None
    return StudyInputs(
        modality=modality,
        volumes=volumes,
        clinical=ClinicalData(
            age=_known(parameters.age),
            nihss=None if parameters.nihss < 0 else parameters.nihss,
            onset_hours=_known(parameters.onset),
        ),
        reference=reference if reference in volumes else None,
        name=name,
        brain_mask=parameters.brainMask.GetID() if modality == "mri" and parameters.brainMask is not None else None,
    )


def settings_of(parameters: PanelParameters) -> Settings:
    """How it is to be segmented."""
    return Settings(
        model=parameters.model,
        route=parameters.route,
        aif=artery_of(parameters),
        # The usual value is named by no setting: it would be refused where maps are given.
        hematocrit=None if parameters.hematocrit == HEMATOCRIT else parameters.hematocrit,
        device=known_or_first(parameters.device, DEVICES),
        vote=known_or_first(parameters.vote, VOTES),
        register=known_or_first(parameters.register, REGISTERS),
        threshold=parameters.threshold if 0 < parameters.threshold < 1 else None,
        minimum_lesion_ml=parameters.minimumLesion if 0 < parameters.minimumLesion < math.inf else 0.0,
        flips=parameters.flips,
        anonymous=parameters.anonymous,
        unmeasured=parameters.unmeasured,
        probability=parameters.probability,
        agreement=parameters.agreement,
        maps=parameters.maps,
        report=parameters.report,
        reproducible=parameters.reproducible,
    )


def artery_of(parameters: PanelParameters) -> str:
    """Where the artery's first point lies in the scene, as a setting; "" where no list is chosen."""
    node = parameters.arteryPoint
    if parameters.modality != "ctp" or node is None:
        return ""
    if node.GetNumberOfControlPoints() == 0:
        # Refused with these words when it is run: a list that is chosen and empty is a mistake.
        return _("an empty list of points")
    return ",".join(f"{mm:.2f}" for mm in node.GetNthControlPointPositionWorld(0)) + "mm"


def known_or_first(name: str, names: tuple[T, ...]) -> T:
    """A scene of another version may hold a name that this version does not know: the first stands for it."""
    return next((known for known in names if known == name), names[0])


def _known(value: float) -> float | None:
    return None if value <= UNKNOWN / 2 else value
