"""Names of what was computed from a series and is no such series: maps of a tensor, differences, ratios, masks, noise.

A word that may be part of a patient's or a study's name (FA, core, sub) counts only where names of derived images have
it: at their end, or beside the word of the sequence that it was derived from.
"""

from __future__ import annotations

import re

_SEQUENCE = r"(?:[a-z]?dwi\w*|diff(?:usion)?(?: weighted)?|dti|dki|adc|trace\w*|t[12]\w*|[a-z]?flair)"
_DIFFUSION = r"(?:[a-z]?dwi|diff(?:usion)?(?: weighted)?|dti|dki|mddw)"
_TENSOR = r"(?:diff(?:usion)?(?: weighted)?|dti|dki|mddw|tensor)"
_OF_A_TENSOR = r"(?:md|rd|ad|mo|mk|rk|ak|l[123]|v[123]|ra|vr|s0)"
_MAP = r"(?:maps?|maske?n?|images?|bild(?:er)?|karten?|cartes?|mapas?|mapp[ae])"

_ALONE: tuple[tuple[str, str], ...] = (
    (
        "an exponential ADC map, which is no ADC",
        r"\b(?:e|ex|exp|expo|expon|exponent\w*|exponenc\w*|esponenz\w*) ?(?:map )?adc\w*"
        r"|\b(?:exponent\w*|exponenc\w*|esponenz\w*) (?:apparent|diffusion)\b"
        rf"|\badc (?:{_MAP} )?(?:expo?|expon|exponent\w*|exponenc\w*|esponenz\w*)\b(?! ?\d)|\badcexp\w*"
        rf"|\b{_DIFFUSION} (?:\w+ )*?(?:exp|exponent\w*)$|\be (?:reg|ssh|dti)\b",
    ),
    (
        "an anisotropy map",
        r"\b(?:fraction\w*|relative|volume ratio|mode of) aniso\w*|\baniso?tropi\w*|\banisotropy"
        rf"|\b(?:col(?:ou?r)?|rgb) ?fa\b|\bfa (?:{_MAP}|colou?r|rgb)\b|\b{_MAP} (?:de |di )?fa\b|\bcolfa\b"
        rf"|^d? ?fa$|\b{_TENSOR} (?:\w+ )*fa\b(?! ?\d)|\bfa ?(?:reg|dti)\b",
    ),
    (
        "a map of a diffusion tensor",
        r"\b(?:mean|radial|axial|parallel|perpendicular) diffusivi\w*|\btensor\b|\bkurtosis\b|\beigen ?v\w*"
        rf"|\b{_TENSOR} (?:\w+ )*{_OF_A_TENSOR}$|^{_OF_A_TENSOR}$|\b{_OF_A_TENSOR} {_MAP}\b"
        r"|\b(?:dti|tensor|diffusion) col(?:ou?r)?\b|\bivim (?:\w+ )*(?:d|f|dstar|ds|pf|maps?)$",
    ),
    ("tracts of fibres", r"\btractogra\w*|\btraktogra\w*|\bfib(?:er|re) ?track\w*|\btracts?$"),
)
_BESIDE: tuple[tuple[str, str], ...] = (
    (
        "a difference of two series",
        r"\bsubtr\w*|\bsubst?ra[ck]\w*|\bsottra\w*|\bsustra\w*|\bsoustra\w*|\bminus\b|\bsub$|\bpost (?:minus )?pre\b"
        rf"|^sub (?:\w+ )?t1|^{_SEQUENCE} (?:difference|diff)$|\bdifferences?$",
    ),
    ("a comparison", r"\bratio(?: ?maps?)?$|\ba?symmetr\w*|\basym\b|\bz ?(?:maps?|stats?|scores?)\b|\bmismatch\w*$"),
    (
        "a picture for reading",
        r"\boverlays?\b|\bfus(?:ed|ion\w*)\b|\bblended\b|\bsnapshots?\b|\blegends?$|\bcollages?\b|\bmontages?\b"
        rf"|\bcol(?:ou?r)? ?(?:coded|{_MAP})\b|\brgb\b",
    ),
    (
        "tissue that was marked",
        r"\bsegmentation\w*|\bsegmentier\w*|\bsegmentac\w*|\bsegmentaz\w*|\bannotat\w*|\blabels?$|\blesions?$"
        rf"|\b{_MAP} ?masks?$|\bmasks?$|\bthresh\w*|\bthr(?: ?\d+)?$|\b(?:lt|gt|below|above|under|less than) ?\d\d+"
        r"|\bpred(?:ict\w*)?$|\bheat ?maps?\b|\b(?:contours?|outlines?)$|\bcore$|\bpenumbra$|\bpve(?: ?\d)?$"
        r"|\b(?:gm|wm|(?<!dark )csf|wmh)$|\ba(?:parc|seg)\b|\broi$",
    ),
    (
        "what was measured beside the images",
        rf"\b{_SEQUENCE} (?:\w+ )*?(?:noise(?: ?maps?)?|sigma|residuals?|snr|std(?:dev)?|variance|(?:eddy)? ?qc)$"
        r"|\bstatistics?$|\bbias ?(?:field)?$|\b(?:sb|dwi|b0) ?ref$|\bdistortion ?maps?\b|\bwarp ?(?:field)?$"
        r"|\bjacobian\b|inverse ?warp\w*|\bdisplacement\b|\bdeformation(?: ?field)?$",
    ),
)
_COMPARED = re.compile(r"[<>]\s*\d")
_ALWAYS = tuple((what, re.compile(pattern)) for what, pattern in _ALONE)
_OF_A_SEQUENCE = tuple((what, re.compile(pattern)) for what, pattern in _BESIDE)
_PERHAPS_TENSOR = re.compile(rf"\b[a-z]?dwi (?:\w+ )*(fa|{_OF_A_TENSOR[3:-1]})$")
MASK_WORDS = re.compile(
    r"\bmasks?\b|\bmsk\b|\b(?:brain|lesion)masks?\b|\bd?segs?\b|\bprobseg\b|\bsegm(?:entation)?s?\b|\bsegmented\b"
    r"|\blabels?\b|\blabelmap\b|\blbl\b|\bgt\b|\bground ?truth\b|\btruth\b|\brois? ?\d*\b|\b[a-z]*lesions?\b"
    r"|\binfarcts?\b|\bannotations?\b|\bprobability\b|\bprob\b|\bagreement\b|\bo ot\b"
)
_SURE_MASK = re.compile(
    r"\b(?:masks?|msk|(?:brain|lesion)masks?|d?segs?|probseg|segm(?:entation)?s?|segmented|labels?|labelmap|lbl|gt"
    r"|ground ?truth|truth|rois? ?\d*|[a-z]*lesions?|annotations?|probability|prob|agreement|o ot)"
    r"(?: [a-z]?\d+| reader \d+)?$"
    rf"|^(?:\w+ )?(?:masks?|msk|segs?|segmentation|labels?|labelmap|gt|truth|lesions?|rois?|annotation)"
    rf" (?:of |on |in )?{_SEQUENCE}$"
    rf"|\b{_SEQUENCE} (?:masks?|msk|d?segs?|segm(?:entation)?s?|labelmap|lesions?|infarcts?)"
    r" (?:masks?|segs?|manual|final|\d+)\b"
    r"|\b(?:lesion|infarct|brain|stroke) (?:mask|seg|label|core|segmentation|annotation)s?\b"
)
_LABELS = re.compile(
    r"(?:fa|md|rd|ad|mo|ra|mk|s0|tensor|noise|sigma|residuals?|snr|std(?:dev)?|qc|\w*qc|mask|lesions?|ratio|diff"
    r"|sub(?:tract\w*|tract(?:ion|ed))?|color|colou?rfa|overlay|phase|real|imag(?:inary)?|core|infarcts?|(?:e|exp)adc|mip|minip|aparc|aseg)"
)
"""Labels of BIDS entities; only whole ones count."""


