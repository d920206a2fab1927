"""Names of patients that stand freely in names of files and folders: mueller_dwi.nii.gz beside schmidt_flair.nii.gz.

No list of names is needed: it is what is left of a name once the words of protocols, scanners and tools are taken out.
No list of these is ever complete, so that two such words are a doubt, and no more; they have to stand where names do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .id_numbers import share_a_number
from .labels import WHOSE, path_labels
from .protocol_words import is_protocol_word, is_technical
from .words import cut

_WORD = re.compile(r"[^\W\d_]+")
_INITIALS = re.compile(r"(?:[A-Z]\. ?[A-Z]\.?|[A-Z]{2})(?=$|[-_ ])")
_FILES, _FOLDERS = "file names", "names of their folders"


@dataclass(frozen=True)
class FreeNames:
    """Two files whose names may be of two people.

    Attributes:
        first, other: the files.
        where: what differs: "file names", say.
    """

    first: Candidate
    other: Candidate
    where: str


def free_names(candidates: Sequence[Candidate]) -> FreeNames | None:
    """Two volumes whose names hold names of different people, perhaps; None if there are none.

    Of DICOM, whose tags say whose it is, folders are compared where they say nothing, and the patient's name with the
    names of files.
    """
    told = [_Named.of(candidate) for candidate in candidates]
    pairs = [pair for pair in combinations(told, 2) if _may_be_two(*pair)]
    for first, other in pairs:
        if first.candidate.tags is None and other.candidate.tags is None and _differ(first, other):
            return FreeNames(first.candidate, other.candidate, _FILES)
    for first, other in pairs:
        if _apart(first.folders, other.folders):
            return FreeNames(first.candidate, other.candidate, _FOLDERS)
    for first, other in (*pairs, *((other, first) for first, other in pairs)):
        if other.candidate.tags is None and not other.people and first.people and other.at_an_end:
            words = {word for folder in other.folders for word in folder}.union(other.words)
            if not first.people & words:
                return FreeNames(first.candidate, other.candidate, "patient's name and a file name")
    return None


@dataclass(frozen=True)
class _Named:
    """What is left of a volume's name.

    Attributes:
        candidate: the volume.
        words: of its file's name, without those of protocols and tools.
        leads, trails: whether these are the name's first or last words, numbers aside.
        place: of the first of them among the words.
        initials: at the beginning of the name.
        folders: the words of each folder that it lies in, or its initials.
        people: words of the patient's name in tags or sidecar.
    """

    candidate: Candidate
    words: tuple[str, ...]
    leads: bool
    trails: bool
    place: int
    initials: str
    folders: tuple[tuple[str, ...], ...]
    people: frozenset[str]

    @property
    def at_an_end(self) -> bool:
        return self.leads or self.trails

    @classmethod
    def of(cls, candidate: Candidate) -> _Named:
        path = PurePosixPath(candidate.path)
        folders = path.parts if candidate.tags is not None else path.parent.parts
        # ReSOLVE and MultiVane are words of their own.
        stem = path.name[: len(path.name) - len(volume_suffix(path) or "")]
        text = cut(_WORD.sub(_known_whole, stem)).split()
        words = tuple(filter(_is_free, text))
        written = [word for word in text if not word.isdigit()]
        ends = [index for index, word in enumerate(written) if word in words]
        said = candidate.origin
        return cls(
            candidate,
            words,
            bool(words) and ends[0] == 0,
            bool(words) and ends[-1] == len(written) - 1,
            ends[0] if ends else 0,
            _initials(stem),
            tuple(map(_of_folder, folders)),
            frozenset(filter(_is_free, cut(f"{said.patient_name} {said.patient_id}").split())),
        )


def _known_whole(found: re.Match[str]) -> str:
    return found[0].lower() if is_protocol_word(found[0].lower()) else found[0]


def _of_folder(name: str) -> tuple[str, ...]:
    for ending in (".zip", ".tar.gz", ".tgz", ".tar"):
        name = name.removesuffix(ending)
    words = tuple(filter(_is_free, cut(_WORD.sub(_known_whole, name)).split()))
    initials = _initials(name)
    return words or ((initials,) if initials else ())


def _initials(name: str) -> str:
    found = _INITIALS.match(name)
    letters = "" if found is None else re.sub("[^A-Z]", "", found[0])
    return "" if is_technical(letters.lower()) else letters


def _is_free(word: str) -> bool:
    """Whether nothing is known of a word; with a digit, or of one or two Latin letters, it may stand for much."""
    long = len(word) >= 3 or (len(word) == 2 and not word.isascii())
    return word.isalpha() and long and not is_protocol_word(word)


def _may_be_two(first: _Named, other: _Named) -> bool:
    """Whether nothing else says that both are of one patient."""
    ours, theirs = first.candidate.origin, other.candidate.origin
    if ours.patient_id and ours.patient_id == theirs.patient_id:
        return False
    if first.people & other.people:
        return False
    paths = first.candidate.path, other.candidate.path
    labels = path_labels(paths[0]), path_labels(paths[1])
    shared = any(labels[0].get(kind, frozenset()) & labels[1].get(kind, frozenset()) for kind in WHOSE)
    return not shared and not share_a_number(*paths)


def _differ(first: _Named, other: _Named) -> bool:
    """Whether two file names have words of their own of which nothing is known, where names stand."""
    if first.initials and other.initials and not first.words and not other.words:
        return first.initials != other.initials
    ours, theirs = set(first.words), set(other.words)
    if not (ours - theirs and theirs - ours):
        return False
    if ours & theirs:
        # A name of the hospital or the study before that of the patient.
        return len(first.words) == len(other.words) and first.words.index(next(iter(ours & theirs))) == 0
    return (first.at_an_end and other.at_an_end) or first.place == other.place


def _apart(first: Iterable[tuple[str, ...]], other: Iterable[tuple[str, ...]]) -> bool:
    """Whether two paths part at folders that are called by words of which nothing is known."""
    for ours, theirs in zip(first, other, strict=False):
        if ours != theirs:
            return bool(ours) and bool(theirs) and not set(ours) & set(theirs)
    return False
