"""Simulated CT perfusion maps with known core and penumbra.

Everything here is simulated. Tissue carries textbook values, the deficit lowers them by fixed factors, and noise is
added to the maps themselves: there is no contrast bolus, no scanner and no deconvolution behind them. They are fit to
test that software reads, trains and measures; not to say how well anything works on patients.

Values are rounded textbook ones: grey and white matter with CBF 60 and 25 ml/100 g/min and CBV 4 and 2 ml/100 g. The
central volume theorem MTT = 60 CBV / CBF holds before noise. Core CBF lies below 30 % of the same tissue's (Campbell et
al., Stroke 2011), Tmax in the deficit above 6 s (Olivot et al., Stroke 2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..grid import Grid
from .anatomy import Head, Tissue
from .contrast import BRAIN_TISSUES
from .ctp_deficit import Deficit, brain_part
from .sampling import blurred, indices, parts
from .scan_grids import centred_grid
from .shapes import cover, tube
from .waves import Waves

_CBF = {Tissue.WHITE: 25, Tissue.GREY: 60, Tissue.DEEP_GREY: 55, Tissue.CSF: 1, Tissue.HYPERINTENSITY: 17}
_CBV = {Tissue.WHITE: 2.0, Tissue.GREY: 4.0, Tissue.DEEP_GREY: 3.7, Tissue.CSF: 0.1, Tissue.HYPERINTENSITY: 1.6}
_HU = {
    Tissue.WHITE: 29, Tissue.GREY: 38, Tissue.DEEP_GREY: 37, Tissue.CSF: 6, Tissue.HYPERINTENSITY: 24,
    Tissue.BONE: 1100, Tissue.FAT: -90, Tissue.MUSCLE: 55, Tissue.AIR: -1000,
}  # fmt: skip
_AROUND = (Tissue.BONE, Tissue.FAT, Tissue.MUSCLE, Tissue.AIR)
_VESSEL = {"CBF": 220.0, "CBV": 15.0, "HU": 45.0}
_ENHANCEMENT = 4.0
"""HU at the bolus' peak for each ml/100 g of blood."""
_NOISE = {"CBF": 5.0, "CBV": 0.4, "MTT": 0.5, "TTP": 0.6, "TMAX": 0.5, "CT": 3.0, "MIP": 3.5}
_DELAY = 0.3
"""Below this part of tissue and vessel the time maps are 0, as vendors' are in fluid."""
_ARTERIES = (
    [(6, -2, -18, 2.6), (14, -4, -12, 2.4), (30, -2, -8, 2.1), (41, 4, 1, 1.8)],
    [(2, -12, -8, 1.8), (2, -34, 10, 1.6), (2, -20, 34, 1.5)],
)
_VEINS = ([(0, -52, 40, 3), (0, -20, 64, 3.2), (0, 20, 70, 3.6), (0, 70, 52, 4), (0, 92, 20, 4)],)


@dataclass(frozen=True)
class CtpMaps:
    """What one scan of a patient shows.

    Attributes:
        images: float32 by name: CBF (ml/100 g/min), CBV (ml/100 g), MTT, TTP, TMAX (s), all 0 outside the brain; MIP
            (HU at the bolus' peak, 0 outside the brain); CT (HU, with skull).
        truth: uint8; 0 healthy or outside, 1 penumbra, 2 core.
    """

    images: dict[str, sitk.Image]
    truth: sitk.Image


