"""Simulated perfusion in the layout of a CTP study folder, split as the lesions' patients are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.csv_files import read_records
from ...base.errors import InputError
from ...base.progress import Progress
from ...base.recorded_files import fill_new
from ...study.volumes.nifti import write_nifti
from ..datasets.ctp_folder import TABLE
from ..datasets.layouts import read_data_set
from ..datasets.subject import SIMULATED, SIMULATED_MARK, SPLITS, DataSet
from .lattice import Lattice, fractions
from .patient import Study, simulate
from .territories import Territories

SHARES = (0.75, 0.1, 0.15)
"""Of the patients, for train, val and test."""
WITHOUT_STROKE = 0.15
LEAST_ML = 1.0
"""Smallest lesion whose shape is taken."""
ORIGINS = "simulation.csv"
_CLINICAL = ("case", "patient", "nihss", "age", "group", "split")


@dataclass(frozen=True)
class Planned:
    """A patient to be simulated: whose lesion it is (None without stroke), and whose old lesion there may be."""

    case: str
    seed: int
    split: str
    lesion: str | None
    other: str


def write_simulated_perfusion(
    soop: Path,
    folder: Path,
    patients: int,
    seed: int = 0,
    pixels: int = 128,
    progress: Progress | None = None,
    *,
    splits: Sequence[str] = SPLITS,
) -> DataSet:
    """Writes simulated patients with real lesion shapes; the same arguments give the same bytes.

    Train and val patients have vendors' scales, 8 bits and the like; test patients are in standard units, so that
    scales can be put on them one by one. No shape is in two parts: SOOP's own split is kept.

    Args:
        soop: folder with participants.tsv, lesions/sub-*.nii.gz and ArterialAtlas136.*.
        folder: is made; it must not exist, or be empty.
        patients: how many, at least 7.
        seed: of everything random.
        pixels: rows and columns of the slices.
        progress: asked before each patient.
        splits: which parts are written; the patients of each are the same as in the whole.

    Returns:
        The data set, read back.

    Raises:
        InputError: if there are too few patients, or lesions for them.
        OutputError: if the folder is not empty or cannot be written to.
    """
    asked = progress or Progress()
    plans = [plan for plan in _planned(soop, patients, seed) if plan.split in splits]
    territories = Territories.read(soop)

    def fill(draft: Path) -> None:
        (draft / SIMULATED_MARK).write_text(f"{SIMULATED} Lesion shapes are from SOOP (CC0).\n", encoding="utf-8")
        clinical, origins = [",".join(_CLINICAL)], ["case,lesion,kind,maps"]
        for number, plan in enumerate(plans):
            asked(number / len(plans), f"simulating {plan.case} of {len(plans)}")
            study = _study(soop, plan, territories, pixels)
            _write(study, draft / plan.case)
            values = (plan.case, plan.case, study.nihss, study.age, study.group, plan.split)
            clinical.append(",".join(map(str, values)))
            origins.append(f"{plan.case},{plan.lesion or ''},{study.kind},{study.made_by}")
        (draft / TABLE).write_text("\n".join(clinical) + "\n", encoding="utf-8")
        (draft / ORIGINS).write_text("\n".join(origins) + "\n", encoding="utf-8")

    fill_new(folder, fill, last=SIMULATED_MARK)
    return read_data_set(folder, "ctp_folder")


def _study(soop: Path, plan: Planned, territories: Territories, pixels: int) -> Study:
    lesion = None if plan.lesion is None else _shape(soop, plan.lesion)
    return simulate(plan.seed, lesion, _shape(soop, plan.other), territories, pixels, plan.split != "test")


def _shape(soop: Path, name: str) -> Lattice:
    path = soop / "lesions" / f"{name}.nii.gz"
    if not path.is_file():
        raise InputError("there is no such lesion mask", where=path, fix="Give the whole SOOP folder")
    return fractions(sitk.ReadImage(str(path)))


def _write(study: Study, home: Path) -> None:
    home.mkdir()
    for name, image in study.images.items():
        write_nifti(image, home / f"{name}.nii.gz")
    write_nifti(study.truth, home / "truth.nii.gz")


def _planned(soop: Path, patients: int, seed: int) -> list[Planned]:
    rng = np.random.default_rng(seed)
    names = _lesions(soop)
    counts = _counts(patients)
    plans: list[Planned] = []
    for split, count in zip(SPLITS, counts, strict=True):
        without = round(WITHOUT_STROKE * count)
        own = names[split]
        if len(own) < max(count - without, 1):
            raise InputError(
                f"there are {len(own)} lesions for {split}, {count - without} are needed",
                where=soop,
                fix="Ask for fewer patients",
            )
        chosen: list[str | None] = [own[i] for i in rng.permutation(len(own))[: count - without]]
        for lesion in [chosen[i] for i in rng.permutation(len(chosen))] + [None] * without:
            other, seed = own[int(rng.integers(len(own)))], int(rng.integers(2**31))
            plans.append(Planned(f"SIM_{len(plans) + 1:04d}", seed, split, lesion, other))
    return plans


def _counts(patients: int) -> tuple[int, int, int]:
    val, test = (max(round(share * patients), 2) for share in SHARES[1:])
    if patients < 7:
        raise InputError(f"{patients} patients cannot be split", option="patients", fix="Ask for 7 or more")
    return patients - val - test, val, test


def _lesions(soop: Path) -> dict[str, list[str]]:
    table = soop / "participants.tsv"
    if not table.is_file():
        raise InputError("there is no participants.tsv", where=soop, fix="Give the SOOP folder")
    found: dict[str, list[str]] = {split: [] for split in SPLITS}
    for row in read_records(table, "\t", ("participant_id", "split", "lesion_voxels")):
        if row["split"] not in found:
            continue
        try:
            large = float(row["lesion_voxels"]) >= LEAST_ML * 1000
        except ValueError:
            what = f"'{row['lesion_voxels']}' in the column 'lesion_voxels' is not a number"
            raise InputError(what, where=table, fix="Correct it") from None
        if large:
            found[row["split"]].append(row["participant_id"])
    return {split: sorted(names) for split, names in found.items()}
