"""Blood flow in a simulated patient: tissue, penumbra, core, and what looks like stroke and is none.

All ranges are ours. Healthy tissue has textbook values (`phantom.ctp_tissue`); core keeps less than 30 % of its flow
(Campbell et al., Stroke 2011), the penumbra's edge is where Tmax passes 6 s (Olivot et al., Stroke 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...phantom.anatomy import Head, Tissue
from ...phantom.contrast import BRAIN_TISSUES
from ...phantom.ctp_deficit import Deficit
from ...phantom.ctp_tissue import AROUND, ARTERIES, CBF_OF, CBV_OF, HU_OF, VEINS, tissue_row
from ...phantom.shapes import cover, tube
from ...phantom.structures import ventricles
from ...phantom.waves import Waves
from .lattice import Lattice

_EDGE_TMAX_S = 6.0
_VESSEL_CBF, _VESSEL_CBV, _VESSEL_HU = 220.0, 15.0, 45.0
_ENHANCEMENT = 4.0
"""HU at the bolus' peak for each ml/100 g of blood."""
_LONGEST_MTT_S = 25.0


@dataclass(frozen=True)
class Circulation:
    """What was drawn for one patient; times in s, flow and volume as parts of normal.

    Attributes:
        flow, volume: of the whole brain.
        late, white_late: Tmax of grey matter, and what white matter has more.
        edge_flow, deep_flow: at the penumbra's edge and deep inside.
        penumbra_volume: blood volume of the penumbra.
        peak: Tmax deep inside the penumbra.
        rise_mm, rim_mm: way from the edge to the peak, and to normal.
        core_flow, core_volume, core_late, core_hu: of the core; its Tmax beyond the penumbra's.
        stenosis, stenosis_flow: a hemisphere's chronic delay and flow; 0 and 1 for none.
        stenosis_sign: 1 for the left side.
        old: depth below the edge of an old infarct, mm; None for none.
        pial: flow of vessels within sulci, ml/100 g/min.
        coarse, patches, pial_waves: random fields.
    """

    flow: float
    volume: float
    late: float
    white_late: float
    edge_flow: float
    deep_flow: float
    penumbra_volume: float
    peak: float
    rise_mm: float
    rim_mm: float
    core_flow: float
    core_volume: float
    core_late: float
    core_hu: float
    stenosis: float
    stenosis_flow: float
    stenosis_sign: int
    old: Lattice | None
    pial: float
    coarse: Waves
    patches: Waves
    pial_waves: Waves

    @classmethod
    def of(cls, rng: np.random.Generator, old: Lattice | None) -> Circulation:
        """Args:
        rng: draws.
        old: an old infarct's depth, or None.
        """
        narrow = rng.uniform() < 0.15
        deep = rng.uniform(0.33, 0.6)
        return cls(
            flow=float(np.exp(rng.normal(0, 0.15))),
            volume=float(np.exp(rng.normal(0, 0.1))),
            late=rng.uniform(0.6, 2.2),
            white_late=rng.uniform(0.2, 1.6),
            edge_flow=rng.uniform(deep + 0.05, 0.85),
            deep_flow=deep,
            penumbra_volume=rng.uniform(0.75, 1.35),
            peak=rng.uniform(7.5, 15),
            rise_mm=rng.uniform(2, 10),
            rim_mm=float(np.exp(rng.uniform(np.log(1.5), np.log(14)))),
            core_flow=rng.uniform(0.02, 0.25),
            core_volume=rng.uniform(0.05, 0.55),
            core_late=rng.uniform(0, 6),
            core_hu=rng.uniform(0, 8),
            stenosis=rng.uniform(0.8, 3.2) if narrow else 0.0,
            stenosis_flow=rng.uniform(0.8, 1.0) if narrow else 1.0,
            stenosis_sign=int(rng.choice([-1, 1])),
            old=old,
            pial=rng.uniform(30, 220),
            coarse=Waves.of(rng, 70, 8, 0.4),
            patches=Waves.of(rng, 10, 12, 0.4),
            pial_waves=Waves.of(rng, 17, 12, 0.4),
        )

    def signals(self, head: Head, deficit: Deficit | None, points: np.ndarray, edge_mm: float) -> dict[str, np.ndarray]:
        """Maps without noise, float32 (N,), at head positions (N, 3).

        Returns:
            CBF, CBV, MTT, TMAX, CT, MIP in standard units, TTP in s after the bolus' arrival, and FED, the part of
            tissue and vessels.
        """
        mixture = head.tissues(points, edge_mm, skull=True)
        coarse, patches = self.coarse.at(points), self.patches.at(points)
        vessel = _vessels(points, edge_mm)
        mixture *= 1 - vessel
        sulci = self._sulci(head, points, mixture, edge_mm)
        tissue = mixture[list(BRAIN_TISSUES)].sum(axis=0)
        pale = mixture[Tissue.WHITE] + mixture[Tissue.HYPERINTENSITY]
        base = self.late + self.white_late * pale / np.maximum(tissue, 0.05) + 0.3 * coarse
        base += 1.2 * mixture[Tissue.HYPERINTENSITY]
        ill = np.clip(points[:, 0] * np.float32(self.stenosis_sign) / 8, 0, 1)
        base = np.maximum(base + self.stenosis * ill, 0.2)
        flow = (1 + 0.08 * coarse + 0.1 * patches) * (1 - (1 - self.stenosis_flow) * ill)
        volume = 1 + 0.06 * coarse + 0.1 * patches
        in_core = np.zeros(len(points), np.float32)
        late = base
        if deficit is not None:
            whole, core = deficit.depths(points)
            in_core = cover(core, 3 + edge_mm)
            late, share, flow_left = self._deficit(whole, base)
            flow *= flow_left * (1 - in_core) + self.core_flow * in_core
            volume *= (1 + (self.penumbra_volume - 1) * share) * (1 - in_core) + self.core_volume * in_core
            late = late + self.core_late * in_core
        gone = np.zeros(len(points), np.float32)
        if self.old is not None:
            gone = cover(self.old.at(points), 4 + edge_mm)
            flow, volume = flow * (1 - 0.9 * gone), volume * (1 - 0.85 * gone)
            late = late * (1 - gone) + base * gone
        alive = 1 - 0.8 * np.maximum(in_core, gone)
        cbf = (tissue_row(CBF_OF) @ mixture) * self.flow * flow + (vessel * _VESSEL_CBF + sulci * self.pial) * alive
        cbv = (tissue_row(CBV_OF) @ mixture) * self.volume * volume
        cbv += (vessel * _VESSEL_CBV + sulci * self.pial / 14) * alive
        cbf, cbv = np.maximum(cbf, 0.05), np.maximum(cbv, 0.005)
        mtt = np.minimum(60 * cbv / np.maximum(cbf, 1), _LONGEST_MTT_S)
        hu = tissue_row(HU_OF) @ mixture + vessel * _VESSEL_HU - self.core_hu * in_core - 16 * gone * tissue
        soft = hu - np.maximum(tissue_row({tissue: HU_OF[tissue] for tissue in AROUND}) @ mixture, 0)
        found = {
            "CBF": cbf,
            "CBV": cbv,
            "MTT": mtt,
            "TTP": late + 0.4 * mtt,
            "TMAX": late,
            "CT": hu,
            "MIP": soft + _ENHANCEMENT * cbv,
            "FED": tissue + vessel + sulci,
        }
        return {name: values.astype(np.float32) for name, values in found.items()}

    def _deficit(self, whole: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tmax, part of penumbra (0 to 1) and flow of what lies so deep below the deficit's edge.

        Around it flow and delay fade back to normal: tissue that is underfed, but not in danger.
        """
        out = np.exp(np.minimum(whole, 0) / np.float32(self.rim_mm))
        deep = 1 - np.exp(-np.maximum(whole, 0) / np.float32(self.rise_mm))
        late = base + np.maximum(_EDGE_TMAX_S - base, 0.3) * out + (self.peak - _EDGE_TMAX_S) * deep
        flow_left = 1 - (1 - self.edge_flow) * out - (self.edge_flow - self.deep_flow) * deep
        return late, np.maximum(out * 0.4, deep), flow_left

    def _sulci(self, head: Head, points: np.ndarray, mixture: np.ndarray, edge_mm: float) -> np.ndarray:
        """Part of small vessels within the fluid of sulci, in patches; none in ventricles."""
        x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
        csf = mixture[Tissue.CSF] * (1 - cover(ventricles(x, y, z, head.traits.ventricles) + 3, edge_mm + 2))
        return csf * np.clip(0.35 + 0.55 * self.pial_waves.at(points), 0, 1)


def _vessels(points: np.ndarray, edge_mm: float) -> np.ndarray:
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    depth = np.max([tube(x, y, z, way) for way in (*ARTERIES, *VEINS)], axis=0)
    # A vessel thinner than a voxel fills part of it only.
    return np.clip(cover(depth, edge_mm) * np.float32(min(3.5 / edge_mm, 1.0)), 0, 1)
