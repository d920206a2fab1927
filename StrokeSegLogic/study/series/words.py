"""Roles from words: file names, folder names, series descriptions.

Texts are cut into words first ("isoDWI" is "iso dwi", "T2W_TSE" is "t2w tse"), so that the adc of badcase and the
t1 of part10 are never seen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from ..case import Modality, Role
from .derived_words import MASK_WORDS, derived, is_surely_mask, may_be_derived
from .other_series import OTHER_THING, SUSCEPTIBILITY, other_series
from .perfusion_words import read_perfusion
from .reading import Quality, Reading
from .terms import ASIAN, TERMS

_CONTRAST_PENALTY = 0.25
_T1_FLAIR, _DUAL_ECHO = 0.7, 0.5

_ROLES: tuple[tuple[Role, float, re.Pattern[str]], ...] = tuple(
    (role, confidence, re.compile(pattern))
    for role, confidence, pattern in (
        (Role.ADC, 0.9, r"\b[drw]?adc(?:maps?|avg|iso|trace)?\d{0,2}\b|\bapparent diffusion\b|\baverage dc\b"),
        (
            Role.DWI,
            0.9,
            r"\b(?:iso|trace|[drw])?dwi(?:b?\d{1,4}|iso|trace|s)?\b|\btracew?\b|\bdiffusion weighted\b",
        ),
        (Role.DWI, 0.65, r"\bdiff(?:usion)?\b|\bdti\b|\bdw\b"),
        (Role.FLAIR, 0.9, r"\b[rsw]?(?:t[12]w?)?flair\w*|\b(?:t2 ?)?(?:dark|da) ?fl(?:uid)?\b|\bfluid attenuat\w*"),
        (Role.FLAIR, 0.75, r"\btirm\b|\bt(?:se)?ir ?[23]d\w*|\bspc ?ir\w*|\bir ?prep\b"),
        (Role.T1, 0.9, r"\b[rw]?t1(?!rho|map|flair)[a-z]*(?:[23]d)?\b"),
        (Role.T1, 0.8, r"\bmp ?rage\b|\bmp2rage\b|\bbravo\b|\bi?r?f?spgr\b|\btfl ?3d\b|\b3d ?tfe\b|\b3d ?t1\w*"),
        (Role.T2, 0.9, r"\b[rw]?t2(?!star|map|flair|s\b)[a-z]*(?:[23]d)?\b"),
    )
)
_STRONG = 0.9

_ITS_WORD = re.compile(r"(?:dwi|adc|flair|t[12]w?)")
_GRE = re.compile(r"\bgre\b")
_PD = re.compile(r"\bpdw?\b|\bproton density\b")
_READER = re.compile(r"nr ?\d")
_BRAIN = re.compile(r"brain")
"""The name that results and most tools give the mask; t1_brain is a T1 without skull."""
_CONVERTED = re.compile(
    r"_(?:Eq|Tilt|Crop|MoCo|Raw)_?\d*$|_cropped$|_i\d{3,}$|_t\d{3,}$|_c\d+$|_(?:real|imaginary)$", re.I
)
"""Endings of the names of what dcm2niix writes beside a volume or in place of it."""
_DCM2NII = re.compile(r"s\d{3,}a\d{3,}$")
_ECHO = re.compile(r"_e([2-9]|\d\d+)$", re.I)
_MASK_FOLDER = re.compile(r"(?:masks?|labels?|segmentations?|ground ?truth|gt|truth|lesions?|annotations?|rois?)")
_CONTRAST = re.compile(
    r"\bpost?\b|\bgd\b|\bgad\w*|\bcontrast\b|\bce\b|\bkm\b|\bdotarem\b|\bt1w?(?:c|ce|gd|post|km)\b|\bpostgd\b"
)
_NO_CONTRAST = re.compile(r"\b(?:no|non|without|pre|before|un) ?contrast\b|\bpre\b|\bplain\b")
_TRACE = re.compile(r"\btracew?\b|\biso\b|\biso ?dwi\b|\bdwi ?iso\b|\bisotropic\b")
_DIRECTION = re.compile(
    r"\bdti\b|\bmddw\b|\b\d* ?dir(?:ection)?s?\d*\b(?! (?:ap|pa|lr|rl|si|is|[ijk])\b)|\b(?:x|y|z|fh|hf|si)$"
)
"""BIDS calls dir-AP the way in which the picture was encoded."""
_COMPUTED = re.compile(
    r"\bcalc\w*|\bcomp(?:uted)?\b|\bsyn(?:th\w*)?\b|\bsy ?mri\b|\bmagi ?c\b|\bsyn ?dwi\b|\b[cv] ?dwi\b|\bextrapol\w*"
    r"|\bc ?b ?\d{3,4}\b"
)
_REGISTERED = re.compile(r"\breg(?:istered)?\b")
_AXIAL = re.compile(r"\b(?:p ?)?(?:tra|ax|axial|trans\w*)\b")
_REFORMAT = re.compile(r"\bmpr\b|\breformat\w*|\brecon\w*|\brfmt\b")
# What a volume was registered to does not say what it is: dwi_space-flair, dwi_to_T1. SPACE FLAIR is a sequence.
_TARGET = re.compile(r"\b(?:to|in|on|onto|(?<=dwi )space|(?<=adc )space) (?:flair|dwi|adc|t[12])\w*\b")
_BIDS_SPACE = re.compile(r"_space-[A-Za-z0-9]+")
_PHILIPS = re.compile(r"(?<![A-Za-z])(?:d|e|fa)(?=(?:Reg|SSh|sSSh|DTI|sDW|DW_SSh)(?![a-z]))|(?<![A-Za-z])d(?=DWI)")
_PHILIPS_MAPS = {"d": "adc ", "e": "eadc ", "fa": "fa map "}
"""Philips marks by a letter what was computed from a series (dReg, eSSh, faDTI). eDWI is GE's enhanced DWI."""
_NO_BORDER = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GLUED_TARGET = re.compile(r"\b([a-z]?(?:dwi|adc|flair|t[12]w?))2(?:flair|dwi|adc|t[12])\w*\b")
_WHOSE = re.compile(r"(?<![A-Za-z0-9])(?:sub|ses)-[A-Za-z0-9]+_?")


