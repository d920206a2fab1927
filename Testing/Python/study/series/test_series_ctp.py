"""CT perfusion studies to cases: folders, named roles, both modalities, colours, slabs, impossible data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, dicom_ctp, dicom_map, frames, nifti_series
from io_fixtures import nifti, refusal, voxels

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import ClinicalData, Role, Series
from StrokeSegLogic.study.series.assign import assign, read_candidate
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

HU = frames()
NOON = 43200.0
OURS = ("CBF", "CBV", "TTP", "TMAX", "MTT", "MIP", "CT")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study in our own layout, with a 4-D series and readers' masks."""
    folder = tmp_path / "patient1"
    for number, name in enumerate(OURS):
        nifti(folder / f"{name}.nii.gz", voxels(seed=number))
    nifti_series(folder / "CTP.nii.gz", HU)
    for name in ("NR1", "NR2", "truth"):
        nifti(folder / f"{name}.nii.gz", np.zeros((10, 12, 6), np.uint8))
    return folder


def test_our_own_layout_loads_by_itself_and_leaves_masks_aside(study):
    case = load_case(study)
    assert case.modality == "ctp" and case.name == "patient1"
    assert set(case.roles) == {Role(name) for name in (*OURS, "CTP")}
    assert sorted(case.notes) == [
        "NR1.nii.gz was left aside: file name 'NR1' names a mask ('nr1')",
        "NR2.nii.gz was left aside: file name 'NR2' names a mask ('nr2')",
        "truth.nii.gz was left aside: file name 'truth' names a mask ('truth')",
    ]
    series = case.series[Role.CTP]
    assert series.image.GetPixelID() == sitk.sitkInt16 and series.times_s == tuple(1.5 * np.arange(12))
    assert case.reference().role is Role.CBF


def test_a_folder_of_the_isles_2018_challenge_loads(tmp_path):
    for name in ("CT.1", "CT_CBF.2", "CT_CBV.3", "CT_MTT.4", "CT_Tmax.5"):
        nifti(tmp_path / f"SMIR.Brain.XX.O.{name}" / f"SMIR.Brain.XX.O.{name}.nii")
    nifti(tmp_path / "SMIR.Brain.XX.O.OT.7" / "SMIR.Brain.XX.O.OT.7.nii", np.zeros((10, 12, 6), np.uint8))
    name = "SMIR.Brain.XX.O.CT_4DPWI.6"
    nifti_series(tmp_path / name / f"{name}.nii", HU)
    assert set(load_case(tmp_path).roles) == {Role(name) for name in ("CT", "CBF", "CBV", "MTT", "TMAX", "CTP")}


def test_a_study_of_mr_and_perfusion_asks_which_is_meant(study):
    nifti(study / "FLAIR.nii.gz")
    nifti(study / "DWI.nii.gz")
    message = refusal(load_case, study)
    assert (
        "holds both MR sequences (DWI, FLAIR) and perfusion maps or series (CBF, CBV, MTT, TTP, Tmax, CTP)" in message
    )
    assert "Say which is meant, mri or ctp (modality)" in message and str(study) in message
    assert load_case(study, modality="mri").roles == (Role.DWI, Role.FLAIR)
    ctp = load_case(study, modality="ctp")
    assert ctp.modality == "ctp" and Role.CBF in ctp.roles
    assert any(note.startswith("DWI.nii.gz was left aside: it is no CT perfusion") for note in ctp.notes)
    assert "'ct' is not a modality" in refusal(load_case, study, modality="ct")


def test_ct_and_mip_beside_mr_sequences_stay_aside_as_before(tmp_path):
    for name in ("DWI", "CT", "MIP", "perfusion", "MR_Tmax"):
        nifti(tmp_path / f"{name}.nii.gz")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,) and case.modality == "mri"
    assert set(case.notes) == {
        "CT.nii.gz was left aside: file name 'CT' names a CT ('ct')",
        "MIP.nii.gz was left aside: file name 'MIP' names a projection ('mip')",
        "perfusion.nii.gz was left aside: file name 'perfusion' names a perfusion series or map ('perfusion')",
        "MR_Tmax.nii.gz was left aside: file name 'MR_Tmax' names a perfusion series or map ('tmax')",
    }


