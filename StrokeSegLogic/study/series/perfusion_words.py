"""Roles of CT perfusion from words: file names, folder names, series descriptions of usual software."""

from __future__ import annotations

import re

from ..case import Role, role_names
from .reading import Reading

_ROLES: tuple[tuple[Role, float, str], ...] = (
    (Role.CBF, 0.9, r"\b(?:r|rel|q|abs)? ?cbfd?(?:maps?|svd\w*)?\b|\bcerebral blood flow\b|\bblood flow\b"),
    (Role.CBV, 0.9, r"\b(?:r|rel|q|abs)? ?cbvd?(?:maps?|svd\w*)?\b|\bcerebral blood volume\b|\bblood volume\b"),
    (Role.MTT, 0.9, r"\b(?:r|rel)? ?mttd?(?:maps?)?\b|\bmean transit(?: time)?\b"),
    (Role.TTP, 0.9, r"\b(?:r|rel)? ?ttpd?(?:maps?)?\b|\btime to peak\b"),
    (Role.TMAX, 0.9, r"\bt ?max(?:maps?)?\b|\btime to max(?:imum)?\b|\bttmax\b"),
    # Delay by Bayesian or SVD+ software: the arrival at the tissue, which is close to Tmax and not the same.
    (Role.TMAX, 0.5, r"\bdelay(?:maps?)?\b"),
    (Role.MIP, 0.85, r"\bt?mip\b|\bmax(?:imum)? ?ip\b|\bmaximum intensity(?: projection)?\b"),
)
_SERIES = re.compile(
    r"\bctp\d?\b|\bv?pct\b|\bct ?perf\w*|\bperf\w* ct\b|\bct 4 ?d ?\w*|\b4 ?d ?(?:ct|perf)\w*|\bperf\w* 4 ?d\b"
    r"|\bneuro ?(?:v?pct|perf\w*)|\bcbp\b"
)
_PERHAPS_SERIES = re.compile(r"\bperf(?:usion)?\b|\b4 ?d\b")
_PLAIN = re.compile(
    r"\b(?:nc|n|c)ct\b|\b(?:non|without) ?contrast\b|\bct (?:\w+ )?(?:plain|without)\b|\bplain (?:\w+ )?ct\b"
)
_CT = re.compile(r"\bct\b")
_HEAD = re.compile(
    r"\b(?:head|brain|skull) (?:\w+ )?plain\b|\bplain (?:\w+ )?(?:head|brain|skull)\b"
    r"|\b(?:ct(?:head|brain)|(?:nc)?c?hct)\b"
    r"|\b(?:head|brain|skull|neuro) (?:\w+ )?(?:std|standard|soft|seq\w*|[hj][rc]?\d\d[a-z]?|\d+ ?mm)\b"
)
"""A head without contrast medium is a CT where nothing else in the study is of MR."""
_PLAIN_SURE, _CT_ALONE, _PERHAPS = 0.9, 0.65, 0.5

_OF_CT = re.compile(r"\bct\b|\bctp\d?\b|\bv?pct\b")
_OF_MR = re.compile(r"\bmri?\b|\bpwi\b|\bdsc\b|\bdce\b|\bp?c?asl\b|\bep2d\b|\bepi\b|\b(?:t2w?|swi|sw|tof|mra)\b")

