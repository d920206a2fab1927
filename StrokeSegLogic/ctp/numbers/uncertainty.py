"""How far core and hypoperfused volume may be off, as a handful of scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from .mismatch import PerfusionNumbers
from .sweep import Sweep

REPEATED_CORE_ML, REPEATED_HYPOPERFUSED_ML = 19.6, 39.1
"""What two scans of one patient differ by, core at rCBF < 30 % and tissue at Tmax > 6 s: means of 4.8 and 3.9 ml with
these plus-or-minus figures in 29 patients (Rau et al., Eur J Radiol Open 2026, doi:10.1016/j.ejro.2026.100736)."""


@dataclass(frozen=True)
class Uncertainty:
    """Pairs of volumes that the measurement cannot tell from the reported pair.

    Attributes:
        words: where they come from.
        volumes: (core_ml, hypoperfused_ml).
    """

    words: str
    volumes: tuple[tuple[float, float], ...]


def plus_minus(numbers: PerfusionNumbers, core_ml: float, hypoperfused_ml: float, words: str = "") -> Uncertainty:
    """Both volumes moved by so much up and down, not below 0, in steps fine enough to meet every group of DAWN.

    A volume of 0 is moved too: a lesion may have been missed.
    """
    cores = [max(numbers.core_ml + step * core_ml, 0.0) for step in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    wholes = [max(numbers.hypoperfused_ml + step, 0.0) for step in (-hypoperfused_ml, hypoperfused_ml)]
    default = f"core ± {core_ml:g} ml, hypoperfused tissue ± {hypoperfused_ml:g} ml"
    return Uncertainty(words or default, tuple((core, whole) for core in cores for whole in wholes))


def repeated_scans(numbers: PerfusionNumbers) -> Uncertainty:
    """The published difference of two scans of one patient."""
    return plus_minus(
        numbers,
        REPEATED_CORE_ML,
        REPEATED_HYPOPERFUSED_ML,
        f"two scans of one patient: core ± {REPEATED_CORE_ML} ml, hypoperfused tissue ± {REPEATED_HYPOPERFUSED_ML} ml",
    )


def moved_thresholds(table: Sweep, rcbf_by: float = 0.04, tmax_by_s: float = 1.0) -> Uncertainty:
    """The volumes at thresholds close to those in use. How close is ours, and rests on no measurement."""
    near = table.near(rcbf_by, tmax_by_s)
    words = f"thresholds moved by {100 * rcbf_by:g} % of normal flow and {tmax_by_s:g} s"
    return Uncertainty(words, tuple((row.core_ml, row.hypoperfused_ml) for row in near))
