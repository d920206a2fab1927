"""Ways to get absolute flow out of one and the same denoised curves, on phantoms whose flow is known.

    python benchmarks/ctp_flow.py [--seeds 1] [--only analytic|usual|low|box|slab]

Analytic: curves of known flow, volume and delay without noise. Usual, low, box: `phantom.ctp`, twelve slices of 1.8 x
1.8 x 8 mm, 45 frames every 1.5 s, seeds 0 and up with a large vessel occluded; exponential residues at usual and at low
dose, box residues at usual dose. Slab: the tests' own phantom (`Testing/Python/ctp_slab.py`), box residues, 5 HU, seed
0. Artery, vein, fluid and curves freed of noise are the engine's; the deconvolution alone differs. Prints Markdown:
bias of flow in percent of the truth, of volume, MTT and Tmax as such, mean over voxels; core (rCBF < 30 %) and
hypoperfused (Tmax > 6 s) by thresholds. Voxels as in `perfusion.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from flow_methods import Found, Method, flow_only, foretold, model, reconvolved, tikhonov, truncated
from perfusion import limit_threads, near_vessels

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "Testing" / "Python"))

import ctp_slab  # noqa: E402

from StrokeSegLogic.base.progress import Progress  # noqa: E402
from StrokeSegLogic.brain.perfusion import brain_of_frames  # noqa: E402
from StrokeSegLogic.ctp.series.bolus import passage  # noqa: E402
from StrokeSegLogic.ctp.series.curves import enhancement, mean_frame  # noqa: E402
from StrokeSegLogic.ctp.series.deconvolution import PER_100_G, PER_100_G_MIN, DeconvolutionSpec  # noqa: E402
from StrokeSegLogic.ctp.series.denoising import DenoisingSpec, denoised  # noqa: E402
from StrokeSegLogic.ctp.series.fluid import fluid_of  # noqa: E402
from StrokeSegLogic.ctp.series.maps import MapsSpec  # noqa: E402
from StrokeSegLogic.ctp.series.time_series import checked  # noqa: E402
from StrokeSegLogic.ctp.series.vessels import scale_of, vessels  # noqa: E402
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds  # noqa: E402
from StrokeSegLogic.metrics.voxel import dice  # noqa: E402
from StrokeSegLogic.phantom.ctp import Part, ctp_series  # noqa: E402
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient  # noqa: E402
from StrokeSegLogic.phantom.ctp_protocol import NOISE_HU, CtpProtocol  # noqa: E402
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion  # noqa: E402
from StrokeSegLogic.space.grid import Grid  # noqa: E402
from StrokeSegLogic.study.case import Role  # noqa: E402

METHODS: dict[str, Method] = {
    "engine: oscillation limit 0.035": truncated(),
    "oscillation limit 0.065": truncated(DeconvolutionSpec(oscillation=0.065)),
    "oscillation limit 0.095": truncated(DeconvolutionSpec(oscillation=0.095)),
    "truncation 0.1 for all": truncated(DeconvolutionSpec(oscillation=None, truncation=0.1)),
    "Tikhonov, lambda 0.1": tikhonov(0.1),
    "Tikhonov, lambda 0.05": tikhonov(0.05),
    "Tikhonov, GCV": tikhonov("GCV"),
    "Tikhonov, L-curve": tikhonov("L-curve"),
    "model: exponential": model((1,)),
    "model: gamma, shape 1 to 16": model((1, 2, 4, 16)),
    "model: gamma, mean": model((1, 2, 4, 16), mean=True),
    "engine, flow foretold, shape 1": foretold(1),
    "engine, flow foretold, shape 2": foretold(2),
    "engine, loss by reconvolution": reconvolved(),
    "Tikhonov 0.1, loss by reconvolution": reconvolved(0.1),
    "engine, flow of model gamma": flow_only(model((1, 2, 4, 16))),
}
TISSUES = {
    "white": Perfusion(25, 2, 1),
    "grey": Perfusion(60, 4, 1),
    "penumbra": Perfusion(27, 4.4, 8),
    "core": Perfusion(8.4, 1.6, 10),
}


@dataclass(frozen=True)
class Study:
    """A series made ready, and its truth.

    Attributes:
        curves, aif, times_s: (T, N) of the brain's voxels, (T,) scaled, (T,).
        plain: HU (z, y, x), mean before contrast.
        brain, fluid: bool (z, y, x).
        grid: of them.
        truth: (z, y, x) by name: CBF, CBV, MTT, TMAX.
        parts: masks (z, y, x) of voxels to look at, by tissue.
        core, late: true masks (z, y, x).
    """

    curves: np.ndarray
    aif: np.ndarray
    times_s: np.ndarray
    plain: np.ndarray
    brain: np.ndarray
    fluid: np.ndarray
    grid: Grid
    truth: Mapping[str, np.ndarray]
    parts: Mapping[str, np.ndarray]
    core: np.ndarray
    late: np.ndarray


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--only", choices=("analytic", "usual", "low", "box", "slab"))
    given = arguments.parse_args()
    limit_threads(given.threads)
    if given.only in (None, "analytic"):
        for kind in ("exponential", "box"):
            analytic(kind)
    usual = CtpProtocol()
    protocols = {
        "usual": usual,
        "low": replace(usual, noise_hu=NOISE_HU["low dose"]),
        "box": replace(usual, residue="box"),
    }
    for name, protocol in protocols.items():
        if given.only in (None, name):
            title = f"Phantom: {protocol.residue}, {protocol.noise_hu:g} HU"
            compare(title, [on_phantom(seed, protocol) for seed in range(given.seeds)])
    if given.only in (None, "slab"):
        compare("Slab: box, 5 HU", [on_slab(ctp_slab.Slab(noise_hu=5.0, lesion=True))])


def analytic(kind: str) -> None:
    times, bolus = np.arange(0, 60, 1.5), Bolus(recirculation=0.0)
    curves = np.stack([tissue.curve(bolus, times, kind) for tissue in TISSUES.values()], axis=1).astype(np.float32)
    print(f"\nWithout noise, {kind}: CBF / CBV / Tmax (true)\n")
    true = (f"{name} ({t.cbf:g} / {t.cbv:g} / {t.delay_s:g})" for name, t in TISSUES.items())
    print("| method | " + " | ".join(true) + " |\n" + "| --- " * (len(TISSUES) + 1) + "|")
    for name, method in METHODS.items():
        found = method(curves, bolus.at(times), times)
        rows = zip(found.height * PER_100_G_MIN, found.area * PER_100_G, found.tmax_s, strict=True)
        print(f"| {name} | " + " | ".join(f"{cbf:.1f} / {cbv:.2f} / {late:.1f}" for cbf, cbv, late in rows) + " |")


def prepared(hu: np.ndarray, times_s: np.ndarray, grid: Grid, truth: Callable[[np.ndarray], Mapping]) -> Study:
    """The engine's own steps up to deconvolution (`ctp.series.maps`), of a head at rest."""
    nothing, spec = Progress(), MapsSpec(motion=False, device="cpu")
    series = checked(hu, times_s, grid)
    mean, mip = mean_frame(series, nothing)
    brain = brain_of_frames(mean, grid)
    bolus, curves, plain = enhancement(series, brain, spec.smoothing_mm, passage, nothing)
    artery, vein, _ = vessels(series, brain, mip, plain, bolus, None, None, False)
    fluid = fluid_of(series, brain, mean, artery.curve, curves.mean(axis=1), nothing)
    scale, _ = scale_of(artery, vein, series.times_s)
    denoised(series, brain, curves, bolus.baseline, DenoisingSpec(), "cpu", nothing, artery.curve)
    return Study(curves, artery.curve * scale, series.times_s, plain, brain, fluid, grid, **truth(brain))


