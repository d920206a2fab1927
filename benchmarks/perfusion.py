"""The perfusion engine on digital phantoms: error of every map by tissue and noise, and time and memory of one study.

    python benchmarks/perfusion.py [--seeds 3] [--threads 2] [--only errors|doses|speed|check]

Prints Markdown. Error tables: phantoms at 0.9 x 0.9 x 5 mm, artery and vein found by the engine; 45 frames every 1.5 s
unless said otherwise; seeds 0 and up; voxels of which at least 90 % are the tissue named and no large vessel lies
within 6 mm; mean and SD over voxels of the error against the known truth. Threshold table: core (rCBF < 30 %) and
hypoperfused tissue (Tmax > 6 s) against the phantom's labels, mean and range over the seeds, brain and fluid being the
series' own as in the engine. Doses: the same for the usual frames at each dose alone. Check: curves whose flow,
volume and delay are known exactly, without noise; and noisy curves by a plain loop over voxels and numpy's SVD. Speed:
one study of 512 x 512 x 20 x 45 in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.ctp.series.deconvolution import PER_100_G, PER_100_G_MIN, DeconvolutionSpec, deconvolve
from StrokeSegLogic.ctp.series.maps import MapsSpec, PerfusionMaps, maps
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp import CtpSeries, Part, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import NOISE_HU, CtpProtocol
from StrokeSegLogic.phantom.scan_grids import centred_grid
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion
from StrokeSegLogic.space.grid import Grid

PARTS = (Part.WHITE, Part.GREY, Part.PENUMBRA, Part.CORE)
UNITS = {"CBF": "ml/100 g/min", "CBV": "ml/100 g", "MTT": "s", "TMAX": "s"}
SPEED_SIZE = (512, 512, 20)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--only", choices=("errors", "doses", "speed", "check"))
    given = arguments.parse_args()
    limit_threads(given.threads)
    if given.only in (None, "check"):
        check()
    if given.only in (None, "errors", "doses"):
        errors(given.seeds, given.only == "doses")
    if given.only in (None, "speed"):
        speed(given.threads)


def limit_threads(count: int) -> None:
    import torch

    torch.set_num_threads(count)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(count)


def errors(seeds: int, doses_alone: bool) -> None:
    usual = CtpProtocol()
    protocols = {name: replace(usual, noise_hu=noise) for name, noise in NOISE_HU.items()}
    others = {
        "usual dose, 1 s frames": replace(usual, times_s=tuple(float(t) for t in range(67))),
        "usual dose, 3 s frames": replace(usual, times_s=tuple(3.0 * i for i in range(23))),
        "usual dose, wide bolus": replace(usual, bolus=Bolus(peak_hu=180.0, to_peak_s=7.0)),
        "usual dose, box residue": replace(usual, residue="box"),
        "usual dose, dispersion 1 s": replace(usual, dispersion_s=1.0),
        "usual dose, motion 4 mm, 3 degrees": replace(usual, motion_mm=4.0, motion_deg=3.0),
        "usual dose, core 14 s late": replace(usual, core_delay_s=14.0),
        "usual dose, 3 s frames after 37 s": usual.uneven(),
        "usual dose, stopped at 40 s": usual.truncated(40.0),
    }
    protocols |= {} if doses_alone else others
    segmented = []
    cells: dict[tuple[str, str, Part], tuple[float, float, float, int]] = {}
    titles = [f"{words} ({protocol.noise_hu:g} HU)" for words, protocol in protocols.items()]
    for title, protocol in zip(titles, protocols.values(), strict=True):
        print(f"{title}: {time.strftime('%H:%M:%S')}", file=sys.stderr, flush=True)
        found = [_scanned(seed, "LVO", protocol) for seed in range(seeds)]
        for name, part in product(UNITS, PARTS):
            cells[name, title, part] = _error(part, name, found)
        segmented.append(_segmented(title, found))
        if protocol == usual:
            small = [_scanned(seed, "Non-LVO", protocol) for seed in range(seeds)]
            segmented.append(_segmented(f"{title}, no large vessel occluded", small))
    for name, unit in UNITS.items():
        _print_table(name, unit, titles, cells)
    print("\n| acquisition | core, Dice | ml found (true) | hypoperfused, Dice | ml found (true) |")
    print("| --- | --- | --- | --- | --- |")
    print("\n".join(segmented))


def _print_table(
    name: str, unit: str, titles: list[str], cells: dict[tuple[str, str, Part], tuple[float, float, float, int]]
) -> None:
    print(f"\n{name}, {unit}: bias ± SD\n")
    print("| acquisition | " + " | ".join(part.name.lower() for part in PARTS) + " |")
    print("| --- " * (len(PARTS) + 1) + "|")
    first = [cells[name, titles[0], part] for part in PARTS]
    print("| mean truth (voxels) | " + " | ".join(f"{truth:.1f} ({count:,})" for truth, _, _, count in first) + " |")
    for title in titles:
        row = [cells[name, title, part] for part in PARTS]
        print(f"| {title} | " + " | ".join(f"{bias:+.1f} ± {sd:.1f}" for _, bias, sd, _ in row) + " |")


def _scanned(seed: int, group: str, protocol: CtpProtocol) -> tuple[CtpSeries, PerfusionMaps]:
    series = ctp_series(ctp_patient(seed, group), ctp_grid((0.9, 0.9, 5.0)), protocol)
    spec = MapsSpec(motion=protocol.motion_mm > 0, device="cpu")
    made = maps(series.hu, series.times_s, grid=series.grid, spec=spec)
    # Only what the table needs is kept: the frames are large.
    return replace(series, hu=np.zeros(0, np.int16)), made


def _error(part: Part, name: str, found: list[tuple[CtpSeries, PerfusionMaps]]) -> tuple[float, float, float, int]:
    """Mean truth, mean and SD of the error, and number of voxels."""
    truth, value = [], []
    for series, made in found:
        there = (series.parts == part) & made.brain & ~near_vessels(series)
        truth.append(series.truth[name][there])
        value.append(getattr(made, name.lower())[there])
    true, error = np.concatenate(truth), np.concatenate(value) - np.concatenate(truth)
    return float(np.mean(true)), float(np.mean(error)), float(np.std(error)), len(true)


def near_vessels(series: CtpSeries) -> np.ndarray:
    """Within 6 mm, in the slice and the slices beside, of a voxel that is an artery's or a vein's for the most part."""
    vessels = sitk.GetImageFromArray(np.isin(series.parts, (Part.ARTERY, Part.VEIN)).astype(np.uint8))
    radius = [round(6 / step) for step in series.grid.spacing[:2]]
    return sitk.GetArrayFromImage(sitk.BinaryDilate(vessels, (*radius, 1))).astype(bool)


def _segmented(words: str, found: list[tuple[CtpSeries, PerfusionMaps]]) -> str:
    cells: dict[str, list[tuple[float, float, float]]] = {"core": [], "hypoperfused": []}
    for series, made in found:
        seen = segment_by_thresholds(made.images(), brain=made.brain, fluid=made.fluid)
        for name, drawn, truth in (
            ("core", seen.core, series.labels == 2),
            ("hypoperfused", seen.hypoperfused, series.labels > 0),
        ):
            volumes = (float(mask.sum() * series.grid.voxel_ml) for mask in (drawn, truth))
            cells[name].append((dice(drawn, truth), *volumes))
    columns = []
    for numbers in cells.values():
        values = np.array(numbers)
        low, high = values[:, 0].min(), values[:, 0].max()
        columns.append(f"{values[:, 0].mean():.2f} ({low:.2f} to {high:.2f})")
        columns.append(f"{values[:, 1].mean():.0f} ({values[:, 2].mean():.0f})")
    return f"| {words} | " + " | ".join(columns) + " |"


def check() -> None:
    """Deconvolution of curves whose answer is known, and of noisy curves by an implementation of its own."""
    times, bolus = np.arange(0, 60, 1.5), Bolus(recirculation=0.0)
    known = {
        "white": Perfusion(25, 2, 1),
        "grey": Perfusion(60, 4, 1),
        "penumbra": Perfusion(27, 4.4, 8),
        "core": Perfusion(8.4, 1.6, 10),
    }
    print("\nWithout noise, usual regularisation: found (true)\n")
    print("| residue | tissue | CBF, ml/100 g/min | CBV, ml/100 g | Tmax, s |")
    print("| --- | --- | --- | --- | --- |")
    for kind, (words, tissue) in product(("exponential", "box"), known.items()):
        curve = tissue.curve(bolus, times, kind)[:, None].astype(np.float32)
        found = deconvolve(curve, bolus.at(times), times)
        cbf, cbv = found.height[0] * PER_100_G_MIN, found.area[0] * PER_100_G
        print(
            f"| {kind} | {words} | {cbf:.1f} ({tissue.cbf:g}) | {cbv:.2f} ({tissue.cbv:g}) "
            f"| {found.tmax_s[0]:.1f} ({tissue.delay_s:g}) |"
        )
    tissues = list(known.values())
    clean = np.stack([tissues[i % 4].curve(bolus, times, "exponential") for i in range(400)], axis=1)
    noisy = (clean + np.random.default_rng(0).standard_normal(clean.shape)).astype(np.float32)
    found = deconvolve(noisy, bolus.at(times), times, DeconvolutionSpec(None, 0.1, prompt=False))
    height, peak = np.array([_textbook(noisy[:, i], bolus.at(times), times) for i in range(400)]).T
    print(
        "\nThe same 400 noisy curves (SD 1 HU, one truncation of 0.1) by a loop over voxels with numpy's SVD: flow "
        f"differs by at most {100 * np.abs(found.height / height - 1).max():.2f} %, the peak's sample by at most "
        f"{np.abs(found.tmax_s - peak).max():.2f} s (a parabola places it between samples)."
    )


def _textbook(curve: np.ndarray, aif: np.ndarray, times: np.ndarray) -> tuple[float, float]:
    """Height (1/s) and time (s) of the residue function's peak, by Wu et al. 2003 as it is written."""
    even = np.arange(times[0], times[-1] + 1e-9, 1.0)
    count = len(even)
    artery, tissue = (np.r_[np.interp(even, times, values), np.zeros(count)] for values in (aif, curve))
    matrix = np.array(
        [[artery[(row - column) % (2 * count)] for column in range(2 * count)] for row in range(2 * count)]
    )
    left, values, right = np.linalg.svd(matrix)
    residue = np.zeros(2 * count)
    for row, value, other in zip(left.T, values, right, strict=True):
        if value >= 0.1 * values[0]:
            residue += other * (row @ tissue) / value
    lags = np.r_[residue[-5:], residue[:31]]
    return float(lags.max()), float(max(int(np.argmax(lags)) - 5, 0))


