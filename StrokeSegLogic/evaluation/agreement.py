"""How far two results agree, case by case: of two devices, versions or models. Neither is the truth of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from ..base.csv_files import csv_text
from ..base.errors import InputError
from ..base.files import is_file
from ..base.json_files import read_json_object
from ..base.progress import Progress
from ..base.records import RESULTS, is_unchanged, said_to_be_written
from ..metrics.surface import surface_distances
from ..metrics.voxel import overlap
from ..result.record import ResultRecord
from ..space.resampling import resample_mask
from ..study.case import Modality
from .classes import found_classes
from .masks import Mask, read_mask, require_same_grid
from .pairing import RESULT_MASK, find_masks, pair

_NAMES: Mapping[Modality, Mapping[int, str]] = {"mri": {1: "lesion"}, "ctp": {1: "penumbra", 2: "core"}}
"""What a result's labels stand for."""


@dataclass(frozen=True)
class Agreement:
    """Two masks of one class of one case.

    Attributes:
        case, label: whose, and of what.
        a_voxels, b_voxels: set in each; B's on A's grid.
        different_voxels: set in one alone.
        a_ml, b_ml: volumes, each on its own grid.
        difference_ml: B less A.
        dice: 1 where both are empty.
        hausdorff95_mm, assd_mm: of the surfaces; NaN where a mask is empty.
        note: what was done to compare them at all, in words.
    """

    case: str
    label: str
    a_voxels: int
    b_voxels: int
    different_voxels: int
    a_ml: float
    b_ml: float
    difference_ml: float
    dice: float
    hausdorff95_mm: float
    assd_mm: float
    note: str = ""


COLUMNS = tuple(field.name for field in fields(Agreement))


@dataclass(frozen=True)
class Limits:
    """How far results may be apart; None is as far as they like.

    Attributes:
        dice: least.
        hausdorff95_mm, assd_mm, volume_ml: most.
    """

    dice: float | None = None
    hausdorff95_mm: float | None = None
    assd_mm: float | None = None
    volume_ml: float | None = None

    def beyond(self, row: Agreement) -> tuple[str, ...]:
        """In what a row is beyond them, in words. A distance that is not defined, as one mask alone is empty, is."""
        alone = bool(row.a_voxels) != bool(row.b_voxels)
        found = []
        if self.dice is not None and row.dice < self.dice:
            found.append(f"Dice {row.dice:.4f} below {self.dice:g}")
        for name, value, most in (
            ("HD95", row.hausdorff95_mm, self.hausdorff95_mm),
            ("ASSD", row.assd_mm, self.assd_mm),
        ):
            if most is not None and (alone if isnan(value) else value > most):
                found.append(f"{name} not defined: one is empty" if alone else f"{name} {value:.2f} mm over {most:g}")
        if self.volume_ml is not None and abs(row.difference_ml) > self.volume_ml:
            found.append(f"volumes {abs(row.difference_ml):.2f} ml apart, over {self.volume_ml:g}")
        return tuple(found)


