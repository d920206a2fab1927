"""The row that everything is counted from: one case, one class, one member, one reference."""

from __future__ import annotations

from dataclasses import dataclass

from .scores import CaseScores

ALL = "All"
MODEL = "model"
REFERENCE = "reference"


@dataclass(frozen=True)
class Row:
    """Scores of one comparison.

    Attributes:
        case: its name.
        patient: cases of one patient are resampled together; the case's name where nothing else is known.
        group: of the cohort (LVO, Non-LVO, ...), or "All".
        member: what was scored: "model", a plane, "vote", a reader.
        reference: what it was scored against: "reference", a reader, or two readers joined.
        label: name of the class.
        scores: the metrics.
    """

    case: str
    patient: str
    group: str
    member: str
    reference: str
    label: str
    scores: CaseScores