def derived(words: str, beside: bool, written: str = "") -> str | None:
    """What a name says that the volume was derived to; None for an acquired series.

    Args:
        words: of the name (see `words.cut`).
        beside: whether it names a sequence, too.
        written: the name as it was written.
    """
    for what, pattern in (*_ALWAYS, *(_OF_A_SEQUENCE if beside else ())):
        if found := pattern.search(words):
            return f"names {what} ('{found[0].strip()}')"
    if beside and _COMPARED.search(written):
        return "names tissue that was marked by a limit"
    return None


def may_be_derived(words: str) -> str | None:
    """What a short word beside the name of an acquired series may say that it was derived to: FA, MD, L1, V2.

    It may be initials or a version, too: DWI_v2, DWI_checked_MD.

    Args:
        words: of a name that bears a sequence's own word (see `words.cut`).
    """
    found = _PERHAPS_TENSOR.search(words)
    return None if found is None else f"a map of a diffusion tensor ('{found[1]}')"


def is_surely_mask(words: str) -> bool:
    """Whether a name with a sequence's own word and one of masks is that of a mask: at the end, or before the sequence.

    Elsewhere, and what is called infarct, may be said of the patient or the study: LesionStudy_12_DWI, left_infarct.

    Args:
        words: see `words.cut`.
    """
    return _SURE_MASK.search(words) is not None


def is_derived_label(label: str) -> bool:
    """Whether the label of a BIDS entity (desc-FA) says that the file was derived."""
    return _LABELS.fullmatch(label.lower()) is not None
