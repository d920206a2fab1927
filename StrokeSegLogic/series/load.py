"""From a study, however it is given, to a case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import SimpleITK as sitk

from ..case import Case, ClinicalData, Role, Series
from ..errors import InputError
from ..volumes import Candidate, find_series, validate
from ..volumes.candidates import file_candidate
from ..volumes.reader import volume_suffix
from .assign import Claim, assign, read_candidate
from .plausibility import swapped_note

Volume: TypeAlias = "str | Path | sitk.Image"
Study: TypeAlias = "str | Path | Mapping[str, Volume] | Mapping[Role, Volume] | Sequence[str]"

_EVIDENT = 0.6


def load_case(study: Study, *, name: str | None = None, clinical: ClinicalData | None = None) -> Case:
    """Reads and checks the volumes of one patient.

    Args:
        study: a folder, searched with subfolders (roles are found by names and DICOM tags); a mapping from role to
            a file, a DICOM folder or an image; a sequence of "ROLE=FILE"; or one file whose name says its role.
        name: of the case; by default that of the folder.
        clinical: what is known of the patient beside the images.

    Raises:
        InputError: if something is missing, damaged, unfit, of no role, or two volumes claim one role.
    """
    if isinstance(study, Mapping):
        named: list[tuple[str | Role, Volume]] = list(study.items())
        series, notes, default = *_from_names(named), _common_name(named)
    elif not isinstance(study, (str, Path)):
        named = [_split(text) for text in study]
        series, notes, default = *_from_names(named), _common_name(named)
    elif Path(study).is_dir():
        series, notes = _from_folder(Path(study))
        default = Path(study).resolve().name
    else:
        series, notes = _from_file(Path(study))
        default = Path(study).name.split(".")[0]
    images = {one.role: one.image for one in series}
    if Role.DWI in images and Role.ADC in images and (doubt := swapped_note(images[Role.DWI], images[Role.ADC])):
        notes.append(doubt)
    case = Case.of(name or default, series, notes)
    return case if clinical is None else Case(case.name, case.series, clinical, case.notes)


def _from_folder(folder: Path) -> tuple[list[Series], list[str]]:
    candidates = find_series(folder)
    try:
        found = assign(candidates)
    except InputError as error:
        raise InputError(error.what, where=folder, fix=error.fix) from error
    if not found.claims:
        shown = "; ".join(f"{candidate.name} ({why})" for candidate, why in found.left[:8])
        more = f"; and {len(found.left) - 8} more" if len(found.left) > 8 else ""
        raise InputError(
            f"no volume could be given a role; found {shown}{more}",
            where=folder,
            fix="Name the roles with ROLE=FILE, for instance DWI=scan.nii.gz",
        )
    notes = list(found.notes)
    series = []
    for claim in found.claims.values():
        series.append(_read(claim))
        notes += claim.candidate.notes()
    return series, notes


def _from_file(path: Path) -> tuple[list[Series], list[str]]:
    if str(path).partition("=")[0].strip().upper() in {role.value for role in Role}:
        return _from_names([_split(str(path))])
    candidate = file_candidate(path, path.name)
    reading = read_candidate(candidate)
    if reading.role is None or reading.confidence < _EVIDENT:
        raise InputError(
            f"is one file, and its role is not evident ({reading.reason})",
            where=path,
            fix=f"Name its role, for instance DWI={path.name}",
        )
    claim = Claim(candidate, reading.role, reading.confidence, reading.reason)
    return [_read(claim)], list(candidate.notes())


def _from_names(
    named: Iterable[tuple[str | Role, Volume]],
) -> tuple[list[Series], list[str]]:
    by_role: dict[Role, Volume] = {}
    for text, what in named:
        role = Role.parse(text)
        if role in by_role:
            raise InputError(f"the role {role} is named twice", fix="Give each role one volume")
        by_role[role] = what
    if not by_role:
        raise InputError("no volume was given", fix="Give at least DWI=FILE or FLAIR=FILE")
    series: list[Series] = []
    notes: list[str] = []
    for role, what in by_role.items():
        if isinstance(what, sitk.Image):
            where = f"the image given for {role}"
            series.append(series_in_memory(role, what, where, "an image in memory", "named by the user"))
            continue
        if not isinstance(what, (str, Path)):
            raise InputError(
                f"is a {type(what).__name__}, neither a path nor a SimpleITK image",
                where=f"the volume given for {role}",
                fix="Give a path, or an image made with SimpleITK, which carries its geometry",
            )
        candidate = _named_candidate(role, Path(what))
        series.append(_read(Claim(candidate, role, 1.0, "named by the user")))
        notes += candidate.notes()
    return series, notes


def _split(text: str) -> tuple[str, str]:
    role, mark, file = str(text).partition("=")
    if not mark or not role.strip() or not file.strip():
        raise InputError(f"'{text}' is not of the form ROLE=FILE", fix="Write for instance DWI=scan.nii.gz")
    return role, file.strip()


def _named_candidate(role: Role, path: Path) -> Candidate:
    if not path.is_dir() or volume_suffix(path):
        return file_candidate(path, path.name)
    found = find_series(path)
    # The user named the role of the folder; of several series in it the one that also claims that role is meant.
    if len(found) > 1:
        try:
            claim = assign([one for one in found if read_candidate(one).role is role]).claims.get(role)
        except InputError as error:
            raise InputError(error.what, where=path, fix=error.fix) from error
        if claim is None:
            raise InputError(
                f"the folder holds {len(found)} volumes and none of them is evidently {role}: "
                + "; ".join(one.name for one in found[:8]),
                where=path,
                fix=f"Name the file or a folder with this series alone, as {role}=FILE",
            )
        found = [claim.candidate]
    one = found[0]
    return Candidate(f"{path.name}/{one.name}".replace("/. (", " ("), one.files, one.tags)


def _read(claim: Claim) -> Series:
    candidate = claim.candidate
    image = candidate.read()
    validate(image, candidate.name if candidate.tags else str(candidate.files[0]))
    return Series(claim.role, image, candidate.name, claim.reason, claim.confidence, candidate.sha256())


def series_in_memory(role: Role, image: sitk.Image, where: str, source: str, reason: str) -> Series:
    """A series of an image that comes from no file, with the role that the user gave it.

    Args:
        role: named by the user.
        image: any scalar type.
        where: what to call it in an error.
        source, reason: see `case.Series`; the hash is of the float32 voxels.

    Raises:
        InputError: if the image cannot be used.
    """
    validate(image, where)
    volume = sitk.Cast(image, sitk.sitkFloat32)
    # A double beyond float32's range becomes infinite.
    validate(volume, where)
    digest = hashlib.sha256(sitk.GetArrayFromImage(volume).tobytes()).hexdigest()
    return Series(role, volume, source, reason, 1.0, digest)


def _common_name(named: Sequence[tuple[str | Role, Volume]]) -> str:
    """The folder of the first file, for want of anything better."""
    for _, what in named:
        if not isinstance(what, sitk.Image):
            return Path(what).resolve().parent.name or "case"
    return "case"