def test_named_roles_of_both_kinds_ask_too(study):
    named = {"CBF": study / "CBF.nii.gz", "DWI": study / "CT.nii.gz"}
    assert "the volumes are of two kinds: DWI of MRI, CBF of CT perfusion" in refusal(load_case, named)
    case = load_case(named, modality="ctp")
    assert case.roles == (Role.CBF,) and case.notes == ("DWI was left aside: it is not of ctp",)
    assert "none of them is of mri" in refusal(load_case, {"CBF": study / "CBF.nii.gz"}, modality="mri")


@pytest.mark.parametrize(
    ("clinical", "word"),
    [
        (ClinicalData(nihss=-1), "the NIHSS is -1; it is a whole number from 0 to 42"),
        (ClinicalData(nihss=43), "the NIHSS is 43"),
        (ClinicalData(nihss=float("nan")), "the NIHSS is nan"),  # type: ignore[arg-type]
        (ClinicalData(age=130), "the age is 130"),
        (ClinicalData(onset_hours=-2), "lies in the future"),
    ],
)
def test_impossible_clinical_data_are_refused_before_anything_is_read(clinical, word):
    assert word in refusal(load_case, "nowhere", clinical=clinical)


def test_a_series_in_memory_needs_its_times():
    image = sitk.GetImageFromArray(HU, isVector=False)
    assert "times" in refusal(load_case, {"CTP": image})
    series = Series(Role.CTP, image, "scanner", "made by hand", 1.0, "", tuple(2.0 * np.arange(12)))
    found = load_case({"CTP": series}).series[Role.CTP]
    assert found.times_s == series.times_s and len(found.sha256) == 64
    assert Grid.of(found.image).size == (12, 10, 4)
    image.SetSpacing((1, 1, 1, 1.5))
    assert load_case({"CTP": image}).series[Role.CTP].times_s[2] == 3.0
    assert "is no 4-D series" in refusal(load_case, {"CTP": image[:, :, :, 0]})
    short = Series(Role.CTP, image, "scanner", "made by hand", 1.0, "", (0.0, 1.0))
    assert "has 12 frames and 2 times" in refusal(load_case, {"CTP": short})


def test_a_series_named_ctp_that_is_one_volume_is_left_aside(study):
    nifti(study / "CTP.nii.gz")
    case = load_case(study)
    assert Role.CTP not in case.roles
    assert any("it is one volume, not a series over time" in note for note in case.notes)
    assert "has 3 dimensions" in refusal(load_case, {"CTP": study / "CTP.nii.gz"})


def test_a_series_named_ct_is_a_series(tmp_path):
    case = load_case(nifti_series(tmp_path / "ct.nii.gz", HU).parent)
    assert case.roles == (Role.CTP,) and "12 frames" in case.series[Role.CTP].reason


def test_times_that_no_header_gives_are_asked_for_and_read_beside_the_file(tmp_path):
    nifti_series(tmp_path / "CTP.nii.gz", HU, 0.0)
    assert f"as times.txt (one number a frame) into the folder {tmp_path.name}" in refusal(load_case, tmp_path)
    (tmp_path / "times.txt").write_text(" ".join(map(str, range(12))))
    case = load_case(tmp_path)
    assert case.series[Role.CTP].times_s == tuple(range(12))
    assert case.notes == ("CTP.nii.gz: the frames' times are from times.txt",)


