"""What a data set holds, in numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ...space.grid import Grid
from .check_case import CaseRecord
from .findings import GridRange, Spread, Summary
from .subject import DataSet


def summarise(records: list[CaseRecord], data_set: DataSet) -> Summary:
    """Counts, grids, volumes and groups of all cases that were looked at."""
    first = {record.subject.case: next(iter(record.voxels.values())) for record in records if record.voxels}
    total = np.sum(list(first.values()), axis=0) if first else np.zeros(len(data_set.classes))
    volumes = {}
    for label, name in enumerate(data_set.classes[1:], 1):
        ml = [
            float(first[record.subject.case][label]) * record.grids[data_set.reference].voxel_ml
            for record in records
            if record.subject.case in first and data_set.reference in record.grids
        ]
        if some := [volume for volume in ml if volume > 0]:
            volumes[name] = _spread(some)
    by_patient = {subject.patient: subject for subject in data_set.subjects}.values()
    names = [name for subject in data_set.subjects for name in subject.images]
    readers = Counter(reader for subject in data_set.subjects for reader in subject.masks)
    scores = [subject.nihss for subject in by_patient if subject.nihss is not None]
    return Summary(
        layout=data_set.layout,
        folder=str(data_set.folder),
        reference=data_set.reference,
        classes=data_set.classes,
        patients=len(data_set.patients),
        cases=len(data_set.subjects),
        images=dict(Counter(names)),
        readers=dict(sorted(readers.items())),
        grids={name: _range(own) for name in dict.fromkeys(names) if (own := _grids_of(records, name))},
        volumes_ml=volumes,
        frequencies={
            name: float(voxels / max(total.sum(), 1)) for name, voxels in zip(data_set.classes, total, strict=True)
        },
        groups=dict(Counter(subject.group or "" for subject in by_patient)),
        splits=dict(Counter(subject.split or "" for subject in by_patient)),
        nihss=_spread(scores) if scores else None,
    )


def _grids_of(records: list[CaseRecord], name: str) -> list[Grid]:
    return [record.grids[name] for record in records if name in record.grids]


def _range(grids: list[Grid]) -> GridRange:
    sizes = np.array([grid.size for grid in grids])
    spacings = np.array([grid.spacing for grid in grids])
    return GridRange(
        tuple(int(n) for n in sizes.min(axis=0)),
        tuple(int(n) for n in sizes.max(axis=0)),
        tuple(float(s) for s in spacings.min(axis=0)),
        tuple(float(s) for s in spacings.max(axis=0)),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(float(min(values)), float(np.median(values)), float(max(values)), len(values))
