"""Names of patients that stand freely in names of files and folders: mueller_dwi.nii.gz beside schmidt_flair.nii.gz.

No list of names is needed: it is what is left of a name once the words of protocols, scanners and tools are taken out.
What is left at one end of all file names, and falls into groups that share no word, is names of patients. Where it may
be something else (a word of each file's own, a word in the middle, names of folders) there is a doubt and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .labels import WHOSE, path_labels
from .protocol_words import is_protocol_word
from .words import cut

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class FreeNames:
    """What the names of two files say.

    Attributes:
        first, other: the files.
        sure: whether they are of two patients beyond doubt.
        where: "file names" or "names of their folders".
    """

    first: Candidate
    other: Candidate
    sure: bool
    where: str


def free_names(candidates: Sequence[Candidate]) -> FreeNames | None:
    """Two files whose names hold names of different people, perhaps; None if there are none.

    DICOM says itself whose it is, and so does a file whose sidecar or name gives patient or number.
    """
    told = [_Named.of(candidate) for candidate in candidates if candidate.tags is None]
    named = [each for each in told if each.words]
    pairs = [pair for pair in combinations(named, 2) if _may_be_two(*pair)]
    apart = [(first, other) for first, other in pairs if not set(first.words) & set(other.words)]
    # Words of its own that each of several files has are what they show rather than whose they are.
    groups = len(named) == 2 or len({each.words for each in named}) < len(named)
    for first, other in apart:
        if groups and ((first.leads and other.leads) or (first.trails and other.trails)):
            return FreeNames(first.candidate, other.candidate, True, "file names")
    for first, other in pairs:
        ours, theirs = set(first.words), set(other.words)
        if ours - theirs and theirs - ours:
            return FreeNames(first.candidate, other.candidate, False, "file names")
    for first, other in combinations(told, 2):
        if _may_be_two(first, other) and _apart(first.folders, other.folders):
            return FreeNames(first.candidate, other.candidate, False, "names of their folders")
    return None


@dataclass(frozen=True)
class _Named:
    """What is left of a file's name.

    Attributes:
        candidate: the file.
        words: without those of protocols and tools.
        leads, trails: whether these are the name's first or last words, numbers aside.
        folders: the same of each folder that it lies in.
    """

    candidate: Candidate
    words: tuple[str, ...]
    leads: bool
    trails: bool
    folders: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, candidate: Candidate) -> _Named:
        path = PurePosixPath(candidate.path)
        # ReSOLVE and MultiVane are words of their own.
        stem = _WORD.sub(_known_whole, path.name[: len(path.name) - len(volume_suffix(path) or "")])
        text = cut(stem).split()
        words = tuple(filter(_is_free, text))
        written = [word for word in text if not word.isdigit()]
        count = len(words)
        return cls(
            candidate,
            words,
            bool(words) and tuple(written[:count]) == words,
            bool(words) and tuple(written[-count:]) == words,
            tuple(tuple(filter(_is_free, cut(folder).split())) for folder in path.parent.parts),
        )


def _known_whole(found: re.Match[str]) -> str:
    return found[0].lower() if is_protocol_word(found[0].lower()) else found[0]


def _is_free(word: str) -> bool:
    """Whether nothing is known of a word; with a digit, or of one or two Latin letters, it may stand for much."""
    long = len(word) >= 3 or (len(word) == 2 and not word.isascii())
    return word.isalpha() and long and not is_protocol_word(word)


def _may_be_two(first: _Named, other: _Named) -> bool:
    """Whether nothing else says that both are of one patient."""
    ours, theirs = first.candidate.origin, other.candidate.origin
    if ours.patient_id and ours.patient_id == theirs.patient_id:
        return False
    labels = path_labels(first.candidate.path), path_labels(other.candidate.path)
    return not any(labels[0].get(kind, frozenset()) & labels[1].get(kind, frozenset()) for kind in WHOSE)


def _apart(first: Iterable[tuple[str, ...]], other: Iterable[tuple[str, ...]]) -> bool:
    """Whether two paths part at folders that are called by words of which nothing is known."""
    for ours, theirs in zip(first, other, strict=False):
        if ours != theirs:
            return bool(ours) and bool(theirs) and not set(ours) & set(theirs)
    return False
