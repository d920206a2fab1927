"""What the names of folders and files say on subject, session and date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_LABELS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        ("subject", r"(?<![A-Za-z0-9])sub-([A-Za-z0-9]+)"),
        (
            "patient",
            r"(?<![A-Za-z0-9])(?:patient|patientin|paciente|paziente|pat|proband|subject|subj|case)[-_ ]?0*(\d+)",
        ),
        (
            "patient letter",
            r"(?<![A-Za-z0-9])(?:patient(?:in)?|paciente|paziente|proband|subject)[-_ ]?((?-i:[A-Z]))(?![A-Za-z0-9])",
        ),
        # A folder or the beginning of a file's name: P001, ID-12, VP03. Elsewhere p2 is an acceleration.
        ("patient number", r"(?:^|/)(?:p|pt|pid|id|mrn|vpn?|hc|ctrl)[-_ ]?(\d{2,})(?=$|[-_ ./])"),
        ("session", r"(?<![A-Za-z0-9])(?:ses|session|sess)-?_?([A-Za-z0-9]+)(?![A-Za-z0-9])"),
        (
            "visit",
            r"(?<![A-Za-z0-9])(?:visit|visite|visita|study|studie|timepoint|tp|day|tag|dia|jour|week|month|exam|examen|untersuchung)"
            r"[-_ ]?0*(\d+)(?![A-Za-z0-9])",
        ),
        (
            "course",
            r"(?<![A-Za-z])(baseline|follow[-_ ]?up|admission|discharge|aufnahme|verlauf|acute|subacute|chronic)"
            r"(?![A-Za-z])",
        ),
    )
)
WHOSE = ("subject", "patient", "patient letter", "patient number")
"""The kinds that say whose a file is."""
_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?=$|\D|\d{4}(?:$|\D)|\d{6}(?:$|\D))"
)
_DAY_FIRST = re.compile(r"(?<!\d)(0[1-9]|[12]\d|3[01])([-_.])(0[1-9]|1[0-2])\2((?:19|20)\d\d)(?!\d)")


@lru_cache(maxsize=4096)
def path_labels(path: str) -> Mapping[str, frozenset[str]]:
    """What folder and file names say on subject, session and date, by kind.

    "sub-01/ses-02/dwi.nii" is of subject 01 and session 02, "2024-01-31/DWI.nii" of a date.
    """
    found = {kind: frozenset(label.lower() for label in pattern.findall(path)) for kind, pattern in _LABELS}
    dates = {year + month + day for year, _, month, day in _YEAR_FIRST.findall(path)}
    dates |= {year + month + day for day, _, month, year in _DAY_FIRST.findall(path)}
    found["date"] = frozenset(dates)
    return {kind: labels for kind, labels in found.items() if labels}
