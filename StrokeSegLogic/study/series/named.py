"""Volumes to which the user gave roles: files, folders, images in memory, series."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import SimpleITK as sitk

from ...base.errors import InputError
from ...base.files import require_name
from ..case import CTP_ROLES, MAP_ROLES, MRI_ROLES, Modality, Role, Series
from ..volumes.candidates import Candidate, file_candidate
from ..volumes.study_files import study_files
from .assign import SAY_WHICH, Claim, assign, names_of, read_candidate
from .given_scale import ColourRange, split_scale
from .read import ReadClaim, computed_adc, read_claim, series_in_memory, with_notes

Volume: TypeAlias = "str | Path | sitk.Image | Series"


def series_of_roles(
    named: Iterable[tuple[str | Role, Volume]], modality: Modality | None
) -> tuple[list[Series], list[str]]:
    by_role: dict[Role, Volume] = {}
    for text, what in named:
        role = Role.parse(text)
        if role in by_role:
            raise InputError(f"{role.display_name} is named twice", fix="Give each sequence one volume")
        by_role[role] = what
    if not by_role:
        raise InputError("no volume was given", fix="Give at least DWI=FILE or FLAIR=FILE")
    wanted = _restricted(list(by_role), modality)
    series: list[Series] = []
    notes = [f"{role.display_name} was left aside: it is not of {modality}" for role in by_role if role not in wanted]
    files: dict[Role, Candidate] = {}
    read = []
    for role in wanted:
        volume = _named(role, by_role[role], files)
        read.append(volume)
        series.append(volume.series)
        notes += volume.notes
    more, told = computed_adc(read, by_role)
    series += more
    notes += told
    if len(files) > 1:
        from .examinations import examination_notes

        notes += examination_notes(list(files.values()))
    if sum(role in MAP_ROLES for role in files) > 1:
        from .makers import mixed_makers

        notes += mixed_makers(files)
    return series, notes


def _restricted(roles: Collection[Role], modality: Modality | None) -> tuple[Role, ...]:
    """Those of the named roles that belong to the modality.

    Raises:
        InputError: if they are of both and no modality is given, or none is of the modality given.
    """
    mr = [role for role in roles if role in MRI_ROLES]
    ct = [role for role in roles if role in CTP_ROLES]
    if modality is None:
        if mr and ct:
            raise InputError(
                f"the volumes are of two kinds: {names_of(mr)} of MRI, {names_of(ct)} of CT perfusion",
                fix=SAY_WHICH,
                option="modality",
            )
        return tuple(roles)
    kept = mr if modality == "mri" else ct
    if roles and not kept:
        raise InputError(
            f"the study has {names_of(roles)}, and none of them is of {modality}", fix=SAY_WHICH, option="modality"
        )
    return tuple(kept)


def _named(role: Role, what: Volume, files: dict[Role, Candidate]) -> ReadClaim:
    """The volume that the user gave a role; where it is of files, these are added to `files`."""
    where = f"the volume given for {role.display_name}"
    if isinstance(what, Series):
        given = series_in_memory(role, what.image, where, what.source, what.reason, what.times_s, what.unit)
        return ReadClaim(replace(given, computed=what.computed), ())
    if isinstance(what, sitk.Image):
        where = f"the image given for {role.display_name}"
        return ReadClaim(series_in_memory(role, what, where, "an image in memory", "named by the user"), ())
    if not isinstance(what, (str, Path)):
        raise InputError(
            f"is a {type(what).__name__}, neither a path nor a SimpleITK image",
            where=where,
            fix="Give a path, or an image made with SimpleITK, which carries its geometry",
        )
    path, limits, unit = _path_and_scale(what, role)
    candidate, notes = _named_candidate(role, path)
    files[role] = candidate
    with with_notes(notes):
        found = read_claim(Claim(candidate, role, 1.0, "named by the user"), limits, unit)
    return found._replace(notes=(*notes, *found.notes))


def _path_and_scale(what: str | Path, role: Role) -> tuple[Path, ColourRange | None, str | None]:
    if not str(what).strip():
        raise InputError("the path is empty", where=str(role), fix="Name a file")
    if _exists(what):
        return Path(what), None, None
    file, limits, unit = split_scale(str(what), role)
    require_name(file)
    return Path(file), limits, unit


def _exists(path: str | Path) -> bool:
    """Whether there is such a file or folder; of a name that the system does not take there is none."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _named_candidate(role: Role, path: Path) -> tuple[Candidate, tuple[str, ...]]:
    """The volume at a path, and what was left aside beside it."""
    if not path.is_dir():
        volumes = volumes_of_file(path)
        return _that_is(role, volumes, path, "file") if len(volumes) > 1 else volumes[0], ()
    files = study_files(path)
    meant = _that_is(role, list(files.candidates), path, "folder")
    return replace(meant, name=f"{path.name}/{meant.name}".replace("/. (", " (")), files.notes


def _that_is(role: Role, found: list[Candidate], path: Path, what: str) -> Candidate:
    """Of several volumes at the path to which the user gave a role, that which also claims the role."""
    if len(found) > 1:
        try:
            # What has no role may be part of what has: the images of a diffusion series without weighting.
            claiming = [candidate for candidate in found if read_candidate(candidate).role in (role, None)]
            claim = assign(claiming, _of_role(role)).claims.get(role)
        except InputError as error:
            raise InputError(error.what, where=path, fix=error.fix, option=error.option, roles=error.roles) from error
        if claim is None:
            raise InputError(
                f"the {what} holds {len(found)} volumes and none of them is evidently {role.display_name}: "
                + "; ".join(candidate.name for candidate in found[:8]),
                where=path,
                fix=f"Name the file, or a folder with this series alone, as {role.display_name}",
                option="sequence",
                roles=(role.value,),
            )
        return claim.candidate
    return found[0]


def _of_role(role: Role) -> Modality:
    return "mri" if role in MRI_ROLES else "ctp"


def volumes_of_file(path: Path) -> list[Candidate]:
    """The volumes that a file is part of: of a slice of a DICOM series with the slices beside it, of an enhanced file
    all that it holds; of all else that of the file."""
    candidate = file_candidate(path, path.name)
    if candidate.tags is None:
        return [candidate]
    volumes = [found for found in study_files(path.parent).candidates if path in found.files]
    if not volumes or (len(volumes) == 1 and len(volumes[0].slices) == 1):
        return [candidate]
    return [replace(whole, name=f"{path.parent.name}/{whole.name}".replace("/. (", " (")) for whole in volumes]


def common_name(named: Sequence[tuple[str | Role, Volume]]) -> str:
    """The folder of the first file, for want of anything better."""
    for _, what in named:
        if not isinstance(what, (sitk.Image, Series)):
            return Path(what).resolve().parent.name or "case"
    return "case"
