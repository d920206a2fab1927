"""Of whom and when a volume is, as far as its tags or its sidecar say it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .person_names import of_two_people, share_a_word

_YEARS_PER = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_SAME_AGE = 1.5
"""Years: a birthday may lie between two ages, and ages are cut to whole years or rounded."""
_SEXES = {"m": "male", "h": "male", "f": "female", "w": "female"}
"""By the first letter of the word (male, homme, hombre; female, weiblich); others, O among them, say nothing."""


@dataclass(frozen=True)
class Origin:
    """What is said of patient and examination; "" where nothing is.

    None of it is ever written into a result or shown: it is compared, and the comparison told.

    Attributes:
        patient_id, patient_name, birth_date: of the patient.
        date: of the study, YYYYMMDD.
        sex: "male" or "female".
        age: in years; None where it is not said.
        acquisition_date: of the series; past midnight it is another than that of the study.
        study_uid: of the study.
    """

    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    date: str = ""
    sex: str = ""
    age: float | None = None
    acquisition_date: str = field(default="", compare=False)
    study_uid: str = field(default="", compare=False)

    def of_another_patient(self, other: Origin) -> str | None:
        """What shows that two volumes are of two patients, in words that do not tell who they are; None if nothing.

        What only one of them says is no contradiction.
        """
        numbers = _number(self.patient_id), _number(other.patient_id)
        if all(numbers) and numbers[0] != numbers[1]:
            return "their Patient IDs differ"
        names = self.patient_name, other.patient_name
        # Who has one number may have taken another name.
        if not share_a_word(*names) or (not all(numbers) and of_two_people(*names)):
            return "the patients' names differ"
        if self.birth_date and other.birth_date and self.birth_date != other.birth_date:
            shared = self.birth_date[:4] == other.birth_date[:4]
            # The first of January is what anonymising leaves of a year.
            if not shared or "0101" not in (self.birth_date[4:], other.birth_date[4:]):
                return "the patients' dates of birth differ"
        if self.sex and other.sex and self.sex != other.sex:
            return "the patients' sexes differ"
        if self.age is not None and other.age is not None and abs(self.age - other.age) > _SAME_AGE:
            return "the patients' ages differ"
        return None

    def completed(self, other: Origin) -> Origin:
        """The same with what only the other says."""
        ours = {key: value for key, value in vars(self).items() if value not in ("", None)}
        return replace(other, **ours)


def sex_of(said: str) -> str:
    """ "male" or "female" of what a tag says; "" for all else, "O" and "unknown" among it."""
    word = said.strip().casefold()
    return _SEXES.get(word[:1], "") if word.isalpha() else ""


def age_of(said: str) -> float | None:
    """Years of an age as DICOM writes it (045Y, 018M, 003W, 012D) or as a mere number; None for all else, and for 0
    years, which is what anonymising leaves."""
    found = re.fullmatch(r"(\d{1,3})(?:\.\d*)?\s*([YMWD]?)", said.strip().upper())
    if found is None or int(found[1]) == 0:
        return None
    return int(found[1]) * _YEARS_PER[found[2] or "Y"]


def _number(said: str) -> str:
    """A Patient ID to be compared: archives fill numbers up with zeros."""
    return said.lstrip("0") or said if said.isdigit() else said
