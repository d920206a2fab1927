"""What the names of folders and files say on subject and session, by a word and a number or by words in pairs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from .protocol_words import is_technical

_PEOPLE = (
    r"patient(?:in|en|e)?|paciente|paziente|proband(?:in)?|subject|subj|suj|sujets?|sujeto|sujeito|soggetto|participant"
    r"|volunteer|case|fall|caso|cas"
)
_START, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_WHOSE_PATTERNS: tuple[tuple[str, str], ...] = (
    ("subject", _START + r"sub-([A-Za-z0-9]+)"),
    ("subject", _START + r"sub[_ ]?(\d+)" + _END),
    ("subject code", _START + r"((?:ADNI_?)?\d{3}_S_\d{4}|OAS[123]_?\d{4,5}|IXI\d{3}|TCGA-[A-Z0-9]{2}-[A-Z0-9]{4})"),
    ("patient", _START + rf"(?:{_PEOPLE}|pat)[-_ ]?(\d+)"),
    ("patient", r"(?:患者|患儿|病人|病例|症例|受试者|被験者|被试|환자|대상자|пациент(?:ка)?|больной)[-_ №]*(\d+)"),
    ("patient letter", _START + rf"(?:{_PEOPLE})[-_ ]?((?-i:[A-Z])){_END}"),
    ("patient letter", _START + rf"(?:{_PEOPLE}|pat)[-_ ]((?-i:[A-Z]{{2,3}})){_END}"),
    # A folder or the beginning of a file's name: P001, ID-12, VP03. Elsewhere p2 is an acceleration.
    ("patient number", r"(?:^|/)(?:pt|pte|pcte|pac|paz|hc|ctrl|ctl|control)[-_ ]?(\d+)(?=$|[-_ ./])"),
    ("patient number", r"(?:^|/)(?:pid|id|mrn|vpn?)[-_ ]?(\d{2,})(?=$|[-_ ./])"),
    ("patient number", r"(?:^|/)p[-_ ]?(\d{3,})(?=$|[-_ ./])"),
    ("patient number", r"(?:^|/)(?:stroke|infarct|lvo|ais|ich)(0\d+)(?=$|[-_ ./])"),
)
WHOSE = ("subject", "subject code", "patient", "patient letter", "patient number")
"""The kinds that say whose a file is."""
_UNITS = (
    ("hour", r"hours?|stunden?|heures?|horas?|ore"),
    ("day", r"days?|tage?|dias?|jours?|giorni"),
    ("week", r"weeks?|wochen?|semanas?|semaines?|settimane"),
    ("month", r"months?|monate?|mes|meses|mesi|mois"),
    ("year", r"years?|jahre?|anos?|annees?|anni"),
)
_WHEN_PATTERNS: tuple[tuple[str, str], ...] = (
    ("session", _START + r"ses-([A-Za-z0-9]+)"),
    ("session", _START + r"(?:ses|sess|session|sitzung|sesion|sessione|sessao|seance)[-_ ]?(\d+)" + _END),
    ("session", _START + rf"(?:ses|sess|session)[-_ ]?((?-i:[A-Z])){_END}"),
    (
        "visit",
        _START
        + r"(?:visit[ae]?|besuch|time ?point|tp|encounter|hospitali[sz]ation|admission|aufenthalt|sejour)[-_ ]?(\d+)"
        + _END,
    ),
    # The version of a file stands at the end of its name, a series' number in small letters.
    ("visit", r"(?:^|/)(?-i:V)[-_ ]?(\d{1,2})(?=$|[-_ ./])"),
    ("time point", r"(?:^|/)(?-i:T)(\d)(?=$|/)"),
    ("examination", _START + r"(?:study|studie|exam|examen|esame|exame|untersuchung)[-_ ]?(\d+)" + _END),
    ("scan", r"(?:^|/|_)(?-i:MR|CT)[-_ ]?(\d{1,2})(?=$|/)"),
)
_FIRST_TIME = "the first day"
_LATER_TIME = "a later one"
_COURSE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (stage, re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.I))
    for stage, words in (
        (
            _FIRST_TIME,
            r"baseline|admission|aufnahme|(?<!sub[-_ ])acute|akut|hyperacute|aigu|agudo|agudos|acuto|initial|入院",
        ),
        (
            _LATER_TIME,
            r"follow[-_ ]?up|fu|verlauf|verlaufskontrolle|kontrolle|suivi|seguimiento|seguimento|复查|随访|経過",
        ),
        ("discharge", r"discharge|entlassung|sortie|dimissione|出院|退院"),
        ("subacute", r"sub[-_ ]?acute|subakut|subaigu|subagudo|subacuto"),
        ("chronic", r"chronic|chronisch|chronique|cronico"),
    )
)
_TIMES = tuple(
    (unit, re.compile(rf"{_START}(?:(?:{words})[-_ ]?(\d+)|(\d+)[-_ ]?(?:{words})){_END}", re.I))
    for unit, words in _UNITS
)
_SHORT_TIMES = (
    # 3D and 2D are how it was acquired; d0 and 90d are days.
    ("day", re.compile(rf"{_START}(?:d(\d{{1,4}})|([4-9]|\d\d+)d){_END}", re.I)),
    ("hour", re.compile(rf"{_START}(\d+)[-_ ]?(?:h|hrs?|std){_END}()", re.I)),
    # M1 is a piece of the middle cerebral artery.
    ("month", re.compile(rf"{_START}(?:M(\d\d)|(\d\d?)(?:M|mo)){_END}")),
)
_TREATMENT, _TREATMENT_TOLD = "a treatment, perhaps", "a treatment"
_PAIRS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        _TREATMENT,
        (
            (
                "before",
                r"pre(?:[-_ ]?op(?:erative)?)?(?![-_ ]?proc)|prae|praop|vor|avant|before|antes|prima"
                r"|治療前|治疗前|術前|术前",
            ),
            (
                "after",
                r"post(?:[-_ ]?op(?:erative)?)?(?![-_ ]?proc)|nach|apres|after|despues|depois|dopo"
                r"|治療後|治疗后|術後|术后",
            ),
        ),
    ),
    (
        "examination, of two",
        (
            ("previous", r"prior|previous|voruntersuchung|voraufnahme|precedent|anterieur|前回|上次|既往"),
            ("current", r"current|aktuell|actuel|actual|attuale|atual|今回|本次"),
        ),
    ),
)
_WORDED = tuple(kind for kind, _ in _PAIRS) + (_TREATMENT_TOLD,)
_OF_PAIRS = tuple(
    (kind, tuple((side, re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.I)) for side, words in sides))
    for kind, sides in _PAIRS
)
_TREATED = re.compile(
    r"(?<![A-Za-z])(?:op|evt|mt|tpa|rtpa|ivt|lyse|thromb\w*|treat\w*|therap\w*|surg\w*|interv\w*|behandl\w*|stroke|trait\w*)"
    r"(?![A-Za-z])",
    re.I,
)
_AGENT = re.compile(
    r"(?<![A-Za-z])(?:t1\w*|mp-?rage|km|gd|gad\w*|[ck]ontrast\w*|dotarem|gadovist|c|ce)(?![A-Za-z])", re.I
)
"""A pre or post beside it speaks of the contrast medium."""
_PATTERNS = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in (*_WHOSE_PATTERNS, *_WHEN_PATTERNS))


@lru_cache(maxsize=4096)
def path_labels(path: str) -> Mapping[str, frozenset[str]]:
    """What folder and file names say on subject and session, by kind.

    "sub-01/ses-02/dwi.nii" is of subject 1 and session 2, "pre_EVT_DWI.nii" of before a treatment.
    """
    # Accents may be letters of their own (macOS); marks of Japanese letters are put back.
    path = unicodedata.normalize("NFKD", path)
    path = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", path))
    found: dict[str, set[str]] = {}
    for kind, pattern in _PATTERNS:
        for label in pattern.findall(path):
            # patient_MR_DWI has no initials.
            if kind != "patient letter" or len(label) == 1 or not is_technical(label.lower()):
                found.setdefault(kind, set()).add(_plain(label))
    for kind, label in _worded(path):
        found.setdefault(kind, set()).add(label)
    if "session" in found:
        found["session"] -= _SEQUENCES
    return {kind: frozenset(labels) for kind, labels in found.items() if labels}


def labels_differ(kind: str, ours: frozenset[str], theirs: frozenset[str]) -> bool | None:
    """Whether labels of one kind are of two: for sure (True) or perhaps (False); None if they may be of the same."""
    if not ours or not theirs or ours & theirs:
        return None
    both = ours | theirs
    if kind == "course":
        # Any later day is one of a follow-up.
        later = [labels for labels in (ours, theirs) if _FIRST_TIME not in labels]
        return None if len(later) == 2 and any(_LATER_TIME in labels for labels in later) else True
    if kind == "time point":
        # T1 and T2 are sequences.
        return None if both <= {"1", "2"} else True
    if kind == "examination":
        # Elsewhere it is the series that is numbered.
        return True if both & {"0", "1"} else None
    return kind not in ("scan", _TREATMENT)


def said(kind: str, label: str) -> str:
    """A label in words."""
    if kind == "course":
        return label
    return f"{label} {kind}" if kind in _WORDED else f"{kind} {label}"


def _worded(path: str) -> Iterator[tuple[str, str]]:
    for stage, words in _COURSE:
        if words.search(path):
            yield "course", stage
    for unit, pattern in (*_TIMES, *_SHORT_TIMES):
        for timed in pattern.finditer(path):
            number = _plain(timed[1] or timed[2])
            yield "course", _FIRST_TIME if number == "0" else f"{unit} {number}"
    *folders, file = path.split("/")
    for name in (*folders, file):
        if _AGENT.search(name):
            continue
        for kind, sides in _OF_PAIRS:
            for side, words in sides:
                found = words.search(name)
                if found is None:
                    continue
                yield kind, side
                # A FLAIR_post may be one after contrast medium.
                if kind == _TREATMENT and (name is not file or found.start() == 0 or _TREATED.search(name)):
                    yield _TREATMENT_TOLD, side


def _plain(label: str) -> str:
    return label.lstrip("0") or "0" if label.isdigit() else label.lower()


_SEQUENCES_TEXT = "dwi adc flair t1 t1w t2 t2w dti trace cbf cbv mtt tmax ttp ctp ct mr mri anat func perf"
_SEQUENCES = frozenset(_SEQUENCES_TEXT.split())
"""What may follow a word for session in a name that numbers none."""
