"""Roles of CT from DICOM tags: image type, description, and how often each place was imaged."""

from __future__ import annotations

from dataclasses import replace

from ..case import CTP_ROLES, Role
from ..volumes.dicom_headers import DicomTags
from .perfusion_words import no_map
from .reading import Reading

_NOT_INPUT = {
    "LOCALIZER": "a localizer",
    "SCREEN SAVE": "a picture of a screen",
    "SCREENSAVE": "a picture of a screen",
    "DOSE_INFO": "a dose report",
}
_MAPS = {"CBF": Role.CBF, "CBV": Role.CBV, "MTT": Role.MTT, "TTP": Role.TTP, "TMAX": Role.TMAX}
_PROJECTIONS = frozenset({"MIP", "MAX_IP", "TMIP"})
SERIES_FRAMES = 8
"""A CT that images each place so often is a perfusion series, or perhaps a dynamic angiography."""
_BY_COUNT, _BY_COUNT_AND_PROTOCOL = 0.55, 0.7


def read_ct(tags: DicomTags) -> Reading:
    """The role of a CT series, or why it has none."""
    from .words import cut, read_text

    for kind in tags.image_type:
        if kind in _NOT_INPUT:
            return Reading.nothing(f"image type holds '{kind}': {_NOT_INPUT[kind]}")
    text = tags.series_description
    other = no_map(cut(text))
    if other is not None:
        return replace(other, reason=f"series description '{text}' {other.reason}")
    described = read_text(text, "ctp") if text else None
    if described is not None:
        described = replace(described, reason=f"series description '{text}' {described.reason}")
        if described.role is not None and described.role not in CTP_ROLES:
            return Reading.nothing(f"it is a CT, though {described.reason}")
        if described.role not in (Role.CT, Role.CTP):
            return described
    for kind in tags.image_type:
        if kind in _MAPS:
            return Reading(_MAPS[kind], 0.9, f"image type holds '{kind}'")
    if described is None and (found := next((kind for kind in tags.image_type if kind in _PROJECTIONS), None)):
        return Reading.nothing(f"image type holds '{found}': a projection, but of what is not said")
    if tags.frames < SERIES_FRAMES:
        return described or Reading.nothing(f"its description '{text}' names neither a perfusion map nor a plain CT")
    if described is not None and described.role is Role.CTP:
        return replace(described, confidence=max(described.confidence, 0.9))
    protocol = read_text(tags.protocol_name, "ctp") if tags.protocol_name else None
    words = f"each place was imaged {tags.frames} times"
    if protocol is not None and protocol.role is Role.CTP:
        return Reading(
            Role.CTP, _BY_COUNT_AND_PROTOCOL, f"{words} and protocol name '{tags.protocol_name}' {protocol.reason}"
        )
    return Reading(Role.CTP, _BY_COUNT, words)
