"""What a reader must doubt: volumes whose contrast contradicts their role, and answers that hardly any patient has.

Roles: whether each volume shows the contrast that it is called by: b=0, T2, EPI, ADC and CT are no DWI, T1 is no FLAIR.

Answers: what hardly any patient's infarct is like: very large, alike in both hemispheres, or mostly at the brain's rim.

Such answers come of volumes that are not what they are called by, of masks that hold scalp, and of other diseases. All
limits are held against the 1,119 infarcts of SOOP (Absher et al., Sci Data 2024 11:839): `benchmarks/unusual.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..base.errors import InputError
from ..base.progress import check_cancelled
from ..brain.head import LARGEST_BRAIN_ML
from ..brain.hemispheres import MidPlane, both_hemispheres, mirrored
from ..brain.signal import Signal, has_bone_shell, has_ct_numbers, measure_signal
from ..result.doubts import Doubt
from ..space.grid import Grid
from ..study.case import Case, Role

# All limits are ours. They lie between what the open volumes show that are named right and those that are not:
# benchmarks/contrasts.py, docs/results.md.
_SURE_LEAN, _SURE_DARK_LEAN, _BRIGHT_FLUID = 0.2, -0.4, 1.7
"""T2, and ADC within the brain, lie above 0.38 and 2.0; DWI, FLAIR and T1 below -0.3 and 1.6, but for DWI of a single
direction at b = 2500 s/mm², whose tracts are as bright as 2.0, with a lean of -0.03."""
_DARKEST: dict[Role, float] = {Role.DWI: 0.58, Role.FLAIR: 0.65, Role.T1: 0.58}
"""Fluid is not dark enough: DWI and T1 lie below 0.50, FLAIR below 0.58, EPI and b=0 with faint fluid above 0.64."""
_LEAN: dict[Role, float] = {Role.DWI: 0.0, Role.FLAIR: -0.15, Role.T1: -0.15}
_ADC_FLUID = 1.9
_LEAST_BRIGHT_LEAN = 0.2
_WHITE_IS_BRIGHT = {Role.FLAIR: 0.38}
"""Share of tissue above its mode: T1 0.30 to 0.36, FLAIR from 0.45 on."""
_WHITE_IS_DARK = 0.42
_ADC_MM2_S = (0.5e-3, 1.6e-3)
"""Median of a brain's ADC with its fluid: tissue 0.7 to 0.9, more with wide ventricles (Helenius et al., AJNR 2002)."""
_ADC_UNITS = (1.0, 1e3, 1e6)
"""Maps are stored in mm²/s, 1e-3 mm²/s or 1e-6 mm²/s."""
_CT_SPREAD = 0.08
"""Interquartile range over median: HU with 1000 added 0.04, MR from 0.14 on."""


class ContrastKind(str, Enum):
    """What contradicts a role."""

    BRIGHT_FLUID = "bright fluid"
    DARK_FLUID = "dark fluid"
    GREY_FLUID = "fluid neither bright nor dark"
    BRIGHT_WHITE_MATTER = "bright white matter"
    DARK_WHITE_MATTER = "dark white matter"
    ADC_UNIT = "no unit of ADC"
    ADC_LIKE = "like ADC"
    FLAT = "hardly any contrast"
    CT_LIKE = "like CT"
    NOT_JUDGED = "contrast not judged"


@dataclass(frozen=True)
class Contradiction:
    """What speaks against a role, in words, and whether it is beyond doubt."""

    kind: ContrastKind
    words: str
    sure: bool = False


def require_no_ct(case: Case) -> None:
    """Refuses CT numbers under the name of an MR sequence.

    Raises:
        InputError: if a volume holds them.
    """
    for role, series in case.series.items():
        if has_ct_numbers(series.image):
            raise _refusal(
                role, series.source, "holds CT numbers (air near -1000, bone far above tissue), no MR signal"
            )


