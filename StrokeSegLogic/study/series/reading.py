"""What was made of one name, or of one series' tags."""

from __future__ import annotations

from dataclasses import dataclass

from ..case import Role


@dataclass(frozen=True)
class Reading:
    """A role, or why there is none.

    Attributes:
        role: None if it is no input of the networks.
        confidence: 0 to 1; 0 without role.
        reason: one sentence without a full stop; from a text its predicate only ("holds 'dwi'").
        b_value: s/mm², where known.
        rank: among equals of one role the higher is taken.
    """

    role: Role | None
    confidence: float
    reason: str
    b_value: float | None = None
    rank: int = 0

    @classmethod
    def nothing(cls, reason: str) -> Reading:
        return cls(None, 0.0, reason)
