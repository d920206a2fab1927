"""The 90 % interval of a lesion's volume: its constants for a model's manifest, and how often it held.

    python benchmarks/volume_interval.py --data DATA [--model NAME] [--heads 40] [--folds FOLDER] [--volumes]

A patient's slices are taken together: their mean areas, at the model's own threshold and at two others, times what a
mm² of a mean slice stands for (whole volume over mean area, the median of SOOP's train split, of masks alone), are the
patient's volumes in ml. Of these the constants are the split conformal quantiles of `VolumeLaw` (nets/models/spec.py).

Patients that nothing was learned from: FLAIR, SOOP's val split, three slices each (the model's threshold was chosen on
it); DWI, the ISLES'22 patients whom only DATA/isles22/more_slices has, added to those of FLAIR, as they are too few to
have a twentieth of. Where nothing is marked on FLAIR the upper end is the 90 % quantile of the whole volume of SOOP's
val patients without a mark on any slice; on DWI there are no such patients. With --folds what `five_folds.py` kept
takes the place of DWI's, and gives DWI with FLAIR a law. Other mixtures get none: there are no patients.

Coverage is measured patient by patient, each left out of the quantiles; exact 95 % intervals (Clopper and Pearson).
Width: upper over lower end with the offset added to both, median. DWI's law is tried on other mixtures, too: on
synthesised heads of label maps that are left out of all training (a slice of each plane, through an infarct mostly,
makes a head; simulated: no scanner made them). With --volumes sub-strokecase0001 to 0003, which choose nothing, are
run whole by the engine, with the law that stands in the model's manifest. Seed 11.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from five_folds import read as fold_answers
from mri_data import heading, masked_volumes, soop_slices
from scipy.stats import binomtest
from thresholds import ADC, DWI, FLAIR, SEED, answers, left_out, new_patients

from StrokeSegLogic.base.csv_files import read_records
from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.models.spec import VolumeLaw
from StrokeSegLogic.study.case import MRI_ROLES, Role
from StrokeSegLogic.training.heads.slices import draw_slice
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.heads import as_sample
from StrokeSegLogic.training.stream.sources.soop import Soop

LAW = VolumeLaw(0.05, 0.95, 0.5, 0.25, 0.0, 0.0, None, "")
"""Ours: the smallest volume that is worth a relation, and a quarter for what all thresholds miss alike; `high` is half
way from the model's own threshold to 1."""
SIDE, LEVEL = 0.95, 0.90
TINY = 1e-9
EVERYTHING = ((MRI_ROLES, 1.0),)
MIXTURES: tuple[tuple[Role, ...], ...] = ((DWI,), (DWI, ADC), (DWI, FLAIR), (DWI, ADC, FLAIR))


@dataclass(frozen=True)
class Patient:
    """Volumes, ml: true, called lesion, and at the law's two probabilities."""

    truth: float
    called: float
    at_low: float
    at_high: float

    @property
    def scores(self) -> tuple[float, float]:
        """The exponents below and above that the interval needs to hold the truth."""
        v, t, more, less = (
            ml + LAW.offset_ml
            for ml in (self.called, self.truth, max(self.at_low, self.called), min(self.at_high, self.called))
        )
        return math.log(v / t) / (LAW.slack + math.log(v / less)), math.log(t / v) / (LAW.slack + math.log(more / v))


def start(model: str | None, roles: Sequence[Role], unmarked_ml: float | None = None) -> VolumeLaw:
    """The law of a set of sequences, before anything is measured."""
    high = (find(model).planes.threshold_for(roles) + 1) / 2
    return replace(LAW, high=round(high, 3), unmarked_ml=unmarked_ml)


