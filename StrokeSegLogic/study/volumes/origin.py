"""Of whom and when a volume is, as far as its tags or its sidecar say it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """What is said of patient and examination; "" where nothing is.

    None of it is ever written into a result or shown: it is compared, and the comparison told.

    Attributes:
        patient_id, patient_name, birth_date: of the patient.
        date: of the study, YYYYMMDD.
        acquisition_date: of the series; past midnight it is another than that of the study.
        study_uid: of the study.
    """

    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    date: str = ""
    acquisition_date: str = field(default="", compare=False)
    study_uid: str = field(default="", compare=False)