@dataclass(frozen=True)
class CtpPatient:
    """A synthetic patient, to be scanned on any grid.

    Attributes:
        group: "LVO", "Non-LVO" or "WIS" (no deficit).
        nihss, age: NIHSS grows with the deficit.
        deficit: None for WIS.
    """

    seed: int
    group: str
    nihss: int
    age: int
    head: Head
    deficit: Deficit | None

    def maps(self, grid: Grid, noise: float = 1.0) -> CtpMaps:
        """The maps and the truth at the voxels of a grid; the same grid gives the same bits.

        Args:
            grid: where.
            noise: 0 for none, 1 for that of a clinical scan.
        """
        clean = {name: np.zeros(grid.shape, np.float32) for name in _NOISE}
        inside = np.zeros(grid.shape, bool)
        for part in parts(grid):
            points = self.head.to_head(grid.to_world(indices(grid, part)))
            for name, values in self._signals(points, max(min(grid.spacing), 1.0)).items():
                clean[name].reshape(-1)[part] = values
            inside.reshape(-1)[part] = self.head.brain(points) > 0
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, *np.abs(grid.corners()[0]).astype(int)]))
        images = {}
        for name, values in clean.items():
            noisy = blurred(values + np.float32(noise * _NOISE[name]) * rng.standard_normal(grid.shape, np.float32))
            shown = noisy if name in ("CT", "MIP") else np.where(values > 0, np.maximum(noisy, 0), 0)
            images[name] = grid.image(shown if name == "CT" else np.where(inside, shown, 0).astype(np.float32))
        return CtpMaps(images, self.truth(grid))

    def truth(self, grid: Grid, edge_shift: Waves | None = None, shift_mm: float = 0.0) -> sitk.Image:
        """Labels at the voxels of a grid, from the model itself.

        Args:
            grid: where.
            edge_shift: a reader's own hand: a field that moves every edge by about `shift_mm` in and out.
            shift_mm: its standard deviation, mm.
        """
        labels = np.zeros(grid.shape, np.uint8)
        if self.deficit is None:
            return grid.image(labels)
        for part in parts(grid):
            points = self.head.to_head(grid.to_world(indices(grid, part)))
            whole, core = self.deficit.depths(points)
            moved = np.float32(shift_mm) * edge_shift.at(points) if edge_shift else np.float32(0)
            # Fluid belongs to neither; the outline of the brain ends both.
            tissue = brain_part(self.head, points, max(min(grid.spacing), 1.0)) >= 0.5
            tissue &= self.head.brain(points) > 0
            label = np.where(core + moved > 0, 2, 1) * (tissue & (whole + moved > 0))
            labels.reshape(-1)[part] = label
        return grid.image(labels)

    def _signals(self, points: np.ndarray, edge_mm: float) -> dict[str, np.ndarray]:
        """Noise-free maps (N,) at head positions (N, 3)."""
        mixture = self.head.tissues(points, edge_mm, skull=True)
        dead, starved = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
        if self.deficit:
            whole, core = self.deficit.depths(points)
            dead = cover(core, 3 + edge_mm)
            starved = cover(whole, 3 + edge_mm) * (1 - dead)
        vessel = self._vessels(points, edge_mm) * (1 - 0.8 * dead)
        mixture = mixture * (1 - vessel)
        cbf = _row(_CBF) @ mixture * (1 - 0.55 * starved - 0.86 * dead) + vessel * _VESSEL["CBF"]
        # Vessels dilate to hold the volume in the penumbra, and collapse in the core.
        cbv = _row(_CBV) @ mixture * (1 + 0.1 * starved - 0.6 * dead) + vessel * _VESSEL["CBV"]
        texture = self.head.texture(points)
        fed = (mixture[list(BRAIN_TISSUES)].sum(axis=0) + vessel) >= _DELAY
        mtt = np.where(fed, 60 * cbv / np.maximum(cbf, 1), 0)
        tmax = np.where(fed, 1.3 + 7.5 * starved + 9.5 * dead, 0)
        hu = _row(_HU) @ mixture + vessel * _VESSEL["HU"] - 4 * dead
        # Bone is taken off before the projection: else its partial volume would shine around the brain.
        soft = hu - np.maximum(_row({tissue: _HU[tissue] for tissue in _AROUND}) @ mixture, 0)
        return {
            "CBF": cbf * texture,
            "CBV": cbv * texture,
            "MTT": mtt,
            "TTP": np.where(fed, 12 + tmax + 0.4 * mtt, 0),
            "TMAX": tmax,
            "CT": hu,
            "MIP": soft + _ENHANCEMENT * cbv * texture,
        }

    def _vessels(self, points: np.ndarray, edge_mm: float) -> np.ndarray:
        x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
        depth = np.max([tube(x, y, z, way) for way in (*_ARTERIES, *_VEINS)], axis=0)
        # A vessel thinner than a voxel fills part of it only.
        return np.clip(cover(depth, edge_mm) * np.float32(min(3.5 / edge_mm, 1.0)), 0, 1)


def _row(table: Mapping[Tissue, float]) -> np.ndarray:
    return np.array([table.get(tissue, 0) for tissue in Tissue], np.float32)


def ctp_patient(seed: int = 0, group: str = "LVO") -> CtpPatient:
    """A synthetic patient of a group; the same seed and group give the same patient.

    Raises:
        ValueError: if the group is none of LVO, Non-LVO, WIS.
    """
    if group not in ("LVO", "Non-LVO", "WIS"):
        raise ValueError(f"'{group}' is none of LVO, Non-LVO, WIS")
    anatomy_seed, deficit_seed, clinical_seed = np.random.SeedSequence(seed).spawn(3)
    head = Head(np.random.default_rng(anatomy_seed))
    deficit = None if group == "WIS" else Deficit(np.random.default_rng(deficit_seed), head, group == "LVO")
    rng = np.random.default_rng(clinical_seed)
    volume = deficit.hypoperfused_ml if deficit else 0.0
    nihss = int(np.clip(round(1.5 + 0.11 * volume + rng.normal(0, 1.2)), 0, 30))
    return CtpPatient(seed, group, nihss, int(np.clip(rng.normal(71, 11), 30, 97)), head, deficit)


def ctp_grid(
    spacing: tuple[float, float, float] = (0.9, 0.9, 5.0), centre: tuple[float, float, float] = (0, 15, 18)
) -> Grid:
    """Axial slices with a field of view of 230 x 230 x 130 mm, tilted as a gantry is."""
    return centred_grid(spacing, (230, 230, 130), (-7, 1, 0), centre)