Patients = list[Patient]
Seen = tuple[str, np.ndarray, np.ndarray]
"""A slice: whose, lesion probability (H, W) and true lesion, bool."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--heads", type=int, default=40, help="synthesised heads")
    arguments.add_argument("--folds", type=Path, default=None, help="the output of five_folds.py")
    arguments.add_argument("--volumes", action="store_true", help="the three volumes that choose nothing, too")
    given = arguments.parse_args()
    print(f"{heading(given.model)}\n")
    of_area = ml_of_mm2(given.data)
    print(f"A mm² of a patient's mean slice stands for {of_area:.4f} ml.\n")
    flair, unmarked = soop_patients(given.data, given.model, of_area)
    few = fold_patients(given.folds, given.model, (DWI,), of_area) or isles_patients(given.data, given.model, of_area)
    laws: dict[str, VolumeLaw] = {}
    print("| sequences | measured on | marked | held (95 % interval) | truth below, above | width |")
    print("| --- | --- | --- | --- | --- | --- |")
    soop_words, isles_words = "slices of SOOP's validation patients", "slices of ISLES'22 patients"
    laws["FLAIR"] = fitted("FLAIR", soop_words, flair, [], start(given.model, [FLAIR], round(at(unmarked, LEVEL), 1)))
    laws["DWI"] = fitted("DWI", isles_words, few, [] if given.folds else flair, start(given.model, [DWI]))
    if both := fold_patients(given.folds, given.model, (DWI, FLAIR), of_area):
        laws["DWI+FLAIR"] = fitted("DWI+FLAIR", isles_words, both, [], start(given.model, (DWI, FLAIR)))
    for roles, heads in head_patients(given.data, given.model, given.heads, of_area).items():
        tried("+".join(roles), "DWI's law on slices of simulated heads", heads, [laws["DWI"]] * len(heads))
    print(
        f"\nFLAIR, nothing marked on any slice: {len(unmarked)} of {len(unmarked) + len(flair)} patients, whole "
        f"lesions of {np.median(unmarked):.1f} ml (median); {LEVEL:.0%} at most {at(unmarked, LEVEL):.1f} ml.\n"
    )
    print(json.dumps({"volume_laws": {name: asdict(law) for name, law in laws.items()}}, indent=2, ensure_ascii=False))
    if given.volumes:
        whole_volumes(given.data, given.model)


def ml_of_mm2(data: Path) -> float:
    """Whole volume of a lesion, ml, over its mean area on the three slices of a patient, mm²; the median."""
    soop = Soop(data / "soop", "train")
    whole = whole_ml(data)
    areas = np.mean([[mask.sum() for mask in soop.mask[plane]] for plane in PLANES], axis=0)
    pairs = zip(soop.subjects, areas, strict=True)
    return float(np.median([whole[subject] / area for subject, area in pairs if area]))


def whole_ml(data: Path) -> dict[str, float]:
    """The volume of each SOOP patient's whole lesion; masks of 1 mm."""
    rows = read_records(data / "soop" / "participants.tsv", "\t", ("participant_id", "lesion_voxels"))
    return {row["participant_id"]: int(row["lesion_voxels"]) / 1000 for row in rows}


def patients(slices: Sequence[Seen], model: str | None, roles: Sequence[Role], of_area: float) -> Patients:
    """The volumes of each patient of these slices, which show these sequences."""
    threshold, law = find(model).planes.threshold_for(roles), start(model, roles)
    groups: dict[str, list[list[float]]] = {}
    for name, probability, truth in slices:
        areas = (truth, probability >= threshold, probability >= law.low, probability >= law.high)
        groups.setdefault(name, []).append([float(mask.sum()) for mask in areas])
    return [Patient(*(np.mean(areas, axis=0) * of_area).tolist()) for areas in groups.values()]


def soop_patients(data: Path, model: str | None, of_area: float) -> tuple[Patients, list[float]]:
    """Those with something marked; whole volumes, ml, of the others."""
    slices = [(s.patient, s.probability, s.truth) for s in soop_slices(data, model, split="val")]
    names, whole = list(dict.fromkeys(name for name, *_ in slices)), whole_ml(data)
    found = patients(slices, model, [FLAIR], of_area)
    return [p for p in found if p.called], [whole[n] for n, p in zip(names, found, strict=True) if not p.called]


def isles_patients(data: Path, model: str | None, of_area: float) -> Patients:
    samples = new_patients(data)
    pairs = answers(model, {"axial": samples}, (DWI,))["axial"]
    slices = [(sample.patient, *pair) for sample, pair in zip(samples, pairs, strict=True)]
    return [p for p in patients(slices, model, [DWI], of_area) if p.called]