def contrast_doubts(case: Case, brain: sitk.Image) -> tuple[Doubt, ...]:
    """What in the volumes speaks against their roles.

    Args:
        case: MR sequences.
        brain: uint8 mask in working orientation.

    Raises:
        InputError: if a volume surely does not show what it is called by.
    """
    found = []
    for role, series in case.series.items():
        check_cancelled()
        signal = measure_signal(series.image, brain)
        against = None if signal is None else contradiction(role, signal)
        # What CT's fluid and tissue are like says less than its bone does.
        if not (against and against.sure) and has_bone_shell(series.image):
            words = "a shell brighter than all within it lies upon the brain, as bone does on CT"
            against = Contradiction(ContrastKind.CT_LIKE, words)
        if signal is None and against is None:
            words = (
                f"{role} was not held against what it is called: too little of the brain around the ventricles is on it"
            )
            found.append(Doubt((role.value,), ContrastKind.NOT_JUDGED, words))
            continue
        if against is None:
            continue
        if against.sure:
            raise _refusal(role, series.source, against.words)
        found.append(Doubt((role.value,), against.kind, f"{role} may be another contrast: {against.words}"))
    return tuple(found)


def contradiction(role: Role, signal: Signal) -> Contradiction | None:
    """The first thing in a signal that speaks against a role; None if nothing does.

    Args:
        role: an MR sequence.
        signal: of the volume in it.
    """
    judge: Callable[[Role, Signal], Contradiction | None] = (
        _of_bright_fluid if role in (Role.T2, Role.ADC) else _of_dark_fluid
    )
    found = judge(role, signal) or _in_tissue(role, signal)
    # What was measured in a mask that holds scalp and bone, too, is beyond no doubt.
    return replace(found, sure=False) if found and signal.brain_ml > LARGEST_BRAIN_ML else found


def _of_dark_fluid(role: Role, signal: Signal) -> Contradiction | None:
    """Fluid is dark on DWI (b of 800 s/mm² and more), FLAIR and T1."""
    if signal.lean > _SURE_LEAN and signal.brightest > _BRIGHT_FLUID:
        words = "the ventricles are bright, as on T2, b=0 and ADC"
        return Contradiction(ContrastKind.BRIGHT_FLUID, words, sure=True)
    if signal.darkest > _DARKEST[role] or signal.lean > _LEAN[role]:
        return Contradiction(
            ContrastKind.GREY_FLUID, "the ventricles are not dark; they are so on b=0, T2, EPI and T2*"
        )
    if signal.brightest > _ADC_FLUID and _unit_of_adc(signal):
        words = "something is as bright as fluid on ADC, and the values are those of an ADC map"
        return Contradiction(ContrastKind.ADC_LIKE, words)
    return None


def _of_bright_fluid(role: Role, signal: Signal) -> Contradiction | None:
    if signal.lean < _SURE_DARK_LEAN and signal.brightest < _BRIGHT_FLUID:
        words = "the ventricles are dark, as on DWI, FLAIR and T1"
        return Contradiction(ContrastKind.DARK_FLUID, words, sure=True)
    if signal.lean < _LEAST_BRIGHT_LEAN and signal.brightest < _BRIGHT_FLUID:
        return Contradiction(ContrastKind.GREY_FLUID, "the ventricles are hardly brighter than tissue")
    if role is Role.ADC and not _unit_of_adc(signal):
        words = f"the brain's median of {signal.median:.3g} is in no unit that ADC maps have"
        return Contradiction(ContrastKind.ADC_UNIT, words)
    return None


def _in_tissue(role: Role, signal: Signal) -> Contradiction | None:
    if signal.spread < _CT_SPREAD:
        words = "tissue shows as little contrast as on CT"
        return Contradiction(ContrastKind.FLAT, words)
    if signal.above_mode < _WHITE_IS_BRIGHT.get(role, 0.0):
        words = "white matter is brighter than grey matter, as on T1"
        return Contradiction(ContrastKind.BRIGHT_WHITE_MATTER, words)
    if role is Role.T1 and signal.above_mode > _WHITE_IS_DARK:
        words = "white matter is not brighter than grey matter; it is on T1"
        return Contradiction(ContrastKind.DARK_WHITE_MATTER, words)
    return None


