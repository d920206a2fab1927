"""What scanner, deconvolution and vendor make of a circulation: noise, ragged times, scales, saturation, 8 bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...space.smoothing import discrete_gaussian

MAPS = ("CBF", "CBV", "MTT", "TTP", "TMAX")
_LEVELS = 255
_LEAST_FLOW = 8.0
"""ml/100 g/min below which curves drown in noise, and times are anything."""
_FED = 0.3
"""Below this part of tissue and vessel there is CSF."""


@dataclass(frozen=True)
class Scanner:
    """How maps of one study are made; lengths in mm, times in s.

    Attributes:
        noise: 1 for a usual scan.
        grain_mm: sigma of the noise's grain.
        blur_mm: sigma that maps are smoothed with.
        ragged: part of low-flow tissue whose times are lost, to nothing or to the end of the series.
        dark_csf: whether times are 0 in CSF; else they are noise.
        longest_tmax: where Tmax is cut.
        start: of the bolus, for TTP.
        length: from the bolus to the series' end, for TTP.
        frame_s: TTP is a multiple of it; 0 for interpolated.
        from_ttp: whether Tmax is TTP less its normal value, for want of a deconvolution.
        cbf, cbv: factors on the standard units.
        tmax_offset, tmax_factor, ttp_factor: the vendor's own.
        bits: whether maps are stored in 8 bits, saturated at `white` of their brain's percentile.
        white: percentile, 0 to 100.
    """

    noise: float = 1.0
    grain_mm: float = 2.0
    blur_mm: float = 1.0
    ragged: float = 0.5
    dark_csf: bool = True
    longest_tmax: float = 20.0
    start: float = 12.0
    length: float = 35.0
    frame_s: float = 0.0
    from_ttp: bool = False
    cbf: float = 1.0
    cbv: float = 1.0
    tmax_offset: float = 0.0
    tmax_factor: float = 1.0
    ttp_factor: float = 1.0
    bits: bool = False
    white: float = 99.9

    @classmethod
    def of(cls, rng: np.random.Generator, vendors: bool) -> Scanner:
        """One study's scanner.

        Args:
            rng: draws.
            vendors: whether vendors' own scales and 8 bits are drawn too; else maps are in standard units.
        """
        plain = cls(
            noise=float(np.exp(rng.normal(-0.35, 0.5))),
            grain_mm=rng.uniform(1.0, 4.0),
            blur_mm=rng.uniform(0, 2.5),
            ragged=rng.uniform(0, 1),
            dark_csf=bool(rng.uniform() < 0.7),
            longest_tmax=rng.uniform(12, 30),
            start=rng.uniform(6, 22),
            length=rng.uniform(20, 45),
            frame_s=float(rng.choice([0.0, 0.0, 1.0, 1.5, 2.5, 4.0])),
        )
        if not vendors:
            return plain
        own = {
            "from_ttp": bool(rng.uniform() < 0.12),
            "cbf": float(np.exp(rng.uniform(-0.75, 0.75))),
            "cbv": float(np.exp(rng.uniform(-0.75, 0.75))),
            "tmax_offset": float(rng.choice([0.0, rng.uniform(-1, 3)])),
            "tmax_factor": float(np.exp(rng.normal(0, 0.12))),
            "ttp_factor": float(np.exp(rng.normal(0, 0.2))),
            "bits": bool(rng.uniform() < 0.35),
            "white": rng.uniform(93, 99.9),
        }
        return cls(**{**plain.__dict__, **own})

    def shown(
        self, clean: dict[str, np.ndarray], brain: np.ndarray, spacing: tuple[float, float, float], seed: int
    ) -> dict[str, np.ndarray]:
        """Maps as the study has them, float32 (z, y, x): 0 outside the brain but for CT.

        Args:
            clean: of `Circulation.signals`, (z, y, x).
            brain: bool.
            spacing: x, y, z, mm.
            seed: of the noise.
        """
        rng = np.random.default_rng(seed)
        shape, level = brain.shape, np.float32(self.noise)
        soft = {name: _within(clean[name], self.blur_mm, spacing) for name in clean if name != "FED"}
        common = _grain(rng, shape, self.grain_mm, spacing)
        cbf = soft["CBF"] * (1 + 0.1 * level * common) + 3 * level * _grain(rng, shape, self.grain_mm, spacing)
        cbv = soft["CBV"] * (1 + 0.1 * level * common) + 0.25 * level * _grain(rng, shape, self.grain_mm, spacing)
        cbf, cbv = np.maximum(cbf, 0), np.maximum(cbv, 0)
        spread = np.minimum(0.25 + 9 / np.maximum(soft["CBF"], 2), 4) * level
        tmax = soft["TMAX"] + spread * _grain(rng, shape, self.grain_mm, spacing)
        ttp = soft["TTP"] + spread * _grain(rng, shape, self.grain_mm, spacing)
        mtt = soft["MTT"] + spread * _grain(rng, shape, self.grain_mm, spacing)
        lost = (soft["CBF"] < _LEAST_FLOW) & (_grain(rng, shape, 3.0, spacing) < 2 * self.ragged - 1)
        early = _grain(rng, shape, 3.0, spacing) < 0
        tmax = np.where(lost, np.where(early, 0, self.longest_tmax), tmax)
        ttp = np.where(lost, np.where(early, 0, self.length), ttp)
        mtt = np.where(lost, np.where(early, 0, 25), mtt)
        tmax, ttp = np.clip(tmax, 0, self.longest_tmax), np.clip(ttp, 0, self.length)
        timed = brain & ((clean["FED"] >= _FED) | (not self.dark_csf)) & ~(lost & early)
        peak = (ttp * self.ttp_factor + self.start) if not self.frame_s else self._framed(ttp)
        if self.from_ttp:
            tmax = np.maximum(ttp - np.float32(np.percentile(ttp[timed], 20)), 0) if timed.any() else ttp
        late = np.maximum(tmax * self.tmax_factor + self.tmax_offset, 0)
        found = {
            "CBF": cbf * self.cbf,
            "CBV": cbv * self.cbv,
            "MTT": np.where(timed, np.maximum(mtt, 0), 0),
            "TTP": np.where(timed, peak, 0),
            "TMAX": np.where(timed, late, 0),
        }
        found = {name: self._stored(values, brain) for name, values in found.items()}
        ct = clean["CT"] + 3 * level * _grain(rng, shape, 0.8, spacing)
        mip = np.maximum(soft["MIP"] + 3 * level * _grain(rng, shape, 0.8, spacing), 1)
        return found | {"CT": ct.astype(np.float32), "MIP": np.where(brain, mip, 0).astype(np.float32)}

    def restored(self, maps: dict[str, np.ndarray], brain: np.ndarray) -> dict[str, np.ndarray]:
        """Maps in standard units as this vendor would give them: scales and bits alone."""
        found = dict(maps)
        for name, factor in (("CBF", self.cbf), ("CBV", self.cbv)):
            found[name] = maps[name] * np.float32(factor)
        timed = brain & (maps["TTP"] > 0)
        found["TTP"] = np.where(timed, maps["TTP"] * self.ttp_factor, 0)
        found["TMAX"] = np.where(timed, np.maximum(maps["TMAX"] * self.tmax_factor + self.tmax_offset, 0), 0)
        return {name: self._stored(values, brain) if name in MAPS else values for name, values in found.items()}

    def _framed(self, ttp: np.ndarray) -> np.ndarray:
        return np.round((ttp * self.ttp_factor + self.start) / self.frame_s) * self.frame_s

    def _stored(self, values: np.ndarray, brain: np.ndarray) -> np.ndarray:
        inside = np.where(brain, values, 0)
        if self.bits and brain.any():
            inside = eight_bits(inside, brain, self.white)
        return inside.astype(np.float32)


def eight_bits(values: np.ndarray, brain: np.ndarray, white: float) -> np.ndarray:
    """Values rounded to 255 steps and cut at a percentile of the brain, in their own unit."""
    top = max(float(np.percentile(values[brain], white)), 1e-6)
    return np.round(np.clip(values / top, 0, 1) * _LEVELS) / _LEVELS * top


def _grain(rng: np.random.Generator, shape: tuple[int, ...], mm: float, spacing: tuple[float, ...]) -> np.ndarray:
    """Noise of unit variance, smooth within slices."""
    soft = _within(rng.standard_normal(shape, np.float32), mm, spacing)
    return np.asarray(soft / max(float(soft.std()), 1e-6), np.float32)


def _within(values: np.ndarray, mm: float, spacing: tuple[float, ...]) -> np.ndarray:
    """Gaussian smoothing within slices, sigma in mm."""
    if mm < 0.3 * spacing[0]:
        return values.astype(np.float32)
    variance = ((mm / spacing[0]) ** 2, (mm / spacing[1]) ** 2, 0.0)
    return discrete_gaussian(values.astype(np.float32), variance, widest=33)