def test_a_dicom_study_is_sorted_by_descriptions_and_counts(tmp_path):
    folder = tmp_path / "study"
    dicom_ctp(folder, HU, lambda t, z: at(NOON + 1.5 * t), description="Neuro 5.0 H20f")
    for number, name in enumerate(
        ("RAPID CBF [ml/100g/min]", "rCBV", "MTT map", "Tmax (s)", "Head NCCT", "Mismatch summary", "TTD", "AIF/VOF")
    ):
        dicom_map(folder, name, seed=number)
    dicom_map(folder, "Head", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    case = load_case(folder)
    assert set(case.roles) == {Role(name) for name in ("CTP", "CBF", "CBV", "MTT", "TMAX", "CT")}
    assert "each place was imaged 12 times" in case.series[Role.CTP].reason
    left = [note for note in case.notes if "was left aside" in note]
    assert len(left) == 4 and any("names a picture or summary for reading ('mismatch')" in note for note in left)
    assert any("was taken for CTP with doubt" in note for note in case.notes)


@pytest.mark.parametrize(
    ("role", "tags"),
    [
        ("CBF", {"image_type": ("DERIVED", "SECONDARY", "AXIAL", "CBF")}),
        ("TMAX", {"series_description": "Tmax (s)"}),
        ("CBF", {"series_description": "CBFD"}),
        ("TMAX", {"series_description": "Delay"}),
        ("CTP", {"series_description": "VPCT 5.0", "frames": 30}),
        ("CTP", {"series_description": "Head 5.0", "protocol_name": "Neuro Perfusion", "frames": 30}),
        ("MIP", {"series_description": "CTP MIP"}),
        ("CT", {"series_description": "Schaedel nativ CT"}),
        ("", {"series_description": "CTP 5.0", "frames": 1}),
        ("", {"series_description": "TTS"}),
        ("", {"series_description": "Penumbra map"}),
        ("", {"series_description": "Tmax > 6s"}),
        ("", {"series_description": "CTA thin MIP"}),
        ("", {"series_description": "T2 brain"}),
        ("", {"series_description": "Head bone 1.0"}),
        ("", {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER"), "series_description": "CTP"}),
        ("", {"image_type": ("DERIVED", "SECONDARY", "MIP"), "series_description": "Head"}),
        ("", {}),
    ],
)
def test_tags_of_ct_give_the_role(role, tags):
    reading = read_candidate(Candidate("s", tags=DicomTags(modality="CT", **tags)))
    assert (reading.role.value if reading.role else "") == role, reading


@pytest.mark.parametrize("text", ["CBF", "MTT", "Tmax", "TTP", "MIP", "relCBF", "perfusion 4D", "CTP"])
def test_perfusion_of_mr_is_no_ct_perfusion(text):
    reading = read_candidate(Candidate("s", tags=DicomTags(modality="MR", series_description=text)))
    assert reading.role is None


def test_two_slabs_of_one_map_are_called_so(tmp_path):
    shape = (10, 12, 6)
    for name, offset in (("a_CBF", 0.0), ("b_CBF", 6 * 5.0)):
        affine = np.diag([-2.0, -2.0, 5.0, 1.0])
        affine[2, 3] = offset
        nifti(tmp_path / f"{name}.nii.gz", voxels(shape), affine)
    message = refusal(load_case, tmp_path)
    assert "a_CBF.nii.gz and b_CBF.nii.gz are of two slabs of one patient: both are CBF" in message
    nifti(tmp_path / "b_CBF.nii.gz", voxels(shape, seed=1), np.diag([-2.0, -2.0, 5.0, 1.0]))
    assert "Name the right series as CBF (sequence)" in refusal(load_case, tmp_path)
    slabs = tmp_path / "dicom"
    for number in (0, 1):
        dicom_map(slabs, "CBF", origin=(0.0, 0.0, 20.0 * number), SeriesNumber=number, InstanceNumber=number)
        for path in slabs.glob("CBF0*"):
            path.rename(path.with_name(f"slab{number}{path.name}"))
    assert "two slabs of one patient" in refusal(load_case, slabs)


def test_the_unit_of_a_map_may_be_named(study):
    case = load_case([f"TMAX={study / 'TMAX.nii.gz'}@ms", f"CBF={study / 'CBF.nii.gz'}@ml/g/min"])
    assert case.series[Role.TMAX].unit == "ms" and case.series[Role.CBF].unit == "ml/g/min"
    message = refusal(load_case, [f"TMAX={study / 'TMAX.nii.gz'}@minutes"])
    assert "'minutes' is no unit of Tmax" in message and "Use one of s, 0.1 s, ms" in message
    assert "MRI" in refusal(load_case, [f"DWI={study / 'CT.nii.gz'}", f"CBF={study / 'CBF.nii.gz'}"])
    assert "DWI has no unit to name" in refusal(load_case, [f"DWI={study / 'CT.nii.gz'}@ms"])


def test_a_file_whose_name_holds_an_at_sign_is_itself(tmp_path):
    path = nifti(tmp_path / "tmax@ms.nii.gz")
    assert load_case([f"TMAX={path}"]).series[Role.TMAX].unit is None
    assert "does not exist" in refusal(load_case, [f"TMAX={tmp_path / 'x@y.nii'}"])


def test_perfusion_of_a_single_slice_is_read_and_mr_of_a_single_slice_is_not(tmp_path):
    path = nifti(tmp_path / "CBF.nii", voxels((10, 12, 1)))
    assert load_case({"CBF": path}).series[Role.CBF].image.GetSize() == (10, 12, 1)
    assert "single slice" in refusal(load_case, {"DWI": path})


def test_assign_gives_no_role_twice_and_names_ties():
    assert "two series claim to be Tmax: a_tmax.nii and b_tmax.nii" in refusal(
        assign, [Candidate("a_tmax.nii"), Candidate("b_tmax.nii")]
    )
