"""The bundled CTP models on simulated test patients, beside thresholds; with vendors' scales and noise put on the maps.

    strokeseg dataset make-perfusion SOOP FOLDER --patients 480 --seed 2026
    python benchmarks/ctp_models.py --data FOLDER [--models DIR] [--only patients|scalings|engine] [--engine 5]

Test patients hold lesion shapes that no network has learned from; their maps are in standard units. "engine": series of
`phantom.ctp`, whose deficits are procedural, through the perfusion engine. Prints Markdown: mean and SD over patients,
95 % bootstrap interval. Dice is over patients who have the class; volumes over all. Everything is simulated: nothing
here is performance on patients.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.errors import InputError
from StrokeSegLogic.evaluation.bootstrap import bootstrap_intervals
from StrokeSegLogic.grid import Grid
from StrokeSegLogic.inference.device import choose
from StrokeSegLogic.inference.field_engine import answer, completed
from StrokeSegLogic.inference.network import load
from StrokeSegLogic.metrics import dice
from StrokeSegLogic.models.bundle import Bundle
from StrokeSegLogic.models.registry import find
from StrokeSegLogic.perfusion.maps import MapsSpec, maps
from StrokeSegLogic.perfusion.thresholds import CORE, PENUMBRA, segment_by_thresholds
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.progress import Progress
from StrokeSegLogic.training.datasets import read_data_set
from StrokeSegLogic.training.datasets.load import load_subject
from StrokeSegLogic.training.simulated_perfusion.scanner import eight_bits

MODELS = ("ctp-sf-pms", "ctp-sf-pms-m", "ctp-sf-pms-n", "ctp-sf-pms-m-n", "ctp-unet3d")
NAMES = ("CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
ENGINE_SEEDS = 7000
Images = dict[str, sitk.Image]
Segment = Callable[["Patient"], np.ndarray]


@dataclass(frozen=True)
class Patient:
    """A simulated patient; truth (z, y, x) with 1 penumbra and 2 core."""

    case: str
    images: Images
    truth: np.ndarray
    nihss: float | None

    @property
    def grid(self) -> Grid:
        return Grid.of(self.images["CBF"])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--models", type=Path, default=None, help="folder of the models instead of the bundled ones")
    arguments.add_argument("--only", choices=("patients", "scalings", "engine"))
    arguments.add_argument("--engine", type=int, default=5, help="how many series")
    arguments.add_argument("--names", nargs="+", default=list(MODELS))
    given = arguments.parse_args()
    ways: dict[str, Segment] = {"thresholds": by_thresholds}
    for name in given.names:
        ways[name] = by_model(find(name if given.models is None else given.models / name))
    tested = [] if given.only == "engine" else list(test_patients(given.data))
    if given.only in (None, "patients"):
        print(f"\n{len(tested)} simulated test patients, maps in standard units\n")
        table(ways, tested)
    if given.only in (None, "scalings"):
        print(f"\nDice of core / penumbra on the same {len(tested)} patients with vendors' scales and noise\n")
        scalings(ways, tested)
    if given.only in (None, "engine"):
        series = [engine_patient(ENGINE_SEEDS + i) for i in range(given.engine)]
        print(f"\n{len(series)} simulated series (seeds from {ENGINE_SEEDS}) through the perfusion engine\n")
        table(ways, series)


def test_patients(data: Path) -> Iterable[Patient]:
    data_set = read_data_set(data, "ctp_folder")
    for subject in data_set.subjects:
        if subject.split == "test":
            loaded = load_subject(subject, data_set, NAMES)
            images = {name: sitk.Cast(image, sitk.sitkFloat32) for name, image in loaded.images.items()}
            truth = sitk.GetArrayFromImage(loaded.masks["truth"])
            yield Patient(subject.case, images, truth, subject.nihss)


def engine_patient(seed: int) -> Patient:
    """A phantom with a large vessel occlusion, scanned and evaluated."""
    patient, whole = ctp_patient(seed), ctp_grid((1.8, 1.8, 8.0))
    grid = whole.crop((0, 0, 3), (*whole.size[:2], 12))
    series = ctp_series(patient, grid)
    found = maps(series.hu, series.times_s, grid=grid, spec=MapsSpec(device="cpu"))
    return Patient(f"phantom {seed}", found.images(), series.labels, patient.nihss)


def by_thresholds(patient: Patient) -> np.ndarray:
    try:
        return sitk.GetArrayFromImage(segment_by_thresholds(patient.images).labels)
    except InputError as error:
        # Too little normal tissue to compare with: the route gives no answer.
        print(f"<!-- thresholds, {patient.case}: {error} -->")
        return np.zeros(patient.grid.shape, np.uint8)


def by_model(bundle: Bundle) -> Segment:
    device = choose("cpu")
    network = load(bundle, device)["network"]
    numbers = np.array([{"penumbra": PENUMBRA, "core": CORE}.get(name, 0) for name in bundle.field.classes], np.uint8)

    def segment(patient: Patient) -> np.ndarray:
        ready, spec, _ = completed(bundle.field, patient.images)
        found = answer(spec, network, ready, patient.grid, patient.nihss, device, Progress())
        return numbers[sitk.GetArrayFromImage(found.labels)]

    return segment


def scores(found: np.ndarray, patient: Patient) -> dict[str, float]:
    """Dice and volume error of each class; false volume where there is no stroke."""
    ml, values = patient.grid.voxel_ml, {}
    for name, label in (("core", CORE), ("penumbra", PENUMBRA)):
        said, true = found == label, patient.truth == label
        values[f"{name} Dice"] = dice(said, true) if true.any() else np.nan
        values[f"{name} dV"] = float(said.sum() - true.sum()) * ml
        values[f"{name} false"] = np.nan if patient.truth.any() else float(said.sum()) * ml
    # Penumbra of thresholds is what is late and no core: the whole is what both agree on.
    values["both Dice"] = dice(found > 0, patient.truth > 0) if patient.truth.any() else np.nan
    return values


def table(ways: Mapping[str, Segment], patients: list[Patient]) -> None:
    columns = {
        "core Dice": "core Dice",
        "penumbra Dice": "penumbra Dice",
        "both Dice": "core + penumbra Dice",
        "core dV": "core ΔV ml",
        "penumbra dV": "penumbra ΔV ml",
        "core false": "false core ml, no stroke",
        "penumbra false": "false penumbra ml, no stroke",
    }
    print("| route | " + " | ".join(columns.values()) + " |\n" + "| --- " * (len(columns) + 1) + "|")
    for way, segment in ways.items():
        rows = [scores(segment(patient), patient) for patient in patients]
        # A network that knows the core alone has nothing to say of penumbra.
        shown = [_cell([row[key] for row in rows], patients, key, "unet3d" in way) for key in columns]
        print(f"| {way} | " + " | ".join(shown) + " |", flush=True)


def _cell(values: list[float], patients: list[Patient], key: str, core_only: bool) -> str:
    known = np.array(values)
    if (core_only and not key.startswith("core")) or np.isnan(known).all():
        return "-"
    low, high = bootstrap_intervals(known, [patient.case for patient in patients])
    digits = 3 if "Dice" in key else 1
    mean, sd, count = np.nanmean(known), np.nanstd(known, ddof=1), int((~np.isnan(known)).sum())
    return f"{mean:.{digits}f} ± {sd:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}; n = {count})"


def scalings(ways: Mapping[str, Segment], patients: list[Patient]) -> None:
    print("| maps | " + " | ".join(ways) + " |\n" + "| --- " * (len(ways) + 1) + "|")
    for name, change in CHANGES.items():
        cells = []
        for way, segment in ways.items():
            rows = []
            for number, patient in enumerate(patients):
                changed = Patient(patient.case, change(patient, number), patient.truth, patient.nihss)
                rows.append(scores(segment(changed), changed))
            core, late = (np.nanmean([row[f"{one} Dice"] for row in rows]) for one in ("core", "penumbra"))
            cells.append(f"{core:.3f}" if "unet3d" in way else f"{core:.3f} / {late:.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _changed(patient: Patient, change: Callable[[str, np.ndarray, np.ndarray], np.ndarray]) -> Images:
    """Images with each map's values (not those outside the brain) changed by name."""
    brain = sitk.GetArrayFromImage(patient.images["CBF"]) > 0
    images = {}
    for name, image in patient.images.items():
        values = sitk.GetArrayFromImage(image)
        kept = values if name in ("CT", "MIP") else np.where(values > 0, change(name, values, brain), values)
        images[name] = patient.grid.image(kept.astype(np.float32))
    return images