def on_phantom(seed: int, protocol: CtpProtocol) -> Study:
    whole = ctp_grid((1.8, 1.8, 8.0))
    series = ctp_series(ctp_patient(seed, "LVO"), whole.crop((0, 0, 3), (*whole.size[:2], 12)), protocol)

    def truth(brain: np.ndarray) -> Mapping:
        clear = brain & ~near_vessels(series)
        parts = {kind: (series.parts == Part[kind.upper()]) & clear for kind in TISSUES}
        return {"truth": series.truth, "parts": parts, "core": series.labels == 2, "late": series.labels > 0}

    return prepared(series.hu, series.times_s, series.grid, truth)


def on_slab(slab: ctp_slab.Slab) -> Study:
    kinds = slab.kinds()
    codes = {name: getattr(ctp_slab, name.upper()) for name in TISSUES}
    truth = {name: np.zeros(kinds.shape, np.float32) for name in ("CBF", "CBV", "MTT", "TMAX")}
    for code in codes.values():
        flow, volume, delay, _ = slab.tissue[code]
        for name, value in zip(truth, (flow, volume, 60 * volume / flow, delay), strict=True):
            truth[name][kinds == code] = value

    def told(brain: np.ndarray) -> Mapping:
        parts = {name: (kinds == code) & brain for name, code in codes.items()}
        core = kinds == ctp_slab.CORE
        return {"truth": truth, "parts": parts, "core": core, "late": core | (kinds == ctp_slab.PENUMBRA)}

    return prepared(slab.hu(), slab.times_s, ctp_slab.grid_of_slab(slab), told)


