"""Which file of one folder belongs to which of another: by case, and in predictions by member."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..base.errors import InputError
from ..base.files import unreadable
from ..base.records import is_aside
from ..study.volumes.reader import volume_suffix
from .rows import MODEL

MEMBERS = ("axial", "coronal", "sagittal", "vote", "weighted-vote", "network")
"""Members of a three-plane result, the names that are known unless others are given."""
RESULT_MASK = "labels"
"""Stem of the mask in a result folder of `strokeseg segment`; its other volumes are no masks."""
_MASK_WORDS = ("msk", "mask", "dseg", "seg", "labels", "lesion", "gt", "truth")
_BIDS = re.compile(r"(?P<subject>sub-[0-9A-Za-z]+)(?:_(?P<session>ses-[0-9A-Za-z]+))?(?=_|$)")


@dataclass(frozen=True)
class Pairs:
    """What was found.

    Attributes:
        cases: for each case the file of each member, and of each reference.
        predictions_alone: "case (member)" of predictions without a reference.
        references_alone: cases with a reference and without a prediction.
        members_missing: "case (member)" where other cases have that member.
    """

    cases: dict[str, tuple[dict[str, Path], Path]]
    predictions_alone: tuple[str, ...] = ()
    references_alone: tuple[str, ...] = ()
    members_missing: tuple[str, ...] = ()

    def unpaired(self) -> tuple[str, ...]:
        """What has no partner, in sentences."""
        return tuple(
            f"{len(names)} {what}: {', '.join(names)}"
            for what, names in (
                ("prediction(s) without a reference", self.predictions_alone),
                ("reference(s) without a prediction", self.references_alone),
                ("member(s) that other cases have", self.members_missing),
            )
            if names
        )


def find_masks(place: Path, members: Sequence[str] = ()) -> dict[str, dict[str, Path]]:
    """Every mask of a folder: case to member to file; the member is "model" where no member's name is found.

    A member is the first folder (vote/CASE.nii.gz) or the file's own name in the case's folder (CASE/vote.nii.gz). The
    rest of the path names the case, by the first rule that fits:

    1. CASE/labels.nii.gz, a result folder: the folder; all other volumes in and below it are left out.
    2. sub-01_ses-1_..._mask.nii.gz, BIDS: sub-01_ses-1; where a case has several files, that whose last word is
       msk, mask, dseg, seg, labels, lesion, gt or truth. sub-01/ses-1/ as folders count alike.
    3. CASE/anything.nii.gz, the only volume of its folder: the folder.
    4. CASE.nii.gz: the file.

    Args:
        place: a folder, searched to any depth without hidden files, or one file.
        members: names of members.

    Raises:
        InputError: if it is missing, holds no volume, or two files claim one case and member.
    """
    if place.is_file():
        return {_stem(place): {MODEL: place}}
    found: dict[tuple[str, str], list[Path]] = {}
    volumes = _volumes(place)
    beside = Counter(path.parent for path in volumes)
    for member, home, path in _by_member(volumes, place, members):
        named = _stem(path) in (member, RESULT_MASK)
        alone = path.parent != home and beside[path.parent] == 1
        case = _folder_case(path.parent, home) if named else _bids(_stem(path))
        case = case or (_folder_case(path.parent, home) if alone else _stem(path))
        found.setdefault((case, member), []).append(path)
    if not found:
        raise InputError("the folder holds no volume", where=place, fix="Give the folder of the masks")
    masks: dict[str, dict[str, Path]] = {}
    for (case, member), files in found.items():
        masks.setdefault(case, {})[member] = _the_mask(files, case, place)
    return dict(sorted(masks.items()))


def pair(predictions: Mapping[str, Mapping[str, Path]], references: Mapping[str, Mapping[str, Path]]) -> Pairs:
    """Predictions and references of the same case; the case is named as in the references.

    Two names are one case if they are the same, or both begin with the same BIDS subject, of whom one side names no
    session and the other side has just one file.
    """
    partner = {case: _partner(case, predictions, references) for case in predictions}
    members = list(dict.fromkeys(member for files in predictions.values() for member in files))
    cases = {
        name: (dict(predictions[case]), next(iter(references[name].values())))
        for case, name in sorted(partner.items())
        if name is not None
    }
    return Pairs(
        cases=cases,
        predictions_alone=tuple(case for case, name in partner.items() if name is None),
        references_alone=tuple(case for case in references if case not in cases),
        members_missing=tuple(f"{case} ({m})" for case, (files, _) in cases.items() for m in members if m not in files),
    )


def _is_passed_over(name: str) -> bool:
    """Whether a file or folder is hidden, or holds what was moved out of a run's way."""
    return name.startswith(".") or is_aside(name)


def _by_member(volumes: Sequence[Path], place: Path, members: Sequence[str]) -> Iterator[tuple[str, Path, Path]]:
    """Member, the folder in which its cases lie, and file."""
    results = {path.parent for path in volumes if _stem(path) == RESULT_MASK}
    for path in volumes:
        first = path.relative_to(place).parts[0]
        if first in members and path.parent != place:
            if _counts(path, results):
                yield first, place / first, path
        elif _stem(path) in members:
            yield _stem(path), place, path
        elif _counts(path, results):
            yield MODEL, place, path


def _counts(path: Path, results: Set[Path]) -> bool:
    """Whether a volume may be a mask: in and below a result folder only the result's own is."""
    return _stem(path) == RESULT_MASK or results.isdisjoint(path.parents)


def _volumes(place: Path) -> list[Path]:
    try:
        if not place.is_dir():
            raise InputError("there is no such folder", where=place, fix="Check the path")
        return sorted(
            path
            for path in place.rglob("*")
            if volume_suffix(path) and not any(map(_is_passed_over, path.relative_to(place).parts))
        )
    except OSError as error:
        raise unreadable(place, error) from error


def _folder_case(folder: Path, home: Path) -> str:
    return _bids("_".join(folder.relative_to(home).parts)) or folder.resolve().name


def _bids(name: str) -> str | None:
    """sub-..., with its session if the name has any; None where it is no BIDS name."""
    found = _BIDS.match(name)
    return None if found is None else "_".join(part for part in found.group("subject", "session") if part)


def _stem(path: PurePath) -> str:
    return path.name[: len(path.name) - len(volume_suffix(path) or "")]


def _the_mask(files: Sequence[Path], case: str, place: Path) -> Path:
    """The only file, or the only file that is named as a mask."""
    named = [path for path in files if re.split(r"[_-]", _stem(path).lower())[-1] in _MASK_WORDS]
    choice = files if len(files) == 1 else named
    if len(choice) != 1:
        listed = ", ".join(path.relative_to(place).as_posix() for path in files)
        raise InputError(
            f"{len(files)} files claim the case {case} ({listed})", where=place, fix="Leave one mask for each case"
        )
    return choice[0]


def _partner(case: str, mine: Collection[str], theirs: Collection[str]) -> str | None:
    if case in theirs:
        return case
    subject = case.partition("_")[0]
    if _bids(case) != case:
        return None
    same_mine, same_theirs = ([c for c in side if c.partition("_")[0] == subject] for side in (mine, theirs))
    sessions = sum("_ses-" in c for c in (*same_mine, *same_theirs))
    return same_theirs[0] if len(same_mine) == len(same_theirs) == sessions == 1 else None
