"""What a review says in numbers: how far it is, how long a case takes, and who agrees with whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy.ndimage import label

from ..base.errors import InputError
from ..base.progress import Progress
from ..evaluation.compare import comparisons
from ..evaluation.masks import Mask
from ..evaluation.rows import ALL, MODEL, Row
from ..evaluation.scores import evaluate_labels
from ..metrics.agreement import cohens_kappa, intraclass_correlation, limits_of_agreement
from ..result.looks import SEGMENTS
from ..study.case import Modality
from .changes import label_name, labels_left
from .entry import Entry, Reading
from .folder import ReviewFolder
from .versions import read_version
from .worklist import Worklist
from .worklist_file import Head

FINAL = "final"
FIRST, SECOND = "first reader", "second reader"
_NEIGHBOURS_26 = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Agreement:
    """Two who judged the same cases.

    Attributes:
        member, reference: who; differences are member less reference.
        label: class of voxels.
        cases: how many.
        icc: of the volumes, ICC(2,1).
        bias_ml, low_ml, high_ml: mean difference of the volumes, and the limits of agreement.
        lesions: how many there are (see `lesion_votes`).
        kappa: of who marks them.
    """

    member: str
    reference: str
    label: str
    cases: int
    icc: float
    bias_ml: float
    low_ml: float
    high_ml: float
    lesions: int
    kappa: float


@dataclass
class Numbers:
    """All that is counted.

    Attributes:
        head: of the records that it is counted from.
        entries: all cases in order.
        rows: scores of the model against what holds in the end, a row a case and class.
        readers: scores in the form of the slow-fusion paper's Table 3, of cases that two have read.
        agreements: of both.
        unread: cases whose labels are in no figure, and why.
        blind: cases that wait for a second reader: what the first decided is left out everywhere.
    """

    head: Head
    entries: Sequence[Entry]
    rows: list[Row] = field(default_factory=list)
    readers: list[Row] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    blind: list[str] = field(default_factory=list)


def count(folder: ReviewFolder, progress: Progress | None = None, *, open_second_reads: bool = False) -> Numbers:
    """Counts a review as it is now. Rejected cases are in no figure of labels; files that were changed are named.

    Args:
        folder: of the review.
        progress: of the reading.
        open_second_reads: also tell what was decided on cases that wait for a second reader; whoever may be that reader
            would not be blind any more.

    Raises:
        InputError: if the records are damaged.
    """
    chain = folder.chain()
    report = progress or Progress()
    worklist = Worklist.of(chain)
    entries = (worklist if open_second_reads else worklist.as_seen_by("")).ordered(folder.settings.order)
    numbers = Numbers(Head.of(chain), entries, blind=[entry.name for entry in entries if entry.hidden])
    names = reader_names(entries)
    final, double = _Pairs(), _Pairs()
    decided = [entry for entry in entries if entry.final is not None]
    for number, entry in enumerate(decided):
        report(number / len(decided), f"reading: {entry.name}")
        try:
            _count_case(folder, entry, names, numbers, final, double)
        except InputError as error:
            numbers.unread[entry.name] = str(error)
    numbers.agreements += [*double.agreements(), *final.agreements()]
    report(1.0, "counted")
    return numbers


def reader_names(entries: Sequence[Entry]) -> tuple[str, str]:
    """What the two readers are called: by their names where the same two have read all cases that two have read."""
    pairs = {(e.first.reader, e.second.reader) for e in entries if e.first is not None and e.second is not None}
    names = next(iter(pairs)) if len(pairs) == 1 else (FIRST, SECOND)
    # Nobody is called like the model in a table.
    return (FIRST, SECOND) if {MODEL, FINAL} & {*names} else names


def classes_of(modality: Modality) -> dict[str, tuple[int, ...]]:
    """The classes that are scored: "lesion" for MRI, those of `strokeseg evaluate`'s usual names for CT perfusion."""
    if modality == "mri":
        return {"lesion": (1,)}
    return {label_name(modality, value).lower(): (value,) for value in SEGMENTS[modality]}