def head_patients(data: Path, model: str | None, count: int, of_area: float) -> dict[tuple[Role, ...], Patients]:
    """A slice of each plane makes a head; each slice was drawn by itself."""
    library = left_out(data)
    drawn: dict[Plane, list[Sample]] = {plane: [] for plane in PLANES}
    for number, plane in product(range(count), PLANES):
        random = np.random.default_rng([SEED, PLANES.index(plane), number])
        drawn[plane].append(
            as_sample(draw_slice(library, plane, random, lesion_share=1.0, protocols=EVERYTHING), plane)
        )
    found = {}
    for roles in MIXTURES:
        planes = answers(model, drawn, roles)
        slices = [(str(number), *pair) for pairs in planes.values() for number, pair in enumerate(pairs)]
        found[roles] = [p for p in patients(slices, model, roles, of_area) if p.called]
    return found


def fold_patients(folder: Path | None, model: str | None, roles: tuple[Role, ...], of_area: float) -> Patients:
    """A slice a patient, seen by the network of the fold that had not learned from it; none without folds."""
    slices: list[Seen] = []
    for path in [] if folder is None else sorted(folder.glob("fold-*/seen.npz")):
        slices += [(f"{path.parent.name} {n}", *pair) for n, pair in enumerate(fold_answers(path, roles))]
    return [p for p in patients(slices, model, roles, of_area) if p.called]


def at(values: Sequence[float], level: float) -> float:
    """The conformal quantile: the value that the next is at most with this probability; the largest of too few."""
    ordered = sorted(values)
    return ordered[min(math.ceil((len(ordered) + 1) * level), len(ordered)) - 1]


def law_of(found: Sequence[Patient], begun: VolumeLaw) -> VolumeLaw:
    """The law with the quantiles of these patients."""
    below, above = (max(at(side, SIDE), 0.0) for side in zip(*(p.scores for p in found), strict=True))
    return replace(begun, below=below, above=above)


def fitted(name: str, words: str, found: Patients, others: Patients, begun: VolumeLaw) -> VolumeLaw:
    """The law of a set of sequences; its row is printed, each patient judged by the law of the rest."""
    held = tried(name, words, found, [law_of([*found[:k], *found[k + 1 :], *others], begun) for k in range(len(found))])
    law = law_of([*found, *others], begun)
    told = f"{words}, not on whole volumes: it held {held} of {len(found)}"
    return replace(law, below=round(law.below, 3), above=round(law.above, 3), measured_on=told)


def tried(name: str, words: str, found: Patients, laws: Sequence[VolumeLaw]) -> int:
    """How many of the patients the interval holds, each by its own law; printed."""
    ends = [law.interval_ml(p.called, p.at_low, p.at_high) or (0.0, 0.0) for law, p in zip(laws, found, strict=True)]
    held = sum(low - TINY <= p.truth <= high + TINY for (low, high), p in zip(ends, found, strict=True))
    over = sum(p.truth > high + TINY for (_, high), p in zip(ends, found, strict=True))
    width = np.median([(high + LAW.offset_ml) / (low + LAW.offset_ml) for low, high in ends])
    few = binomtest(held, len(found)).proportion_ci(method="exact")
    print(
        f"| {name} | {words} | {len(found)} | {held} ({few.low:.0%} to {few.high:.0%}) "
        f"| {len(found) - held - over}, {over} | {width:.1f} |",
        flush=True,
    )
    return held


def whole_volumes(data: Path, model: str | None) -> None:
    """What the engine says of the three whole volumes, from DWI alone."""
    print("\n| case | truth ml | found ml | interval ml | held |\n| --- | --- | --- | --- | --- |")
    for case, volume, truth in masked_volumes(data, (DWI,), model):
        true, found = float(truth.sum() * volume.grid.voxel_ml), volume.result.statistics
        low, high = found.volume_interval.low_ml, found.volume_interval.high_ml
        if low is None or high is None:
            print(f"| {case} | {true:.2f} | {found.volume_ml:.2f} | {found.volume_interval.why_not} | |")
        else:
            held = "yes" if low <= true <= high else "no"
            print(f"| {case} | {true:.2f} | {found.volume_ml:.2f} | {low:.2f} to {high:.2f} | {held} |")


if __name__ == "__main__":
    main()
