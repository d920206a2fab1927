"""Whether a CT was reconstructed for bone or lung, by the name that its scanner has for the kernel.

Sharp are, of Siemens B60, H60, Br59, Hr59 and up and those for lung; of GE BONE, BONEPLUS, LUNG, EDGE and ULTRA; of
Philips D, E, YA to YE and L; of Canon FC30 to FC39, FC50 to FC59 and FC80 to FC89 (FC20 to FC29 and FC41 to FC69 but
those are for the head and the body); of others what is called sharp, bone, lung or edge.
"""

from __future__ import annotations

import re

from .words import cut

_SIEMENS = re.compile(r"\b[bhijtuq]([a-z]?)(\d\d)[a-z]?\b")
_SHARP_FROM, _LUNG_FROM = 59, 54
_CANON = re.compile(r"\bfc ?(?:3\d|5\d|8\d)\b")
_PHILIPS = re.compile(r"^(?:d|e|ec|l|y[a-e])\b")
_WORDS = re.compile(r"\b(?:bone ?plus|bone|lungs?|sharp\w*)\b(?! (?:remov|subtract)\w*)")
_WORDS_OF_HEADERS = re.compile(r"\b(?:edge|ultra|uhr)\b")


def is_sharp(kernel: str) -> bool:
    """Whether that is the name of a sharp kernel, as it stands in the header."""
    words = cut(kernel)
    return is_named_sharp(words) or any(each.search(words) for each in (_PHILIPS, _WORDS_OF_HEADERS))


def is_named_sharp(words: str) -> bool:
    """Whether a description holds the name of a sharp kernel; single letters say nothing there.

    Args:
        words: see `words.cut`.
    """
    if _WORDS.search(words) or _CANON.search(words):
        return True
    return any(
        int(sharpness) >= (_LUNG_FROM if kind == "l" else _SHARP_FROM) for kind, sharpness in _SIEMENS.findall(words)
    )
