"""Names of series that no network takes, and how sure such a name is beside the word of a sequence that one takes."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..case import Role

SUSCEPTIBILITY = "a susceptibility sequence"
_CT, _ANGIOGRAPHY, _PERFUSION = "a CT", "an angiography", "a perfusion series or map"
_FUNCTIONAL, _SPECTROSCOPY, _PHASE = "a functional or calibration series", "spectroscopy", "a phase image"
_LOCALIZER, _PROJECTION = "a localizer", "a projection"
_ALL: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (_LOCALIZER, r"\blocali[sz]ers?\b|\bloc\b|\bscout\b|\bsurvey\b|\bsmart ?brain\b|\baahead\b"),
        (
            SUSCEPTIBILITY,
            r"\bswi(?:p|m|[23]d\w*)?\b|\be?swan\w*|\bven ?bold\b|\bha?emo\w*\b|\bt2w? ?star\w*|\bt2s\b"
            r"|\bqsm\b|\bbsi\b|\bfsbb\b|\bt2\w* (?:\w+ )*?(?:bleed\w*|star)\b|\bt2st\b|\bhamo(?:sens\w*|rrh\w*)?\b"
            r"|\bt2w?\w* (?:\w+ )*?(?:gre\w*|m?ffe|fl[23]d\w*|fe[23]?d?|medic|merge|me[23]d\w*|cosmic|adage|flash\w*"
            r"|fgre\w*|grass|fast field echo|tfe\w*|fisp|psif|i?r?f?spgr)\b"
            r"|\b(?:gre|m?ffe|fl[23]d|flash|fgre|grass|tfe|fisp|spgr|bleed\w*) (?:\w+ )*?t2w?\b",
        ),
        (_PROJECTION, r"\bm(?:i|in|ax|n)? ?ip\b"),
        (
            _ANGIOGRAPHY,
            r"\bmra\b|\btof\b|\bmrv\b|\bangio\w*|\bvenogra\w*|\b[23]d ?pca?\b|\barteri\w*|\bwillis\b|\bpoligon\w*",
        ),
        (
            _PERFUSION,
            r"\bperf\w*|\bpwi\b|\bdsc\b|\bdce\b|\bp?c?asl\b|\bmtt\b|\br?e?l?cb[fv]\b|\bttp\b|\btmax\b",
        ),
        ("a quantitative map", r"\bt[12] ?map\w*|\bt1 ?rho\b"),
        (_FUNCTIONAL, r"\bbold\b|\bfmri\b|\bfield ?map\w*|\bcalib\w*|\bcal\b"),
        ("a cisternography", r"\bciss\b|\bci3d\b|\bfiesta\b"),
        (_SPECTROSCOPY, r"\bmrs\b|\bsvs\b|\bcsi\b|\bspectro\w*"),
        ("a fat-suppressed STIR", r"\bstir\b"),
        (_PHASE, r"\bpha?\b|\bphase (?:image|map|bild)s?\b"),
        ("a b=0 image, which shows no diffusion", r"\blow ?b\b|\bno ?dif{1,2}\b|\bb ?zero\b"),
        (
            "an inversion image, of two that a T1-weighted image is computed from",
            r"\binv ?[12]\b(?=.*\bmp2rage)|\bmp2rage (?:\w+ )*inv ?[12]\b",
        ),
        (_CT, r"\bct\b|\bcta\b|\bctp\b|\bncct\b"),
    )
)
_MAPS_OF_PERFUSION = re.compile(r"\bmtt\b|\br?e?l?cb[fv]\b|\bttp\b|\btmax\b")
_BOUND = re.compile(r"\b(?:field ?map\w*|calib\w*|scout|survey|locali[sz]ers?|smart ?brain|phase \w+)\b")
_OF_THE_ROLE = (_LOCALIZER, _PROJECTION, _ANGIOGRAPHY, _PERFUSION, _FUNCTIONAL, _PHASE)
"""Which T1 and T2 may be weighted by, but not DWI, ADC and FLAIR: beside these it may be any other's name."""
_ANY = (_CT, _SPECTROSCOPY)
_TITLE = re.compile(r"\bmrs?\b(?! (?:svs|csi|press|steam|spectro\w*))")

OTHER_THING = re.compile(
    r"\b(?:after|nach|vor|before|for|fur|pour|para|per|apres|avant|dopo|prima|despues|antes|depois|post|pre|na|without|keine?)"
    r" (?:the |de |di |do |da |du |la |le |el |der |dem |den |die |das )?"
    r"(?:n?ct[ap]?|mra|mrt|mri|angio\w*|thromb\w*|trombe\w*|lys[ei]s?|evt|perf\w*|segment\w*|annotat\w*|label\w*|stent\w*)\b"
)
"""What was done before or is done with a series says nothing of it: DWI after CT, FLAIR for segmentation."""


class Other(NamedTuple):
    """What a name says that no network takes.

    Attributes:
        what: it is.
        word: that says so.
        sure: False where the word may be of something else: a title, a place, a study.
    """

    what: str
    word: str
    sure: bool


def other_series(words: str, role: Role | None) -> Other | None:
    """What else than a sequence that networks take a name says; None if nothing.

    Args:
        words: of the name (see `words.cut`).
        role: of the sequence whose own word the name bears, too.
    """
    doubtful = None
    if role is not None:
        # Mrs. Smith.
        words = _TITLE.sub(" ", words)
    for what, pattern in _ALL:
        for found in pattern.finditer(words):
            word = found[0].strip()
            if role is None or not _may_be_else(what, word, words, role):
                return Other(what, word, True)
            doubtful = doubtful or Other(what, word, False)
    return doubtful


def _may_be_else(what: str, word: str, words: str, role: Role) -> bool:
    if what in _ANY:
        return True
    if what not in _OF_THE_ROLE or role in (Role.T1, Role.T2):
        return False
    if _BOUND.search(word) or _MAPS_OF_PERFUSION.search(word):
        return False
    # What was made of a series stands at the end of its name, but a calibration is a series of its own.
    return what not in (_PHASE, _PROJECTION, _LOCALIZER) or not words.endswith(f" {word}")
