"""Options that say what is known of the patient."""

from __future__ import annotations

from typing import Annotated

import typer

from ..study.case import ClinicalData

Age = Annotated[float | None, typer.Option(help="Age in years.")]
Nihss = Annotated[int | None, typer.Option(help="NIHSS score, 0 to 42.")]
Onset = Annotated[float | None, typer.Option(help="Hours from when the patient was last known well to the scan.")]


def clinical_data(age: float | None, nihss: int | None, onset: float | None) -> ClinicalData:
    """What the options say, made sure of before any long work.

    Raises:
        InputError: if no patient has such data.
    """
    from ..study.clinical import require_plausible

    known = ClinicalData(age, nihss, onset)
    require_plausible(known)
    return known
