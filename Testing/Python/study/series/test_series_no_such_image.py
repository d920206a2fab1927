"""Names of images that are not what their sequence's word says, or are of another patient."""

from __future__ import annotations

import pytest

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.labels import path_labels
from StrokeSegLogic.study.series.reading import Quality
from StrokeSegLogic.study.series.words import read_name, read_text


@pytest.mark.parametrize("name", ["DWI_TRACE_cB1400", "ep2d_diff_cB1000", "ep2d_diff_TRACEW_cB2000"])
def test_a_calculated_b_value_of_siemens_is_a_computed_image(name: str) -> None:
    found = read_name(name, "mri")
    assert found is not None and found.role is Role.DWI and Quality.COMPUTED in found.qualities


@pytest.mark.parametrize(
    "name",
    [
        *(
            "FLAIR WMH segmentation",
            "FLAIR lesion segmentation",
            "T2 Segmentierung",
            "FLAIR annotated",
            "FLAIR lesions",
        ),
        *("DWI lowb", "DWI low b", "dwi_nodif", "flair_hemi_asym", "adc_contrib_zscore"),
        *("T2 sag C-spine", "STIR T2 LWS", "DWI prostate", "T1 tra liver"),
    ],
)
def test_what_is_no_image_of_the_brain_s_sequence_takes_no_role(name: str) -> None:
    found = read_text(name, "mri")
    assert found is None or found.role is None


@pytest.mark.parametrize("name", ["DWI rs-EPI readout-segmented", "T2 FLAIR", "T1 phase encoding AP", "DWI b1000"])
def test_words_alike_cost_an_acquired_series_nothing(name: str) -> None:
    found = read_text(name, "mri")
    assert found is not None and found.role is not None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sub-1_part-phase_FLAIR", None),
        ("sub-1_part-real_T1w", None),
        ("sub-1_part-imag_dwi", None),
        ("sub-1_part-mag_T2w", Role.T2),
    ],
)
def test_of_a_complex_image_the_magnitude_is_the_series(name: str, role: Role | None) -> None:
    found = read_name(name, "mri")
    assert (None if found is None else found.role) is role


@pytest.mark.parametrize(
    ("first", "other"), [("P001/DWI", "P002/ADC"), ("id-12_dwi", "id-13_flair"), ("VP03/a/FLAIR", "VP04/a/DWI")]
)
def test_numbers_of_patients_tell_patients_apart(first: str, other: str) -> None:
    ours, theirs = path_labels(first)["patient number"], path_labels(other)["patient number"]
    assert ours and theirs and not ours & theirs


@pytest.mark.parametrize("name", ["t2_tse_p2_iso", "p2_t2_tra", "SE000001/IM0001", "dwi_p3", "study/IMG12"])
def test_accelerations_and_files_of_an_export_are_no_patients(name: str) -> None:
    assert "patient number" not in path_labels(name)