def speed(threads: int) -> None:
    spacing = (230 / SPEED_SIZE[0], 230 / SPEED_SIZE[1], 5.0)
    grid = centred_grid(spacing, (230, 230, 100), (-7, 1, 0), (0, 15, 28))
    series = ctp_series(ctp_patient(0, "LVO"), grid, CtpProtocol(motion_mm=4.0, motion_deg=3.0))
    megabytes = series.hu.nbytes / 1e6
    print(f"\n{series.hu.shape} int16 ({megabytes:.0f} MB), a moving head, {threads} threads, CPU\n")
    print("| motion | seconds | CPU seconds | peak memory of the process, with the study, GB |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.npy"
        np.save(file, series.hu)
        for motion in (True, False):
            # A fresh process: memory that the phantom took must not be counted, nor a peak before it.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                seconds, busy, peak = pool.submit(_timed, file, series.times_s, grid, motion, threads).result()
            words = "looked for and put right" if motion else "not looked for"
            print(f"| {words} | {seconds:.1f} | {busy:.1f} | {peak:.2f} |")


def _timed(file: Path, times: np.ndarray, grid: Grid, motion: bool, threads: int) -> tuple[float, float, float]:
    """Seconds, processor's seconds on all cores, and peak memory in GB."""
    limit_threads(threads)
    study = np.load(file)
    start, busy = time.perf_counter(), time.process_time()
    maps(study, times, grid=grid, spec=MapsSpec(motion=motion, device="cpu"))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    return seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
