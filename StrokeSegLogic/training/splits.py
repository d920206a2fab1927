"""Cases divided by patient into training, validation and test: by fractions, by folds, or by a file."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base.csv_files import read_cells, read_lines
from ..base.errors import InputError
from ..base.files import write_whole

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """Names of cases, sorted; no patient is in two parts."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]

    def part_of(self) -> dict[str, str]:
        """Case to "train", "val" or "test"."""
        return {case: part for part in PARTS for case in getattr(self, part)}


def split(
    patients: Mapping[str, str],
    shares: tuple[float, float, float],
    seed: int,
    groups: Mapping[str, str] | None = None,
) -> Split:
    """Patients drawn into three parts; with groups, each part has about the same mixture of them.

    The draw hangs on the names and the seed alone: neither on the order of the cases nor on a library's generator.

    Args:
        patients: of each case, its patient.
        shares: of training, validation and test, relative to one another: (58, 20, 22) or (89, 30, 33). Parts are
            whole patients, rounded by the largest remainder; a share above 0 gets at least one patient.
        seed: another seed gives another draw.
        groups: of each case, its patient's group (LVO, Non-LVO, ...).

    Raises:
        InputError: if there are fewer patients than parts, or groups do not fit.
    """
    if min(shares) < 0 or not math.isfinite(sum(shares)) or shares[0] <= 0:
        raise InputError(
            f"shares {shares} do not make a split", where="split.shares", fix="Give numbers >= 0, training's above 0"
        )
    order = _mixed(patients, groups, seed)
    sizes = _sizes(len(order), shares)
    ends = (sizes[0], sizes[0] + sizes[1])
    return _of_patients(patients, order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] :])


def folds(
    patients: Mapping[str, str],
    count: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    validation: float = 0.2,
) -> tuple[Split, ...]:
    """Splits for cross-validation: each patient is tested in exactly one of them.

    Args:
        patients: of each case, its patient.
        count: number of folds, at least 2; their sizes differ by at most one patient.
        seed: of the draw.
        groups: of each case, its patient's group, spread evenly over folds.
        validation: part of the patients that are not tested which validates; above 0 it is at least one patient.

    Raises:
        InputError: if there are too few patients, or groups do not fit.
    """
    if count < 2 or not 0 <= validation < 1:
        raise InputError(
            f"{count} folds with {validation} of the rest for validation",
            where="cross-validation",
            fix="Use at least 2 folds and a part below 1",
        )
    order = _mixed(patients, groups, seed)
    if len(order) < count:
        raise InputError(
            f"{count} folds need as many patients, and there are {len(order)}",
            where="cross-validation",
            fix="Use fewer folds",
        )
    ends = [round(number * len(order) / count) for number in range(count + 1)]
    found = []
    for start, end in itertools.pairwise(ends):
        # Validation is what follows the fold, so that it, too, differs from fold to fold.
        rest = order[end:] + order[:start]
        size = _sizes(len(rest), (1 - validation, validation, 0.0))[1]
        found.append(_of_patients(patients, rest[size:], rest[:size], order[start:end]))
    return tuple(found)


def read_split(path: Path, patients: Mapping[str, str]) -> Split:
    """A split as a file says: tab-separated, with the columns "case" and "split" (train, val or test).

    Args:
        path: of the file; other columns are not looked at.
        patients: of each case of the data set, its patient.

    Raises:
        InputError: naming the line or the case: a file that is missing or of another form, a case that is unknown,
            named twice or not at all, a patient in two parts, or nobody to train or to validate on.
    """
    part_of: dict[str, str] = {}
    for line, case, part in _rows(path):
        where = f"{path}, line {line}"
        if part not in PARTS:
            raise InputError(
                f"the split '{part}' of case '{case}' is unknown", where=where, fix="Use train, val or test"
            )
        if case in part_of:
            raise InputError(f"case '{case}' is named twice", where=where, fix="Remove one of the lines")
        if case not in patients:
            raise InputError(
                f"there is no case '{case}' in the data set", where=where, fix="Correct or remove the line"
            )
        part_of[case] = part
    _all_named(part_of, patients, path)
    _one_part_each(part_of, patients, path)
    parts = {part: tuple(sorted(case for case, named in part_of.items() if named == part)) for part in PARTS}
    for part, use in (("train", "train"), ("val", "validate")):
        if not parts[part]:
            raise InputError(f"no case is '{part}': there is nobody to {use} on", where=path, fix="Give it some cases")
    return Split(**parts)


