"""How a CT perfusion series is taken: when, at which dose, with how quiet a patient."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .tracer import RESIDUES, Bolus

NOISE_HU = {"none": 0.0, "high dose": 3.0, "usual dose": 5.0, "low dose": 8.0}
"""Standard deviation of one pixel of one frame, HU. Our choice, about what 80 kV and 5 mm slices give at 400, 150 and
60 mAs (noise goes with the root of the dose)."""


@dataclass(frozen=True)
class CtpProtocol:
    """Settings of one acquisition.

    Attributes:
        times_s: of the frames, rising; by default 45 every 1.5 s.
        bolus: in the arteries.
        residue: "exponential" or "box".
        dispersion_s: mean of an exponential spread between the large arteries and tissue, in the deficit three times
            as long, as collaterals are.
        core_delay_s: when blood arrives in the core, s after the arteries; in the penumbra it is 8. Of the same bolus
            through the poorest collaterals: beyond 10 s in many infarcts, which the intensity ratio counts.
        noise_hu: standard deviation of a pixel.
        motion_mm, motion_deg: the largest displacement and turn of the head; 0 is a still patient.
    """

    times_s: tuple[float, ...] = tuple(1.5 * i for i in range(45))
    bolus: Bolus = field(default_factory=Bolus)
    residue: str = "exponential"
    dispersion_s: float = 0.0
    core_delay_s: float = 10.0
    noise_hu: float = NOISE_HU["usual dose"]
    motion_mm: float = 0.0
    motion_deg: float = 0.0

    def __post_init__(self) -> None:
        if len(self.times_s) < 2 or not (np.diff(self.times_s) > 0).all() or self.times_s[0] < 0:
            raise ValueError("times_s must rise from 0 or later")
        if self.residue not in RESIDUES:
            raise ValueError(f"residue is '{self.residue}', none of {', '.join(RESIDUES)}")
        if min(self.noise_hu, self.motion_mm, self.motion_deg, self.dispersion_s, self.core_delay_s) < 0:
            raise ValueError("noise, motion, dispersion and delay must not be negative")

    def truncated(self, end_s: float) -> CtpProtocol:
        """The same acquisition stopped early."""
        return replace(self, times_s=tuple(t for t in self.times_s if t <= end_s))

    def uneven(self, switch_s: float = 37.0, later_s: float = 3.0) -> CtpProtocol:
        """The same span with long intervals in its second part, as many protocols save dose."""
        early = [t for t in self.times_s if t <= switch_s]
        late = np.arange(early[-1] + later_s, self.times_s[-1] + 1e-9, later_s)
        return replace(self, times_s=(*early, *(float(t) for t in late)))

    def poses(self, rng: np.random.Generator) -> np.ndarray:
        """Turns (degrees) about and shifts (mm) along x, y, z of the head in each frame, (T, 6): jerks and a drift.

        The truth belongs to the first frame.
        """
        count = len(self.times_s)
        jerks = np.cumsum(rng.normal(size=(count, 6)) * (rng.uniform(size=(count, 1)) < 0.12), axis=0)
        way = jerks - jerks[0] + np.linspace(0, 1, count)[:, None] * rng.normal(0, 0.7, 6)
        turns, shifts = way[:, :3], way[:, 3:]
        return np.concatenate([_scaled(turns, self.motion_deg), _scaled(shifts, self.motion_mm)], axis=1)


def _scaled(way: np.ndarray, largest: float) -> np.ndarray:
    return way * (largest / np.linalg.norm(way, axis=1).max())
