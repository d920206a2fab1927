"""Sources from a recipe and a data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ....base.errors import InputError
from ....study.case import Role
from ..recipe import SourceSpec, StreamRecipe
from ..samples import Sample, Source
from .carriers import Carrier, Carriers, read_carrier, read_outlined
from .heads import HeadSlices, read_library
from .isles22 import Isles22Slices
from .lesions import read_shapes
from .more_isles22 import MoreIsles22Slices
from .outlines import Outlined, find_outlines
from .phantoms import PhantomCarriers
from .soop import Soop


def whole_volumes(specs: Iterable[SourceSpec]) -> frozenset[str]:
    """Patients whose whole volumes are trained on.

    Raises:
        InputError: if an outlines' file is missing or wrong.
    """
    return frozenset(case.patient for spec in specs if spec.kind == "dwi_carriers" for case in _outlined(spec))


def build_sources(recipe: StreamRecipe, data: Path) -> list[Source]:
    """A recipe's sources for training, in its order.

    Raises:
        InputError: if files are missing.
    """
    always = whole_volumes(recipe.sources)
    # Without DWI and ADC all that can be shown is FLAIR and what is simulated from it.
    of_flair = recipe.only and not {Role.DWI.value, Role.ADC.value} & set(recipe.only)
    needed = frozenset({Role.FLAIR}) if of_flair else frozenset()
    only = frozenset(Role(name) for name in recipe.only)
    return [build_source(spec, data, recipe.seed, recipe.held_out, always, needed, only) for spec in recipe.sources]


def held_out_slices(recipe: StreamRecipe, data: Path) -> list[Sample]:
    """The ISLES'22 slices that a recipe keeps from training; none if it keeps no fold or has no such source.

    Raises:
        InputError: if files are missing.
    """
    always = whole_volumes(recipe.sources)
    return [
        sample
        for spec in recipe.sources
        if spec.kind == "isles22_slices" and recipe.held_out >= 0
        for sample in Isles22Slices(data / spec.folder, recipe.held_out, only_held_out=True, always=always).samples
    ]


def build_source(
    spec: SourceSpec,
    data: Path,
    seed: int,
    held_out: int = -1,
    always: frozenset[str] = frozenset(),
    needed: frozenset[Role] = frozenset(),
    only: frozenset[Role] = frozenset(),
) -> Source:
    """The source for training; for `held_out`, `always` and `needed` see `Isles22Slices`, for `only` `HeadSlices`.

    Raises:
        InputError: if its files are missing.
    """
    folder = data / spec.folder
    if spec.kind == "soop":
        return Soop(folder, "train")
    if spec.kind == "isles22_slices":
        return Isles22Slices(folder, held_out, always=always, needed=needed)
    if spec.kind == "isles22_more_slices":
        return MoreIsles22Slices(folder, held_out, always)
    if spec.kind == "heads":
        return HeadSlices(read_library(folder, data, spec, seed), only)
    shapes = read_shapes(data / spec.lesions, spec.shapes, seed)
    if spec.kind == "phantom":
        return Carriers(PhantomCarriers(seed), shapes)
    carriers = mri_carriers(folder, spec.patients) if spec.kind == "t1_t2_flair_carriers" else _dwi(folder, spec)
    if not carriers:
        raise InputError("there is no carrier", where=folder, fix="Check the folder and the names of the patients")
    return Carriers(one_of(carriers), shapes)


def one_of(carriers: list[Carrier]) -> Callable[[np.random.Generator], Carrier]:
    """Hands out one of several at random."""

    def choose(random: np.random.Generator) -> Carrier:
        return carriers[int(random.integers(len(carriers)))]

    return choose


def mri_carriers(folder: Path, patients: tuple[str, ...] = ()) -> list[Carrier]:
    """The brains with T1, T2 and FLAIR in a folder, those of these patients; all if none is named.

    Raises:
        InputError: if a file is missing.
    """
    names = patients or tuple(sorted(path.parent.name for path in folder.glob("*/FLAIR.nii.gz")))
    roles = (Role.T1, Role.T2, Role.FLAIR)
    return [read_carrier({role: folder / name / f"{role}.nii.gz" for role in roles}, name, True) for name in names]


def _dwi(folder: Path, spec: SourceSpec) -> list[Carrier]:
    return [read_outlined(folder, case) for case in _outlined(spec)]


def _outlined(spec: SourceSpec) -> list[Outlined]:
    cases = find_outlines(spec.outlines).case
    missing = sorted(set(spec.patients) - {case.patient for case in cases})
    if missing:
        raise InputError(
            f"there are no outlines of {', '.join(missing)}", where=spec.outlines, fix="Check the names of the patients"
        )
    return [case for case in cases if not spec.patients or case.patient in spec.patients]
