"""Sequences laid on the reference: which were moved, by how much, and why the others stay where they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import SimpleITK as sitk

from ..base.progress import Progress
from ..brain.registration import Registration, register
from ..study.case import Case, Role

Decision = Literal["moved", "kept", "refused", "not measured"]

LEAST_GAIN = 0.1
"""Mutual information has to rise by a tenth: docs/results.md has what it rises by where volumes lie right."""
LEAST_INFORMATION = 0.1
"""Nats. Below it nothing shows that both volumes are of the same head, and a gain is chance."""
USUAL_INFORMATION = 0.32
"""Nats. Two sequences of a head have more where they lie right; a head upside down or back to front, and many a head of
another patient, have less wherever they were put: docs/results.md."""
NOTED_ANGLE_DEG = 15.0
"""Hardly any head turns so far between two sequences; it is taken, and said."""
LARGEST_SHIFT_MM, LARGEST_ANGLE_DEG = 25.0, 20.0
"""A head cannot go further between two sequences of a session: the coil is in the way. A larger motion is a wrong
header, another session, or a registration that went astray."""


@dataclass(frozen=True)
class Position:
    """Where a sequence lies against the reference.

    Attributes:
        role: of the sequence.
        reference: the role that it was registered to.
        measured_on: the role whose voxels were registered: its own, or that of the other map of its acquisition.
        decision: "moved" to where it was found, "kept" where it was given, since nothing is gained, "refused": found
            where it cannot be, and kept, too; "not measured" where volumes show too little.
        found: what the registration said; None where it was not measured.
    """

    role: Role
    reference: Role
    measured_on: Role
    decision: Decision
    found: Registration | None

    @property
    def words(self) -> str:
        """A sentence."""
        if self.found is None:
            return f"{self.role} stays where it was given: too little of the brain is on both it and {self.reference}"
        far = f"{self.found.shift_mm:.1f} mm and {self.found.angle_deg:.1f} degrees"
        gain = f"{100 * self.found.gain:+.0f} % of mutual information"
        with_other = "" if self.measured_on is self.role else f", with {self.measured_on}"
        if self.decision == "moved":
            return f"{self.role} was moved onto {self.reference}{with_other} by {far} ({gain})"
        if self.decision == "kept":
            return f"{self.role} stays where it was given{with_other}: moved by {far} it would gain {gain}"
        return (
            f"{self.role} may not lie on {self.reference}: it was found {far} away ({gain}), which is not plausible, "
            "and stays where it was given. Check both volumes, or leave it out"
        )

    @property
    def doubt(self) -> str:
        """What speaks against where it lies now, a sentence; "" if nothing does. Of maps of the same acquisition that
        which was registered speaks for both."""
        if self.decision == "refused":
            return self.words
        if self.found is None or self.measured_on is not self.role:
            return ""
        if self.found.after < USUAL_INFORMATION:
            return (
                f"{self.role} and {self.reference} have little in common (mutual information {self.found.after:.2f} "
                f"nats, usually more than {USUAL_INFORMATION:g}), wherever {self.role} is put: it may be flipped, of "
                "another patient or of poor quality. Check both volumes"
            )
        if self.decision == "moved" and self.found.angle_deg >= NOTED_ANGLE_DEG:
            return (
                f"{self.role} was turned by {self.found.angle_deg:.1f} degrees to lie on {self.reference}, further "
                "than heads turn: check that it lies right"
            )
        return ""

    def record(self) -> dict[str, Any]:
        """JSON-ready; lengths in mm, `transform` the 3 x 4 matrix, row by row, from the reference's points to its own
        (LPS)."""
        known: dict[str, Any] = {
            "role": self.role.value,
            "measured_on": self.measured_on.value,
            "decision": self.decision,
        }
        if self.found is None:
            return known
        transform = self.found.transform
        origin = transform.TransformPoint((0.0, 0.0, 0.0))
        matrix = transform.GetMatrix()
        return known | {
            "shift_mm": round(self.found.shift_mm, 3),
            "angle_deg": round(self.found.angle_deg, 3),
            "mean_displacement_mm": round(self.found.mean_mm, 3),
            "mutual_information": [round(self.found.before, 4), round(self.found.after, 4)],
            "gain": round(self.found.gain, 4),
            "transform": [value for row in range(3) for value in (*matrix[3 * row : 3 * row + 3], origin[row])],
        }


def align(
    case: Case, reference: Role, apart: Mapping[Role, tuple[Role, ...]], brain: sitk.Image, progress: Progress
) -> tuple[Case, tuple[Position, ...]]:
    """A case whose sequences lie on the reference, and what was found of each.

    Args:
        case: as given.
        reference: stays where it is.
        apart: sequences to register, each with those that lie as it does.
        brain: uint8 mask of the brain in the reference, on any grid.
        progress: fraction and message.
    """
    series = dict(case.series)
    positions = []
    for number, (leader, others) in enumerate(apart.items()):
        progress(number / len(apart), f"registering {leader} to {reference}")
        found = register(series[reference].image, series[leader].image, brain)
        decision = decided(found)
        for role in (leader, *others):
            positions.append(Position(role, reference, leader, decision, found))
            if found is not None and decision == "moved":
                series[role] = replace(series[role], image=found.put_back(series[role].image))
    return replace(case, series=series), tuple(positions)


def decided(found: Registration | None) -> Decision:
    """What becomes of a sequence that was found there."""
    if found is None:
        return "not measured"
    if found.gain < LEAST_GAIN:
        return "kept"
    implausible = found.shift_mm > LARGEST_SHIFT_MM or found.angle_deg > LARGEST_ANGLE_DEG
    return "refused" if implausible or found.after < LEAST_INFORMATION else "moved"
