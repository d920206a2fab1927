"""From a study, however it is given, to a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ...base.errors import InputError
from ...base.files import require_name
from ..case import MAP_ROLES, MRI_ROLES, Case, ClinicalData, Modality, Role, Series, require_plausible
from ..volumes.candidates import Candidate
from ..volumes.study_files import study_files
from .assign import Assignment, Claim, assign, indispensable, parse_modality, read_candidate
from .given_scale import no_range, range_of
from .named import Volume, common_name, series_of_roles, volumes_of_file
from .read import read_claim, swapped_note, with_notes

Study: TypeAlias = "str | Path | Mapping[str, Volume] | Mapping[Role, Volume] | Sequence[str]"

_EVIDENT = 0.6


def load_case(
    study: Study,
    *,
    name: str | None = None,
    clinical: ClinicalData | None = None,
    modality: Modality | None = None,
) -> Case:
    """Reads and checks the volumes of one patient.

    A 4-D CT perfusion series (NIfTI, a Slicer sequence or multi-volume, DICOM) becomes one series of role CTP with its
    frames' times. A colour-coded map needs what the ends of its colour bar stand for: "TMAX=tmax.dcm@0..12". A map's
    unit may be named: "TMAX=tmax.nii.gz@ms".

    Args:
        study: a folder, searched with subfolders (roles are found by names and DICOM tags); a mapping from role to
            a file, a DICOM folder, an image or a `Series`; a sequence of "ROLE=FILE"; or one file whose name says its
            role.
        name: of the case; by default that of the folder.
        clinical: what is known of the patient beside the images.
        modality: "mri" or "ctp": volumes of the other are left aside. By default what the study is; it has to be given
            where there are both MR sequences and perfusion maps.

    Raises:
        InputError: if something is missing, damaged, unfit, of no role, or two volumes claim one role; if the study is
            of both modalities; or if the clinical data are impossible.
    """
    if clinical is not None:
        require_plausible(clinical)
    modality = None if modality is None else parse_modality(modality)
    if isinstance(study, str) and not study.strip():
        # The path "" would be the folder that the process happens to run in.
        raise InputError("the study's path is empty", fix="Name a folder or a file")
    if isinstance(study, Mapping):
        named: list[tuple[str | Role, Volume]] = list(study.items())
        series, notes, default = *series_of_roles(named, modality), common_name(named)
    elif not isinstance(study, (str, Path)):
        named = [_split(text) for text in _words(study)]
        series, notes, default = *series_of_roles(named, modality), common_name(named)
    elif require_name(study).is_dir():
        series, notes = _from_folder(Path(study), modality)
        default = Path(study).resolve().name
    else:
        series, notes = _from_file(Path(study), modality)
        default = Path(study).name.split(".")[0]
    images = {volume.role: volume.image for volume in series}
    if Role.DWI in images and Role.ADC in images and (doubt := swapped_note(images[Role.DWI], images[Role.ADC])):
        notes.append(doubt)
    case = Case.of(name or default, series, notes)
    return case if clinical is None else replace(case, clinical=clinical)


def _from_folder(folder: Path, modality: Modality | None) -> tuple[list[Series], list[str]]:
    files = study_files(folder)
    candidates = files.candidates
    found = _assigned(candidates, modality, folder)
    if not found.claims:
        shown = "; ".join(f"{candidate.name} ({why})" for candidate, why in found.left[:8])
        more = f"; and {len(found.left) - 8} more" if len(found.left) > 8 else ""
        raise _without_role(f"no volume could be given a role; found {shown}{more}", folder, candidates, modality)
    modality = "mri" if any(role in MRI_ROLES for role in found.claims) else "ctp"
    read: dict[Candidate, tuple[Series, tuple[str, ...]]] = {}
    failed: dict[Candidate, tuple[Role, InputError]] = {}
    while True:
        notes = [*found.notes, *files.notes]
        claims = _with_known_colours(list(found.claims.values()), notes)
        unread = [claim for claim in claims if claim.candidate not in read]
        if not unread:
            break
        for claim in unread:
            try:
                with with_notes(files.notes):
                    read[claim.candidate] = read_claim(claim)
            except InputError as error:
                failed[claim.candidate] = claim.role, error
        if any(claim.candidate in failed for claim in unread):
            # Another may take the place of what cannot be read.
            useless = {part for candidate in failed for part in candidate.parts}
            left = [c for c in candidates if c not in failed and c.slices not in useless]
            found = _assigned(left, modality, folder)
            lost = {role: error for role, error in failed.values() if role not in found.claims}
            for role in indispensable(found.claims, lost):
                raise lost[role]
    notes += [
        f"{candidate.name} was left aside as {role}: {error.clause}" for candidate, (role, error) in failed.items()
    ]
    for claim in claims:
        notes += read[claim.candidate][1]
    return [read[claim.candidate][0] for claim in claims], notes


def _assigned(candidates: Sequence[Candidate], modality: Modality | None, folder: Path) -> Assignment:
    try:
        return assign(candidates, modality)
    except InputError as error:
        raise InputError(error.what, where=folder, fix=error.fix, option=error.option, roles=error.roles) from error


def _without_role(what: str, folder: Path, candidates: Sequence[Candidate], modality: Modality | None) -> InputError:
    """The error where no volume has a role of the modality asked for."""
    for other in ("ctp", "mri"):
        if modality not in (None, other) and any(read_candidate(candidate, other).role for candidate in candidates):
            held = "CT perfusion" if other == "ctp" else "MRI"
            fix = f"What is there looks like {held}: use {other}"
            return InputError(what, where=folder, fix=fix, option="modality")
    return InputError(what, where=folder, fix="Name the roles, for instance DWI=scan.nii.gz", option="role")


def _with_known_colours(claims: list[Claim], notes: list[str]) -> list[Claim]:
    """The claims without colour-coded maps of unknown scale; these are named in the notes.

    Raises:
        InputError: if no perfusion map or series is left without them.
    """
    coloured = [claim for claim in claims if claim.role in MAP_ROLES and claim.candidate.colour]
    unknown = [claim for claim in coloured if range_of(claim.candidate, None) is None]
    if not unknown:
        return claims
    kept = [claim for claim in claims if claim not in unknown]
    if not any(claim.role in MAP_ROLES or claim.role is Role.CTP for claim in kept):
        raise no_range(unknown[0].role, unknown[0].candidate.name)
    for claim in unknown:
        error = no_range(claim.role, claim.candidate.name)
        notes.append(f"{claim.candidate.name} was left aside as {claim.role}: it {error.what}. {error.fix}")
    return kept


def _from_file(path: Path, modality: Modality | None) -> tuple[list[Series], list[str]]:
    if str(path).partition("=")[0].strip().upper() in {role.value for role in Role}:
        return series_of_roles([_split(str(path))], modality)
    volumes = volumes_of_file(path)
    if len(volumes) > 1:
        return _of_several(volumes, path, modality)
    candidate = volumes[0]
    reading = read_candidate(candidate, modality)
    if reading.role is None or reading.confidence < _EVIDENT:
        raise InputError(
            f"is one file, and its role is not evident ({reading.reason})",
            where=path,
            fix=f"Name its role, for instance DWI={path.name}",
        )
    series, notes = read_claim(Claim(candidate, reading.role, reading.confidence, reading.reason))
    return [series], list(notes)


def _of_several(volumes: Sequence[Candidate], path: Path, modality: Modality | None) -> tuple[list[Series], list[str]]:
    """The series of a file that holds several volumes, and notes."""
    found = _assigned(volumes, modality, path)
    if not found.claims:
        raise _without_role(f"none of its {len(volumes)} volumes could be given a role", path, volumes, modality)
    read = [read_claim(claim) for claim in found.claims.values()]
    return [series for series, _ in read], [*found.notes, *(note for _, notes in read for note in notes)]


def _words(study: object) -> Sequence[str]:
    """The texts of a sequence.

    Raises:
        InputError: if it is none.
    """
    if not isinstance(study, (list, tuple)) or not all(isinstance(text, str) for text in study):
        raise InputError(
            f"the study is a {type(study).__name__}, and no path, mapping or sequence of texts",
            fix='Give a folder, {"DWI": "scan.nii.gz"} or ["DWI=scan.nii.gz"]',
        )
    return study


def _split(text: str) -> tuple[str, str]:
    role, mark, file = str(text).partition("=")
    if not mark and text.strip().upper() not in {known.value for known in Role}:
        raise InputError(
            "there is no such file or folder",
            where=text,
            fix="Check the path; single volumes are named by their role, for instance DWI=scan.nii.gz",
        )
    if not mark or not role.strip() or not file.strip():
        raise InputError(f"'{text}' is not of the form ROLE=FILE", fix="Write for instance DWI=scan.nii.gz")
    return role, file.strip()
