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
        susceptibility: whether it is SWI, T2* or another gradient echo on which blood is dark.
        contrast_medium: whether it was taken after contrast medium.
    """

    role: Role | None
    confidence: float
    reason: str
    b_value: float | None = None
    rank: int = 0
    susceptibility: bool = False
    contrast_medium: bool = False

    @property
    def advice(self) -> str:
        """What a reader can do with a volume that no network takes; "" for nothing."""
        return "look for blood on it, which StrokeSeg does not do" if self.susceptibility else ""

    @classmethod
    def nothing(cls, reason: str, *, susceptibility: bool = False) -> Reading:
        return cls(None, 0.0, reason, susceptibility=susceptibility)
