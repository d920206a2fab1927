"""Case folders as the SMIR and VSD repositories handed them out: one folder a volume, named by kind and number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .folders import in_order, stem, volumes
from .subject import READERS, TRUTH, Subject

_NAME = re.compile(r"^(?P<prefix>VSD|SMIR)\.Brain[^.]*\.(?:[XO]+\.)*(?P<kind>[A-Za-z0-9_]+)\.(?P<number>\d+)$")
_PART = re.compile(r"(?:^|[^a-z])(training|testing)$", re.I)
REFERENCE = "OT"
"""The kind of the reference mask ("other")."""


@dataclass
class CaseFolder:
    """One case folder: its volumes by kind in capitals, and the part of the challenge it lies in."""

    path: Path
    part: str | None
    files: dict[str, list[Path]] = field(default_factory=dict)


def case_folders(folder: Path, prefix: str) -> list[CaseFolder]:
    """Every folder that holds volumes of a repository, in order.

    Args:
        folder: of the data set, or of its training part.
        prefix: "VSD" or "SMIR".
    """
    found: dict[Path, CaseFolder] = {}
    for path in volumes(folder):
        name = _NAME.match(stem(path))
        if name is None or name["prefix"] != prefix:
            continue
        # Each volume lies in a folder of its own name; some copies have the files loose in the case folder.
        home = path.parent.parent if _NAME.match(path.parent.name) else path.parent
        above = home.relative_to(folder).parts[:-1]
        case = found.setdefault(home, CaseFolder(home, _part((folder.name if home != folder else "", *above))))
        case.files.setdefault(name["kind"].upper(), []).append(path)
    return sorted(found.values(), key=lambda case: (case.part == "test", in_order(case.path.as_posix())))


def subjects_of(
    cases: list[CaseFolder], kinds: dict[str, str], patients: dict[str, str]
) -> tuple[list[Subject], list[str]]:
    """Subjects of case folders, and notes on what was left aside.

    Args:
        cases: as found.
        kinds: image name by kind in capitals.
        patients: patient by case name, where it is known; else each case is a patient.
    """
    # A split that all cases share says nothing.
    divided = {case.part for case in cases} >= {"train", "test"}
    subjects, notes = [], []
    for case in cases:
        name = case_name(case)
        images = {kinds[kind]: files[0] for kind, files in case.files.items() if kind in kinds}
        for kind, files in case.files.items():
            if kind in kinds and len(files) > 1:
                notes.append(f"{name}: {len(files)} files are of kind {kind}; {files[0].name} is taken")
            elif kind not in kinds and kind != REFERENCE:
                notes.append(f"{name}: {files[0].name} is of a kind that is not used and was left aside")
        masks = case.files.get(REFERENCE, [])
        readers = (TRUTH,) if len(masks) == 1 else READERS
        if len(masks) > len(readers):
            notes.append(f"{name}: {len(masks)} masks are there; the first {len(readers)} are taken")
        split = case.part if divided else None
        named = dict(zip(readers, masks, strict=False))
        subjects.append(Subject(name, patients.get(name, name), images, named, split=split))
    return subjects, notes


def case_name(case: CaseFolder) -> str:
    """A name that says the part, too: training and test cases are both numbered from 1."""
    own = case.path.name
    own = f"case_{int(own):02d}" if own.isdecimal() else own
    return f"test_{own}" if case.part == "test" and not own.lower().startswith("test") else own


def _part(folders: tuple[str, ...]) -> str | None:
    for name in reversed(folders):
        if found := _PART.search(name):
            return "train" if found[1].lower() == "training" else "test"
    return None