def _factor(factor: float, names: tuple[str, ...]) -> Callable[[Patient, int], Images]:
    return lambda patient, _: _changed(patient, lambda name, v, b: v * factor if name in names else v)


def _late(seconds: float) -> Callable[[Patient, int], Images]:
    return lambda patient, _: _changed(patient, lambda name, v, b: v + seconds if name == "TMAX" else v)


def _eight_bits(patient: Patient, _: int) -> Images:
    return _changed(patient, lambda name, v, b: eight_bits(v, b, 97.0))


def _without_tmax(patient: Patient, _: int) -> Images:
    """TTP less its 30th percentile stands in for Tmax, for thresholds as for networks."""

    def change(name: str, values: np.ndarray, brain: np.ndarray) -> np.ndarray:
        if name != "TMAX":
            return values
        ttp = sitk.GetArrayFromImage(patient.images["TTP"])
        return np.where(ttp > 0, np.maximum(ttp - np.quantile(ttp[brain & (ttp > 0)], 0.3), 0), 0)

    return _changed(patient, change)


def _noise(level: float) -> Callable[[Patient, int], Images]:
    sds = {"CBF": 8.0, "CBV": 0.7, "MTT": 1.0, "TTP": 1.0, "TMAX": 1.0}

    def change(patient: Patient, number: int) -> Images:
        random = np.random.default_rng([number, 5])
        return _changed(
            patient,
            lambda name, v, b: np.maximum(v + level * sds[name] * random.standard_normal(v.shape, np.float32), 0),
        )

    return change


CHANGES: dict[str, Callable[[Patient, int], Images]] = {
    "as they are": lambda patient, _: patient.images,
    "CBF, CBV x 0.5": _factor(0.5, ("CBF", "CBV")),
    "CBF, CBV x 2": _factor(2.0, ("CBF", "CBV")),
    "Tmax + 2 s": _late(2.0),
    "8 bits, white at the 97th percentile": _eight_bits,
    "TTP for Tmax": _without_tmax,
    "noise of 8 ml/100 g/min, 0.7 ml/100 g, 1 s": _noise(1.0),
    "twice that noise": _noise(2.0),
}
"""What is put on the maps."""


if __name__ == "__main__":
    main()
