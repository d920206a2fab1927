"""Roles from names by the rules of BIDS: sub-7_ses-1_rec-ADC_dwi."""

from __future__ import annotations

import re
from dataclasses import replace

from ..case import Role
from .derived_words import is_derived_label
from .reading import Reading
from .words import b_values_in, cut, qualified, read_text

_NAME = re.compile(r"sub-.*_([A-Za-z0-9]+)")
_ENTITIES = ("rec", "desc", "acq", "part", "proc", "param", "stat", "res", "label")
"""Of a BIDS name: what was made of the series."""
_DERIVED = frozenset({"dwimap", "dwiref", "sbref", "xfm", "fieldmap", "epi"})
_ADC = re.compile(r"_(?:param|desc|rec|stat|model)-adc_", re.I)
_SUFFIX = {"dwi": Role.DWI, "adc": Role.ADC, "flair": Role.FLAIR, "t1w": Role.T1, "t2w": Role.T2, "unit1": Role.T1}


def read_bids(stem: str) -> Reading | None:
    """What a BIDS name without ending says; None if it is none, or of a sequence that has no role.

    Its last word is the sequence whatever else the name holds, but for a diffusion series: what was reconstructed from
    it bears its name, too (rec-ADC_dwi).
    """
    bids = _NAME.fullmatch(stem)
    if bids is not None and bids[1].lower() in _DERIVED:
        if bids[1].lower() == "dwimap" and _ADC.search(stem):
            return Reading(Role.ADC, 0.9, "names a map of a diffusion series, the ADC")
        return Reading.nothing(f"ends in '{bids[1]}': it was derived from a series")
    role = _SUFFIX.get(bids[1].lower()) if bids else None
    if bids is None or role is None:
        return None
    weighted = b_values_in(cut(stem))
    entities = re.findall(r"(?<![^_])([a-z]+)-([A-Za-z0-9]+)", stem)
    for entity, label in entities:
        if entity in _ENTITIES and is_derived_label(label):
            return Reading.nothing(f"says {entity}-{label}: it was derived from a series of this kind")
    if role is Role.DWI:
        for entity, label in entities:
            said = read_text(label, "mri") if entity in _ENTITIES else None
            if said is not None and said.role in (None, Role.ADC):
                return replace(said, reason=f"says {entity}-{label}, which {said.reason}")
        if weighted == [0.0]:
            return Reading.nothing("names a b=0 image, which shows no diffusion")
    # Of MP2RAGE the uniform image, whose air is noise.
    trust = 0.7 if bids[1].lower() == "unit1" else 0.95
    reading = Reading(role, trust, f"ends in '{bids[1]}'", max(weighted, default=None))
    return qualified(reading, cut(stem))