@lru_cache(maxsize=8192)
def cut(text: str) -> str:
    """The text as small words with one space between them: without accents, terms of other languages in English."""
    # The T of T1 in Cyrillic or Greek looks the same.
    text = re.sub("[ТтΤτ](?=[12](?!\\d))", "T", unicodedata.normalize("NFKC", text))
    text = re.sub(r"(?i)(t2w?)\s*\*", r"\1star ", text)
    text = re.sub(r"(?i)\+\s*(?:c|gd|km)\b|\bc\s*\+|\b[cw]/\s*(?:c|contraste|gd|mdc)\b", " contrast ", text)
    text = re.sub(r"(?i)\bs/\s*(?:c|contraste|gd|mdc)\b", " without contrast ", text)
    text = re.sub(r"(?i)(?<![^\W_])(?:c|iv|km|gd|mdc)-(?![A-Za-z0-9])", " without contrast ", text)
    # A name of its own, which the next step would cut.
    text = re.sub(r"(?i)\bidose", "idose", text)
    text = _NO_BORDER.sub(" ", _PHILIPS.sub(lambda found: _PHILIPS_MAPS[found[0]], text)).lower()
    if not text.isascii():
        text = ASIAN.sub(r" \1 ", _without_accents(text))
    text = " ".join(re.findall(r"[^\W_]+", text))
    for foreign, english in TERMS:
        text = foreign.sub(english, text)
    return " ".join(text.split())


def _without_accents(text: str) -> str:
    # Marks of Japanese letters are put back: without them they are other letters.
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text)))


