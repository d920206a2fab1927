"""Whether a study is MRI or CT perfusion, and which candidate gets which role, where several may want the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ...base.errors import InputError
from ..case import CTP_ROLES, MAP_ROLES, MODALITIES, MRI_ROLES, Modality, Role, indispensable, role_names
from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .ct_tags import SERIES_FRAMES, judged
from .doubtful import settled
from .reading import Quality, Reading
from .tags import read_tags
from .words import is_mask_folder, read_name, read_text

if TYPE_CHECKING:
    from .shared_words import Shared

_SURE = 0.6
SAY_WHICH = "Say which is meant, mri or ctp"


def parse_modality(text: str) -> Modality:
    """The modality of that name in any case.

    Raises:
        InputError: if there is no such modality.
    """
    name = text.strip().lower()
    for modality in MODALITIES:
        if name == modality:
            return modality
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
            f"the study holds both MR sequences ({names_of(mr)}) and perfusion maps or series ({names_of(perfusion)})",
            fix=SAY_WHICH,
            option="modality",
        )
    return "mri" if mr else "ctp"


def names_of(roles: Collection[Role | None]) -> str:
    return role_names(role for role in Role if role in roles)


_DOUBTFUL = 0.6
_FOLDER_TRUST = 0.75
"""A folder's name says less of a file than the file's own name."""
_SIDECAR_TRUST = 0.9


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
        ties: roles that nobody got, because two claim them and neither is clearly better.
        lacking: roles that nobody got, though a volume bears the sequence's own word, and why that was left aside.
    """

    claims: Mapping[Role, Claim]
    left: tuple[tuple[Candidate, str], ...]
    notes: tuple[str, ...]
    ties: Mapping[Role, InputError] = field(default_factory=dict)
    lacking: Mapping[Role, str] = field(default_factory=dict)


def assign(candidates: Sequence[Candidate], modality: Modality | None = None) -> Assignment:
    """Gives each role to at most one candidate, by names and tags alone.

    Args:
        candidates: the volumes found.
        modality: "mri" or "ctp", whose roles alone are given; by default what the candidates are. CT and MIP beside MR
            sequences are no CT perfusion.

    Of two that want one role the clearly better is taken (see `preference`): of diffusion the acquired trace, then the
    usual b-value; confidence higher by 0.2; axial before other planes, acquired before reformatted, grey values before
    colours; then the repeated acquisition, the plainer name, the later of two alike.

    Raises:
        InputError: if the candidates are of two patients or examinations, if two claim a role that the study cannot do
            without and neither is better, or there are both MR sequences and perfusion maps and no modality was named.
    """
    shared = None
    if sum(candidate.tags is None and candidate.has_words for candidate in candidates) > 1:
        from .shared_words import Shared

        shared = Shared.of(candidates)
    readings = [(candidate, read_candidate(candidate, modality, shared)) for candidate in candidates]
    if modality is None and modality_of(reading for _, reading in readings) == "mri":
        readings = [(candidate, read_candidate(candidate, "mri", shared)) for candidate in candidates]
    if sum(reading.role is Role.DWI for _, reading in readings) > 1:
        from .directions import together

        readings = together(readings)
    if sum(reading.role is Role.CTP for _, reading in readings) > 1:
        from .bolus_parts import together as joined

        readings = joined(readings)
    if sum(reading.role in MAP_ROLES for _, reading in readings) > 1:
        from .makers import of_one_maker

        readings = of_one_maker(readings)
    left = [(candidate, reading.reason) for candidate, reading in readings if reading.role is None]
    notes = [
        f"{candidate.name} was left aside: {reading.reason}{'; ' if reading.advice else ''}{reading.advice}"
        for candidate, reading in readings
        if reading.role is None
    ]
    origins = {candidate.distinct: candidate for candidate, reading in readings if reading.role is not None}
    if len(origins) > 1:
        from .examinations import require_one_examination

        require_one_examination(list(origins.values()))
    claims: dict[Role, Claim] = {}
    ties: dict[Role, InputError] = {}
    for role in Role:
        rivals = [(candidate, reading) for candidate, reading in readings if reading.role is role]
        if not rivals:
            continue
        winner, reading = rivals[0]
        lost: Mapping[Candidate, str] = {}
        if len(rivals) > 1:
            from .preference import choose

            try:
                winner, reading, lost = choose(role, rivals)
            except InputError as error:
                ties[role] = error
                left += [(candidate, error.what) for candidate, _ in rivals]
                continue
        claims[role] = Claim(winner, role, reading.confidence, reading.reason)
        for loser, why in lost.items():
            why = f"{winner.name} was taken for {role.display_name}: {why}"
            left.append((loser, why))
            notes.append(f"{loser.name} was left aside: {why}")
        if reading.contrast_medium:
            medium = "after contrast medium: vessels and leaking tissue are bright on it, and the model has not learned"
            notes.append(f"{winner.name} was taken for {role.display_name} {medium} from such images")
        if reading.qualities:
            notes += [f"{winner.name} was taken for {role.display_name}, and {doubt}" for doubt in reading.doubts]
        if reading.confidence < _DOUBTFUL:
            notes.append(f"{winner.name} was taken for {role.display_name} with doubt: {reading.reason}")
    for role in indispensable(claims, ties):
        raise ties[role]
    if sum(role in MAP_ROLES for role in claims) > 1:
        from .makers import mixed_makers

        notes[:0] = mixed_makers({role: claim.candidate for role, claim in claims.items()})
    lacking: dict[Role, str] = {}
    for candidate, reading in readings:
        if reading.bears is not None and reading.bears not in (*claims, *ties):
            lacking.setdefault(reading.bears, f"{candidate.name}: {reading.reason}")
    notes[:0] = [
        f"the study was read without its {role.display_name}, which was left aside: {why}"
        for role, why in lacking.items()
    ]
    used = {claim.candidate.distinct: claim.candidate for claim in claims.values()}
    if len(used) > 1:
        from .examinations import examination_doubts

        notes[:0] = examination_doubts(list(used.values()))
    notes += [f"no {role.display_name} was taken: {error.what}. {error.fix}" for role, error in ties.items()]
    return Assignment(claims, tuple(left), tuple(notes), ties, lacking)


