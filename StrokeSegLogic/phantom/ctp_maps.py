"""Simulated CT perfusion maps with known core and penumbra.

Everything here is simulated. Tissue carries textbook values, the deficit lowers them by fixed factors, and noise is
added to the maps themselves: there is no contrast bolus, no scanner and no deconvolution behind them. They are fit to
test that software reads, trains and measures; not to say how well anything works on patients.

Values are rounded from textbooks: grey and white matter with CBF 60 and 25 ml/100 g/min and CBV 4 and 2 ml/100 g. The
central volume theorem MTT = 60 CBV / CBF holds before noise. Core CBF lies below 30 % of the same tissue's (Campbell et
al., Stroke 2011), Tmax in the deficit above 6 s (Olivot et al., Stroke 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..study.case import Role
from .anatomy import Head
from .contrast import BRAIN_TISSUES
from .ctp_deficit import Deficit, brain_part
from .ctp_tissue import AROUND, ARTERIES, CBF_OF, CBV_OF, HU_OF, VEINS, tissue_row
from .sampling import blurred, indices, parts
from .scan_grids import centred_grid
from .shapes import cover, tube
from .waves import Waves

_VESSEL = {"CBF": 220.0, "CBV": 15.0, "HU": 45.0}
_ENHANCEMENT = 4.0
"""HU at the bolus' peak for each ml/100 g of blood."""
_NOISE = {
    Role.CBF: 5.0,
    Role.CBV: 0.4,
    Role.MTT: 0.5,
    Role.TTP: 0.6,
    Role.TMAX: 0.5,
    Role.CT: 3.0,
    Role.MIP: 3.5,
}
_DELAY = 0.3
"""Below this part of tissue and vessel the time maps are 0, as vendors' are in fluid."""


@dataclass(frozen=True)
class CtpMaps:
    """What one scan of a patient shows.

    Attributes:
        images: float32 by role: CBF (ml/100 g/min), CBV (ml/100 g), MTT, TTP, TMAX (s), all 0 outside the brain; MIP
            (HU at the bolus' peak, 0 outside the brain); CT (HU, with skull).
        truth: uint8; 0 healthy or outside, 1 penumbra, 2 core.
    """

    images: dict[Role, sitk.Image]
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
        clean = {role: np.zeros(grid.shape, np.float32) for role in _NOISE}
        inside = np.zeros(grid.shape, bool)
        for part in parts(grid):
            points = self.head.to_head(grid.to_world(indices(grid, part)))
            for role, values in self._signals(points, max(min(grid.spacing), 1.0)).items():
                clean[role].reshape(-1)[part] = values
            inside.reshape(-1)[part] = self.head.brain(points) > 0
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, *np.abs(grid.corners()[0]).astype(int)]))
        images = {}
        for role, values in clean.items():
            noisy = blurred(values + np.float32(noise * _NOISE[role]) * rng.standard_normal(grid.shape, np.float32))
            shown = noisy if role in (Role.CT, Role.MIP) else np.where(values > 0, np.maximum(noisy, 0), 0)
            images[role] = grid.image(shown if role is Role.CT else np.where(inside, shown, 0).astype(np.float32))
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

    def _signals(self, points: np.ndarray, edge_mm: float) -> dict[Role, np.ndarray]:
        """Noise-free maps (N,) at head positions (N, 3)."""
        mixture = self.head.tissues(points, edge_mm, skull=True)
        in_core, in_penumbra = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
        if self.deficit:
            in_penumbra, in_core = self.deficit.shares(points, edge_mm)
        vessel = self._vessels(points, edge_mm) * (1 - 0.8 * in_core)
        mixture = mixture * (1 - vessel)
        cbf = tissue_row(CBF_OF) @ mixture * (1 - 0.55 * in_penumbra - 0.86 * in_core) + vessel * _VESSEL["CBF"]
        # Vessels dilate to hold the volume in the penumbra, and collapse in the core.
        cbv = tissue_row(CBV_OF) @ mixture * (1 + 0.1 * in_penumbra - 0.6 * in_core) + vessel * _VESSEL["CBV"]
        texture = self.head.texture(points)
        fed = (mixture[list(BRAIN_TISSUES)].sum(axis=0) + vessel) >= _DELAY
        mtt = np.where(fed, 60 * cbv / np.maximum(cbf, 1), 0)
        tmax = np.where(fed, 1.3 + 7.5 * in_penumbra + 9.5 * in_core, 0)
        hu = tissue_row(HU_OF) @ mixture + vessel * _VESSEL["HU"] - 4 * in_core
        # Bone is taken off before the projection: else its partial volume would shine around the brain.
        soft = hu - np.maximum(tissue_row({tissue: HU_OF[tissue] for tissue in AROUND}) @ mixture, 0)
        return {
            Role.CBF: cbf * texture,
            Role.CBV: cbv * texture,
            Role.MTT: mtt,
            Role.TTP: np.where(fed, 12 + tmax + 0.4 * mtt, 0),
            Role.TMAX: tmax,
            Role.CT: hu,
            Role.MIP: soft + _ENHANCEMENT * cbv * texture,
        }

    def _vessels(self, points: np.ndarray, edge_mm: float) -> np.ndarray:
        x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
        depth = np.max([tube(x, y, z, way) for way in (*ARTERIES, *VEINS)], axis=0)
        # A vessel thinner than a voxel fills part of it only.
        return np.clip(cover(depth, edge_mm) * np.float32(min(3.5 / edge_mm, 1.0)), 0, 1)


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
