"""DICOM files that are there twice: the same slice under two names, the same series in two folders."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from ...base.files import sha256_of
from .dicom_headers import Slice


def without_copies(slices: Iterable[Slice]) -> tuple[list[Slice], list[Slice]]:
    """The slices, each once, and the copies of them.

    A copy has the same SOP instance UID, or, where files have none, the same bytes. What differs in place, time or
    weighting is no copy: there is software that gives all files of a series one UID.
    """
    kept: dict[Hashable, list[Slice]] = {}
    copies = []
    for record in slices:
        alike = kept.setdefault(_identity(record), [])
        if any(_is_copy(record, other) for other in alike):
            copies.append(record)
        else:
            alike.append(record)
    return [record for alike in kept.values() for record in alike], copies


def _identity(record: Slice) -> Hashable:
    tags = record.tags
    made = tags.image_type, tags.b_value, tags.echo_time, record.frame
    return (
        record.instance_uid,
        record.origin,
        record.position,
        record.axes,
        record.size,
        record.order,
        record.clock,
        made,
    )


def _is_copy(record: Slice, other: Slice) -> bool:
    return bool(record.instance_uid) or sha256_of(record.path) == sha256_of(other.path)
