"""Small simulated data in the layouts of the public data sets: for tests and for trying things out.

No image in it is of a person. The folders and names are those of the data sets, the content is the project's phantoms.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...base.errors import InputError
from ...base.recorded_files import fill_new
from . import synthetic_ctp, synthetic_mri
from .layouts import read_data_set
from .subject import SIMULATED, SIMULATED_MARK, DataSet

SIZES = ("small", "full")
"""Coarse voxels (about 4 mm, well under a second a case), or voxels about as fine as the real data's."""

_WRITERS: dict[str, Callable[[Path, int, int, bool], None]] = {
    "isles2015": synthetic_mri.write_isles2015,
    "isles2018": synthetic_ctp.write_isles2018,
    "isles2022": synthetic_mri.write_isles2022,
    "bids": synthetic_mri.write_bids,
    "ctp_folder": synthetic_ctp.write_ctp_folder,
}


def write_synthetic(layout: str, folder: str | Path, patients: int = 6, seed: int = 0, size: str = "small") -> DataSet:
    """Writes simulated patients in a layout; the same arguments give the same bytes.

    Args:
        layout: one of `layouts.LAYOUTS`.
        folder: is made; it must not exist, or be empty.
        patients: how many, 1 or more.
        seed: of everything random.
        size: "small" or "full", see `SIZES`.

    Returns:
        The data set, read back.

    Raises:
        InputError: if the layout or size is unknown, or there is no patient.
        OutputError: if the folder is not empty or cannot be written to.
    """
    folder = Path(folder)
    if layout not in _WRITERS:
        raise InputError(f"no layout is called '{layout}'", fix=f"Use one of {', '.join(_WRITERS)}")
    if size not in SIZES:
        raise InputError(f"no size is called '{size}'", fix=f"Use one of {', '.join(SIZES)}")
    if patients < 1:
        raise InputError(f"{patients} patients cannot be made", fix="Ask for 1 or more")

    def fill(draft: Path) -> None:
        _WRITERS[layout](draft, patients, seed, size == "small")
        (draft / SIMULATED_MARK).write_text(f"{SIMULATED}\n", encoding="utf-8")

    fill_new(folder, fill, last=SIMULATED_MARK)
    return read_data_set(folder, layout)
