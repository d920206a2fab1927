"""Dice by subgroup on held-out patients, from FLAIR alone: SOOP's slices, three planes together.

    python benchmarks/subgroups.py --data DATA [--model NAME] [--split val]

A row a subgroup: sex, age, NIHSS, volume of the patient's whole lesion, and the territory that most of it lies in (Liu
et al., Scientific Data 2023, 10:74; the atlas lies beside the masks). Slices with at least 50 mm² of lesion, at the
own threshold of the model; the 95 % bootstrap interval is over patients, whose planes go together. Found: the part of
these slices in which at least a tenth of the lesion is marked. Patients of whom something is not known are left out of
that table alone. Nothing is chosen from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mri_data import heading, soop_slices
from slices import FOUND, interval

from StrokeSegLogic.base.csv_files import read_records
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.heads.atlas import ATLAS, GROUPS
from StrokeSegLogic.training.stream.samples import LESION_PIXELS


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--split", default="test", choices=("val", "test"))
    given = arguments.parse_args()
    print(f"{heading(given.model)}, split {given.split}\n")
    soop = given.data / "soop"
    columns = ("participant_id", "sex", "age", "nihss", "lesion_voxels")
    rows = {row["participant_id"]: row for row in read_records(soop / "participants.tsv", "\t", columns)}
    limit = find(given.model).planes.threshold_for([Role.FLAIR])
    found: dict[str, list[tuple[float, bool]]] = {}
    for sample in soop_slices(given.data, given.model, split=given.split):
        if sample.truth.sum() >= LESION_PIXELS:
            marked = sample.probability >= limit
            counts = bool(marked[sample.truth].mean() >= FOUND)
            found.setdefault(sample.patient, []).append((dice(marked, sample.truth), counts))
    table("all", found, lambda name: "all patients")
    table("sex", found, lambda name: {"M": "men", "F": "women"}.get(rows[name]["sex"]))
    table("age", found, lambda name: between(rows[name]["age"], (60, 75), "years"))
    table("NIHSS", found, lambda name: between(rows[name]["nihss"], (5, 15), ""))
    table("lesion", found, lambda name: between(str(int(rows[name]["lesion_voxels"]) / 1000), (3, 20), "ml"))
    atlas = sitk.GetArrayFromImage(sitk.ReadImage(str(soop / ATLAS)))
    table("territory", found, lambda name: territory(soop / "lesions" / f"{name}.nii.gz", atlas))


def between(text: str, limits: tuple[float, float], unit: str) -> str | None:
    """Below the first limit, up to the second, or from it on; None where the number is not known."""
    try:
        value = float(text)
    except ValueError:
        return None
    low, high = limits
    words = f"below {low:g}" if value < low else f"{low:g} to {high:g}" if value < high else f"{high:g} and more"
    return f"{words} {unit}".strip()


def territory(path: Path, atlas: np.ndarray) -> str | None:
    """The group of territories that most of a lesion lies in; None where it lies in none."""
    labels = atlas[sitk.GetArrayFromImage(sitk.ReadImage(str(path))) > 0]
    counts = {name: int(np.isin(labels, values).sum()) for name, values in GROUPS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def table(title: str, found: dict[str, list[tuple[float, bool]]], group_of: Callable[[str], str | None]) -> None:
    """Prints the subgroups of a property: patients, the mean over them of their slices' mean Dice, and slices found."""
    groups: dict[str, list[list[tuple[float, bool]]]] = {}
    for patient, slices in found.items():
        group = group_of(patient)
        if group is not None:
            groups.setdefault(group, []).append(slices)
    print(f"| {title} | patients | mean Dice (95 % interval) | slices found |\n| --- | --- | --- | --- |")
    for group, patients in sorted(groups.items()):
        means = np.array([np.mean([value for value, _ in slices]) for slices in patients])
        counts = [marked for slices in patients for _, marked in slices]
        low, high = interval(means)
        seen = f"{sum(counts)} of {len(counts)}"
        print(f"| {group} | {len(patients)} | {means.mean():.3f} ({low:.3f} to {high:.3f}) | {seen} |")
    print()


if __name__ == "__main__":
    main()
