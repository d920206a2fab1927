"""Words that the names of all files of a study begin with: of a study, a clinic or a person, of none of the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..case import MAP_ROLES, MRI_ROLES, Modality
from ..volumes.candidates import Candidate
from ..volumes.reader import volume_suffix
from .body_parts import other_part
from .reading import Reading
from .words import cut, names_mask, read_name, read_text

_WORD = re.compile(r"[^\W_]+[\W_]*")


@dataclass(frozen=True)
class Shared:
    """What all files of a study have in their names: it says nothing of any of them.

    Attributes:
        beginning: of the files' names, up to the first word that names a sequence.
        folders: that all lie in.
    """

    beginning: str
    folders: frozenset[str]

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> Shared:
        """Of the volumes of a study; a single file shares nothing."""
        files = [candidate for candidate in candidates if candidate.tags is None]
        if len(files) < 2:
            return cls("", frozenset())
        beginning = ""
        for words in zip(*(_WORD.findall(_stem(candidate)) for candidate in files), strict=False):
            if len({word.casefold() for word in words}) > 1 or _names_a_sequence(words[0]):
                break
            beginning += words[0]
        return cls(beginning, frozenset.intersection(*(_folders(candidate) for candidate in files)))

    def without(self, stem: str, modality: Modality | None, found: Reading | None) -> Reading | None:
        """What the rest of a name says where it names a sequence or map, else what the whole says.

        Args:
            stem: the name.
            modality: see `words.read_text`.
            found: in the whole name.
        """
        if other_part(cut(self.beginning)) is not None:
            # A study of the spine is none of the brain.
            return found
        rest = read_name(stem[len(self.beginning) :], modality)
        if rest is None or rest.role is None:
            return found
        if names_mask(self.beginning):
            return rest.doubtful(f"a mask (all names begin with '{self.beginning.strip('_- .')}')")
        return rest


def _stem(candidate: Candidate) -> str:
    path = PurePosixPath(candidate.name)
    return path.name[: len(path.name) - len(volume_suffix(path) or "")]


def _folders(candidate: Candidate) -> frozenset[str]:
    return frozenset(PurePosixPath(candidate.name).parent.parts)


def _names_a_sequence(word: str) -> bool:
    reading = read_text(word, "mri") or read_text(word)
    return reading is not None and reading.role in (*MRI_ROLES, *MAP_ROLES)
