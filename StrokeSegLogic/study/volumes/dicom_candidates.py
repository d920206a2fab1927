"""The volumes that a study's DICOM files make up, and what each is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ...base.errors import InputError
from .candidates import Candidate, is_dicom
from .dicom import in_order
from .dicom_file import read_slices
from .dicom_groups import grouped, in_time_order
from .dicom_headers import Slice
from .dicom_pixels import start_decoder
from .dicom_series import count_frames
from .unread_formats import unread


def dicom_slices(path: Path, aside: list[InputError]) -> list[Slice]:
    """The records of a DICOM file with a picture; none for all else, which is added to `aside` if it is some volume."""
    if not is_dicom(path):
        if (unknown := unread(path)) is not None:
            aside.append(unknown)
        return []
    start_decoder()
    return read_slices(path)


def dicom_candidates(slices: Iterable[Slice], named_from: Callable[[Path], str]) -> list[Candidate]:
    """The volumes that slices make up.

    Args:
        slices: of any series, in any order.
        named_from: what a folder is called before people.
    """
    named = [_candidate(group, named_from) for group in grouped(slices)]
    names = [c.name for c in named]
    # Two series of one description are told apart by their first file.
    return [replace(c, name=f"{c.name} from {c.files[0].name}") if names.count(c.name) > 1 else c for c in named]


def _candidate(group: Sequence[Slice], named_from: Callable[[Path], str]) -> Candidate:
    frames = count_frames(group)
    slices = in_time_order(group) if frames > 1 else in_order(group)
    first = slices[0]
    parent = named_from(first.path.parent)
    title = first.tags.series_description or first.tags.protocol_name or "without description"
    b = "" if first.tags.b_value is None else f", b={first.tags.b_value:g}"
    echo = "" if first.tags.echo_time is None else f", TE={first.tags.echo_time:g} ms"
    times = f", {frames} times" if frames > 1 else ""
    files = tuple(dict.fromkeys(record.path for record in slices))
    found = Candidate("", files, replace(first.tags, frames=frames), slices=tuple(slices))
    return replace(found, name=f"{parent} (series '{title}'{b or echo}{times}, {found.count})")