def compare(title: str, studies: list[Study]) -> None:
    means = {part: np.mean(np.concatenate([s.truth["CBF"][s.parts[part]] for s in studies])) for part in TISSUES}
    core, late = (np.mean([getattr(s, name).sum() * s.grid.voxel_ml for s in studies]) for name in ("core", "late"))
    print(f"\n{title}; true CBF " + ", ".join(f"{part} {flow:.1f}" for part, flow in means.items()))
    heads = (
        "CBF, %: white, grey, penumbra, core",
        "SD of grey, %",
        "CBV, ml/100 g: white, grey",
        "MTT, s: white, grey",
        "Tmax, s: grey, penumbra, core (SD)",
        f"core, Dice, ml ({core:.0f})",
        f"late, Dice, ml ({late:.0f})",
    )
    print("\n| method | " + " | ".join(heads) + " |\n" + "| --- " * (len(heads) + 1) + "|")
    for name, method in METHODS.items():
        print(f"| {name} | {' | '.join(_row(method, studies))} |", flush=True)


def _row(method: Method, studies: list[Study]) -> list[str]:
    errors: dict[tuple[str, str], list[np.ndarray]] = {}
    drawn = []
    for study in studies:
        maps = _maps(method(study.curves, study.aif, study.times_s), study)
        for name, part in product(maps, TISSUES):
            there = study.parts[part]
            errors.setdefault((name, part), []).append((maps[name] - study.truth[name])[there])
            errors.setdefault((f"true {name}", part), []).append(study.truth[name][there])
        images = {Role(name): study.grid.image(values) for name, values in maps.items()}
        images[Role.CT] = study.grid.image(study.plain)
        seen = segment_by_thresholds(images, brain=study.brain, fluid=study.fluid)
        pairs = ((seen.core, study.core), (seen.hypoperfused, study.late))
        drawn.append([value for mask, true in pairs for value in (dice(mask, true), mask.sum() * study.grid.voxel_ml)])
    joined = {key: np.concatenate(values) for key, values in errors.items()}
    parts = {part: joined["true CBF", part].mean() for part in TISSUES}
    core_dice, core_ml, late_dice, late_ml = np.mean(drawn, axis=0)
    late = [f"{joined['TMAX', part].mean():+.1f} ({joined['TMAX', part].std():.1f})" for part in list(TISSUES)[1:]]
    return [
        ", ".join(f"{100 * joined['CBF', part].mean() / mean:+.0f}" for part, mean in parts.items()),
        f"{100 * joined['CBF', 'grey'].std() / parts['grey']:.0f}",
        ", ".join(f"{joined['CBV', part].mean():+.1f}" for part in ("white", "grey")),
        ", ".join(f"{joined['MTT', part].mean():+.1f}" for part in ("white", "grey")),
        ", ".join(late),
        f"{core_dice:.2f}, {core_ml:.0f}",
        f"{late_dice:.2f}, {late_ml:.0f}",
    ]


def _maps(found: Found, study: Study) -> dict[str, np.ndarray]:
    cbf, cbv = found.height * PER_100_G_MIN, found.area * PER_100_G
    values = {"CBF": cbf, "CBV": cbv, "MTT": np.where(cbf > 1, 60 * cbv / np.maximum(cbf, 1), 0), "TMAX": found.tmax_s}
    maps = {}
    for name, value in values.items():
        maps[name] = np.zeros(study.grid.shape, np.float32)
        maps[name][study.brain] = value
    return maps


if __name__ == "__main__":
    main()
