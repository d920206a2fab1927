"""Whether a study is MRI or CT perfusion, and which candidate gets which role, where several may want the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ...base.errors import InputError
from ...space.grid import are_two_slabs
from ..case import CTP_ROLES, MAP_ROLES, MRI_ROLES, Modality, Role
from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .ct_tags import SERIES_FRAMES
from .reading import Reading
from .tags import read_tags
from .words import is_mask_folder, read_name, read_text

_SURE = 0.6
_FIX = "Say which is meant, mri or ctp"


def parse_modality(text: str) -> Modality:
    """The modality of that name in any case.

    Raises:
        InputError: if there is no such modality.
    """
    name = text.strip().lower()
    if name == "mri":
        return "mri"
    if name == "ctp":
        return "ctp"
    raise InputError(f"'{text}' is not a modality", fix="Use mri or ctp", option="modality")


def modality_of(readings: Iterable[Reading]) -> Modality:
    """What the volumes of a study are together; CT and MIP alone do not make it CT perfusion where MR is there.

    Raises:
        InputError: if it holds both MR sequences and perfusion maps or series.
    """
    found = [reading for reading in readings if reading.role is not None]
    mr = {reading.role for reading in found if reading.role in MRI_ROLES}
    perfusion = {
        reading.role
        for reading in found
        if (reading.role in MAP_ROLES or reading.role is Role.CTP) and reading.confidence >= _SURE
    }
    if mr and perfusion:
        raise InputError(
            f"the study holds both MR sequences ({_names(mr)}) and perfusion maps or series ({_names(perfusion)})",
            fix=_FIX,
            option="modality",
        )
    return "mri" if mr else "ctp"


def restricted(roles: Collection[Role], modality: Modality | None) -> tuple[Role, ...]:
    """Those of the named roles that belong to the modality.

    Raises:
        InputError: if they are of both and no modality is given, or none is of the modality given.
    """
    mr = [role for role in roles if role in MRI_ROLES]
    ct = [role for role in roles if role in CTP_ROLES]
    if modality is None:
        if mr and ct:
            raise InputError(
                f"the roles are of two kinds: {_names(mr)} of MRI, {_names(ct)} of CT perfusion",
                fix=_FIX,
                option="modality",
            )
        return tuple(roles)
    kept = mr if modality == "mri" else ct
    if roles and not kept:
        raise InputError(
            f"the study has {_names(roles)}, and none of them is of {modality}", fix=_FIX, option="modality"
        )
    return tuple(kept)


def _names(roles: Collection[Role | None]) -> str:
    return ", ".join(role.value for role in Role if role in roles)


_CLEARLY = 0.2
_DOUBTFUL = 0.6
COLOUR_RANK = -8
_FOLDER_TRUST = 0.75
"""A folder's name says less of a file than the file's own name."""


@dataclass(frozen=True)
class Claim:
    """A candidate in its role.

    Attributes:
        candidate: the volume.
        role: what it is taken for.
        confidence: 0 (a guess) to 1.
        reason: one sentence without a full stop.
    """

    candidate: Candidate
    role: Role
    confidence: float
    reason: str


@dataclass(frozen=True)
class Assignment:
    """The roles that were given, and what was left.

    Attributes:
        claims: one a role, in the roles' order.
        left: volumes without role, each with why.
        notes: sentences on volumes left aside, lost competitions and doubtful roles.
    """

    claims: Mapping[Role, Claim]
    left: tuple[tuple[Candidate, str], ...]
    notes: tuple[str, ...]


def assign(candidates: Sequence[Candidate], modality: Modality | None = None) -> Assignment:
    """Gives each role to at most one candidate, by names and tags alone.

    Args:
        candidates: the volumes found.
        modality: "mri" or "ctp", whose roles alone are given; by default what the candidates are. CT and MIP beside MR
            sequences are no CT perfusion.

    Of two that want one role the clearly better is taken: higher b-value, confidence higher by 0.2, trace before
    single direction, axial before other planes, acquired before reformatted, grey values before colours.

    Raises:
        InputError: if two claim one role and neither is clearly better, or there are both MR sequences and perfusion
            maps and no modality was named.
    """
    readings = [(candidate, read_candidate(candidate, modality)) for candidate in candidates]
    if modality is None and modality_of(reading for _, reading in readings) == "mri":
        readings = [(candidate, read_candidate(candidate, "mri")) for candidate in candidates]
    left = [(candidate, reading.reason) for candidate, reading in readings if reading.role is None]
    notes = [
        f"{candidate.name} was left aside: {reading.reason}{'; ' if reading.advice else ''}{reading.advice}"
        for candidate, reading in readings
        if reading.role is None
    ]
    claims = {}
    for role in Role:
        rivals = [(candidate, reading) for candidate, reading in readings if reading.role is role]
        if not rivals:
            continue
        winner, reading = _winner(role, rivals)
        claims[role] = Claim(winner, role, reading.confidence, reading.reason)
        for loser, other in rivals:
            if loser is not winner:
                why = f"{winner.name} was taken for {role}: {_better(reading, other)}"
                left.append((loser, why))
                notes.append(f"{loser.name} was left aside: {why}")
        if reading.contrast_medium:
            notes.append(
                f"{winner.name} was taken for {role} after contrast medium: vessels and leaking tissue are bright on "
                "it, and the model has not learned from such images"
            )
        if reading.confidence < _DOUBTFUL:
            notes.append(f"{winner.name} was taken for {role} with doubt: {reading.reason}")
    return Assignment(claims, tuple(left), tuple(notes))


def read_candidate(candidate: Candidate, modality: Modality | None = None) -> Reading:
    """The role that names and tags give a candidate, or why it has none; no voxel is read.

    Args:
        candidate: the volume.
        modality: if given, no role of the other is found.
    """
    reading = _read_candidate(candidate, modality)
    if reading.role is None:
        return reading
    if modality == "mri" and reading.role not in MRI_ROLES:
        return Reading.nothing(f"it is a CT: {reading.reason}")
    if modality == "ctp" and reading.role not in CTP_ROLES:
        return Reading.nothing(f"it is no CT perfusion: {reading.reason}")
    return _with_header(reading, candidate) if reading.role in CTP_ROLES else reading


def _with_header(reading: Reading, candidate: Candidate) -> Reading:
    """The reading where the header shows frames over time, or colours."""
    frames = candidate.frames
    if reading.role is Role.CTP and frames == 1:
        return Reading.nothing(f"it is one volume, not a series over time, though {reading.reason}")
    if frames is not None and frames >= SERIES_FRAMES and reading.role is Role.CT:
        return replace(reading, role=Role.CTP, reason=f"{reading.reason} and it has {frames} frames")
    if frames is not None and frames > 1 and reading.role in MAP_ROLES:
        return Reading.nothing(f"it has {frames} frames over time, though {reading.reason}")
    if candidate.colour:
        return replace(reading, rank=reading.rank + COLOUR_RANK, reason=f"{reading.reason}, in colour")
    return reading


def _read_candidate(candidate: Candidate, modality: Modality | None) -> Reading:
    if candidate.tags is not None:
        return read_tags(candidate.tags)
    path = PurePosixPath(candidate.name)
    stem = path.name[: len(path.name) - len(volume_suffix(path) or "")]
    masks = next((folder for folder in path.parent.parts if is_mask_folder(folder)), None)
    if masks is not None:
        return Reading.nothing(f"folder '{masks}' holds masks")
    found = read_name(stem, modality)
    if found is not None:
        return replace(found, reason=f"file name '{stem}' {found.reason}")
    for folder in reversed(path.parent.parts):
        found = read_text(folder, modality)
        if found is not None:
            return replace(
                found, confidence=found.confidence * _FOLDER_TRUST, reason=f"folder name '{folder}' {found.reason}"
            )
    return Reading.nothing(f"file name '{stem}' names no sequence")


def _winner(role: Role, rivals: list[tuple[Candidate, Reading]]) -> tuple[Candidate, Reading]:
    for candidate, reading in rivals:
        if all(other is candidate or _better(reading, against) for other, against in rivals):
            return candidate, reading
    # Name two that truly tie, not a rival that a third beats anyway.
    top = [r for r in rivals if not any(_better(other, r[1]) for _, other in rivals)]
    first, second = (top if len(top) > 1 else rivals)[:2]
    more = len(top) - 2
    if role in CTP_ROLES and _are_slabs(first[0], second[0]):
        raise InputError(
            f"{first[0].name} and {second[0].name} are of two slabs of one patient: both are {role}, and they lie one "
            "above the other",
            fix="Give each slab as a study of its own, with all its maps",
        )
    raise InputError(
        f"two series claim the role {role}: {first[0].name} and {second[0].name}"
        + (f" (and {more} more)" if more > 0 else ""),
        fix=f"Name the right series as {role}",
        option="role",
        roles=(role.value,),
    )


def _are_slabs(first: Candidate, other: Candidate) -> bool:
    grids = first.grid(), other.grid()
    return grids[0] is not None and grids[1] is not None and are_two_slabs(grids[0], grids[1])


def _better(first: Reading, other: Reading) -> str | None:
    """Why the first is clearly better than the second; None if it is not."""
    if first.b_value is not None and other.b_value is not None and first.b_value != other.b_value:
        return "its b-value is higher" if first.b_value > other.b_value else None
    if first.confidence - other.confidence >= _CLEARLY - 1e-9:
        return f"its role is surer ({first.confidence:.2f} against {other.confidence:.2f})"
    if other.confidence - first.confidence >= _CLEARLY - 1e-9:
        return None
    if first.rank > other.rank:
        if other.rank - first.rank <= COLOUR_RANK // 2:
            return "it has grey values, not colours"
        return "it is the trace image, the axial or the acquired series of the two"
    return None
