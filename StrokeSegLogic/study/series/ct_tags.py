"""Roles of CT from DICOM tags: image type, description, and how often each place was imaged."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from ..case import CTP_ROLES, Role
from ..volumes.candidates import Candidate
from ..volumes.dicom_headers import DicomTags
from .body_parts import other_part, part_in_header
from .perfusion_words import no_map
from .reading import Quality, Reading

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

# A plain CT is hardly ever called so: it is the head, without a word of contrast medium.
_HEAD = re.compile(r"\b(?:head|brain|skull|neuro)\b|\b(?:nc|n|c)?ct\b|\b(?:ct(?:head|brain)|(?:nc)?c?hct)\b")
_PLAIN = re.compile(r"\b(?:plain|without contrast|without|non ?contrast|noncon|nc|ncct)\b")
_CONTRAST = re.compile(
    r"\b(?:contrast|post|ce|gd|iv|c plus|km|ven(?:os\w*|ous)?|art(?:er\w*)?|portal|delayed|(?:m|multi) ?(?:ph )?cta"
    r"|(?:phase|ph) ?\d)\b|\b(?:head|brain|ct) (?:with|w)\b(?! ?o\b)|\bwith$|\bw$"
)
_ELSEWHERE = re.compile(
    r"\b(?:neck|hals|cuello|pescoco|collo|c ?spine|spine|sinus\w*|orbit\w*|temporal|chest|abdom\w*)\b"
)
"""Of a CT that goes on beyond the head (Head_Neck) no use is made either."""
_COMPUTED = re.compile(
    r"\b(?:iodine|jod|iodo|iode|mono\w*|\d+ ?ke ?v|vnc|virtual\w*|vrt|ssd|spectral|zeff|z eff|electron density|calcium"
    r"|volume rend\w*)\b"
)
"""Dual energy's images, and surfaces."""
_HEAD_PARTS = frozenset({"HEAD", "BRAIN", "SKULL"})
_BOTH_SAID, _PLAIN_SAID, _HEAD_SAID = 0.9, 0.75, 0.65


def read_ct(tags: DicomTags) -> Reading:
    """The role of a CT series, or why it has none."""
    from .words import cut, read_text

    for kind in tags.image_type:
        if kind in _NOT_INPUT:
            return Reading.nothing(f"image type holds '{kind}': {_NOT_INPUT[kind]}")
    text = tags.series_description
    words = cut(text)
    other = no_map(words)
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
        if described is not None and described.role is Role.CTP:
            return described
        return _plain(tags, words)
    if described is not None and described.role is Role.CTP:
        return replace(described, confidence=max(described.confidence, 0.9))
    protocol = read_text(tags.protocol_name, "ctp") if tags.protocol_name else None
    if protocol is not None and protocol.role is Role.CTP:
        reason = f"{_often(tags)} and protocol name '{tags.protocol_name}' {protocol.reason}"
        return Reading(Role.CTP, _BY_COUNT_AND_PROTOCOL, reason)
    return Reading(Role.CTP, _BY_COUNT, _often(tags))


def _often(tags: DicomTags) -> str:
    return f"each place was imaged {tags.frames} times"


def judged(reading: Reading, candidate: Candidate) -> Reading:
    """The reading of a CT or a series of CT with what its kernel is.

    Of a file its name may say that it is no plain CT of the head.
    """
    from .kernels import is_named_sharp, is_sharp
    from .words import cut

    if candidate.tags is not None:
        tags, text = candidate.tags, candidate.tags.series_description
    else:
        tags, text = candidate.sidecar or DicomTags(), PurePosixPath(candidate.name).name
        if reading.role is Role.CT and (other := no_plain(cut(text))) is not None:
            return replace(other, reason=f"file name '{text}' {other.reason}")
    if is_sharp(tags.kernel) if tags.kernel.strip() else is_named_sharp(cut(text)):
        return replace(reading, qualities=reading.qualities | {Quality.SHARP})
    return reading


def no_plain(words: str) -> Reading | None:
    """Why a text names a CT that is not that of the head without contrast medium; None if it does not say so.

    Args:
        words: see `words.cut`.
    """
    if found := _COMPUTED.search(words):
        return Reading.nothing(f"names what was computed from a CT ('{found[0]}'): it is no plain CT")
    if found := _ELSEWHERE.search(words):
        return Reading.nothing(f"names another part of the body than the brain ('{found[0]}')")
    if (part := other_part(words)) is not None:
        return Reading.nothing(f"names {part}")
    if _PLAIN.search(words) is None and (found := _CONTRAST.search(words)):
        return Reading.nothing(f"names a CT after contrast medium ('{found[0]}')")
    return None


def _plain(tags: DicomTags, words: str) -> Reading:
    """Whether a CT of one volume is that of the head without contrast medium."""
    said = f"series description '{tags.series_description}'"
    if (other := no_plain(words)) is not None:
        return replace(other, reason=f"{said} {other.reason}")
    if (elsewhere := part_in_header(tags.body_part, tags.study_description, tags.series_description)) is not None:
        return Reading.nothing(elsewhere)
    plain = _PLAIN.search(words)
    if plain is None and tags.contrast_agent:
        return Reading.nothing("its header names a contrast agent: it is no plain CT")
    head = _HEAD.search(words)
    part = tags.body_part if tags.body_part in _HEAD_PARTS else ""
    if head is None and not part:
        if plain is None:
            said = f"its description '{tags.series_description}' names neither a perfusion map nor a plain CT"
            return replace(Reading.nothing(said), told=False)
        return Reading(Role.CT, _PLAIN_SAID, f"{said} holds '{plain[0]}'")
    if head is None:
        return Reading(Role.CT, _BOTH_SAID if plain else _HEAD_SAID, f"its header names the {part.lower()}")
    reason = f"{said} holds '{head[0]}'" + (f" and '{plain[0]}'" if plain else "")
    qualities = {Quality.REFORMATTED} if {"MPR", "REFORMATTED"} & set(tags.image_type) else set()
    if tags.plane == "axial":
        qualities.add(Quality.AXIAL)
    return Reading(Role.CT, _BOTH_SAID if plain else _HEAD_SAID, reason, qualities=frozenset(qualities))
