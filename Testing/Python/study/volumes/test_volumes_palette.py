"""Series stored as indices into a table of colours: their numbers are no values of a map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.dicom import read_dicom_colours, read_dicom_series

RAMP = np.arange(256)
TABLES = {
    "dark": (RAMP // 4, RAMP // 8, RAMP // 6),
    "grey": (RAMP, RAMP, RAMP),
    "hot": (np.minimum(RAMP * 2, 255), RAMP, RAMP // 3),
}


def palette_series(folder: Path, indices: np.ndarray, table: str, bits: int = 8, **tags: object) -> list[Path]:
    """A series of colour indices (z, y, x), with tables of 8 or 16 bits an entry."""
    import pydicom

    paths = dicom_slices(folder, indices, tags=tags)
    for path in paths:
        header = pydicom.dcmread(path)
        plane = header.pixel_array.astype(np.uint8)
        header.PhotometricInterpretation = "PALETTE COLOR"
        header.BitsAllocated = header.BitsStored = 8
        header.HighBit = 7
        header.PixelData = plane.tobytes()
        for colour, entries in zip(("Red", "Green", "Blue"), TABLES[table], strict=True):
            tag = pydicom.datadict.tag_for_keyword(f"{colour}PaletteColorLookupTableDescriptor")
            header.add_new(tag, "US", [256, 0, bits])
            wide = (entries << 8).astype("<u2") if bits == 16 else entries.astype(np.uint8)
            setattr(header, f"{colour}PaletteColorLookupTableData", wide.tobytes())
        header.save_as(path)
    return paths


INDICES = stored((4, 10, 12)) % 256


@pytest.mark.parametrize("slope", [{}, {"RescaleSlope": 0.4, "RescaleIntercept": 0}], ids=["plain", "with a slope"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("table", TABLES)
def test_a_palettes_colours_are_read_and_never_its_numbers(tmp_path, table, bits, slope):
    paths = palette_series(tmp_path, INDICES, table, bits, SeriesDescription="Tmax", Modality="CT", **slope)
    colours = sitk.GetArrayFromImage(read_dicom_colours(paths))
    assert np.array_equal(colours, np.stack([entries[INDICES] for entries in TABLES[table]], -1))
    assert "is in colour" in refusal(read_dicom_series, paths)


@pytest.mark.parametrize("table", TABLES)
def test_a_map_in_a_palette_wants_its_bar_and_range_like_any_in_colour(tmp_path, table):
    palette_series(tmp_path / "tmax", INDICES, table, SeriesDescription="Tmax", Modality="CT")
    assert "is colour-coded" in refusal(load_case, tmp_path)
    assert "no colour bar was found" in refusal(load_case, [f"TMAX={tmp_path / 'tmax'}@0..12"])
    nifti(tmp_path / "CBF.nii.gz", voxels())
    nifti(tmp_path / "Tmax.nii.gz", voxels(seed=1))
    case = load_case(tmp_path)
    assert case.series[Role.TMAX].source == "Tmax.nii.gz"
    assert any("it has grey values, not colours" in note for note in case.notes)


def test_an_adc_in_a_palette_is_left_aside(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    palette_series(tmp_path / "adc", INDICES, "hot", SeriesDescription="ADC")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,)
    assert any("left aside as ADC: it is in colour" in note for note in case.notes)
