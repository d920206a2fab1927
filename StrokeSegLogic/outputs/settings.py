"""How a study is segmented, whichever modality it turns out to be of: what command line, batches and jobs hand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..mri.settings import MriSettings
from ..study.case import Modality

if TYPE_CHECKING:
    from ..ctp.settings import PerfusionSettings

ModalityChoice = Literal["auto", Modality]


@dataclass(frozen=True)
class CaseSettings(MriSettings):
    """How a case is segmented. For CT perfusion those of `PerfusionSettings.of` count: route, model, device,
    anonymous, aif and hematocrit.

    Attributes:
        route: of CT perfusion, one of `base.settings.ROUTES`; "" is the first that the inputs allow.
        aif: of CT perfusion, a point as `space.given_point` reads it; "" is found.
        hematocrit: of CT perfusion; None is the usual.
    """

    route: str = ""
    aif: str = ""
    hematocrit: float | None = None

    def perfusion(self) -> PerfusionSettings:
        """The same for CT perfusion.

        Raises:
            InputError: if there is no such route, point or hematocrit, or a model is named without its route.
        """
        from ..ctp.settings import PerfusionSettings

        return PerfusionSettings.of(self.route, self.model, self.device, self.anonymous, self.aif, self.hematocrit)

    def require_perfusion(self) -> None:
        """Refuses what cannot be whatever model is named: that may be of MRI.

        Raises:
            InputError: if there is no such route, point or hematocrit.
        """
        from ..ctp.settings import PerfusionSettings

        PerfusionSettings.of(self.route, aif=self.aif, hematocrit=self.hematocrit)


@dataclass(frozen=True)
class StudySettings(CaseSettings):
    """How a study on disk becomes the files of a result.

    Attributes:
        modality: "mri" or "ctp", where a study holds both; "auto" is what it is.
        reference: role on whose grid the result lies; "" is the engine's choice.
        dicom_references: whether the result names the DICOM images that it was made from.
    """

    modality: ModalityChoice = "auto"
    reference: str = ""
    dicom_references: bool = False