def _count_case(
    folder: ReviewFolder, entry: Entry, names: tuple[str, str], numbers: Numbers, final: _Pairs, double: _Pairs
) -> None:
    proposal, first, second, last = entry.proposal, entry.first, entry.second, entry.final
    assert proposal is not None and first is not None and last is not None
    model = read_version(folder.path / proposal.file, proposal.sha256)
    classes = classes_of(proposal.modality)
    score = partial(evaluate_labels, spacing_mm=model.spacing_mm, classes=classes)

    def left(reading: Reading) -> np.ndarray:
        return labels_left(folder.path, reading, model).labels

    def rows(members: Mapping[str, np.ndarray], references: Mapping[str, np.ndarray]) -> Iterator[Row]:
        patient, group = entry.patient or entry.name, entry.group or ALL
        for member, reference, found in comparisons(members, references, score):
            for each, scores in found.items():
                yield Row(entry.name, patient, group, member, reference, each, scores)

    if last.decision == "rejected":
        numbers.unread[entry.name] = f"rejected: {last.reason}"
    else:
        holds = {MODEL: model.labels, FINAL: left(last)}
        numbers.rows += rows({MODEL: model.labels}, {FINAL: holds[FINAL]})
        final.add(entry, [(MODEL, FINAL)], holds, model, classes)
    if second is not None and "rejected" not in (first.decision, second.decision):
        a, b = names
        both = {MODEL: model.labels, a: left(first), b: left(second)}
        numbers.readers += rows({MODEL: model.labels}, {a: both[a], b: both[b]})
        double.add(entry, [(a, b), (MODEL, a), (MODEL, b)], both, model, classes)


class _Pairs:
    """Volumes and marked lesions of those who are compared, case by case."""

    def __init__(self) -> None:
        self._volumes: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
        self._votes: dict[tuple[str, str, str], list[tuple[np.ndarray, np.ndarray]]] = {}

    def add(
        self,
        entry: Entry,
        pairs: Sequence[tuple[str, str]],
        labels: Mapping[str, np.ndarray],
        grid: Mask,
        classes: Mapping[str, tuple[int, ...]],
    ) -> None:
        for name, values in classes.items():
            masks = {who: np.isin(each, values) for who, each in labels.items()}
            votes = lesion_votes(masks)
            ml = {who: float(mask.sum()) * grid.grid.voxel_ml for who, mask in masks.items()}
            for member, reference in pairs:
                key = member, reference, name
                self._volumes.setdefault(key, []).append((ml[member], ml[reference]))
                self._votes.setdefault(key, []).append((votes[member], votes[reference]))

    def agreements(self) -> Iterator[Agreement]:
        for (member, reference, name), found in self._volumes.items():
            volumes = np.array(found)
            votes = self._votes[member, reference, name]
            first, second = (np.concatenate([pair[k] for pair in votes]) for k in (0, 1))
            icc = intraclass_correlation(volumes)
            limits = limits_of_agreement(volumes[:, 0] - volumes[:, 1])
            yield Agreement(
                member, reference, name, len(volumes), icc, *limits, len(first), cohens_kappa(first, second)
            )


def lesion_votes(masks: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Who marks which lesion: for each a bool (lesions,).

    A lesion is a connected part (26 neighbours) of what any of them marks, the model among them, so that a lesion that
    the model proposed and both readers dropped is one that both call none. Who has a voxel in it marks it.

    Args:
        masks: bool (z, y, x), of one shape.
    """
    union = np.logical_or.reduce(list(masks.values()))
    parts, number = label(union, _NEIGHBOURS_26)
    return {who: np.bincount(parts[mask], minlength=number + 1)[1:] > 0 for who, mask in masks.items()}


@dataclass(frozen=True)
class ReaderTimes:
    """What one reader did.

    Attributes:
        reader: name.
        decided: decisions that hold, by kind.
        active_s: time at work of each that was measured.
    """

    reader: str
    decided: Mapping[str, int]
    active_s: tuple[float, ...]

    @property
    def cases(self) -> int:
        return sum(self.decided.values())

    @property
    def edit_rate(self) -> float:
        """Edited of all that were accepted or edited; NaN without any."""
        kept = self.decided["accepted"] + self.decided["edited"]
        return self.decided["edited"] / kept if kept else float("nan")


def reader_times(entries: Sequence[Entry]) -> list[ReaderTimes]:
    """What each reader did, in the order of their names."""
    by_reader: dict[str, list[Reading]] = {}
    for entry in entries:
        for reading in entry.readings.values():
            by_reader.setdefault(reading.reader, []).append(reading)
    found = []
    for reader, readings in sorted(by_reader.items()):
        decided = {kind: sum(each.decision == kind for each in readings) for kind in ("accepted", "edited", "rejected")}
        times = tuple(each.active_s for each in readings if each.active_s is not None)
        found.append(ReaderTimes(reader, decided, times))
    return found
