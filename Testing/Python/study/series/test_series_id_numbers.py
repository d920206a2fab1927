"""Numbers in names: long ones at the beginning are patients', those of series and images are nobody's."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from io_fixtures import nifti, refusal, voxels

from StrokeSegLogic.study.series.id_numbers import numbers_differ, several_have
from StrokeSegLogic.study.series.load import load_case


def differ(*paths: str) -> bool | None:
    found = numbers_differ(paths[0], paths[-1], several_have(paths))
    return None if found is None else found[0]


@pytest.mark.parametrize(
    "paths",
    [
        ("12345678_DWI", "87654321_FLAIR"),
        ("00123456/DWI", "00987654/FLAIR"),
        ("0012345_DWI", "0098765_FLAIR"),
        ("123456/s1/DWI", "FLAIR/654321_x"),
        ("DWI_12345678", "ADC_12345678", "FLAIR_87654321"),
    ],
)
def test_long_numbers_at_the_beginning_or_of_several_files_are_of_patients(paths):
    assert differ(*paths) is True


@pytest.mark.parametrize(
    "paths",
    [
        ("DWI_12345678", "FLAIR_87654321"),
        ("ACC1234567_DWI", "ACC7654321_FLAIR"),
        ("1000001_DWI", "1000002_FLAIR"),
        ("R001/DWI", "R002/FLAIR"),
        ("brain001_DWI", "brain002_FLAIR"),
    ],
)
def test_numbers_that_may_be_of_series_as_well_are_a_doubt(paths):
    assert differ(*paths) is False


@pytest.mark.parametrize(
    "paths",
    [
        ("401_DWI", "501_FLAIR"),
        ("S2010_DWI", "S3010_FLAIR"),
        ("SE000004/DWI", "SE000006/FLAIR"),
        ("DWI_20240131101112_4", "FLAIR_20240131101812_6"),
        ("20240131_120000_dwi", "20240131_121500_flair"),
        ("101112_dwi", "102112_flair"),
        ("dwi_1706700000", "flair_1706700900"),
        ("1.2.840.113619.2.404001_DWI", "1.2.840.113619.2.904001_FLAIR"),
        ("XX.O.MR_DWI.128020", "XX.O.MR_ADC.345577"),
        ("12345678_DWI_100001", "12345678_FLAIR_900001"),
        ("b1000_dwi", "TE120_flair"),
        ("DWI_1000001", "FLAIR_1000002"),
    ],
)
def test_numbers_of_series_times_and_settings_say_nothing(paths):
    assert differ(*paths) is None


@given(st.integers(0, 9999), st.integers(0, 9999), st.sampled_from(["{}_DWI", "DWI_{}", "s{:03d}/DWI", "{:06d}/DWI"]))
def test_small_numbers_never_refuse_however_many_zeros_are_before_them(first, other, name):
    assert differ(name.format(first), name.format(other)) is not True


def test_archives_of_two_numbers_are_refused(tmp_path):
    for number, (name, sequence) in enumerate((("12345678", "DWI"), ("87654321", "FLAIR"))):
        nifti(tmp_path / f"{sequence}.nii.gz", voxels(seed=number))
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as packed:
            packed.write(tmp_path / f"{sequence}.nii.gz", f"{sequence}.nii.gz")
        (tmp_path / f"{sequence}.nii.gz").unlink()
    assert "are of two patients: their names begin with different numbers" in refusal(load_case, tmp_path)
