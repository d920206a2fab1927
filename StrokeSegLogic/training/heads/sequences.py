"""Signal of MR sequences from proton density, relaxation and diffusion: the textbook's equations (Bernstein, King and
Zhou, Handbook of MRI Pulse Sequences, 2004), with parameters as clinical protocols have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .relaxation import Region, Relaxation


@dataclass(frozen=True)
class Protocol:
    """Times in ms, b in s/mm².

    Attributes:
        t1_inverted: whether T1 is an inversion recovery (MP-RAGE), else a spin echo.
        t1_delay: inversion or repetition time of T1.
        t2_echo, flair_echo, epi_echo: echo times.
        flair_repetition: of FLAIR.
        flair_null: inversion time over that which nulls fluid.
        b: of the DWI.
        fat_left: part of fat's signal that echo-planar images keep.
    """

    t1_inverted: bool
    t1_delay: float
    t2_echo: float
    flair_echo: float
    flair_repetition: float
    flair_null: float
    epi_echo: float
    b: float
    fat_left: float


def draw_protocol(random: np.random.Generator) -> Protocol:
    """A protocol; b is 1000 in more than half of them."""
    inverted = bool(random.random() < 0.6)
    return Protocol(
        t1_inverted=inverted,
        t1_delay=random.uniform(900, 1100) if inverted else random.uniform(400, 650),
        t2_echo=random.uniform(80, 120),
        flair_echo=random.uniform(85, 140),
        flair_repetition=random.uniform(6000, 11000),
        flair_null=random.uniform(0.93, 1.03),
        epi_echo=random.uniform(58, 105),
        b=1000.0 if random.random() < 0.6 else float(random.choice((800, 1200, 1500))),
        fat_left=random.uniform(0.02, 0.25),
    )


def t1_signal(of: Relaxation, protocol: Protocol) -> np.ndarray:
    """T1-weighted, float32."""
    recovered = np.exp(-np.float32(protocol.t1_delay) / of.t1)
    # An inversion recovery repeated every two seconds or so never relaxes fully.
    inverted = np.abs(1 - 2 * recovered / (1 + np.exp(-np.float32(2100.0) / of.t1)))
    signal = inverted if protocol.t1_inverted else 1 - recovered
    return of.density * signal * np.exp(-np.float32(8.0) / of.t2)


def t2_signal(of: Relaxation, protocol: Protocol) -> np.ndarray:
    """T2-weighted spin echo of a long repetition time, float32."""
    return of.density * (1 - np.exp(-np.float32(4500.0) / of.t1)) * np.exp(-np.float32(protocol.t2_echo) / of.t2)


def flair_signal(of: Relaxation, protocol: Protocol, fluid_t1: float) -> np.ndarray:
    """T2-weighted with inversion that nulls fluid of that T1, or nearly so, float32."""
    inversion = fluid_t1 * np.log(2 / (1 + np.exp(-protocol.flair_repetition / fluid_t1))) * protocol.flair_null
    upright = 1 - 2 * np.exp(-np.float32(inversion) / of.t1) + np.exp(-np.float32(protocol.flair_repetition) / of.t1)
    return of.density * np.abs(upright) * np.exp(-np.float32(protocol.flair_echo) / of.t2)


def b0_signal(of: Relaxation, protocol: Protocol) -> np.ndarray:
    """Echo-planar image without diffusion weighting, fat suppressed, float32."""
    kept = 1 - (1 - np.float32(protocol.fat_left)) * of.fat
    return of.density * kept * np.exp(-np.float32(protocol.epi_echo) / of.t2)


def dwi_signal(b0: np.ndarray, adc: np.ndarray, b: float) -> np.ndarray:
    """b0 · exp(-b · ADC), the trace image: ADC in 10⁻³ mm²/s, b in s/mm²."""
    return b0 * np.exp(-np.float32(b / 1000) * adc)


def adc_of(b0: np.ndarray, dwi: np.ndarray, b: float, highest: float = 4.0) -> np.ndarray:
    """ln(b0 / DWI) / b of measured images, 10⁻³ mm²/s, from 0 to `highest`: their noise is its noise."""
    least = np.float32(1e-3) * max(float(b0.max()), 1e-6)
    ratio = np.log(np.maximum(b0, least) / np.maximum(dwi, least))
    return (ratio / np.float32(b / 1000)).clip(0, highest)


def fluid_t1(of_regions: Relaxation) -> float:
    """T1 of the ventricles' fluid, ms."""
    return float(of_regions.t1[Region.VENTRICLE])
