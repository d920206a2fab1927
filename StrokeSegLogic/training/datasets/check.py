"""A data set, looked at as a whole: what is there, what is missing, what looks wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from ...base.progress import Progress
from ...space.grid import Grid, have_same_slices
from .check_case import CaseRecord, look
from .findings import Finding, Findings, Severity
from .subject import GROUPS, TRUTH, DataSet
from .summary import summarise


def check(data_set: DataSet, progress: Progress | None = None) -> Findings:
    """Reads every volume of a data set once and says what it holds and what is wrong with it.

    Args:
        data_set: as `layouts.read_data_set` found it.
        progress: asked between cases, so that a check can be cancelled.

    Raises:
        Cancelled: if the progress' token is set.
    """
    report = progress or Progress()
    records = []
    for number, subject in enumerate(data_set.subjects):
        report(number / len(data_set.subjects), f"reading: {subject.case}")
        records.append(look(subject, data_set))
    report(1.0, "all cases read")
    found = [Finding("warning", "", "", note) for note in data_set.notes]
    found += [finding for record in records for finding in record.found]
    found += [
        *_masks(records, data_set),
        *_splits(data_set),
        *_duplicates(records, data_set),
        *_classes(records, data_set),
    ]
    found += [*_groups(data_set), *_adc(records), *_slabs(records, data_set)]
    if len(data_set.patients) < 2:
        found.append(_of_all("warning", "there is one patient only: nothing is left to validate on"))
    return Findings(summarise(records, data_set), tuple(sorted(found, key=lambda finding: finding.severity != "error")))


def _of_all(severity: Severity, words: str) -> Finding:
    return Finding(severity, "", "", words)


def _masks(records: list[CaseRecord], data_set: DataSet) -> Iterable[Finding]:
    if not any(record.subject.masks for record in records):
        yield _of_all("error", "no case has a mask: there is nothing to learn from")
        return
    everyone = {reader for record in records for reader in record.subject.masks}
    for record in records:
        subject = record.subject
        if not subject.masks:
            severity: Severity = "warning" if subject.split == "test" else "error"
            yield Finding(severity, subject.case, "", "the mask is missing")
        elif TRUTH not in subject.masks:
            for reader in sorted(everyone - set(subject.masks) - {TRUTH}):
                yield Finding("warning", subject.case, "", f"the mask of reader {reader} is missing")


def _splits(data_set: DataSet) -> Iterable[Finding]:
    splits = defaultdict(set)
    for subject in data_set.subjects:
        if subject.split:
            splits[subject.patient].add(subject.split)
    for patient, own in splits.items():
        if len(own) > 1:
            cases = ", ".join(subject.case for subject in data_set.subjects if subject.patient == patient)
            yield _of_all("error", f"patient {patient} is in {' and '.join(sorted(own))} (cases {cases})")


def _duplicates(records: list[CaseRecord], data_set: DataSet) -> Iterable[Finding]:
    """One file's bytes under two names. Between splits it is a leak; else it may be a slip of copying."""
    places = defaultdict(list)
    for record in records:
        for path, digest in record.hashes.items():
            places[digest].append((record.subject, path))
    for same in places.values():
        if len(same) > 1:
            files = " and ".join(data_set.where(path) for _, path in same)
            leak = len({subject.split for subject, _ in same if subject.split}) > 1
            case = same[0][0].case if len({subject.case for subject, _ in same}) == 1 else ""
            yield Finding("error" if leak else "warning", case, "", f"{files} are one and the same file")


def _classes(records: list[CaseRecord], data_set: DataSet) -> Iterable[Finding]:
    counted = [
        count for record in records if record.subject.split in (None, "train") for count in record.voxels.values()
    ]
    if not counted:
        return
    total = np.sum(counted, axis=0)
    for name, voxels in zip(data_set.classes[1:], total[1:], strict=True):
        if not voxels:
            yield _of_all("error", f"no training case has a voxel of the class {name}")


def _groups(data_set: DataSet) -> Iterable[Finding]:
    by_patient = defaultdict(set)
    for subject in data_set.subjects:
        if subject.group is not None:
            by_patient[subject.patient].add(subject.group)
            if subject.group not in GROUPS:
                words = f"the group '{subject.group}' is none of {', '.join(GROUPS)}"
                yield Finding("warning", subject.case, "", words)
    for patient, own in by_patient.items():
        if len(own) > 1:
            yield _of_all("warning", f"patient {patient} is in the groups {' and '.join(sorted(own))}")


def _adc(records: list[CaseRecord]) -> Iterable[Finding]:
    cases = defaultdict(list)
    for record in records:
        if record.adc_unit:
            cases[record.adc_unit].append(record.subject.case)
    if len(cases) > 1:
        shown = "; ".join(f"{unit} in {_some(names)}" for unit, names in cases.items())
        yield _of_all("warning", f"ADC is in different units: {shown}")


def _slabs(records: list[CaseRecord], data_set: DataSet) -> Iterable[Finding]:
    """Cases of different patients whose slabs lie on top of one another in one frame: perhaps one patient's."""
    if data_set.layout != "isles2018":
        return
    name = data_set.reference
    alone = [record for record in records if record.subject.patient == record.subject.case and name in record.grids]
    known = [(record.subject, record.grids[name]) for record in alone]
    # Slabs of one patient are numbered one after the other, and there are two at most: a case that fits both of its
    # neighbours only shows that the frame of the data says nothing (a common origin, for instance).
    fits = [_stacked(grid, above) for (_, grid), (_, above) in pairwise(known)]
    for index, ((lower, _), (upper, _)) in enumerate(pairwise(known)):
        if fits[index] and not any(fits[max(index - 1, 0) : index] + fits[index + 1 : index + 2]):
            words = f"{lower.case} and {upper.case} look like two slabs of one patient, and are taken for two patients"
            yield _of_all("warning", words)


def _stacked(lower: Grid, upper: Grid) -> bool:
    """Whether two grids share rows and columns in space and touch or partly overlap along the slices."""
    if not have_same_slices(lower, upper):
        return False
    x, y, z = lower.to_index(np.array([upper.origin]))[0]
    beside = abs(x) < 0.05 and abs(y) < 0.05
    return bool(beside and abs(z) > 0.5 and -upper.size[2] - 2 <= z <= lower.size[2] + 2)


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