def is_mask_folder(name: str) -> bool:
    """Whether a folder of that name holds masks; `case_without_mask` does not."""
    return _MASK_FOLDER.fullmatch(cut(name)) is not None


def names_mask(text: str) -> bool:
    """Whether a text holds a word of masks."""
    return MASK_WORDS.search(cut(text)) is not None


def read_name(stem: str, modality: Modality | None = None) -> Reading | None:
    """What a file's name without ending says; masks are told by their names. None if it says nothing.

    Args:
        stem: the name.
        modality: see `read_text`.
    """
    named, stem = stem, _WHOSE.sub("", stem)
    plain = _ECHO.sub("", _CONVERTED.sub("", _DCM2NII.sub("", stem)))
    perhaps = ""
    words = cut(stem)
    if mask := MASK_WORDS.search(OTHER_THING.sub(" ", words)) or _READER.fullmatch(words) or _BRAIN.fullmatch(words):
        if _own_role(words) is None or is_surely_mask(words):
            return _without_dwi(Reading.nothing(f"names a mask ('{mask[0]}')"), _own_role(words))
        perhaps = f"a mask ('{mask[0]}')"
    found = None
    if named.startswith("sub-"):
        from .bids_names import read_bids

        found = read_bids(_ECHO.sub("", _CONVERTED.sub("", named)))
    found = found or read_text(plain, modality)
    if found is None or found.role is None:
        return found
    more = set()
    if _CONVERTED.search(stem):
        more.add(Quality.CONVERTED)
    if _ECHO.search(_CONVERTED.sub("", stem)):
        more.add(Quality.SECOND_ECHO)
    found = replace(found, qualities=found.qualities | more)
    return found.doubtful(perhaps) if perhaps else found


def read_text(text: str, modality: Modality | None = None) -> Reading | None:
    """What a description or folder name says; None if nothing.

    Args:
        text: as it was written.
        modality: of the study; "mri" knows no CT perfusion.
    """
    written, text = text, _GLUED_TARGET.sub(r"\1", _TARGET.sub(" ", cut(_BIDS_SPACE.sub(" ", text))))
    if modality != "mri" and _role(text) is None and (known := read_perfusion(written, text)):
        return known
    reading = _role(text)
    own = None if _ITS_WORD.fullmatch(text) else _own_role(text)
    if own is not None:
        text = " ".join(OTHER_THING.sub(" ", text).split())
    # A name that is the role's word and no more says nothing else.
    if (reading is None or " " in text) and (said := derived(text, reading is not None, written)):
        return _without_dwi(Reading.nothing(said), own)
    if _ITS_WORD.fullmatch(text):
        return _weighted(text, reading)
    other = other_series(text, own)
    if other is not None and other.sure:
        reason = f"names {other.what} ('{other.word}')"
        return _without_dwi(Reading.nothing(reason, susceptibility=other.what == SUSCEPTIBILITY), own)
    from .body_parts import other_part

    if (part := other_part(text)) is not None:
        return replace(Reading.nothing(f"names {part}"), bears=own)
    perhaps = f"{other.what} ('{other.word}')" if other is not None else may_be_derived(text) if own else None
    found = _weighted(text, reading)
    return found.doubtful(perhaps) if perhaps and found is not None and found.role is not None else found


def _weighted(text: str, reading: Reading | None) -> Reading | None:
    """The reading of a name with its b-values and what else it is preferred by."""
    weighted = b_values_in(text)
    if reading is None:
        if weighted and max(weighted) >= 500:
            return Reading(Role.DWI, 0.8, f"holds b={max(weighted):g}", max(weighted))
        if weighted == [0.0]:
            return Reading.nothing("names a b=0 image, which shows no diffusion")
        if found := _GRE.search(text) or _PD.search(text):
            reason = f"names a sequence that no network takes ('{found[0]}')"
            # What is called GRE and no more is nearly always the T2*-weighted series of a stroke protocol.
            return Reading.nothing(reason, susceptibility=_GRE.search(text) is not None)
        return None
    if reading.role is Role.DWI and weighted:
        if max(weighted) == 0:
            return Reading.nothing("names a b=0 image, which shows no diffusion")
        reading = replace(reading, b_value=max(weighted), confidence=max(reading.confidence, 0.8))
    return qualified(reading, text)


