"""From a study, however it is given, to a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ...base.errors import InputError
from ...base.files import require_name
from ...base.locks import scratch_folder
from ..case import MAP_ROLES, MRI_ROLES, Case, ClinicalData, Modality, Role, Series, indispensable, require_plausible
from ..volumes.archives import ARCHIVES, unpack
from ..volumes.candidates import Candidate
from ..volumes.study_files import StudyFiles, study_files
from .assign import Assignment, Claim, assign, parse_modality, read_candidate
from .given_scale import no_range, range_of
from .named import Volume, common_name, series_of_roles, volumes_of_file
from .read import ReadClaim, computed_adc, read_claim, swapped_note, with_notes

Study: TypeAlias = "str | Path | Mapping[str, Volume] | Mapping[Role, Volume] | Sequence[str]"

_EVIDENT = 0.6
_IN_PLACE_OF: Mapping[Role, frozenset[Role]] = {Role.DWI: frozenset({Role.FLAIR})}
"""Whose place another may take where it cannot be read: a study of FLAIR alone is a study, and says what it lacks."""


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
        study: a folder or an archive of it, searched with subfolders and the archives in it (roles are found by names
            and DICOM tags); a mapping from role to a file, a DICOM folder, an image or a `Series`; a sequence of
            "SEQUENCE=FILE"; or one file whose name says its role.
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
    unread: dict[Role, str] = {}
    if isinstance(study, Mapping):
        named: list[tuple[str | Role, Volume]] = list(study.items())
        series, notes, default = *series_of_roles(named, modality), common_name(named)
    elif not isinstance(study, (str, Path)):
        named = [_split(text) for text in _words(study)]
        series, notes, default = *series_of_roles(named, modality), common_name(named)
    elif require_name(study).is_dir() or _is_archive(Path(study)):
        series, notes, unread = _from_folder(Path(study), modality)
        default = Path(study).resolve().name
    else:
        series, notes = _from_file(Path(study), modality)
        default = Path(study).name.split(".")[0]
    images = {volume.role: volume.image for volume in series}
    if Role.DWI in images and Role.ADC in images and (doubt := swapped_note(images[Role.DWI], images[Role.ADC])):
        notes.append(doubt)
    case = Case.of(name or default, series, notes)
    return replace(case, clinical=clinical or case.clinical, unread=unread)


def _from_folder(folder: Path, modality: Modality | None) -> tuple[list[Series], list[str], dict[Role, str]]:
    with _opened(folder) as (place, room):
        return _from_files(study_files(place, room), folder, modality)


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ARCHIVES) and path.is_file()


@contextmanager
def _opened(study: Path) -> Iterator[tuple[Path, Callable[[], Path]]]:
    """The folder of a study, or of what its archive holds, and what makes a folder for archives in it when asked to.

    All of it is gone with the reading, and an error names the archive and not where it was unpacked to.
    """
    with ExitStack() as stack:
        real: dict[str, str] = {}

        def room(of: Path = study) -> Path:
            made = stack.enter_context(scratch_folder())
            real[str(made)] = str(of)
            return made

        try:
            place = study
            if not study.is_dir():
                place = room(study.parent) / study.name
                unpack(study, place)
            yield place, room
        except InputError as error:
            within = next((made for made in real if error.where is not None and made in error.where), None)
            if within is None or error.where is None:
                raise
            where = error.where.replace(within, real[within])
            raise InputError(error.what, where=where, fix=error.fix, option=error.option, roles=error.roles) from error


def _from_files(
    files: StudyFiles, folder: Path, modality: Modality | None
) -> tuple[list[Series], list[str], dict[Role, str]]:
    candidates = files.candidates
    found = _assigned(candidates, modality, folder)
    if not found.claims:
        shown = "; ".join(f"{candidate.name} ({why})" for candidate, why in found.left[:8])
        more = f"; and {len(found.left) - 8} more" if len(found.left) > 8 else ""
        raise _without_role(
            f"no volume is known as a sequence or map (DWI, FLAIR, CBF, ...); found {shown}{more}",
            folder,
            candidates,
            modality,
        )
    modality = "mri" if any(role in MRI_ROLES for role in found.claims) else "ctp"
    read: dict[Candidate, ReadClaim] = {}
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
            joined = (c.places for c in failed if c.parts or c.weightings or c.phases)
            useless = frozenset[tuple[Path, int]]().union(*joined)
            left = [c for c in candidates if c not in failed and not c.places & useless]
            found = _assigned(left, modality, folder)
            lost = {role: error for role, error in failed.values() if role not in found.claims}
            for role in indispensable(found.claims, lost):
                if not found.claims.keys() & _IN_PLACE_OF.get(role, frozenset()):
                    raise lost[role]
    lacking: dict[Role, str] = {}
    aside = {role: why for role, why in found.lacking.items() if role in _IN_PLACE_OF}
    for candidate, (role, fault) in failed.items():
        if role in _IN_PLACE_OF and role not in found.claims:
            before = f"{lacking[role]}; " if role in lacking else ""
            lacking[role] = f"{before}{candidate.name}: {fault.clause}"
        else:
            notes.append(f"{candidate.name} was left aside as {role.display_name}: {fault.clause}")
    notes[:0] = [
        f"the study was read without its {role.display_name}, which cannot be read: {why}"
        for role, why in lacking.items()
    ]
    taken = [read[claim.candidate] for claim in claims]
    for volume in taken:
        notes += volume.notes
    computed, told = computed_adc(taken, {*found.claims, *found.ties})
    series = [*(volume.series for volume in taken), *computed]
    return series, [*notes, *told], {**aside, **lacking}


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
    return InputError(what, where=folder, fix="Say which is which, for instance DWI=scan.nii.gz", option="sequence")


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
        notes.append(
            f"{claim.candidate.name} was left aside as {claim.role.display_name}: it {error.what}. {error.fix}"
        )
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
            f"is one file, and which sequence or map (DWI, FLAIR, CBF, ...) it is is not evident ({reading.reason})",
            where=path,
            fix=f"Say what it is, for instance DWI={path.name}",
        )
    found = read_claim(Claim(candidate, reading.role, reading.confidence, reading.reason))
    more, told = computed_adc([found], {reading.role})
    return [found.series, *more], [*found.notes, *told]


def _of_several(volumes: Sequence[Candidate], path: Path, modality: Modality | None) -> tuple[list[Series], list[str]]:
    """The series of a file that holds several volumes, and notes."""
    found = _assigned(volumes, modality, path)
    if not found.claims:
        raise _without_role(
            f"none of its {len(volumes)} volumes is known as a sequence or map (DWI, FLAIR, CBF, ...)",
            path,
            volumes,
            modality,
        )
    read = [read_claim(claim) for claim in found.claims.values()]
    more, told = computed_adc(read, {*found.claims, *found.ties})
    notes = [*found.notes, *(note for volume in read for note in volume.notes), *told]
    return [*(volume.series for volume in read), *more], notes


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
            fix="Check the path; single volumes are named by their sequence, for instance DWI=scan.nii.gz",
        )
    if not mark or not role.strip() or not file.strip():
        raise InputError(f"'{text}' is not of the form SEQUENCE=FILE", fix="Write for instance DWI=scan.nii.gz")
    return role, file.strip()