def _unit_of_adc(signal: Signal) -> bool:
    low, high = _ADC_MM2_S
    return any(low * unit <= signal.median <= high * unit for unit in _ADC_UNITS)


def _refusal(role: Role, source: str, what: str) -> InputError:
    return InputError(
        f"is called {role}, but {what}",
        where=source,
        fix=f"Give the right volume as {role}, or leave it out",
        option="sequence",
        roles=(role.value,),
    )


LARGEST_ML = 280.0
"""27 of SOOP's 1,119 patients have more."""
_JUDGED_ML = 5.0
"""Parts of small lesions say nothing of their pattern."""
MOST_MIRRORED, MIRROR_REACH_MM = 0.5, 4.0
"""22 of SOOP's patients have a larger share; the median of those with 5 ml is 0, 99 % lie below 0.68."""
MOST_AT_RIM, RIM_MM = 0.75, 5.0
"""None of SOOP's patients has a larger share: 99 % of those with 5 ml lie below 0.47, all below 0.74."""


class Unusual(str, Enum):
    """What is unusual."""

    LARGE = "large"
    BOTH_SIDES = "both sides alike"
    RIM = "mostly at the rim"


def unusual(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> tuple[Doubt, ...]:
    """What is unusual about a lesion, the plainest first.

    Args:
        lesion, brain: bool (z, y, x).
        grid: of both.
    """
    volume_ml = float(lesion.sum() * grid.voxel_ml)
    found = []
    if volume_ml > LARGEST_ML:
        found.append(
            Doubt((), Unusual.LARGE, f"{volume_ml:.0f} ml are marked; 27 of 1,119 stroke patients have over 280 ml")
        )
    if volume_ml >= _JUDGED_ML:
        check_cancelled()
        mirror = mirrored_share(lesion, brain, grid)
        if mirror > MOST_MIRRORED:
            words = (
                f"both hemispheres are marked alike: {mirror:.0%} of what is marked has its mirror image marked, too"
            )
            found.append(Doubt((), Unusual.BOTH_SIDES, words))
        check_cancelled()
        rim = rim_share(lesion, brain, grid)
        if rim > MOST_AT_RIM:
            words = f"{rim:.0%} of what is marked lies within {RIM_MM:g} mm of the brain mask's edge"
            found.append(Doubt((), Unusual.RIM, words))
    return tuple(found)


class Lacking(str, Enum):
    """What a study lacks."""

    UNREAD = "a volume that could not be read"


def unread_doubts(case: Case) -> tuple[Doubt, ...]:
    """What a study lacks because it could not be read: without its diffusion an early infarct may not be seen.

    Within 4.5 hours two of three infarcts that diffusion shows are not seen on FLAIR (Thomalla et al., Lancet Neurol
    2011 10:978).
    """
    return tuple(
        Doubt(
            (role.value,),
            Lacking.UNREAD,
            f"made without the study's {role}, which could not be read ({why}): in the first hours an infarct is "
            "often not seen on any other sequence",
        )
        for role, why in case.unread.items()
    )


def mirrored_share(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> float:
    """Part of the lesion whose place in the other hemisphere, give or take 4 mm, is marked, too.

    What lies at the midline itself is its own mirror image and counts neither way.
    """
    if not lesion.any() or not both_hemispheres(brain, grid):
        return 0.0
    plane = MidPlane.of(brain, grid)
    beside = lesion & (np.abs(plane.distance_mm(grid)) > 2 * MIRROR_REACH_MM)
    if not beside.any():
        return 0.0
    mirror = mirrored(lesion, plane, grid, MIRROR_REACH_MM)
    return float((beside & mirror).sum() / lesion.sum())


def rim_share(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> float:
    """Part of the lesion within 5 mm of the brain mask's edge; where the field of view ends is no edge."""
    if not lesion.any():
        return 0.0
    depth = ndimage.distance_transform_edt(brain, sampling=grid.spacing[::-1])
    return float((depth[lesion] <= RIM_MM).mean())
