"""What disease does to relaxation and diffusion: acute infarcts by age, and bright things that are none.

Acute infarcts. ADC was 0.63 against 0.84 x 10⁻³ mm²/s within 10 h (Nagesh et al., Stroke 1998, 29:1778), low in the
first week, pseudonormal in the second (Lansberg et al., AJNR 2001, 22:637). DWI is brightest at 40 h; up to 63 h ADC
makes it 1.35 and T2 1.29 times as bright, from day 3 to 10 ADC 1.2 and T2 1.35 times (Eastwood et al., AJNR 2003,
24:680; log10 of 0.13, 0.11, 0.08, 0.13). What FLAIR does not show yet is mostly younger than 4.5 h (Thomalla et al.,
Lancet Neurol 2011, 10:978). T1 follows T2.

Old infarcts end as fluid with a gliotic rim. White matter disease: T2 and ADC up, ADC by 10 to 60 %, T1 up (Helenius et
al., AJNR 2002, 23:194, for the ADC). Multiple sclerosis: much like it, in its own places. The ranges are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .relaxation import Relaxation

Range = tuple[float, float]


@dataclass(frozen=True)
class Change:
    """Factors between which a disease's is drawn, of T1, T2 and ADC.

    Attributes:
        share: how often it is drawn, relative to the others'.
        t1, t2, adc: lowest and highest factor.
    """

    share: float
    t1: Range
    t2: Range
    adc: Range


HYPERACUTE = Change(0.25, (1.0, 1.03), (1.0, 1.06), (0.5, 0.78))
"""Up to about 4.5 h: DWI and ADC alone show it."""
ACUTE = Change(0.4, (1.03, 1.2), (1.1, 1.5), (0.42, 0.68))
"""Up to 3 days."""
EARLY_SUBACUTE = Change(0.25, (1.1, 1.4), (1.3, 1.9), (0.5, 0.85))
"""Up to a week."""
LATE_SUBACUTE = Change(0.1, (1.2, 1.5), (1.5, 2.1), (0.8, 1.05))
"""Up to two weeks: ADC hardly shows it any more."""
AGES = (HYPERACUTE, ACUTE, EARLY_SUBACUTE, LATE_SUBACUTE)
VISIBLE_ON_FLAIR = (ACUTE, EARLY_SUBACUTE, LATE_SUBACUTE)

GLIOSIS = Change(1.0, (1.2, 1.6), (1.4, 2.2), (1.2, 1.9))
WHITE_MATTER_DISEASE = Change(1.0, (1.1, 1.5), (1.2, 2.0), (1.1, 1.6))
MULTIPLE_SCLEROSIS = Change(1.0, (1.15, 1.7), (1.3, 2.0), (1.05, 1.6))
SHINE_THROUGH = Change(1.0, (1.1, 1.5), (1.5, 2.4), (1.0, 1.35))
"""Bright on DWI by T2 alone, as infarcts of some weeks are."""

_CAVITY = (1.0, 4200.0, 500.0, 2.7)
"""Density, T1, T2 and ADC of an old cavity."""


@dataclass(frozen=True)
class Drawn:
    """Factors of a disease in a head."""

    t1: float
    t2: float
    adc: float


def draw_change(change: Change, random: np.random.Generator) -> Drawn:
    """Factors inside the ranges, T1's in step with T2's: both are water."""
    wet = random.random()
    t1 = change.t1[0] + (change.t1[1] - change.t1[0]) * np.clip(wet + random.normal(0, 0.2), 0, 1)
    return Drawn(float(t1), change.t2[0] + (change.t2[1] - change.t2[0]) * wet, random.uniform(*change.adc))


def draw_age(ages: tuple[Change, ...], random: np.random.Generator) -> Change:
    """An age of an acute infarct."""
    shares = np.array([age.share for age in ages])
    return ages[int(random.choice(len(ages), p=shares / shares.sum()))]


def apply(tissue: Relaxation, weight: np.ndarray, change: Drawn) -> None:
    """Changes tissue where the weight, of its shape, is more than 0, in place."""
    at = weight > 0.01
    part = weight[at]
    for values, factor in ((tissue.t1, change.t1), (tissue.t2, change.t2), (tissue.adc, change.adc)):
        values[at] *= np.exp(part * np.float32(np.log(factor)))


def hollow(tissue: Relaxation, weight: np.ndarray) -> None:
    """Turns tissue into an old cavity's fluid where the weight is more than 0, in place."""
    at = weight > 0.01
    part = weight[at]
    for values, fluid in zip((tissue.density, tissue.t1, tissue.t2, tissue.adc), _CAVITY, strict=True):
        values[at] += part * (np.float32(fluid) - values[at])
