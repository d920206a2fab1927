"""The bundled CTP models on simulated test patients, beside thresholds; then on what they were not made from.

    strokeseg dataset make-perfusion SOOP FOLDER --patients 480 --seed 2026
    python benchmarks/ctp_models.py --data FOLDER [--models DIR] [--names NAME ...] [--every N]
        [--only patients|nihss|scalings|phantoms|engine] [--count N]

patients: test patients hold lesion shapes that no network has learned from; their maps are in standard units.
nihss: the same with other scores than theirs. scalings: the same with vendors' scales and noise put on the maps.
phantoms: heads and procedural deficits of `phantom.ctp_maps`, of other seeds, with noise and a vendor's scales drawn.
engine: series of `phantom.ctp` through the perfusion engine. Prints Markdown; intervals are 95 % bootstrap intervals
over patients. Dice is over patients who have the class; volumes over all. Nothing here is performance on patients.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from ctp_tables import CLASSES, Scored, score, tables
from ctp_vendors import CHANGES, Images, hardened

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.routes.field_engine import answer, completed
from StrokeSegLogic.ctp.series.maps import MapsSpec, maps
from StrokeSegLogic.ctp.tissue.thresholds import ThresholdSegmentation, segment_by_thresholds
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.datasets.load import load_subject

MODELS = ("ctp-sf-pms", "ctp-sf-pms-m", "ctp-sf-pms-n", "ctp-sf-pms-m-n", "ctp-unet3d")
NAMES = ("CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
GROUPS = ("LVO", "Non-LVO", "WIS")
PHANTOM_SEEDS, ENGINE_SEEDS = 8000, 7000
SCORES = (0, 4, 12, 20, 42)
"""NIHSS that are given instead of a patient's own."""
Segment = Callable[["Patient"], np.ndarray]


@dataclass(frozen=True)
class Patient:
    """A simulated patient; truth (z, y, x) with 1 penumbra and 2 core.

    Where a series was evaluated, `brain` and `fluid` are its own (bool, z, y, x) and no route marks anything in fluid.
    """

    case: str
    images: Images
    truth: np.ndarray
    nihss: float | None
    group: str
    brain: np.ndarray | None = None
    fluid: np.ndarray | None = None

    @property
    def grid(self) -> Grid:
        return Grid.of(self.images["CBF"])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--models", type=Path, default=None, help="folder of models instead of the bundled")
    arguments.add_argument("--only", choices=("patients", "nihss", "scalings", "phantoms", "engine"))
    arguments.add_argument("--count", type=int, default=None, help="how many phantoms (12) or series (5)")
    arguments.add_argument("--every", type=int, default=3, help="nihss, scalings: each so many-th test patient")
    arguments.add_argument("--names", nargs="*", default=list(MODELS))
    given = arguments.parse_args()
    bundles = [find(name if given.models is None else given.models / name) for name in given.names]
    ways: dict[str, Segment] = {"thresholds": by_thresholds}
    for name, bundle in zip(given.names, bundles, strict=True):
        ways[name] = by_model(bundle)
    tested = [] if given.only in ("phantoms", "engine") else list(test_patients(given.data))
    some = tested[:: given.every]
    if given.only in (None, "patients"):
        print(f"\n{len(tested)} simulated test patients, maps in standard units")
        tables(scored(ways, tested))
    if given.only in (None, "nihss"):
        print(f"\nThe score changed on {len(some)} of the test patients (one in {given.every})\n")
        asking = [name for name, bundle in zip(given.names, bundles, strict=True) if bundle.field.nihss]
        other_scores({name: ways[name] for name in asking}, some)
    if given.only in (None, "scalings"):
        print(f"\nDice of core / penumbra on {len(some)} of the test patients with vendors' scales and noise\n")
        scalings(ways, some)
    if given.only in (None, "phantoms"):
        made = [phantom(PHANTOM_SEEDS + i, i) for i in range(given.count or 12)]
        print(f"\n{len(made)} phantoms (seeds from {PHANTOM_SEEDS}), noise and vendors' scales drawn")
        tables(scored(ways, made))
    if given.only in (None, "engine"):
        series = [engine_patient(ENGINE_SEEDS + i) for i in range(given.count or 5)]
        print(f"\n{len(series)} simulated series (seeds from {ENGINE_SEEDS}) through the perfusion engine")
        tables(scored(ways, series))


def test_patients(data: Path) -> Iterable[Patient]:
    data_set = read_data_set(data, "ctp_folder")
    for subject in data_set.subjects:
        if subject.split == "test":
            loaded = load_subject(subject, data_set, NAMES)
            images = {name: sitk.Cast(image, sitk.sitkFloat32) for name, image in loaded.images.items()}
            truth = sitk.GetArrayFromImage(loaded.masks["truth"])
            yield Patient(subject.case, images, truth, subject.nihss, str(subject.group))


