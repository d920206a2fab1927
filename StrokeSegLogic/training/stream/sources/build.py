"""Sources from a recipe and a data folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....case import Role
from ....errors import InputError
from ..recipe import SourceSpec
from ..samples import Source
from .carriers import Carrier, Carriers, read_carrier
from .isles22 import Isles22Slices, fold_of
from .lesions import Shape, read_shapes
from .phantoms import PhantomCarriers
from .soop import Soop


def build_source(spec: SourceSpec, data: Path, seed: int) -> Source:
    """The source for training.

    Raises:
        InputError: if its files are missing.
    """
    folder = data / spec.folder
    if spec.kind == "soop":
        return Soop(folder, "train")
    if spec.kind == "isles22_slices":
        return Isles22Slices(folder, spec.held_out)
    shapes = read_shapes(data / spec.lesions, spec.shapes, seed)
    if spec.kind == "phantom":
        return Carriers(PhantomCarriers(seed), shapes)
    carriers = _mri(folder, spec) if spec.kind == "t1_t2_flair_carriers" else _dwi(folder, spec)
    if not carriers:
        raise InputError("there is no carrier", where=folder, fix="Check the folder and the names of the patients")
    return _one_of(carriers, shapes)


def _one_of(carriers: list[Carrier], shapes: list[Shape]) -> Carriers:
    def choose(random: np.random.Generator) -> Carrier:
        return carriers[int(random.integers(len(carriers)))]

    return Carriers(choose, shapes)


def _mri(folder: Path, spec: SourceSpec) -> list[Carrier]:
    names = spec.patients or tuple(sorted(path.parent.name for path in folder.glob("*/FLAIR.nii.gz")))
    roles = (Role.T1, Role.T2, Role.FLAIR)
    return [read_carrier({role: folder / name / f"{role}.nii.gz" for role in roles}, name, True) for name in names]


def _dwi(folder: Path, spec: SourceSpec) -> list[Carrier]:
    paths = {path.name.split("_")[0]: path for path in sorted(folder.glob("*_dwi.nii.gz"))}
    names = spec.patients or tuple(paths)
    missing = sorted(set(names) - set(paths))
    if missing:
        raise InputError(
            f"there is no DWI of {', '.join(missing)}", where=folder, fix="Check the names of the patients"
        )
    leaked = sorted(name for name in names if fold_of(name) == spec.held_out)
    if leaked:
        raise InputError(
            f"{', '.join(leaked)} would be trained on though of the held-out fold {spec.held_out}",
            where=folder,
            fix="Take them out of the recipe's patients",
        )
    return [read_carrier({Role.DWI: paths[name]}, name, False) for name in names]
