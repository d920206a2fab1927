"""Where a candidate's voxels lie, by its header alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...base.errors import InputError
from ...space.grid import Grid
from .dicom import in_order, read_records, stack_grid
from .itk_series import header_grid
from .nifti_header import SUFFIXES, open_nifti
from .reader import volume_suffix


def grid_of_files(files: Sequence[Path], dicom: bool) -> Grid | None:
    """The grid of a volume, or of one frame of a series over time; None for what is no volume of proper geometry."""
    try:
        if dicom:
            records = in_order(read_records(files))
            places = {one.position: one for one in records}
            return stack_grid(list(places.values()), str(files[0]))
        if volume_suffix(files[0]) in SUFFIXES:
            return open_nifti(files[0]).grid()
        return header_grid(files[0])
    except InputError:
        # Reading the volume says what is wrong with it; here only places are compared.
        return None
