"""DWI-FLAIR mismatch: whether what diffusion shows is seen on FLAIR, by its signal against the mirrored side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..brain.hemispheres import both_hemispheres
from ..result.doubts import Doubt, doubts_about
from ..result.lesions import Lesion
from ..space.grid import Grid
from ..study.case import Role
from .prepare import Prepared

BOTH = (Role.DWI, Role.FLAIR)
HIDDEN, PLAIN = 1.15, 1.20
"""Below the first the mismatch of MR WITNESS (Schwamm et al., Ann Neurol 2018, 83:980); up to the second 89 % of
infarcts of less than 8 hours, and 24 % of older infarcts (Legge et al., J Stroke Cerebrovasc Dis 2017, 26:1582)."""
SOURCE = (
    f"FLAIR signal of the lesion over the mirrored side's: below {HIDDEN:.2f} not visible (MR WITNESS, Schwamm et "
    f"al., Ann Neurol 2018), from {PLAIN:.2f} on visible (Legge et al., J Stroke Cerebrovasc Dis 2017), else unsure. "
    "DWI-FLAIR mismatch as readers see it found 62 % of infarcts of less than 4.5 hours, and 22 % of older infarcts "
    "(Thomalla et al., Lancet Neurol 2011). Computed, seen by no reader; research use only"
)
LEAST_ML = 0.3
"""Some fifteen voxels of 2 x 2 x 5 mm: the mean of fewer says little."""

Visible = Literal["yes", "no", "unsure", ""]


@dataclass(frozen=True)
class FlairSignal:
    """What FLAIR shows of the DWI lesion.

    Attributes:
        ratio: FLAIR signal of the lesion over that of its mirror image; None where it is refused.
        visible: "yes", "no" (DWI-FLAIR mismatch) or "unsure"; "" where it is refused.
        compared: part of the lesion's volume that has another side to be compared with.
        why_not: the reason where it is refused, a clause.
        source: what the answer means, and where its limits come from.
    """

    ratio: float | None = None
    visible: Visible = ""
    compared: float | None = None
    why_not: str = ""
    source: str = SOURCE

    @property
    def words(self) -> str:
        """A clause."""
        if self.ratio is None:
            return f"DWI-FLAIR mismatch not judged: {self.why_not}"
        return (
            f"FLAIR signal of the DWI lesion {self.ratio:.2f} times the other side's; visible on FLAIR: {self.visible} "
            "(research use only)"
        )


def flair_signal(
    lesions: Sequence[Lesion], prepared: Prepared, doubts: Sequence[Doubt], brain: np.ndarray, grid: Grid
) -> FlairSignal:
    """The FLAIR signal of a lesion that was found on DWI, from the table of lesions.

    Args:
        lesions: with their ratios.
        prepared: a case with DWI and FLAIR.
        doubts: about the case's contrasts.
        brain: bool (z, y, x).
        grid: of the brain.
    """
    why_not = _not_comparable(prepared, doubts)
    if not why_not and not both_hemispheres(brain, grid):
        why_not = "the brain mask holds no two hemispheres"
    return FlairSignal(why_not=why_not) if why_not else judged(lesions)


def judged(lesions: Sequence[Lesion]) -> FlairSignal:
    """The FLAIR signal of these lesions, by their ratios to the other side; refused where these say too little."""
    if not lesions:
        return FlairSignal(why_not="nothing is called lesion")
    known = [lesion for lesion in lesions if lesion.flair_ratio is not None and lesion.dwi_ratio is not None]
    volume = sum(lesion.volume_ml for lesion in known)
    compared, why_not = volume / sum(lesion.volume_ml for lesion in lesions), ""
    if compared < 0.5:
        why_not = "most of the lesion has no other side to compare with: it lies at the midline or on both sides"
    elif volume < LEAST_ML:
        why_not = f"the lesion is too small: {volume:.2f} ml can be compared, and {LEAST_ML:g} ml are needed"
    elif _mean(known, "dwi_ratio") <= 1:
        why_not = "what is marked is no brighter than the other side on DWI"
    if why_not:
        return FlairSignal(compared=compared, why_not=why_not)
    ratio = _mean(known, "flair_ratio")
    visible: Visible = "no" if ratio < HIDDEN else "yes" if ratio >= PLAIN else "unsure"
    return FlairSignal(ratio, visible, compared)


def _mean(lesions: Sequence[Lesion], name: str) -> float:
    """The mean of a number of the table, each lesion by its volume."""
    values, volumes = [getattr(lesion, name) for lesion in lesions], [lesion.volume_ml for lesion in lesions]
    return float(np.average(values, weights=volumes))


def _not_comparable(prepared: Prepared, doubts: Sequence[Doubt]) -> str:
    """Why DWI and FLAIR cannot be laid on one another; "" if they can."""
    few = [role.value for role in BOTH if role not in prepared.of_most]
    if few:
        return f"{' and '.join(few)} shows less than most of the brain"
    doubtful = doubts_about(doubts, [role.value for role in BOTH])
    if doubtful:
        return doubtful[0].words
    found = [position for position in prepared.positions if position.role in BOTH]
    astray = [position for position in found if position.doubt or position.decision in ("refused", "not measured")]
    if astray:
        return f"it is not sure that {astray[0].role} lies on {astray[0].reference}"
    dwi, flair = (Grid.of(prepared.case.series[role].image) for role in BOTH)
    if not found and not dwi.same(flair):
        return "FLAIR was not registered to DWI"
    return ""