def write_split(path: Path, parts: Split, patients: Mapping[str, str]) -> None:
    """Writes what `read_split` reads, with the patients for the record.

    Raises:
        OutputError: if it cannot be written; a file that was there stays.
    """
    lines = ["case\tpatient\tsplit"]
    lines += [f"{case}\t{patients[case]}\t{part}" for part in PARTS for case in getattr(parts, part)]
    write_whole(path, ("\n".join(lines) + "\n").encode())


def require_classes(parts: Split, present: Mapping[str, Collection[int]], names: Mapping[int, str]) -> None:
    """Makes sure that training shows every class.

    Args:
        parts: the split.
        present: of each case, the labels that its mask has.
        names: of the labels that the network is to learn.

    Raises:
        InputError: naming the classes that no training case has.
    """
    shown = {label for case in parts.train for label in present[case]}
    absent = [f"{name} ({label})" for label, name in names.items() if label not in shown]
    if absent:
        raise InputError(
            f"none of the {len(parts.train)} training cases has the class {', '.join(absent)}",
            where="training set",
            fix="Correct the masks or their labels, move a case with it into training, or leave the class out",
        )


def _mixed(patients: Mapping[str, str], groups: Mapping[str, str] | None, seed: int) -> list[str]:
    """Patients in an order of which any stretch has about the groups' mixture: systematic sampling.

    Patients of a group of n, at random, stand at (i + 1/2) / n; all groups are then sorted together.
    """
    members: defaultdict[str, list[str]] = defaultdict(list)
    for patient, group in _group_of(patients, groups).items():
        members[group].append(patient)
    places = []
    for drawn in members.values():
        drawn.sort(key=lambda patient: _draw(seed, patient))
        places += [((i + 0.5) / len(drawn), _draw(seed, patient), patient) for i, patient in enumerate(drawn)]
    return [patient for _, _, patient in sorted(places)]


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()


def _group_of(patients: Mapping[str, str], groups: Mapping[str, str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for case, patient in patients.items():
        if groups is not None and case not in groups:
            raise InputError(
                f"case '{case}' has no group", where="groups", fix="Name its group, or split without groups"
            )
        group = "" if groups is None else groups[case]
        if found.setdefault(patient, group) != group:
            raise InputError(
                f"patient '{patient}' is in the groups '{found[patient]}' and '{group}'",
                where="groups",
                fix="Give all cases of the patient one group",
            )
    return found


def _sizes(count: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to count, near to the shares, and none of a positive share empty."""
    wanted = [count * share / sum(shares) for share in shares]
    sizes = [math.floor(size) for size in wanted]
    by_remainder = sorted(range(len(shares)), key=lambda i: sizes[i] - wanted[i])
    for i in by_remainder[: count - sum(sizes)]:
        sizes[i] += 1
    for i, share in enumerate(shares):
        if share > 0 and sizes[i] == 0:
            largest = max(range(len(sizes)), key=lambda j: sizes[j])
            if sizes[largest] < 2:
                raise InputError(
                    f"{count} patients are too few for {sum(s > 0 for s in shares)} parts",
                    where="split",
                    fix="Add patients, or set a part's share to 0",
                )
            sizes[largest] -= 1
            sizes[i] += 1
    return sizes


def _of_patients(patients: Mapping[str, str], *parts: Iterable[str]) -> Split:
    sets = [set(part) for part in parts]
    return Split(*(tuple(sorted(case for case, patient in patients.items() if patient in part)) for part in sets))


def _rows(path: Path) -> list[tuple[int, str, str]]:
    head, *rows = read_cells(read_lines(path), "\t", path) or [[]]
    for column in ("case", "split"):
        if column not in head:
            raise InputError(
                f"there is no column '{column}'", where=path, fix="Give tab-separated columns case and split"
            )
    found = []
    for line, row in enumerate(rows, 2):
        if row:
            cells = dict(zip(head, row + [""] * (len(head) - len(row)), strict=False))
            found.append((line, cells["case"], cells["split"]))
    return found


def _all_named(part_of: Mapping[str, str], patients: Mapping[str, str], path: Path) -> None:
    missing = sorted(set(patients) - set(part_of))
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(
            f"the split of {', '.join(missing[:5])}{more} is missing", where=path, fix="Add a line for each case"
        )


def _one_part_each(part_of: Mapping[str, str], patients: Mapping[str, str], path: Path) -> None:
    parts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case, part in part_of.items():
        parts[patients[case]][part] += 1
    torn = sorted(patient for patient, found in parts.items() if len(found) > 1)
    if torn:
        cases = sorted(f"{case} {part}" for case, part in part_of.items() if patients[case] == torn[0])
        raise InputError(
            f"patient '{torn[0]}' is in two splits ({', '.join(cases)})"
            + (f", and so are {len(torn) - 1} more patients" if len(torn) > 1 else ""),
            where=path,
            fix="Put all cases of a patient into one split",
        )