def read_candidate(candidate: Candidate, modality: Modality | None = None, shared: Shared | None = None) -> Reading:
    """The role that names and tags give a candidate, or why it has none.

    Voxels are read only where a word of the name may also say that it is a map, a mask or a CT.

    Args:
        candidate: the volume.
        modality: if given, no role of the other is found.
        shared: by the names of the study's other files.
    """
    reading = _read_candidate(candidate, modality, shared)
    if reading.role is not None and reading.perhaps:
        reading = settled(reading, candidate)
    if reading.role is None:
        return reading
    if modality == "mri" and reading.role not in MRI_ROLES:
        return Reading.nothing(f"it is a CT: {reading.reason}")
    if modality == "ctp" and reading.role not in CTP_ROLES:
        return Reading.nothing(f"it is no CT perfusion: {reading.reason}")
    return _with_header(reading, candidate) if reading.role in (*CTP_ROLES, Role.DWI) else reading


def _with_header(reading: Reading, candidate: Candidate) -> Reading:
    """The reading where the header shows frames over time, or colours."""
    try:
        frames = candidate.frames
        colour = reading.role in CTP_ROLES and candidate.colour
    except InputError:
        # Reading the volume will say what is wrong with it.
        return reading
    if reading.role is Role.DWI:
        if frames is not None and frames > 1:
            return replace(reading, qualities=(reading.qualities - {Quality.DIRECTION}) | {Quality.SERIES})
        beside = candidate.weighting
        return reading if beside is None else reading.weighted(beside.b, beside.direction)
    if reading.role is Role.CTP and frames == 1:
        return Reading.nothing(f"it is one volume, not a series over time, though {reading.reason}")
    if frames is not None and frames >= SERIES_FRAMES and reading.role is Role.CT:
        reading = replace(reading, role=Role.CTP, reason=f"{reading.reason} and it has {frames} frames")
    if reading.role in (Role.CT, Role.CTP):
        reading = judged(reading, candidate)
    if frames is not None and frames > 1 and reading.role in MAP_ROLES:
        return Reading.nothing(f"it has {frames} frames over time, though {reading.reason}")
    if colour:
        return replace(reading, qualities=reading.qualities | {Quality.COLOUR}, reason=f"{reading.reason}, in colour")
    return reading


def _read_candidate(candidate: Candidate, modality: Modality | None, shared: Shared | None) -> Reading:
    if candidate.tags is not None:
        return read_tags(candidate.tags)
    path = PurePosixPath(candidate.name)
    stem = path.name[: len(path.name) - len(volume_suffix(path) or "")]
    masks = next((folder for folder in path.parent.parts if is_mask_folder(folder)), None)
    if masks is not None and (shared is None or masks not in shared.folders):
        return Reading.nothing(f"folder '{masks}' holds masks")
    found = read_name(stem, modality)
    if shared is not None and shared.beginning and (found is None or found.role is None or found.perhaps):
        found = shared.without(stem, modality, found)
    if masks is not None and found is not None and found.role is not None:
        found = found.doubtful(f"a mask (folder '{masks}')")
    found = None if found is None else replace(found, reason=f"file name '{stem}' {found.reason}")
    if (tags := candidate.sidecar) is not None:
        found = _with_sidecar(found, read_tags(tags))
    if found is not None:
        return found
    for folder in reversed(path.parent.parts):
        found = read_text(folder, modality)
        if found is not None:
            return replace(
                found, confidence=found.confidence * _FOLDER_TRUST, reason=f"folder name '{folder}' {found.reason}"
            )
    if candidate.fault is not None:
        return Reading.nothing(candidate.fault.clause)
    return Reading.nothing(f"file name '{stem}' names no sequence")


def _with_sidecar(named: Reading | None, tags: Reading) -> Reading | None:
    """What a file's name says, put right by the tags that its sidecar holds: it knows ADC, T2* and FLAIR better."""
    said = replace(tags, reason=f"by its sidecar {tags.reason}", confidence=tags.confidence * _SIDECAR_TRUST)
    if named is None:
        return said if tags.role is not None or tags.told else None
    if named.role in (None, *CTP_ROLES) or (tags.role is None and not tags.told):
        return named
    if tags.role is None or (named.role, tags.role) in ((Role.DWI, Role.ADC), (Role.T2, Role.FLAIR)):
        return said
    return replace(named, qualities=named.qualities | tags.qualities) if named.role is tags.role else named