def phantom(seed: int, number: int) -> Patient:
    """A phantom of the groups in turn, with noise of 0.5 to 3 times a clinical scan's."""
    patient = ctp_patient(seed, GROUPS[number % len(GROUPS)])
    whole = ctp_grid((1.8, 1.8, 5.0))
    grid = whole.crop((0, 0, 4), (*whole.size[:2], 18))
    noise = float(np.exp(np.random.default_rng([seed, 3]).uniform(np.log(0.5), np.log(3))))
    made = patient.maps(grid, noise)
    truth = sitk.GetArrayFromImage(made.truth)
    return Patient(f"phantom {seed}", hardened(made.images, seed), truth, patient.nihss, patient.group)


def engine_patient(seed: int) -> Patient:
    """A phantom with a large vessel occlusion, scanned and evaluated."""
    patient, whole = ctp_patient(seed), ctp_grid((1.8, 1.8, 8.0))
    grid = whole.crop((0, 0, 3), (*whole.size[:2], 12))
    series = ctp_series(patient, grid)
    found = maps(series.hu, series.times_s, grid=grid, spec=MapsSpec(device="cpu"))
    return Patient(
        f"series {seed}", found.images(), series.labels, patient.nihss, patient.group, found.brain, found.fluid
    )


def by_thresholds(patient: Patient) -> np.ndarray:
    try:
        return sitk.GetArrayFromImage(drawn(patient).labels)
    except InputError as error:
        # Too little normal tissue to compare with: the route gives no answer.
        print(f"<!-- thresholds, {patient.case}: {error} -->")
        return np.zeros(patient.grid.shape, np.uint8)


def drawn(patient: Patient) -> ThresholdSegmentation:
    return segment_by_thresholds(patient.images, brain=patient.brain, fluid=patient.fluid)


def by_model(bundle: Bundle) -> Segment:
    device = choose("cpu")
    network = load(bundle, device)["network"]
    numbers = np.array([CLASSES.get(name, 0) for name in bundle.field.classes], np.uint8)

    def segment(patient: Patient) -> np.ndarray:
        ready, spec, _ = completed(bundle.field, patient.images)
        found = answer(spec, network, ready, patient.grid, patient.nihss, device, Progress())
        labels = numbers[sitk.GetArrayFromImage(found.labels)]
        if patient.fluid is not None:
            labels[drawn(patient).tissue.csf] = 0
        return labels

    return segment


def scored(ways: Mapping[str, Segment], patients: Sequence[Patient]) -> dict[str, list[Scored]]:
    return {way: [_score(segment(patient), patient) for patient in patients] for way, segment in ways.items()}


def _score(found: np.ndarray, patient: Patient) -> Scored:
    return score(found, patient.truth, patient.grid.voxel_ml, patient.case, patient.group)


def other_scores(ways: Mapping[str, Segment], patients: Sequence[Patient]) -> None:
    """How volumes (ml) and Dice move where another NIHSS than the patient's is given."""
    print(
        "| model | NIHSS | core ml | penumbra ml | core Dice | penumbra Dice | largest change of core + penumbra, ml |"
    )
    print("| --- " * 7 + "|")
    for way, segment in ways.items():
        own: np.ndarray | None = None
        for nihss in (None, *SCORES):
            given = [patient if nihss is None else replace(patient, nihss=nihss) for patient in patients]
            found = [segment(patient) for patient in given]
            pairs = list(zip(found, given, strict=True))
            ml = np.array([[(f == c).sum() * p.grid.voxel_ml for c in CLASSES.values()] for f, p in pairs])
            own = ml if own is None else own
            rows = [_score(f, p).values for f, p in pairs]
            core, late = (np.nanmean([row[f"{name} Dice"] for row in rows]) for name in CLASSES)
            moved = np.abs(ml.sum(axis=1) - own.sum(axis=1)).max()
            said = "own" if nihss is None else str(nihss)
            volumes = " | ".join(f"{volume:.1f}" for volume in ml.mean(axis=0))
            print(f"| {way} | {said} | {volumes} | {core:.3f} | {late:.3f} | {moved:.1f} |", flush=True)


def scalings(ways: Mapping[str, Segment], patients: Sequence[Patient]) -> None:
    print("| maps | " + " | ".join(ways) + " |\n" + "| --- " * (len(ways) + 1) + "|")
    for name, change in CHANGES.items():
        changed = [replace(patient, images=change(patient.images, number)) for number, patient in enumerate(patients)]
        cells = []
        for way, segment in ways.items():
            rows = [_score(segment(patient), patient).values for patient in changed]
            core, late = (np.nanmean([row[f"{tissue} Dice"] for row in rows]) for tissue in CLASSES)
            cells.append(f"{core:.3f}" if "unet3d" in way else f"{core:.3f} / {late:.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
