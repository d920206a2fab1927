"""A plain BIDS data set with lesion masks as derivatives (Gorgolewski et al., Sci Data 2016)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ...base.errors import InputError
from ...space.grid import Grid
from ...study.volumes.reader import read_volume
from .folders import in_order, stem, subfolders, volumes
from .subject import TRUTH, DataSet, Subject
from .tables import Clinical, by_key, clinical, read_table

LOOKS = "sub-*/[ses-*/]{anat,dwi,perf,ct}/sub-*_{T1w,T2w,FLAIR,dwi,adc,ct,cbf,...}.nii.gz and derivatives/**/sub-*_mask"
_SUFFIXES = {"t1w": "T1", "t2w": "T2", "ncct": "CT", "ctp": "CTP", "trace": "DWI"} | {
    name.lower(): name for name in ("T1", "T2", "DWI", "FLAIR", "ADC", "CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
}
_MASKS = ("mask", "msk", "dseg", "roi")
_LESION = re.compile(r"lesion|infarct|stroke|core|penumbra|nr\d", re.I)
_READER = re.compile(r"NR\d", re.I)
_RAW = ("", "rawdata", "raw_data")
# Masks are mostly drawn on the image that shows the lesion best.
_PREFERRED = ("DWI", "FLAIR", "CT", "T1", "T2", "CBF", "TMAX", "TTP", "MTT", "CBV", "MIP", "ADC")
_LOOK_AT = 5


def fits(folder: Path) -> bool:
    return any(_image_name(path) for home in _sub_folders(folder, _RAW) for path in volumes(home))


def read(folder: Path) -> DataSet:
    """The cases of a folder, one for each subject or, where there are several, for each session.

    The reference is the image on whose grid the first masks lie.

    Raises:
        InputError: if participants.tsv or a label table is not in order, or there is no volume.
    """
    subjects, notes = read_subjects(folder)
    return DataSet(
        "bids",
        folder,
        subjects,
        _classes(folder),
        _reference(subjects, folder),
        expected=tuple(name for name in _PREFERRED if any(name in subject.images for subject in subjects)),
        notes=notes,
    )


def read_subjects(folder: Path) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    """Every case of a BIDS folder with its images and lesion masks, and notes on files left aside.

    Raises:
        InputError: if participants.tsv is not in order.
    """
    notes: list[str] = []
    raw = list(_sub_folders(folder, _RAW))
    derived = _derived(folder / "derivatives")
    images = _sorted_out([path for home in raw for path in volumes(home)], _image_name, notes)
    # What the raw part lacks may have been computed: perfusion maps, registered images.
    for key, path in _sorted_out([path for home in derived for path in volumes(home)], _image_name, notes).items():
        images.setdefault(key, path)
    masks = _sorted_out([path for home in raw + derived for path in volumes(home)], _reader, notes)
    table = _participants(folder)
    keys = sorted({key[:2] for key in [*images, *masks]}, key=lambda key: (in_order(key[0]), in_order(key[1])))
    sessions = {sub: [s for other, s in keys if other == sub] for sub, _ in keys}
    subjects = []
    for sub, session in keys:
        known = table.get(sub, Clinical())
        subjects.append(
            Subject(
                sub if len(sessions[sub]) == 1 else f"{sub}_{session}",
                sub,
                {name: path for (*key, name), path in images.items() if tuple(key) == (sub, session)},
                {name: path for (*key, name), path in masks.items() if tuple(key) == (sub, session)},
                known.nihss,
                known.age,
                known.group,
                known.split,
            )
        )
    notes += [f"participants.tsv names {sub}, which has no folder" for sub in table if sub not in sessions]
    return tuple(subjects), tuple(notes)


def _sub_folders(folder: Path, places: Iterable[str]) -> Iterable[Path]:
    return (home for place in places for home in subfolders(folder / place) if home.name.startswith("sub-"))


def _derived(place: Path) -> list[Path]:
    """Subject folders right under derivatives/, and under each of its pipelines."""
    return [
        *_sub_folders(place, [""]),
        *(home for pipeline in subfolders(place) for home in _sub_folders(pipeline, [""])),
    ]


def _sorted_out(
    paths: list[Path], name_of: Callable[[Path], str | None], notes: list[str]
) -> dict[tuple[str, str, str], Path]:
    """File by subject, session and name; of two that claim one place the first is taken, and a note says so."""
    found: dict[tuple[str, str, str], Path] = {}
    for path in sorted(paths, key=lambda path: in_order(path.name)):
        name = name_of(path)
        if name is None:
            continue
        parts = _entities(path)
        key = f"sub-{parts['sub']}", f"ses-{parts['ses']}" if "ses" in parts else "", name
        if found.setdefault(key, path) != path:
            notes.append(f"{key[0]}: {found[key].name} and {path.name} both claim {name}; the first is taken")
    return found


def _entities(path: Path) -> dict[str, str]:
    """The key-value pairs of a BIDS name; the subject and session of the folders where the name lacks them."""
    pairs = dict(part.split("-", 1) for part in stem(path).split("_") if "-" in part)
    for parent in path.parents:
        key, _, value = parent.name.partition("-")
        if key in ("sub", "ses") and value:
            pairs.setdefault(key, value)
    return pairs


def _suffix(path: Path) -> str:
    return stem(path).rpartition("_")[2].lower()


def _image_name(path: Path) -> str | None:
    return _SUFFIXES.get(_suffix(path))


def _reader(path: Path) -> str | None:
    """Whose lesion mask a file is; None if it is none."""
    if _suffix(path) not in _MASKS:
        return None
    entities = _entities(path)
    words = " ".join(entities[key] for key in ("desc", "label", "rater") if key in entities)
    if words and not _LESION.search(words):
        return None  # a brain or tissue mask
    reader = _READER.search(words)
    return reader[0].upper() if reader else TRUTH


def _participants(folder: Path) -> dict[str, Clinical]:
    for place in _RAW:
        path = folder / place / "participants.tsv"
        if path.is_file():
            rows = by_key(read_table(path), "participant_id", path)
            named = {f"sub-{name.removeprefix('sub-')}": row for name, row in rows.items()}
            return {name: clinical(row, path) for name, row in named.items()}
    return {}


def _classes(folder: Path) -> tuple[str, ...]:
    """Class names of derivatives/**/*dseg.tsv (columns index, name), else background and lesion."""
    for path in sorted((folder / "derivatives").glob("**/*dseg.tsv")):
        rows = by_key(read_table(path), "index", path)
        try:
            names = {int(index): row["name"] for index, row in rows.items()}
        except (KeyError, ValueError) as error:
            raise InputError("is not a table of index and name", where=path, fix="Correct it as BIDS says") from error
        names[0] = "background"
        if sorted(names) != list(range(len(names))):
            raise InputError("its labels are not 0, 1, 2, ...", where=path, fix="Number the classes without gaps")
        return tuple(names[index] for index in range(len(names)))
    return "background", "lesion"


def _reference(subjects: tuple[Subject, ...], folder: Path) -> str:
    order = [name for name in _PREFERRED if any(name in subject.images for subject in subjects)]
    for subject in [subject for subject in subjects if subject.masks][:_LOOK_AT]:
        try:
            mask = Grid.of(read_volume(next(iter(subject.masks.values()))))
            for name in order:
                if name in subject.images and Grid.of(read_volume(subject.images[name])).same(mask):
                    return name
        except InputError:
            continue  # a damaged file is the check's to name; another case can tell the reference as well
    if not order:
        raise InputError("holds perfusion series only, no volume", where=folder, fix="Compute maps from them first")
    return max(order, key=lambda name: sum(name in subject.images for subject in subjects))
