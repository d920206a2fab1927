"""A slab with its tissue becomes images: several sequences of the same head, consistent with one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...study.case import Role
from .epi import Distortion, Grain, ghosted, shaded
from .relaxation import Region, Relaxation
from .sequences import Protocol, adc_of, b0_signal, dwi_signal, flair_signal, t1_signal, t2_signal
from .slab import Slab, rough


@dataclass(frozen=True)
class Painted:
    """Tissue at those pixels of a slab that are painted.

    Attributes:
        slab: of the head.
        pixels: bool (H, W).
        tissue: of each of these pixels' layers, arrays (layers, N).
        fluid_t1: ms, of the head's ventricles.
        protocol: of the examination.
    """

    slab: Slab
    pixels: np.ndarray
    tissue: Relaxation
    fluid_t1: float
    protocol: Protocol

    def image(self, signal: np.ndarray, *, thin: bool = False) -> np.ndarray:
        """Signal (layers, N) as a slice (H, W): the mean of its layers, or, of a thin slice, the middle layer."""
        out = np.zeros(self.pixels.shape, np.float32)
        out[self.pixels] = signal[len(signal) // 2] if thin else signal.mean(axis=0)
        return out

    def typical(self, image: np.ndarray) -> float:
        """Median of the parenchyma: what noise is compared with."""
        inside = image[self.pixels & (self.slab.regions[len(self.slab.regions) // 2] < Region.FLUID)]
        return float(np.median(inside)) if inside.size else 1.0


def scan(
    painted: Painted, roles: tuple[Role, ...], distortion: Distortion, random: np.random.Generator
) -> dict[Role, np.ndarray]:
    """The sequences asked for, float32 (H, W), each with its own gain, sharpness and noise.

    DWI, ADC and b0 are of one acquisition: ADC is computed from the two others, noise and all.
    """
    images: dict[Role, np.ndarray] = {}
    diffusion = {Role.DWI, Role.ADC} & set(roles)
    t2_is_b0 = Role.T2 in roles and random.random() < 0.15
    if diffusion or t2_is_b0:
        b0, dwi = _echo_planar(painted, distortion, random)
        if Role.DWI in roles:
            images[Role.DWI] = dwi
        if Role.ADC in roles:
            images[Role.ADC] = adc_map(painted, b0, dwi, random)
        if t2_is_b0:
            images[Role.T2] = b0
    for role in roles:
        if role not in images:
            images[role] = _structural(painted, role, random)
    return images


def adc_map(painted: Painted, b0: np.ndarray, dwi: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """ADC of measured images; half of the scanners give none where there is hardly any signal."""
    adc = adc_of(b0, dwi, painted.protocol.b)
    if random.random() < 0.5:
        adc = np.where(b0 > random.uniform(0.05, 0.15) * painted.typical(b0), adc, np.float32(0))
    return adc


def _echo_planar(
    painted: Painted, distortion: Distortion, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """b0 and DWI."""
    tissue, protocol = painted.tissue, painted.protocol
    signal = b0_signal(tissue, protocol)
    weighted = dwi_signal(signal, tissue.adc, protocol.b)
    shape = painted.pixels.shape
    grain = Grain(shape, _voxel(painted.slab, random, (1.0, 2.4)), random)
    gain = shaded(shape, random)
    clean = [grain.softened(distortion(painted.image(values)) * gain) for values in (signal, weighted)]
    if random.random() < 0.25:
        clean = [ghosted(image, painted.slab.plane, random) for image in clean]
    # Noise is the same in both, but a DWI is the mean of several directions and averages.
    sigma = painted.typical(clean[1]) / np.exp(random.uniform(np.log(9), np.log(45)))
    b0 = grain.magnitude(clean[0], sigma * random.uniform(0.8, 2.0))
    return b0, grain.magnitude(clean[1], sigma)


def _structural(painted: Painted, role: Role, random: np.random.Generator) -> np.ndarray:
    """T1, T2 or FLAIR."""
    tissue, protocol = painted.tissue, painted.protocol
    if role is Role.FLAIR:
        signal = flair_signal(tissue, protocol, painted.fluid_t1)
    else:
        signal = (t1_signal if role is Role.T1 else t2_signal)(tissue, protocol)
    shape = painted.pixels.shape
    thin = bool(random.random() < 0.3)
    voxel = (1.0, 1.0) if thin else _voxel(painted.slab, random, (0.6, 1.2))
    grain = Grain(shape, voxel, random)
    image = painted.image(signal, thin=thin)
    if role is Role.FLAIR and random.random() < 0.3:
        image = _inflow(painted, image, random)
    image = grain.softened(image * shaded(shape, random))
    if random.random() < 0.1:
        image = ghosted(image, painted.slab.plane, random)
    return grain.magnitude(image, painted.typical(image) / np.exp(random.uniform(np.log(12), np.log(60))))


def _inflow(painted: Painted, image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Fluid that flowed in after the inversion is bright: in cisterns and ventricles, here and there."""
    regions = painted.slab.regions[len(painted.slab.regions) // 2]
    fluid = np.isin(regions, (Region.FLUID, Region.VENTRICLE)) & painted.pixels
    level = painted.typical(image) * random.uniform(0.3, 1.3)
    share = np.clip(rough(image.shape, 22.0, random) - 0.8, 0, 1)
    return np.where(fluid, image + np.float32(level) * share, image)


def _voxel(slab: Slab, random: np.random.Generator, side_mm: tuple[float, float]) -> tuple[float, float]:
    """Rows and columns of a voxel: of a stack of axial slices, seen from the side, rows are as thick as these."""
    side = random.uniform(*side_mm)
    if slab.plane == "axial":
        return side, side
    return (random.uniform(2.0, 6.0) if random.random() < 0.75 else side), side