_NO_MAP: tuple[tuple[str, str], ...] = (
    (
        "a picture or summary for reading",
        r"\boverlays?\b|\bsummar(?:y|ies)\b|\bmismatch\w*|\breports?\b|\bresults?\b|\bscreen ?\w*|\bsnapshots?\b"
        r"|\bfus(?:ed|ion)\b|\blegends?\b|\bmosaics?\b|\bcollages?\b|\bmontages?\b",
    ),
    (
        "tissue marked by thresholds",
        r"\bpenumbras?\b|\bcore\b|\bhypo ?perfus\w*|\bthresh\w*|\btissue (?:class\w*|at risk|maps?)\b|\baspects?\b"
        r"|\bt ?max ?(?:gt|over|above)\b|\bt ?max ?\d+ ?s(?:ec)?\b|\bmaske?[ns]?\b|\bpred(?:ict\w*)?$"
        # The limit is written to the word or beside it: Tmax_gt6, rCBF_lt30, CBF less than 30.
        r"|\b(?:gt|ge|gte|lt|le|lte|over|above|below|under|(?:greater|more|less) ?than) ?\d+",
    ),
    ("a comparison of the sides", r"\bratio\b|\ba?symm?(?:etr\w*)?\b|\bmirror\w*|\bz ?(?:scores?|maps?|stats?)\b"),
    # Of a scan from which the bones were subtracted maps are computed as of any other.
    ("a difference of two series", r"(?<!bone )\bsubtr\w*|(?<!bone )\bsub$|\bdifferences?\b|\bdiff$|\bdsa\b"),
    (
        "a statistic of a map or series",
        # Of a CT it is the name of a kernel.
        r"\bstddev$|\b(?:cb[fv]|mtt|ttp|t ?max|ctp|perf\w*|map) (?:\w+ )*std$|\bsd$"
        r"|\bstandard deviation\b|\bvariance\b|\bnoise(?: ?map)?$|\berrors?(?: ?map)?$|\bsnr$",
    ),
    ("a curve or the place of a vessel", r"\baifs?\b|\bvofs?\b|\bcurves?\b|\btacs?\b|\bgraphs?\b|\bplots?\b"),
    ("a time that is neither TTP, MTT nor Tmax", r"\bttd\b|\btts\b|\btime to (?:drain|start)\b|\b(?:irf )?t0\b"),
    ("a map of permeability", r"\bpermeab\w*|\bps\b|\bk ?trans\b|\bflow extraction\b|\bpbv\b|\bk2\b"),
    ("a CT angiography", r"\bctas?\b|\bctv\b|\bangio\w*|\b[ck]aroti[ds]\w*|\bvenogra\w*|\bcow\b|\bwillis\b"),
    ("a CT angiography", r"\baort\w*|\b(?:arch|arco|bogen) (?:to|bis|a) (?:the )?(?:vertex|head)\b"),
    ("a reconstruction of bone", r"\bbone\b(?! (?:remov|subtract)\w*)"),
    ("a planning or timing series", r"\btopogram\b|\bsurview\b|\bpre ?monitoring\b|\bmonitoring\b|\btest ?bolus\b"),
    ("a planning or timing series", r"\bbolus ?track\w*|\btiming\b|\bsmart ?prep\b|\bpatient protocol\b"),
    (
        "a planning or timing series",
        r"^(?:locator|tracker|s v|bolus)\b|\bsure ?start\b|\breal ?prep\b|\bsmart ?score\b",
    ),
    ("a planning or timing series", r"\blocali[sz]ers?\b|\bscouts?\b"),
    # Not iDose, which is a reconstruction, nor a scan of low dose.
    (
        "a report on dose",
        r"\b(?:radiation|patient|exam) dose\b|\bdose (?:report|info\w*|summary|sheet|record)\b|^dose$",
    ),
    ("a quality or motion picture", r"\bmotion\b(?! ?corr)|\bresidu\w*|\bquality\b|\bconfidence\b"),
)
_OF_VESSELS = re.compile(
    r"\b(?:cor\w*|sag\w*|ax\w*|tra|thin|thick|slab\w*|neck|head ?neck|vessel\w*|\d+ ?mm|\d+ \d+)\b"
)
_TEMPORAL = re.compile(r"\bt ?mip\b|\btemporal\b|\bctp\d?\b|\bperf\w*|\bct ?p\b")
_COMPARED = re.compile(r"[<>]\s*\d")
# What a volume was registered to does not say what it is: Tmax_to_NCCT, CBF_space-CT; run-2_ctp is a number.
_TARGET = re.compile(
    r"\b(?:to|(?<!run )(?<!part )(?<!phase )(?<!ph )(?<!scan )(?<!acq )(?<!series )(?<!bolus )2|in|on|onto|space|reg)"
    r" (?:ncct|ctp?|cbf|cbv|mtt|ttp|tmax|mip)\b(?! \w)"
)


def read_perfusion(text: str, words: str) -> Reading | None:
    """What a description or name says on CT perfusion; None if nothing.

    Args:
        text: as it was written.
        words: the same cut into small words (see `words.cut`).
    """
    words = _TARGET.sub(" ", words)
    named = _maps(words)
    series = _SERIES.search(words)
    of_mr = _OF_MR.search(words)
    if not (
        named
        or series
        or _PLAIN.search(words)
        or _CT.search(words)
        or _HEAD.search(words)
        or _PERHAPS_SERIES.search(words)
    ):
        return None
    if of_mr and not _OF_CT.search(words):
        # Projections, perfusion series and maps of MR are told by the words of MR.
        return None
    if (other := no_map(words)) is not None:
        return other
    if named and _COMPARED.search(text):
        return Reading.nothing("names tissue marked by thresholds")
    if len(named) > 1 and Role.MIP in named:
        return Reading.nothing("names a projection of a map")
    if Role.MIP in named and _OF_VESSELS.search(words) and not _TEMPORAL.search(words):
        return Reading.nothing("names a projection of slabs, as of an angiography, not over time")
    if len(named) > 1:
        return Reading.nothing(f"names several maps ({role_names(named, ' and ')})")
    if named:
        (role, (confidence, word)) = next(iter(named.items()))
        return Reading(role, confidence, f"holds '{word}'")
    if series:
        return Reading(Role.CTP, 0.9, f"holds '{series[0]}'")
    if of_mr and (found := re.search(r"\b4 ?d ?pwi\b|\bpwi\b", words)):
        return Reading(Role.CTP, 0.9, f"holds 'ct' and '{found[0]}'")
    if found := _PLAIN.search(words):
        return Reading(Role.CT, _PLAIN_SURE, f"holds '{found[0]}'")
    if found := _PERHAPS_SERIES.search(words):
        return Reading(Role.CTP, _PERHAPS, f"holds '{found[0]}' and no word of CT")
    found = _CT.search(words) or _HEAD.search(words)
    return Reading(Role.CT, _CT_ALONE, f"holds '{found[0] if found else words}'")


def no_map(words: str) -> Reading | None:
    """Why a text names something that CT perfusion software makes beside maps; None if it does not."""
    for what, pattern in _NO_MAP:
        if found := re.search(pattern, words):
            return Reading.nothing(f"names {what} ('{found[0].strip()}')")
    return None


def _maps(words: str) -> dict[Role, tuple[float, str]]:
    found: dict[Role, tuple[float, str]] = {}
    for role, confidence, pattern in _ROLES:
        if (match := re.search(pattern, words)) and role not in found:
            found[role] = confidence, match[0].strip()
    return found