@dataclass(frozen=True)
class Comparison:
    """What two results, or folders of results, come to.

    Attributes:
        rows: by case and class.
        a, b: what made each, in words, each once; empty where no record says it.
        alone: cases that one side alone has, in sentences.
    """

    rows: tuple[Agreement, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    alone: tuple[str, ...]


def compare_results(
    a: Path, b: Path, *, resample: bool = False, allow_missing: bool = False, progress: Progress | None = None
) -> Comparison:
    """Compares results, matched by case as `pairing.find_masks` names them.

    Args:
        a, b: a result's folder, a folder of them, or a mask; two results, or two files, are one case whatever they are
            called.
        resample: lay B's masks on A's grid where that is another; else such a case is refused.
        allow_missing: go on without cases that one side alone has.
        progress: of the comparison.

    Raises:
        InputError: if there is no case that both have, a case has no partner, a mask cannot be read, or grids differ.
    """
    report = progress or Progress()
    report(0.0, "looking for results")
    ours, theirs = find_masks(a), find_masks(b)
    if len(ours) == len(theirs) == 1 and (_is_one(a) or _is_one(b)):
        theirs = dict(zip(ours, theirs.values(), strict=True))
    pairs = pair(ours, theirs)
    alone = tuple(
        f"{len(names)} in {place} alone: {', '.join(names)}"
        for place, names in ((a, pairs.predictions_alone), (b, pairs.references_alone))
        if names
    )
    if alone and not allow_missing:
        raise InputError(
            "; ".join(alone), fix="Complete the folders, or allow for what is missing", option="allow_missing"
        )
    if not pairs.cases:
        raise InputError(f"holds no case that {b} holds, too", where=a, fix="Give results of the same cases")
    rows: list[Agreement] = []
    makes: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for number, (case, (members, other)) in enumerate(pairs.cases.items()):
        report(number / len(pairs.cases), f"comparing: {case}")
        first = next(iter(members.values()))
        for place, found in zip((first, other), makes, strict=True):
            if (words := made_by(place)) is not None:
                found[words] = None
        rows += _agreements(case, read_mask(first), read_mask(other), resample, _names(first, other))
    report(1.0, "compared")
    return Comparison(tuple(rows), tuple(makes[0]), tuple(makes[1]), alone)


def _is_one(place: Path) -> bool:
    """Whether it is a file, or the folder of one result."""
    return is_file(place) or any(path.name.startswith(f"{RESULT_MASK}.") for path in place.iterdir())


def _agreements(case: str, a: Mask, b: Mask, resample: bool, names: Mapping[int, str]) -> list[Agreement]:
    note = ""
    if not a.grid.same(b.grid):
        if not resample:
            require_same_grid(b, a)
        note = "B was laid on A's grid"
    classes = {names.get(value, name): value for name, (value,) in found_classes(a.values | b.values).items()}
    found = []
    for label, value in classes.items():
        mine, own = a.labels == value, b.labels == value
        laid = resample_mask(b.grid.image(own.astype(np.uint8)), a.grid) if note else own
        counts, surfaces = overlap(mine, laid), surface_distances(mine, laid, a.spacing_mm)
        a_ml, b_ml = float(mine.sum()) * a.grid.voxel_ml, float(own.sum()) * b.grid.voxel_ml
        found.append(
            Agreement(
                case,
                label,
                counts.predicted,
                counts.true,
                counts.false_positive + counts.false_negative,
                a_ml,
                b_ml,
                b_ml - a_ml,
                counts.dice,
                surfaces.hausdorff95,
                surfaces.average_symmetric,
                note,
            )
        )
    return found


def _record(mask: Path) -> Mapping[str, Any] | None:
    """The record beside a result's mask."""
    path = mask.parent / RESULTS[0]
    return read_json_object(path) if is_file(path) else None


def _names(*masks: Path) -> Mapping[int, str]:
    """Names of labels, where records beside the masks tell of what they are."""
    for mask in masks:
        content = _record(mask)
        if content is not None:
            return _NAMES[ResultRecord.parse(content, str(mask.parent)).modality]
    return {}


def made_by(mask: Path) -> str | None:
    """What made the result that a mask is of (model, version, device), and whether the mask was changed since; None
    where no record says it."""
    content = _record(mask)
    if content is None:
        return None
    record = ResultRecord.parse(content, str(mask.parent))
    provenance = content.get("provenance", {})
    model = f"{record.maker.name} ({record.maker.weights_sha256[:12]})" if record.maker.weights_sha256 else ""
    device = provenance.get("device", {})
    where = " ".join(str(device[key]) for key in ("name", "precision") if device.get(key))
    parts = [model or record.maker.name, f"StrokeSeg {provenance.get('strokeseg', 'of unknown version')}"]
    digest = said_to_be_written(mask.parent / RESULTS[0]).get(mask.name)
    changed = digest is not None and not is_unchanged(mask, digest)
    return ", ".join([*parts, *([f"on {where}"] if where else []), *(["changed since"] if changed else [])])


def rows_csv(rows: Iterable[Agreement]) -> str:
    """One line a row; "nan" is undefined."""
    cells = ([f"{value:.6g}" if isinstance(value, float) else value for value in asdict(row).values()] for row in rows)
    return csv_text([COLUMNS, *cells])
