"""What is known of the patient has to be possible."""

from __future__ import annotations

from ..base.errors import InputError
from .case import ClinicalData

NIHSS_RANGE = (0, 42)
_AGES = (0.0, 120.0)
_LONGEST_HOURS = 24.0 * 14


def require_plausible(clinical: ClinicalData) -> None:
    """Refuses clinical data that no patient has; what is missing is fine.

    Raises:
        InputError: for an NIHSS that is no whole number from 0 to 42, an age outside of 0 to 120 years, or an onset in
            the future or more than two weeks ago.
    """
    score = clinical.nihss
    if score is not None and not (NIHSS_RANGE[0] <= score <= NIHSS_RANGE[1] and float(score).is_integer()):
        raise InputError(
            f"the NIHSS is {score:g}; it is a whole number from 0 to 42",
            where="clinical data",
            fix="Correct it, or leave it out: what depends on it is then unknown",
        )
    age = clinical.age
    if age is not None and not _AGES[0] <= age <= _AGES[1]:
        raise InputError(
            f"the age is {age:g} years; it lies between 0 and 120",
            where="clinical data",
            fix="Correct it, or leave it out",
        )
    hours = clinical.onset_hours
    if hours is not None and not 0 <= hours <= _LONGEST_HOURS:
        what = "lies in the future" if hours < 0 else "is more than two weeks ago"
        raise InputError(
            f"the onset {what if hours == hours else 'is not a number'} ({hours:g} h before the scan)",
            where="clinical data",
            fix="Give the hours from when the patient was last known to be well to the scan",
        )
