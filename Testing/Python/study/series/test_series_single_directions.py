"""Single directions of the diffusion gradient: never before an acquired trace; alone they make a trace, and say so."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, stored, voxels
from scipy.stats import gmean

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

NAMES = [
    ("DWI_dir1", "DWI_dir2", "DWI_dir3"),
    ("DWI_direction_01", "DWI_direction_02", "DWI_direction_03"),
    ("DWI_x", "DWI_y", "DWI_z"),
    ("b1000_x", "b1000_y", "b1000_z"),
    ("DWI_SI", "DWI_AP", "DWI_LR"),
    ("12_ep2d_diff_RL_b1000", "13_ep2d_diff_AP_b1000", "14_ep2d_diff_FH_b1000"),
    ("DWI (read)", "DWI (phase)", "DWI (slice)"),
    ("DWI_M", "DWI_P", "DWI_S"),
]
SHAPE = (10, 12, 4)


def files(folder, names) -> np.ndarray:
    """Files of these names; their geometric mean (z, y, x)."""
    blocks = [np.abs(voxels(SHAPE, seed=seed)) + 1 for seed in range(len(names))]
    for name, block in zip(names, blocks, strict=True):
        nifti(folder / f"{name}.nii.gz", block)
    return gmean(blocks, axis=0).T


def array(case, role=Role.DWI) -> np.ndarray:
    return sitk.GetArrayFromImage(case.series[role].image)


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_files_that_are_a_direction_each_make_a_trace_that_is_named_as_computed(tmp_path, names):
    mean = files(tmp_path, names)
    dwi = load_case(tmp_path).series[Role.DWI]
    assert np.allclose(sitk.GetArrayFromImage(dwi.image), mean, rtol=1e-4)
    assert dwi.computed and dwi.source.endswith("(computed trace)") and "geometric mean of 3" in dwi.reason
    assert load_case([f"DWI={tmp_path}"]).series[Role.DWI].computed


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
@pytest.mark.parametrize("trace", ["DWI", "DWI_trace", "ep2d_diff_TRACEW", "isoDWI"])
def test_an_acquired_trace_goes_before_directions_whatever_their_names(tmp_path, names, trace):
    files(tmp_path, names)
    nifti(tmp_path / f"{trace}.nii.gz", voxels(SHAPE, seed=9))
    case = load_case(tmp_path)
    assert case.series[Role.DWI].source == f"{trace}.nii.gz" and not case.series[Role.DWI].computed


@pytest.mark.parametrize("names", [("DWI_AP", "DWI_PA"), ("dwi_1", "dwi_2", "dwi_3"), ("DWI_R", "DWI_S")])
def test_what_may_be_something_else_is_not_taken_for_directions(tmp_path, names):
    """Two ways of encoding the picture, three times or patients, registered and smoothed."""
    files(tmp_path, names)
    with pytest.raises(InputError, match="two series claim to be DWI"):
        load_case(tmp_path)


@pytest.mark.parametrize("names", [("p/DWI", "m/DWI", "s/DWI"), ("x/DWI", "y/DWI")])
def test_folders_of_patients_are_no_directions(tmp_path, names):
    for seed, name in enumerate(names):
        nifti(tmp_path / f"{name}.nii.gz", voxels(SHAPE, seed=seed))
    with pytest.raises(InputError, match="two series claim to be DWI"):
        load_case(tmp_path)


def test_directions_on_other_grids_leave_the_rest_of_the_study(tmp_path):
    files(tmp_path, ("DWI_x", "DWI_y"))
    nifti(tmp_path / "DWI_z.nii.gz", voxels((10, 12, 5)))
    nifti(tmp_path / "FLAIR.nii.gz", voxels(SHAPE))
    case = load_case(tmp_path)
    assert case.roles == (Role.FLAIR,) and "lies at other places than DWI_x.nii.gz" in case.unread[Role.DWI]


@pytest.mark.parametrize(
    "titles",
    [("DWI b1000 RL", "DWI b1000 AP", "DWI b1000 FH"), ("DWI R/L", "DWI A/P", "DWI S/I"), ("DWI x", "DWI y", "DWI z")],
)
@pytest.mark.parametrize("b", [1000.0, None])
def test_series_of_dicom_that_only_their_descriptions_tell_to_be_directions(tmp_path, titles, b):
    blocks = [stored(seed=seed) + 1 for seed in range(3)]
    for title, block in zip(titles, blocks, strict=True):
        tags = {"SeriesDescription": title, "ScanningSequence": "EP", **({} if b is None else {"DiffusionBValue": b})}
        dicom_slices(tmp_path / title.replace("/", ""), block, tags=tags)
    if b is None and "b1000" not in titles[0]:
        with pytest.raises(InputError, match="b-value"):
            load_case(tmp_path)
        return
    dwi = load_case(tmp_path).series[Role.DWI]
    assert np.allclose(sitk.GetArrayFromImage(dwi.image), gmean(blocks, axis=0), rtol=1e-4) and dwi.computed
    trace = stored(seed=9)
    dicom_slices(tmp_path / "trace", trace, tags={"SeriesDescription": "DWI", "ScanningSequence": "EP", "EchoTime": 80})
    assert np.array_equal(array(load_case(tmp_path)), trace)


@pytest.mark.parametrize("names", [("dti_10a", "dti_10b", "dti_10"), ("dwi_0002", "dwi_0003", "dwi_0004")])
def test_a_converters_file_for_each_direction_is_told_by_the_bval_and_bvec_beside_it(tmp_path, names):
    mean = files(tmp_path, names)
    b0 = f"{names[0][:-1]}9" if names[0][-1].isdigit() else "dti_10z"
    nifti(tmp_path / f"{b0}.nii.gz", np.full(SHAPE, 300, np.float32) + voxels(SHAPE, seed=7) / 100)
    for name, b, vector in zip((*names, b0), (1000, 1000, 995, 0), (*np.eye(3), np.zeros(3)), strict=True):
        (tmp_path / f"{name}.bval").write_text(f"{b}\n")
        (tmp_path / f"{name}.bvec").write_text("\n".join(map(str, vector)))
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.ADC), case.notes
    assert np.allclose(array(case), mean, rtol=1e-4) and "3 directions" in case.series[Role.DWI].reason
    assert "b=0 (1 volume)" in case.series[Role.ADC].reason
    # A trace says so by its vector, which is none.
    nifti(tmp_path / "trace_of_it.nii.gz", voxels(SHAPE, seed=11))
    (tmp_path / "trace_of_it.bval").write_text("1000")
    (tmp_path / "trace_of_it.bvec").write_text("0\n0\n0\n")
    assert load_case(tmp_path).series[Role.DWI].source == "trace_of_it.nii.gz"
