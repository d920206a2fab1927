"""Roles from DICOM tags: image type and b-value first, then descriptions, then the sequence's times.

The description written for the very series goes before the protocol's name, which a derived ADC map shares with
the diffusion series that it was computed from.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..case import Role
from ..volumes.dicom_headers import DicomTags
from ..volumes.dicom_values import DIRECTIONAL, ISOTROPIC, sequence_b_value
from .captures import judged
from .ct_tags import read_ct
from .reading import NO_B, Quality, Reading
from .words import read_text

_SUSCEPTIBILITY = "a susceptibility image"
_NOT_INPUT = {
    "LOCALIZER": "a localizer",
    "EADC": "an exponential ADC map, which is no ADC",
    "EXP_ADC": "an exponential ADC map, which is no ADC",
    "FA": "an anisotropy map",
    "COLFA": "an anisotropy map",
    "TENSOR": "a tensor",
    "SWI": _SUSCEPTIBILITY,
    "PHASE": "a phase image",
    "PHASE MAP": "a phase image",
    "P": "a phase image",
    "MNIP": "a projection",
    "MIP": "a projection",
    "MAX_IP": "a projection",
    "MIN_IP": "a projection",
    "PROJECTION IMAGE": "a projection",
    "SCREEN SAVE": "a picture of a screen",
    "SCREENSAVE": "a picture of a screen",
    "PERFUSION": "a perfusion image",
    "TTP": "a perfusion map",
    "MTT": "a perfusion map",
    "TMAX": "a perfusion map",
    "CBF": "a perfusion map",
    "CBV": "a perfusion map",
    "RCBF": "a perfusion map",
    "RCBV": "a perfusion map",
    "ASL": "a perfusion image",
}
_TRACE_TYPES = frozenset({"TRACEW", "TRACE", "ISOTROPIC", "ISO"})
_DIFFUSION_TYPES = _TRACE_TYPES | {"DIFFUSION"}
_COMPUTED_TYPES = ("CALC", "COMPUTED", "SYNTH")
_CHANGED_BY_MEDIUM = (Role.T1, Role.FLAIR)
_LOW_B = 400.0
"""Below this (s/mm²) perfusion and T2 outweigh diffusion."""
_FLAIR_TI, _LONG_TE, _LONG_TR = 1500.0, 60.0, 2000.0
_SHORT_TE, _SHORT_TR = 35.0, 1000.0
_GRADIENT_SEQUENCE = re.compile(
    r"\*?(?:q?fl|me|swi|tfl|gre|h?ffe|fid)\w*?[23]d|.*(?:FFE|GRE|SWI|SWAN|MERGE|MEDIC)", re.I
)
"""Names of pulse sequences, Siemens' (*fl2d1, *swi3d1r, *me2d1r) and others', that read gradient echoes."""
_T2_STAR_TE = 12.0
"""A gradient echo so late is T2*-weighted; T1, angiography and field maps have echoes before 10 ms."""


def read_tags(tags: DicomTags) -> Reading:
    """The role of a DICOM series, or why it has none."""
    return judged(_qualified(tags), tags)


def _qualified(tags: DicomTags) -> Reading:
    reading = _read(tags)
    if tags.modality == "CT" or (reading.role is None and reading.told):
        return reading
    # Fluid is nulled on images of the brain alone, whatever the examination is called.
    examined = "" if reading.role is Role.FLAIR else tags.study_description
    if tags.body_part or examined:
        from .body_parts import part_in_header

        if (part := part_in_header(tags.body_part, examined, tags.series_description)) is not None:
            return replace(Reading.nothing(part), bears=reading.role)
    if reading.role is None:
        return reading
    kinds = set(tags.image_type)
    found = set(reading.qualities)
    if tags.plane == "axial":
        found.add(Quality.AXIAL)
    elif tags.plane:
        found.discard(Quality.AXIAL)
    if kinds & {"MPR", "REFORMATTED", "CSAMPR"}:
        found.add(Quality.REFORMATTED)
    if any(kind.startswith(_COMPUTED_TYPES) for kind in kinds) or tags.sequence_name.lower().startswith("*ep_c_b"):
        found.add(Quality.COMPUTED)
    # On DWI and ADC the agent that is still there changes nothing.
    if tags.contrast_agent and reading.role in _CHANGED_BY_MEDIUM:
        found.add(Quality.MEDIUM)
    medium = reading.contrast_medium or (tags.contrast_agent and reading.role in _CHANGED_BY_MEDIUM)
    return replace(reading, qualities=frozenset(found), contrast_medium=medium)


def _read(tags: DicomTags) -> Reading:
    if tags.modality == "CT":
        return read_ct(tags)
    if tags.modality not in ("MR", ""):
        return Reading.nothing(f"its modality is {tags.modality}, neither MR nor CT")
    kinds = set(tags.image_type)
    for kind in tags.image_type:
        if kind in _NOT_INPUT:
            what = _NOT_INPUT[kind]
            return Reading.nothing(f"image type holds '{kind}': {what}", susceptibility=what == _SUSCEPTIBILITY)
    described = _described("series description", tags.series_description)
    if described is not None and described.role is None:
        if not _is_weighted(tags):
            return described
        # An acquisition is named after the map that it is meant for: Ax DWI TENSOR.
        described = None
    if "ADC" in kinds:
        return Reading(Role.ADC, 0.95, "image type holds 'ADC'")
    if described is not None and described.role is Role.ADC:
        return described
    if _is_diffusion(tags, described):
        return _diffusion(tags, described)
    if described is not None:
        return _against_times(described, tags)
    protocol = _less_sure(_described("protocol name", tags.protocol_name))
    return (
        (protocol if protocol is None or protocol.role is None else _against_times(protocol, tags))
        or _times(tags)
        or replace(
            Reading.nothing(
                f"neither description ('{tags.series_description}') nor tags name a sequence that a network takes"
            ),
            told=False,
        )
    )


def _weighting(tags: DicomTags) -> float | None:
    return tags.b_value if tags.b_value is not None else sequence_b_value(tags.sequence_name)


def _is_diffusion(tags: DicomTags, described: Reading | None) -> bool:
    """Whether a series is of diffusion: a b-value alone does not say so, for GE and Philips write 0 on everything."""
    b, kinds = _weighting(tags), set(tags.image_type)
    if kinds & _TRACE_TYPES:
        return True
    if b is None:
        return False
    if kinds & _DIFFUSION_TYPES or "EP" in tags.scanning_sequence or sequence_b_value(tags.sequence_name) is not None:
        # What is read out as a train of echoes and called FLAIR may be just that.
        return described is None or described.role is not Role.FLAIR or b > NO_B
    if described is not None and described.role is not None:
        # Scanners that name their pulse sequence name another than that of diffusion here.
        return described.role is Role.DWI or (b > NO_B and not tags.scanning_sequence)
    return b > NO_B


def _is_weighted(tags: DicomTags) -> bool:
    """Whether it was acquired with diffusion weighting, whatever it is called."""
    b = _weighting(tags)
    acquired = b is not None and b > NO_B and tags.image_type[:1] == ("ORIGINAL",)
    return acquired and ("EP" in tags.scanning_sequence or tags.direction == DIRECTIONAL)


def _described(what: str, text: str) -> Reading | None:
    reading = read_text(text, "mri") if text else None
    return None if reading is None else replace(reading, reason=f"{what} '{text}' {reading.reason}")


def _less_sure(reading: Reading | None) -> Reading | None:
    return None if reading is None else replace(reading, confidence=reading.confidence * 0.75)


def _diffusion(tags: DicomTags, described: Reading | None) -> Reading:
    b = _weighting(tags)
    if b is not None and b <= NO_B:
        return Reading.nothing(f"its b-value is {b:g}: it shows no diffusion")
    if described is not None and described.role not in (Role.DWI, None) and b is None:
        return described
    found = set(described.qualities if described is not None else ()) - {Quality.TRACE, Quality.DIRECTION}
    trace = (
        bool(set(tags.image_type) & _TRACE_TYPES)
        or tags.direction == ISOTROPIC
        or tags.sequence_name.lower().endswith("t")
        or (described is not None and Quality.TRACE in described.qualities and not tags.direction)
    )
    if trace:
        found.add(Quality.TRACE)
    elif tags.direction or (described is not None and Quality.DIRECTION in described.qualities):
        found.add(Quality.DIRECTION)
    single = Quality.DIRECTION in found
    reason = "image type names a trace image" if b is None else f"its b-value is {b:g} s/mm²"
    if b is not None and trace:
        reason += " and it is a trace image"
    if single:
        reason += ", a single direction and no trace: tracts that it crosses look bright"
    named = described is not None and described.role is Role.DWI
    confidence = 0.95 if trace else 0.8 if named else 0.65
    if b is not None and b < _LOW_B:
        confidence = min(confidence, 0.5)
    return Reading(Role.DWI, confidence, reason, b, frozenset(found))


def _against_times(described: Reading, tags: DicomTags) -> Reading:
    """A T2 whose times are those of a FLAIR is a FLAIR: many protocols leave the word out. Gradient echo is no T2."""
    if described.role is not Role.T2:
        return described
    if _has_flair_times(tags):
        reason = f"{described.reason}, but its inversion time of {tags.inversion_time:g} ms nulls fluid"
        return replace(described, role=Role.FLAIR, confidence=0.75, reason=reason)
    if _is_gradient_echo(tags):
        return Reading.nothing(f"{described.reason}, but it is a gradient echo: T2*, no T2", susceptibility=True)
    if tags.echo_time is not None and 0 < tags.echo_time < _SHORT_TE and (tags.inversion_time or 0) == 0:
        return Reading.nothing(f"{described.reason}, but its echo time of {tags.echo_time:g} ms is too short for a T2")
    return described


def _is_gradient_echo(tags: DicomTags) -> bool:
    kinds = set(tags.scanning_sequence)
    return ("GR" in kinds and "SE" not in kinds) or _GRADIENT_SEQUENCE.match(tags.sequence_name) is not None


def _has_flair_times(tags: DicomTags) -> bool:
    return (tags.inversion_time or 0) > _FLAIR_TI and (tags.echo_time or 0) > _LONG_TE


def _t2_star(tags: DicomTags) -> Reading | None:
    kinds, echo = set(tags.scanning_sequence), tags.echo_time
    if "GR" not in kinds or "EP" in kinds or tags.inversion_time or echo is None or echo < _T2_STAR_TE:
        return None
    return Reading.nothing(f"gradient echo with TE {echo:g} ms is T2*-weighted", susceptibility=True)


def _times(tags: DicomTags) -> Reading | None:
    """Last resort: the weighting that the sequence's times give."""
    echo, repetition, inversion = tags.echo_time, tags.repetition_time, tags.inversion_time
    kinds = set(tags.scanning_sequence)
    if _has_flair_times(tags):
        return Reading(Role.FLAIR, 0.65, f"inversion time {inversion:g} ms and echo time {echo:g} ms null fluid")
    if "GR" in kinds and "IR" in kinds and tags.acquisition_type == "3D" and 500 <= (inversion or 0) <= _FLAIR_TI:
        return Reading(Role.T1, 0.55, f"3-D gradient echo with inversion time {inversion:g} ms is T1-weighted")
    if (star := _t2_star(tags)) is not None:
        return star
    if "SE" not in kinds or "EP" in kinds or inversion or echo is None or repetition is None:
        return None
    if echo > _LONG_TE and repetition > _LONG_TR:
        return Reading(Role.T2, 0.5, f"spin echo with TE {echo:g} ms and TR {repetition:g} ms is T2-weighted")
    if echo < _SHORT_TE and repetition < _SHORT_TR:
        return Reading(Role.T1, 0.5, f"spin echo with TE {echo:g} ms and TR {repetition:g} ms is T1-weighted")
    return None
