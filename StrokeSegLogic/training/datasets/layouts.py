"""Every layout that is known, and which of them a folder has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...base.errors import InputError
from . import bids, ctp_folder, isles2015, isles2018, isles2022
from .folders import subfolders
from .subject import SIMULATED_MARK, DataSet


@dataclass(frozen=True)
class Layout:
    """A layout: what it looks like, whether a folder has it, and its reader."""

    name: str
    looks: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], DataSet]


_MODULES = {
    "isles2015": isles2015,
    "isles2018": isles2018,
    "isles2022": isles2022,  # before bids, which it is a case of
    "bids": bids,
    "ctp_folder": ctp_folder,
}
_LAYOUTS = {name: Layout(name, module.LOOKS, module.fits, module.read) for name, module in _MODULES.items()}
LAYOUTS = tuple(_LAYOUTS)


def read_data_set(folder: str | Path, layout: str | None = None) -> DataSet:
    """The cases of a data set folder. Volumes are found, not yet read: `check.check` does that.

    A folder that holds nothing but the data set's folder (as archives unpack) is entered.

    Args:
        folder: of the data set, as it was unpacked.
        layout: one of `LAYOUTS`; else it is told from the folders and file names.

    Raises:
        InputError: if the folder is missing, is of none of the layouts or not of that asked for, or a table in it
            is not in order.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder, fix="Give the folder of a data set")
    if layout is not None and layout not in _LAYOUTS:
        raise InputError(f"no layout is called '{layout}'", fix=f"Use one of {', '.join(LAYOUTS)}")
    wanted = list(_LAYOUTS.values()) if layout is None else [_LAYOUTS[layout]]
    for home in _nested(folder):
        for candidate in wanted:
            if candidate.fits(home):
                return _marked(_unique(candidate.read(home)))
    # How one layout looks fits into a line, how all of them do does not.
    known = f"Known are {', '.join(LAYOUTS)}; docs/datasets.md shows each"
    raise InputError(
        "is not laid out as " + ("any known data set" if layout is None else layout),
        where=folder,
        fix=known if layout is None else f"It looks so: {wanted[0].looks}",
    )


def has_layout(folder: Path) -> bool:
    """Whether a folder, or the only folder in it, looks like a known data set."""
    return any(layout.fits(home) for home in _nested(folder) for layout in _LAYOUTS.values())


def _marked(data_set: DataSet) -> DataSet:
    """Simulated data say so wherever what was learned from them is shown."""
    mark = data_set.folder / SIMULATED_MARK
    if not mark.is_file():
        return data_set
    return replace(data_set, simulated=True)


def _nested(folder: Path) -> list[Path]:
    """The folder, and the folder within it as long as that is alone there."""
    found = [folder]
    while len(inside := subfolders(found[-1])) == 1 and len(found) < 4:
        found.append(inside[0])
    return found


def _unique(data_set: DataSet) -> DataSet:
    cases = [subject.case for subject in data_set.subjects]
    twice = sorted({case for case in cases if cases.count(case) > 1})
    if twice:
        raise InputError(
            f"two cases are called {twice[0]}", where=data_set.folder, fix="Give one copy of the data set only"
        )
    return data_set
