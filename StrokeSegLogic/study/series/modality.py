"""Whether a study is MRI or CT perfusion."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...base.errors import InputError
from ..case import CTP_ROLES, MAP_ROLES, MRI_ROLES, Modality, Role
from .reading import Reading

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
        InputError: if they are of both and no modality is given, or none is of the one given.
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
