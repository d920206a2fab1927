"""A 4-D CT perfusion series of one thick slab, made without the package's phantom and unlike it in every way.

One axial section, repeated: skull, fluid around the brain, cortex, white matter, and two ventricles with horns. Blood
reaches all tissue at the same moment, stays for its mean transit time and leaves at once (a box residue); fluid never
sees any. A lesion can be laid into one hemisphere, an old infarct (a cavity of fluid with a poor rim) into the other,
and one hemisphere's vessels can be later than the other's. Constants are textbook values written down here once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series

_FINE_S = 0.1
_TO_HU = 1.04 / (0.733 * 6000.0)
"""From ml/100 g/min to 1/s: brain's density over the hematocrit factor times 60 s and 100 g."""
_AIR, _BONE, _SCALP = -1000.0, 900.0, 40.0
OUTSIDE, FLUID, WHITE, GREY, PENUMBRA, CORE, ARTERY, VEIN, CAVITY, SCAR, LATE_WHITE, LATE_GREY, LATE_ARTERY = range(13)
"""Kinds of voxels."""


@dataclass(frozen=True)
class Slab:
    """How the series is made.

    Attributes:
        fluid_hu: density of fluid.
        noise_hu: SD of a pixel in a frame.
        lesion: whether the left hemisphere has a core within a penumbra.
        core_hu: density of the core; 26 is white matter's 30 less some hours of ischemia.
        slices, same_noise: how often the section is repeated, and whether its noise is.
        pixel_mm, thick_mm: size of a voxel.
        frames, interval_s: how often it is looked at.
        seed: of the noise.
        cavity: whether the right hemisphere has an old infarct.
        late_s: by how much arteries and tissue of the right hemisphere are later.
        tissue: flow (ml/100 g/min), volume (ml/100 g), delay (s) and density (HU) by kind.
    """

    fluid_hu: float = 12.0
    noise_hu: float = 5.0
    lesion: bool = False
    core_hu: float = 26.0
    slices: int = 4
    same_noise: bool = False
    pixel_mm: float = 1.8
    thick_mm: float = 10.0
    frames: int = 40
    interval_s: float = 1.5
    seed: int = 0
    cavity: bool = False
    late_s: float = 0.0
    tissue: dict[int, tuple[float, float, float, float]] = field(
        default_factory=lambda: {
            WHITE: (24.0, 2.2, 0.0, 30.0),
            GREY: (62.0, 4.2, 0.0, 37.0),
            PENUMBRA: (20.0, 4.0, 9.0, 33.0),
            CORE: (5.0, 1.2, 11.0, 26.0),
            SCAR: (12.0, 1.6, 1.0, 24.0),
        }
    )

    @property
    def times_s(self) -> np.ndarray:
        """(T,)."""
        return np.arange(self.frames) * self.interval_s

    @property
    def voxel_ml(self) -> float:
        return self.pixel_mm**2 * self.thick_mm / 1000

    def kinds(self) -> np.ndarray:
        """What each voxel of the slab is, uint8 (z, y, x); x rises to the patient's left, y to the back."""
        half = int(116 / self.pixel_mm)
        y, x = np.mgrid[-half : half + 1, -half : half + 1] * self.pixel_mm
        section = np.full(x.shape, OUTSIDE, np.uint8)

        def ellipse(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
            return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1

        section[ellipse(0, 0, 66, 83)] = FLUID
        section[ellipse(0, 0, 62, 79)] = GREY
        section[ellipse(0, 0, 52, 69)] = WHITE
        section[(np.abs(x) < 2.5) & (np.abs(y) > 40) & (section > FLUID)] = FLUID
        for side in (-1, 1):
            section[ellipse(side * 26, 4, 9, 17)] = GREY
            section[ellipse(side * 10, -18, 7, 17)] = FLUID
            section[ellipse(side * 15, 24, 7, 15)] = FLUID
        if self.lesion:
            brain = (section == GREY) | (section == WHITE)
            section[ellipse(38, 6, 22, 38) & brain] = PENUMBRA
            section[ellipse(40, 6, 14, 22) & (section == PENUMBRA)] = CORE
        for place in ((-22.0, -30.0), (22.0, -30.0), (0.0, -55.0)):
            section[ellipse(*place, 3.2, 3.2)] = ARTERY
        section[ellipse(0, 76, 5.5, 5.5)] = VEIN
        if self.cavity:
            brain = (section == GREY) | (section == WHITE)
            section[ellipse(-42, 30, 14, 20) & brain] = SCAR
            section[ellipse(-42, 30, 9, 14) & (section == SCAR)] = CAVITY
        if self.late_s:
            for kind, late in ((WHITE, LATE_WHITE), (GREY, LATE_GREY), (ARTERY, LATE_ARTERY)):
                section[(section == kind) & (x < 0)] = late
        return np.repeat(section[None], self.slices, axis=0)

    def _tissue(self) -> dict[int, tuple[float, float, float, float]]:
        late = {}
        for kind, other in ((WHITE, LATE_WHITE), (GREY, LATE_GREY)):
            flow, volume, delay, density = self.tissue[kind]
            late[other] = (flow, volume, delay + self.late_s, density)
        return self.tissue | late

    def curves(self) -> dict[int, np.ndarray]:
        """Enhancement over time by kind, (T,) HU."""
        fine = np.arange(0, self.times_s[-1] + 1, _FINE_S)
        since = np.maximum(fine - 7.0, 0)
        artery = 70.0 * since**2.2 * np.exp(-since / 2.0)
        curves = {ARTERY: artery, VEIN: np.interp(fine - 6.0, fine, artery, left=0.0)}
        curves[LATE_ARTERY] = np.interp(fine - self.late_s, fine, artery, left=0.0)
        for kind, (flow, volume, delay, _) in self._tissue().items():
            transit = 60 * volume / flow
            stays = ((fine >= delay) & (fine < delay + transit)).astype(float)
            curves[kind] = flow * _TO_HU * np.convolve(artery, stays)[: len(fine)] * _FINE_S
        return {kind: np.interp(self.times_s, fine, curve) for kind, curve in curves.items()}

    def hu(self) -> np.ndarray:
        """The frames, int16 (T, z, y, x)."""
        kinds = self.kinds()
        plain = np.full(kinds.shape, _AIR, np.float32)
        half = kinds.shape[1] // 2
        y, x = np.mgrid[-half : half + 1, -half : half + 1] * self.pixel_mm
        for reach, value in ((80.0, _SCALP), (74.0, _BONE), (68.0, self.fluid_hu)):
            plain[:, (x / reach) ** 2 + (y / (reach + 17)) ** 2 < 1] = value
        plain[(kinds == FLUID) | (kinds == CAVITY)] = self.fluid_hu
        for kind, row in self._tissue().items():
            plain[kinds == kind] = self.core_hu if kind == CORE else row[3]
        plain[np.isin(kinds, (ARTERY, VEIN, LATE_ARTERY))] = 42.0
        rng = np.random.default_rng(self.seed)
        out = np.empty((self.frames, *kinds.shape), np.int16)
        curves = self.curves()
        for number in range(self.frames):
            frame = plain.copy()
            for kind, curve in curves.items():
                frame[kinds == kind] += curve[number]
            shape = (1, *kinds.shape[1:]) if self.same_noise else kinds.shape
            out[number] = np.clip(np.rint(frame + self.noise_hu * rng.standard_normal(shape)), -1024, 3071)
        return out

    def ventricles(self) -> np.ndarray:
        """Fluid inside of the brain, bool (z, y, x)."""
        kinds = self.kinds()
        half = kinds.shape[1] // 2
        y, x = np.mgrid[-half : half + 1, -half : half + 1] * self.pixel_mm
        return (kinds == FLUID) & ((x / 50) ** 2 + (y / 60) ** 2 < 1)


def grid_of_slab(slab: Slab) -> Grid:
    """Of its frames."""
    z, y, x = slab.kinds().shape
    return Grid((x, y, z), (slab.pixel_mm, slab.pixel_mm, slab.thick_mm), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def case_of_slab(slab: Slab) -> Case:
    """A case of its 4-D series alone."""
    grid = grid_of_slab(slab)
    image = sitk.JoinSeries([grid.image(frame) for frame in slab.hu()], 0.0, slab.interval_s)
    return Case.of("slab", [Series(Role.CTP, image, "CTP", "said", 1.0, "0" * 64, times_s=tuple(slab.times_s))])
