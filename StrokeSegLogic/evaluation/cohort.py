"""A cohort scored: folders of masks in, one row for each case, class, member and reference out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.progress import Progress
from .classes import LABELS_FILE, found_classes, read_classes, require_known, scored
from .compare import ByClass, comparisons
from .groups import Groups, read_groups
from .masks import read_mask, require_same_grid
from .origin import Origin, read_origin
from .pairing import MEMBERS, find_masks, pair
from .readers import Joint
from .rows import REFERENCE, Row
from .scores import CaseScores, Classes, evaluate_labels, zero_where_both_empty


@dataclass(frozen=True)
class Sources:
    """What a cohort is scored from.

    Attributes:
        predictions, references: folders (see `pairing.find_masks`), or one file each.
        groups: table of groups and patients (see `groups.read_groups`).
        readers: two folders in `references`, one reader each.
        joint: how "against both readers" is meant.
        brain: folder of brain masks, the domain of the `brain_` metrics.
        classes: what to score; None to read labels.json beside the predictions, or else every label that occurs.
        members: names of the members of an ensemble.
        allow_missing: go on without cases that have no partner; they are named in the result.
        empty_as_zero: overlaps and distances of two empty masks count 0 (see `scores.zero_where_both_empty`).
    """

    predictions: Path
    references: Path
    groups: Path | None = None
    readers: tuple[str, str] | None = None
    joint: Joint = Joint.MEAN
    brain: Path | None = None
    classes: Classes | None = None
    members: tuple[str, ...] = MEMBERS
    allow_missing: bool = False
    empty_as_zero: bool = False


@dataclass(frozen=True)
class Evaluation:
    """A scored cohort.

    Attributes:
        rows: by group, case, comparison and class.
        classes: what was scored.
        missing: what had no partner and is in no figure, in sentences.
        origin: whose predictions they are, where their folder says so.
    """

    rows: list[Row]
    classes: Classes
    missing: tuple[str, ...]
    origin: Origin | None = None


@dataclass(frozen=True)
class _Files:
    case: str
    members: Mapping[str, Path]
    references: Mapping[str, Path]
    brain: Path | None


def evaluate_folders(sources: Sources, progress: Progress | None = None) -> Evaluation:
    """Scores a cohort.

    Raises:
        InputError: for a case without a partner, masks that cannot be read or lie on different grids, a label that no
            class has, a case without a group.
        Cancelled: if the progress' token says so.
    """
    report = progress or Progress()
    report(0.0, "looking for masks")
    files, missing = _find(sources)
    origin = read_origin(sources.predictions)
    groups = Groups.none(pairing.case for pairing in files) if sources.groups is None else read_groups(sources.groups)
    if sources.groups is not None:
        groups.require((pairing.case for pairing in files), sources.groups)
    named = _classes(sources, files, report.span(0.0, 0.2))
    rows: list[Row] = []
    ordered = sorted(files, key=lambda pairing: (groups.names.index(groups.of_case[pairing.case].group), pairing.case))
    for number, pairing in enumerate(ordered):
        report(0.2 + 0.8 * number / len(ordered), f"scoring: {pairing.case}")
        known = groups.of_case[pairing.case]
        for member, reference, scores in _scored(pairing, named, sources):
            rows += [
                Row(pairing.case, known.patient, known.group, member, reference, label, each)
                for label, each in scores.items()
            ]
    report(1.0, "scored")
    return Evaluation(rows, scored(named), missing, origin)


def _find(sources: Sources) -> tuple[list[_Files], tuple[str, ...]]:
    """The files of every case that has all of them, and what is left over."""
    folders = {REFERENCE: sources.references}
    if sources.readers is not None:
        folders = {reader: sources.references / reader for reader in sources.readers}
        if len(folders) != 2:
            raise InputError(f"names {sources.readers[0]} twice", option="readers", fix="Name two readers")
    masks = {name: find_masks(folder) for name, folder in folders.items()}
    first, *more = masks
    predictions = find_masks(sources.predictions, sources.members)
    if sources.predictions.is_file() and sources.references.is_file():
        # Two files that the user named are one case, whatever they are called.
        predictions = {case: files for case in masks[first] for files in predictions.values()}
    pairs = pair(predictions, masks[first])
    # Cases are called as the first reference calls them; other readers and brain masks are paired with it.
    others = {name: pair(masks[name], masks[first]) for name in more}
    complete = [case for case in pairs.cases if all(case in other.cases for other in others.values())]
    missing = (
        *pairs.unpaired(),
        *(f"{name} beside {first}: {what}" for name, paired in others.items() for what in paired.unpaired()),
    )
    if missing and not sources.allow_missing:
        raise InputError(
            "; ".join(missing),
            where=sources.predictions,
            fix="Complete the folders, or allow for what is missing",
            option="allow_missing",
        )
    if not complete:
        raise InputError(
            f"holds no case that {sources.references} holds, too",
            where=sources.predictions,
            fix="Name files or folders alike; docs/evaluation.md says how cases are named",
        )
    brains = _brains(sources.brain, masks[first], complete)
    return [
        _Files(
            case,
            pairs.cases[case][0],
            {first: pairs.cases[case][1]} | {name: _only(other.cases[case][0]) for name, other in others.items()},
            brains.get(case),
        )
        for case in complete
    ], missing


def _brains(folder: Path | None, references: Mapping[str, Mapping[str, Path]], cases: Sequence[str]) -> dict[str, Path]:
    if folder is None:
        return {}
    paired = pair(find_masks(folder), references).cases
    if lacking := [case for case in cases if case not in paired]:
        raise InputError(
            f"holds no brain mask of {len(lacking)} case(s): {', '.join(lacking)}", where=folder, fix="Add them"
        )
    return {case: _only(files) for case, (files, _) in paired.items()}


def _only(files: Mapping[str, Path]) -> Path:
    return next(iter(files.values()))


def _classes(sources: Sources, files: Sequence[_Files], progress: Progress) -> Classes:
    if sources.classes is not None:
        return sources.classes
    beside = sources.predictions / LABELS_FILE
    if beside.is_file():
        return read_classes(beside)
    # Every case is scored on every class, also where it does not occur: all labels must be known beforehand.
    values: dict[str, set[int]] = {"predictions": set(), "references": set()}
    for number, pairing in enumerate(files):
        progress(number / len(files), f"looking for labels: {pairing.case}")
        for side, paths in (("predictions", pairing.members), ("references", pairing.references)):
            for path in paths.values():
                values[side] |= read_mask(path).values
    if values["predictions"] and values["references"] and values["predictions"].isdisjoint(values["references"]):
        said = (", ".join(map(str, sorted(found))) for found in values.values())
        raise InputError(
            "predictions hold the label(s) {} and references {}: none in common".format(*said),
            where=sources.predictions,
            fix="Say what belongs together, for instance 1+255=lesion",
            option="labels",
        )
    return found_classes(values["predictions"] | values["references"])


def _scored(files: _Files, named: Classes, sources: Sources) -> Iterator[tuple[str, str, ByClass]]:
    """Member, reference and scores by class of one case's files."""
    references = {name: read_mask(path) for name, path in files.references.items()}
    first = next(iter(references.values()))
    brain = None if files.brain is None else read_mask(files.brain)
    members = {name: read_mask(path) for name, path in files.members.items()}
    for mask in (*references.values(), *members.values(), *([] if brain is None else [brain])):
        require_same_grid(mask, first)
        if mask is not brain:
            require_known(mask, named)
    if brain is not None and not brain.labels.any():
        raise InputError("is empty", where=brain.path, fix="Give a brain mask with a brain in it")

    inside = None if brain is None else brain.labels
    classes = scored(named)

    def scores(prediction: np.ndarray, truth: np.ndarray) -> dict[str, CaseScores]:
        found = evaluate_labels(prediction, truth, first.spacing_mm, classes, inside)
        return (
            {label: zero_where_both_empty(figures) for label, figures in found.items()}
            if sources.empty_as_zero
            else found
        )

    yield from comparisons(
        {name: mask.labels for name, mask in members.items()},
        {name: mask.labels for name, mask in references.items()},
        scores,
        sources.joint,
    )