def _without_dwi(reading: Reading, own: Role | None) -> Reading:
    """What has no role, with a mark if its name bears the word of diffusion: a study without it has to say why."""
    return replace(reading, bears=own) if own is Role.DWI else reading


def _own_role(text: str) -> Role | None:
    """The role whose own word a name bears; None where it bears none, several, or such as may say something else."""
    reading = _role(text)
    return reading.role if reading is not None and reading.confidence >= _STRONG else None


def _role(text: str) -> Reading | None:
    found: dict[Role, tuple[float, str]] = {}
    for role, confidence, pattern in _ROLES:
        if (match := pattern.search(text)) and role not in found:
            found[role] = confidence, match[0]
    if Role.ADC in found:
        found.pop(Role.DWI, None)  # "diff_ADC": the map is named after the series that it was computed from
    if {Role.FLAIR, Role.T2} <= found.keys():
        del found[Role.T2]  # "t2_tirm", "T2 FLAIR": T2-weighted, with fluid nulled
    strong = {role: hit for role, hit in found.items() if hit[0] >= _STRONG}
    found = strong or found
    if set(found) == {Role.FLAIR, Role.T1} or "t1flair" in text:
        return Reading(Role.T1, _T1_FLAIR, "holds 't1' and 'flair', a T1-weighted inversion recovery")
    if len(found) > 1:
        several = Reading.nothing(f"names several sequences ({' and '.join(map(str, found))})")
        return _without_dwi(several, Role.DWI if Role.DWI in found else None)
    if not found:
        return None
    (role, (confidence, word)) = next(iter(found.items()))
    if role is Role.T2 and _PD.search(text):
        return Reading(role, _DUAL_ECHO, f"holds '{word}' beside proton density")
    return Reading(role, confidence, f"holds '{word}'")


def qualified(reading: Reading, text: str) -> Reading:
    """Contrast medium, trace, plane and reformatting: they do not change the role but who is preferred."""
    if reading.role is None:
        return reading
    found = set(reading.qualities)
    if reading.role is Role.DWI and _TRACE.search(text):
        found.add(Quality.TRACE)
    elif reading.role is Role.DWI and _DIRECTION.search(text):
        found.add(Quality.DIRECTION)
    for quality, pattern in (
        (Quality.AXIAL, _AXIAL),
        (Quality.REFORMATTED, _REFORMAT),
        (Quality.REGISTERED, _REGISTERED),
        (Quality.COMPUTED, _COMPUTED),
    ):
        if pattern.search(text):
            found.add(quality)
    reading = replace(reading, qualities=frozenset(found))
    diffusion = reading.role in (Role.DWI, Role.ADC)
    if not diffusion and _CONTRAST.search(text) and not _NO_CONTRAST.search(text):
        return replace(
            reading,
            confidence=reading.confidence - _CONTRAST_PENALTY,
            reason=f"{reading.reason}, after contrast medium",
            contrast_medium=True,
        )
    return reading


def b_values_in(text: str) -> list[float]:
    """The b-values named: of "dwi b0 b1000", "b 1000", "dwi1000", "b0 1000"."""
    values = [float(b) for b in re.findall(r"\b(?:dwi)?b(?: ?(?:val|value|wert))? ?(\d{1,4})\b", text)]
    values += [float(b) for b in re.findall(r"\bdwi(\d{3,4})\b", text)]
    values += [float(b) for b in re.findall(r"\bb ?0 (\d{3,4})\b", text)]
    return values
