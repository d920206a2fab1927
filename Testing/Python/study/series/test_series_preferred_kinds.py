"""What is preferred for how it was made (traces, soft kernels, what was acquired), and what is taken all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from io_fixtures import dicom_slices, nifti, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.kernels import is_sharp
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.b_values import Weighting, shells_of

TRACE_500 = [
    {"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], "DiffusionBValue": 500.0},
    {"DiffusionDirectionality": "ISOTROPIC", "DiffusionBValue": 500.0},
    {"SequenceName": "*ep_b500t", "ScanningSequence": "EP"},
]
SINGLE_1000 = [
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [1.0, 0.0, 0.0], "ImageType": ["ORIGINAL", "PRIMARY"]},
    {"DiffusionBValue": 1000.0, "DiffusionDirectionality": "DIRECTIONAL"},
    {"SequenceName": "*ep_b1000#1", "ScanningSequence": "EP"},
]


def series(folder: Path, text: str, tags: dict[str, Any], seed: int = 0) -> None:
    dicom_slices(folder, stored(seed=seed), tags={"SeriesDescription": text, **tags})


@pytest.mark.parametrize(
    ("trace", "single"), list(zip(TRACE_500, SINGLE_1000, strict=True)), ids=["GE", "Philips", "Siemens"]
)
def test_the_acquired_trace_at_500_goes_before_a_single_direction_at_1000(tmp_path, trace, single):
    series(tmp_path / "a", "DWI", single)
    series(tmp_path / "b", "DWI", trace, 1)
    case = load_case(tmp_path)
    assert case.series[Role.DWI].source.startswith("b") and "no single direction" in " ".join(case.notes)


@pytest.mark.parametrize("b", [100, 200, 400])
def test_a_trace_of_so_low_a_b_value_that_t2_outweighs_it_goes_behind(tmp_path, b):
    series(tmp_path / "a", "DWI", SINGLE_1000[0])
    series(tmp_path / "b", "DWI", {**TRACE_500[0], "DiffusionBValue": float(b)}, 1)
    case = load_case(tmp_path)
    assert case.series[Role.DWI].source.startswith("a") and f"(1000 against {b} s/mm²)" in " ".join(case.notes)


def test_of_files_the_trace_goes_before_the_direction_too(tmp_path):
    nifti(tmp_path / "dwi_trace_b500.nii.gz")
    nifti(tmp_path / "dwi_b1000_dir1.nii.gz", voxels(seed=1))
    assert load_case(tmp_path).series[Role.DWI].source == "dwi_trace_b500.nii.gz"
    # What nobody calls a direction is a trace of the usual b-value.
    nifti(tmp_path / "dwi_b1000.nii.gz", voxels(seed=2))
    assert load_case(tmp_path).series[Role.DWI].source == "dwi_b1000.nii.gz"


def test_within_a_series_a_trace_of_500_goes_before_the_one_direction_of_1000():
    single, trace = Weighting(1000.0, (1.0, 0.0, 0.0)), Weighting(500.0, ())
    assert shells_of([Weighting(0.0), single, trace])[0].b == 500
    more = [Weighting(1000.0, tuple(float(axis == k) for k in range(3))) for axis in range(3)]
    assert shells_of([*more, trace])[0].b == 1000


SHARP = [
    *("B60s", "B70f", "H60s", "Br59d", "Hr60", "Hr68h\\3", "Bl57f", "U90u", "J70h", "Qr59"),
    *(
        "BONE",
        "BONEPLUS",
        "LUNG",
        "EDGE",
        "ULTRA",
        "YA",
        "YB",
        "YC",
        "YD",
        "D",
        "E",
        "L",
        "FC30",
        "FC35",
        "FC51",
        "FC81",
    ),
    *("H_SHARP_C", "LUNG_SHARP", "Bone"),
]
SOFT = [
    *(
        "H30s",
        "H31f",
        "J40s",
        "Hr38",
        "Hr40f\\3",
        "Br40",
        "B30f",
        "Qr36",
        "STANDARD",
        "SOFT",
        "DETAIL",
        "UB",
        "UA",
        "B",
        "A",
    ),
    *("FC21", "FC26", "FC41", "FC64", "FC68", "FC13", "H_SOFT_B", "Brain", ""),
]


@pytest.mark.parametrize(("kernel", "sharp"), [*((k, True) for k in SHARP), *((k, False) for k in SOFT)])
def test_kernels_of_all_makers_are_known(kernel, sharp):
    assert is_sharp(kernel) is sharp


def ct(folder: Path, text: str, kernel: Any, seed: int = 0) -> None:
    series(folder, text, {"Modality": "CT", "BodyPartExamined": "HEAD", "ConvolutionKernel": kernel}, seed)


@pytest.mark.parametrize(
    ("soft", "sharp"), [(("Head 5.0 Hr38", ["Hr38f", "3"]), ("Head 5.0 Hr64 plain", ["Hr64h", "3"])),
                        (("HEAD", "STANDARD"), ("HEAD W/O", "BONEPLUS")), (("Head", "UB"), ("Head W/O", "YC")),
                        (("Head", "FC26"), ("Head W/O", "FC81"))],
    ids=["Siemens", "GE", "Philips", "Canon"],
)  # fmt: skip
def test_a_soft_kernel_is_preferred_however_sure_the_name_of_the_sharp_is(tmp_path, soft, sharp):
    ct(tmp_path / "a", *sharp)
    ct(tmp_path / "b", *soft, seed=1)
    case = load_case(tmp_path)
    assert case.series[Role.CT].source.startswith("b")
    (note,) = case.notes
    assert note.startswith("a") and "soft kernel" in note


@pytest.mark.parametrize("kernel", ["H70s", "EDGE", "YB", "FC30"])
def test_a_sharp_kernel_alone_is_said(tmp_path, kernel):
    ct(tmp_path, "Head W/O", kernel)
    (note,) = load_case(tmp_path).notes
    assert "sharp kernel, and none with a soft kernel is there" in note


@pytest.mark.parametrize(
    ("soft", "sharp"), [("CT_head_H31s", "CT_head_H70s"), ("NCCT Hr40", "NCCT Hr69"), ("nCT_FC26", "nCT_FC81")]
)
def test_kernels_in_names_of_files_and_in_sidecars_are_read(tmp_path, soft, sharp):
    nifti(tmp_path / f"{soft}.nii.gz")
    nifti(tmp_path / f"{sharp}.nii.gz", voxels(seed=1))
    assert load_case(tmp_path).series[Role.CT].source == f"{soft}.nii.gz"
    (tmp_path / f"{soft}.json").write_text(json.dumps({"Modality": "CT", "ConvolutionKernel": "Hr69h"}))
    (tmp_path / f"{sharp}.json").write_text(json.dumps({"Modality": "CT", "ConvolutionKernel": "Hr36h"}))
    assert load_case(tmp_path).series[Role.CT].source == f"{sharp}.nii.gz"


COMPUTED = [
    ("cDWI b1500", {"DiffusionBValue": 1500.0}, Role.DWI),
    ("DWI_CALC_BVAL", {"SequenceName": "*ep_c_b1400", "ImageType": ["DERIVED", "PRIMARY", "CALC_BVALUE"]}, Role.DWI),
    ("SyMRI FLAIR", {"ImageType": ["DERIVED", "SECONDARY"]}, Role.FLAIR),
    ("MAGiC T2W", {"ImageType": ["DERIVED", "SECONDARY"]}, Role.T2),
    ("FLAIR synthetic", {}, Role.FLAIR),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tags", "role"), COMPUTED)
def test_what_was_computed_is_used_alone_with_a_word(tmp_path, text, tags, role):
    series(tmp_path / "a", text, tags)
    case = load_case(tmp_path)
    assert case.roles == (role,) and any("computed from other images, not acquired" in note for note in case.notes)


@pytest.mark.parametrize("name", ["synthetic_FLAIR.nii.gz", "cDWI_b1500.nii.gz", "computed DWI.nii"])
def test_files_of_what_was_computed_are_used_with_a_word_and_maps_of_adc_without(tmp_path, name):
    nifti(tmp_path / name)
    nifti(tmp_path / "ADC_calc.nii.gz", voxels(seed=1))
    (note,) = load_case(tmp_path).notes
    assert name in note and "not acquired" in note
