"""Of diffusion the acquired trace; without a trace that of its directions; 4-D files with their .bval."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels
from scipy.stats import gmean

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags
from StrokeSegLogic.study.volumes.diffusion_series import read_diffusion

DIFFUSION = ("DERIVED", "PRIMARY", "DIFFUSION")


def series(name: str, **tags: object) -> Candidate:
    return Candidate(name, tags=DicomTags(**tags))  # type: ignore[arg-type]


TRACES = [
    series("siemens", image_type=(*DIFFUSION, "TRACEW"), b_value=1000.0, series_description="AX DWI_TRACEW"),
    series("philips", direction="ISOTROPIC", b_value=1000.0, series_description="DWI_SSh"),
    series("name", series_description="DWI iso b1000", b_value=1000.0),
    Candidate("sub-01_rec-TRACE_dwi.nii.gz"),
]
OTHERS = [
    series(
        "calc", image_type=(*DIFFUSION, "CALC_BVALUE", "TRACEW"), b_value=1400.0, series_description="diff_CALC_BVAL"
    ),
    series("sequence", sequence_name="*ep_c_b2000t", b_value=2000.0, series_description="ep2d_diff"),
    series("ge", series_description="Synthetic DWI b=1500", b_value=1500.0),
    series("canon", series_description="cDWI 2000", b_value=2000.0),
    series("dti", sequence_name="*ep_b2000#1", direction="DIRECTIONAL", b_value=2000.0, series_description="DTI"),
    series("direction", direction="DIRECTIONAL", b_value=1000.0, series_description="DWI_SSh"),
    series("b50", series_description="DWI", b_value=50.0),
    Candidate("sub-01_acq-calc_dwi_b2000.nii.gz"),
]


@pytest.mark.parametrize("trace", TRACES, ids=lambda c: c.name)
@pytest.mark.parametrize("other", OTHERS, ids=lambda c: c.name)
def test_the_acquired_trace_goes_before_computed_images_and_single_directions(trace, other):
    for order in ([trace, other], [other, trace]):
        assert assign(order).claims[Role.DWI].candidate is trace


def test_the_reason_is_the_true_one():
    notes = assign([TRACES[0], OTHERS[0], OTHERS[4], OTHERS[6]]).notes
    assert any("calc was left aside" in note and "computed from other images" in note for note in notes)
    assert any("dti was left aside" in note and "no single direction" in note for note in notes)
    assert any(
        "b50 was left aside" in note and "its b-value is higher (1000 against 50 s/mm²)" in note for note in notes
    )
    assert not any("colours" in note for note in notes)


@pytest.mark.parametrize("b", [2000.0, 3000.0])
def test_of_two_traces_that_of_the_usual_b_value_is_taken(b):
    high = series("high", image_type=(*DIFFUSION, "TRACEW"), b_value=b)
    for order in ([TRACES[0], high], [high, TRACES[0]]):
        assert assign(order).claims[Role.DWI].candidate is TRACES[0]


def directions(folder, count: int, tags=lambda j: {}, private=lambda j: None) -> np.ndarray:
    """Volumes of one series in so many directions; their geometric mean (z, y, x)."""
    blocks = [stored(seed=j) + 1 for j in range(count)]
    for j, block in enumerate(blocks):
        told = {"SeriesDescription": "DWI", "DiffusionBValue": 1000.0, "ScanningSequence": "EP", **tags(j)}
        dicom_slices(folder, block, uid="1.2.5", prefix=f"d{j}_", tags=told, private=private(j))
    return gmean(blocks, axis=0)


VECTORS = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("tags", "private"),
    [
        (
            lambda j: {"DiffusionGradientOrientation": VECTORS[j], "DiffusionDirectionality": "DIRECTIONAL"},
            lambda j: None,
        ),
        (lambda j: {"SequenceName": f"*ep_b1000#{j + 1}"}, lambda j: None),
        (lambda j: {}, lambda j: {(0x0065, "Image Private Header", 0x37): ("FD", VECTORS[j])}),
        (lambda j: {}, lambda j: {(0x0019, "SIEMENS MR HEADER", 0x0E): ("FD", VECTORS[j])}),
    ],
    ids=["standard", "Siemens' name", "United Imaging", "Siemens"],
)
def test_directions_without_a_trace_are_read_as_their_geometric_mean(tmp_path, tags, private):
    mean = directions(tmp_path, 3, tags, private)
    for study in (tmp_path, [f"DWI={tmp_path}"]):
        dwi = load_case(study).series[Role.DWI]
        assert np.allclose(sitk.GetArrayFromImage(dwi.image), mean, atol=0.01)
    dwi = load_case(tmp_path).series[Role.DWI]
    assert dwi.computed and "geometric mean of 3" in dwi.reason and dwi.source.endswith("(computed trace)")


@pytest.mark.parametrize(
    "isotropic",
    [
        {"tags": {"DiffusionDirectionality": "ISOTROPIC"}},
        {"private": {(0x2001, "Philips Imaging DD 001", 0x04): ("CS", "I")}},
        {"private": {(0x0019, "SIEMENS MR HEADER", 0x0D): ("CS", "ISOTROPIC")}},
    ],
    ids=["standard", "Philips", "Siemens"],
)
def test_a_trace_that_only_its_direction_tells_is_found_in_the_series_of_directions(tmp_path, isotropic):
    directions(tmp_path, 3, lambda j: {"DiffusionGradientOrientation": VECTORS[j]})
    trace = stored(seed=9)
    told = {"SeriesDescription": "DWI", "DiffusionBValue": 1000.0, **isotropic.get("tags", {})}
    dicom_slices(tmp_path, trace, uid="1.2.5", prefix="t", tags=told, private=isotropic.get("private"))
    assert np.array_equal(sitk.GetArrayFromImage(load_case(tmp_path).series[Role.DWI].image), trace)


def test_a_volume_can_be_chosen_by_any_of_its_files(tmp_path):
    """What the advice says works, where two series lie in one folder."""
    first, second = stored(seed=1), stored(seed=2)
    paths = dicom_slices(tmp_path, first, prefix="a", tags={"SeriesDescription": "DWI left"})
    dicom_slices(tmp_path, second, prefix="b", tags={"SeriesDescription": "DWI right"})
    assert "Name the right series as DWI by any of its files" in refusal(load_case, tmp_path)
    for path in paths:
        dwi = load_case([f"DWI={path}"]).series[Role.DWI]
        assert np.array_equal(sitk.GetArrayFromImage(dwi.image), first)
    assert load_case(paths[2]).roles == (Role.DWI,)


B0, B1000 = 2 * voxels((8, 8, 4)), voxels((8, 8, 4), seed=1)


@pytest.mark.parametrize("bval", ["sub-1_dwi.bval", "sub-1_dwi.bvals", "bvals", "../dwi.bval"])
def test_a_4d_diffusion_file_is_read_as_the_geometric_mean_of_its_shell(tmp_path, bval):
    folder = tmp_path / "dwi"
    path = nifti(folder / "sub-1_dwi.nii.gz", np.stack([B0, B1000, B1000 + 2, B0], -1))
    (folder / bval).write_text("0 1000 995 5\n")
    nifti(tmp_path / "sub-1_FLAIR.nii.gz", voxels((8, 8, 4), seed=3))
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.FLAIR, Role.ADC)
    expected = gmean([B1000, B1000 + 2], axis=0).T
    assert np.allclose(sitk.GetArrayFromImage(case.series[Role.DWI].image), expected, rtol=1e-5)
    assert any("geometric mean of 2 of its 4 volumes, those of b=998" in note for note in case.notes)
    assert np.allclose(sitk.GetArrayFromImage(read_diffusion(path).trace), expected, rtol=1e-5)


X, Y, Z = np.eye(3)
SCALED = np.array([B0, *(B1000 * k for k in (1.0, 0.5, 0.8, 0.6))])
"""b=0, two repeats of x, y, z."""
EXPECTED = gmean([0.75 * B1000, 0.8 * B1000, 0.6 * B1000], axis=0).T


@pytest.mark.parametrize(
    ("bvec", "told"),
    [
        ("0 1 1 0 0\n0 0 0 1 0\n0 0 0 0 1\n", True),
        ("0 0 0\n1 0 0\n-1 0 0\n0 1 0\n0 0 2\n", True),
        ("0 1 0\n", False),
        ("north east", False),
    ],
    ids=["as FSL", "a line a volume", "too few", "no numbers"],
)
def test_directions_beside_a_4d_file_tell_repeats_from_directions(tmp_path, bvec, told):
    path = nifti(tmp_path / "x_dwi.nii.gz", np.moveaxis(SCALED, 0, -1).astype(np.float32))
    (tmp_path / "x_dwi.bval").write_text("0 1000 1000 1000 1000")
    (tmp_path / "x_dwi.bvec").write_text(bvec)
    found = read_diffusion(path)
    assert np.allclose(sitk.GetArrayFromImage(found.trace), EXPECTED, rtol=1e-4) == told
    assert ("3 directions, repeats averaged before" in found.trace_words) == told
    assert told or "x_dwi.bvec" in found.trace_words


def test_an_acquired_map_goes_before_a_computed_one_and_a_damaged_one_does_not(tmp_path):
    nifti(tmp_path / "x_dwi.nii.gz", np.stack([B0, B1000], -1))
    (tmp_path / "x_dwi.bval").write_text("0 1000")
    adc = nifti(tmp_path / "x_ADC.nii.gz", voxels((8, 8, 4), seed=4))
    given = load_case(tmp_path)
    assert given.series[Role.ADC].source == "x_ADC.nii.gz" and not given.series[Role.ADC].computed
    assert not any("ADC was computed" in note for note in given.notes)
    adc.write_bytes(b"no volume")
    computed = load_case(tmp_path)
    for study in (computed, load_case({"DWI": tmp_path / "x_dwi.nii.gz"}), load_case(tmp_path / "x_dwi.nii.gz")):
        found = study.series[Role.ADC]
        assert found.computed and found.source.endswith("(computed ADC)") and not found.named_by_user
        assert any("ADC was computed from" in note for note in study.notes)
    assert any("x_ADC.nii.gz was left aside as ADC" in note for note in computed.notes)
    values = sitk.GetArrayFromImage(computed.series[Role.ADC].image)
    assert np.allclose(values, np.maximum(np.log(B0 / B1000) / 1000, 0).T, atol=1e-6)


def test_two_maps_of_adc_that_cannot_be_told_apart_are_not_passed_over_for_a_computed_one(tmp_path):
    nifti(tmp_path / "x_dwi.nii.gz", np.stack([B0, B1000], -1))
    (tmp_path / "x_dwi.bval").write_text("0 1000")
    for name in ("ADC left", "ADC right"):
        nifti(tmp_path / f"{name}.nii.gz", voxels((8, 8, 4), seed=len(name)))
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,) and any("no ADC was taken: two series claim" in note for note in case.notes)


@pytest.mark.parametrize("text", ["Ax DWI TENSOR R2", "DTI for fractional anisotropy"])
def test_directions_that_are_named_after_a_map_are_directions_and_the_map_is_none(tmp_path, text):
    told = lambda j: {"DiffusionGradientOrientation": VECTORS[j], "SeriesDescription": text}  # noqa: E731
    mean = directions(tmp_path / "dti", 3, told)
    derived = {"SeriesDescription": text, "ImageType": ["DERIVED", "SECONDARY"], "DiffusionBValue": 1000.0}
    dicom_slices(tmp_path / "map", stored(seed=7), tags=derived)
    dwi = load_case(tmp_path).series[Role.DWI]
    assert np.allclose(sitk.GetArrayFromImage(dwi.image), mean, rtol=1e-4) and dwi.source.startswith("dti")


UNWEIGHTED = {
    "its b-value is 0": {"DiffusionBValue": 0.0},
    "its b-value is 0 and its direction none": {"DiffusionBValue": 0.0, "DiffusionDirectionality": "NONE"},
    "Toshiba says nothing": {},
}


@pytest.mark.parametrize("unweighted", UNWEIGHTED)
@pytest.mark.parametrize("uid", ["1.2.5", "1.2.6"], ids=["one series", "a series of its own"])
def test_directions_in_dicom_with_their_images_without_weighting_give_trace_and_adc(tmp_path, unweighted, uid):
    tags = lambda j: {"DiffusionGradientOrientation": VECTORS[j], "DiffusionDirectionality": "DIRECTIONAL"}  # noqa: E731
    mean = directions(tmp_path, 3, tags)
    # Repeats without weighting, told apart by their acquisition number alone.
    for number in (1, 2):
        told = {"SeriesDescription": "DWI", "ScanningSequence": "EP", "AcquisitionNumber": number}
        block = np.full(stored().shape, 1000 + 1000 * number)
        dicom_slices(tmp_path, block, uid=uid, prefix=f"b{number}_", tags={**told, **UNWEIGHTED[unweighted]})
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.ADC), case.notes
    assert np.allclose(sitk.GetArrayFromImage(case.series[Role.DWI].image), mean, rtol=1e-4)
    adc = sitk.GetArrayFromImage(case.series[Role.ADC].image)
    assert np.allclose(adc, np.maximum(np.log(2500 / mean) / 1000, 0), atol=1e-6)
    assert "b=0 (2 volumes, averaged)" in case.series[Role.ADC].reason
    assert not any("left aside" in note for note in case.notes)


def test_the_shell_of_directions_in_dicom_is_chosen_as_that_of_a_4d_file(tmp_path):
    for b in (500.0, 995.0, 1005.0, 2000.0):
        for j, vector in enumerate(VECTORS):
            told = {"SeriesDescription": "DTI", "DiffusionBValue": b, "DiffusionGradientOrientation": vector}
            block = np.full(stored().shape, int(3000 * np.exp(-b * 0.8e-3)) + j)
            block[0, 0, 0] += 100
            dicom_slices(tmp_path, block, uid="1.2.5", prefix=f"b{b:.0f}_{j}", tags={"ScanningSequence": "EP", **told})
    dwi = load_case(tmp_path).series[Role.DWI]
    assert "3 directions, repeats averaged before: 6 of its 12 volumes, those of b=1000" in dwi.reason
    assert sitk.GetArrayFromImage(dwi.image)[2, 5, 5] == pytest.approx(1348, abs=3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no .bval beside it says which"),
        ("0 1000 1000", "holds 3 b-values, and x_dwi.nii.gz has 2 volumes"),
        ("0 0", "it shows no diffusion"),
        ("0 nan", "it shows no diffusion"),
        ("zero one", "holds something that is no number"),
    ],
)
def test_b_values_that_do_not_fit_are_told(tmp_path, content, words):
    path = nifti(tmp_path / "x_dwi.nii.gz", np.stack([B0, B1000], -1))
    if content is not None:
        (tmp_path / "x_dwi.bval").write_text(content)
    assert words in refusal(read_diffusion, path)
    assert words in refusal(load_case, tmp_path)
    # One volume beside it is enough, and why the other was not taken is said.
    nifti(tmp_path / "DWI.nii.gz", B1000)
    assert load_case(tmp_path).series[Role.DWI].source == "DWI.nii.gz"


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (("sub-01_rec-ADC_dwi", "sub-01_rec-TRACE_dwi"), {"DWI", "ADC"}),
        (("sub-01_desc-adc_dwi", "sub-01_dwi"), {"DWI", "ADC"}),
        (("sub-01_rec-FA_dwi", "sub-01_rec-trace_dwi"), {"DWI"}),
        (("sub-01_part-phase_dwi", "sub-01_dwi"), {"DWI"}),
    ],
)
def test_what_a_bids_name_says_of_a_diffusion_series_was_reconstructed_from_it(tmp_path, names, roles):
    for seed, name in enumerate(names):
        nifti(tmp_path / "sub-01" / "dwi" / f"{name}.nii.gz", voxels(seed=seed))
    case = load_case(tmp_path)
    assert {role.value for role in case.roles} == roles
    assert case.series[Role.DWI].source.endswith(f"{names[1]}.nii.gz")


def test_a_sidecar_that_says_adc_is_believed(tmp_path):
    for number, kind in enumerate(("ADC", "TRACEW")):
        nifti(tmp_path / f"sub-01_run-{number}_dwi.nii.gz", voxels(seed=number))
        text = f'{{"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "{kind}"]}}'
        (tmp_path / f"sub-01_run-{number}_dwi.json").write_text(text)
    case = load_case(tmp_path)
    assert case.series[Role.ADC].source == "sub-01_run-0_dwi.nii.gz"
    assert case.series[Role.DWI].source == "sub-01_run-1_dwi.nii.gz"
