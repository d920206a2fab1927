"""CT perfusion studies to cases: folders, named roles, both modalities, colours, slabs, impossible data."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, dicom_ctp, frames, nifti_series
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.case import ClinicalData, Role, Series
from StrokeSegLogic.grid import Grid
from StrokeSegLogic.series import assign, load_case, read_candidate
from StrokeSegLogic.volumes import Candidate, DicomTags

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
        "holds both MR sequences (DWI, FLAIR) and perfusion maps or series (CBF, CBV, MTT, TTP, TMAX, CTP)" in message
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
    assert "the roles are of two kinds: DWI of MRI, CBF of CT perfusion" in refusal(load_case, named)
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
    assert "times.txt" in refusal(load_case, tmp_path)
    (tmp_path / "times.txt").write_text(" ".join(map(str, range(12))))
    case = load_case(tmp_path)
    assert case.series[Role.CTP].times_s == tuple(range(12))
    assert case.notes == ("CTP.nii.gz: the frames' times are from times.txt",)


def dicom_map(folder: Path, name: str, seed: int = 0, **more) -> Path:
    tags = {"Modality": "CT", "SeriesDescription": name, "ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}
    origin = more.pop("origin", (-10.0, 20.0, 30.0))
    prefix = "".join(letter for letter in name if letter.isalnum())
    dicom_slices(folder, stored(seed=seed), suffix="", prefix=prefix, origin=origin, tags={**tags, **more})
    return folder


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
    nifti(tmp_path / "b_CBF.nii.gz", voxels(shape), np.diag([-2.0, -2.0, 5.0, 1.0]))
    assert "Name the right one as CBF (role)" in refusal(load_case, tmp_path)
    slabs = tmp_path / "dicom"
    for number in (0, 1):
        dicom_map(slabs, "CBF", origin=(0.0, 0.0, 20.0 * number), SeriesNumber=number, InstanceNumber=number)
        for path in slabs.glob("CBF0*"):
            path.rename(path.with_name(f"slab{number}{path.name}"))
    assert "two slabs of one patient" in refusal(load_case, slabs)


def coloured(values: np.ndarray, top: float) -> np.ndarray:
    """Slices (z, y, x, 3) as a vendor shows them: a ramp of colours, its bar on the right, black around."""

    def table(part: np.ndarray) -> np.ndarray:
        part = np.clip(part, 0, 1)[..., None]
        return np.concatenate([part, 1 - np.abs(2 * part - 1), 1 - part], -1)

    shown = np.where((values > 0)[..., None], table(values / top), 0)
    rows = values.shape[1]
    bar = table(np.linspace(1, 0, rows - 24))
    shown[:, 12:-12, -20:-12] = bar[None, :, None]
    return (shown * 255).round().astype(np.uint8)


def tmax_map() -> np.ndarray:
    z, y, x = np.mgrid[:4, :128, :128]
    inside = ((x - 54) / 40) ** 2 + ((y - 64) / 50) ** 2 < 1
    return np.where(inside, 0.5 + 11 * (x / 128) * (0.5 + z / 6), 0).astype(np.float32)


def colour_nifti(path: Path, values: np.ndarray, top: float) -> Path:
    rgb = coloured(values, top)
    packed = np.zeros(values.T.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for channel, letter in enumerate("RGB"):
        packed[letter] = rgb[..., channel].T
    nib.save(nib.Nifti1Image(packed, np.diag([-2.0, -2.0, 5.0, 1.0])), path)
    return path


def test_a_colour_coded_map_gives_its_values_once_its_range_is_said(tmp_path):
    values = tmax_map()
    path = colour_nifti(tmp_path / "tmax.nii.gz", values, 12.0)
    case = load_case([f"TMAX={path}@0..12"])
    series = case.series[Role.TMAX]
    found = sitk.GetArrayFromImage(series.image)
    inside = (values > 0) & (found > 0)
    assert inside.sum() > 0.98 * (values > 0).sum() and not found[values == 0].any()
    assert np.abs(found - values)[inside].max() < 0.15
    assert series.confidence < 1 and "its colours run from 0 to 12, named by the user" in series.reason
    assert any("colours tell values" in note for note in case.notes)
    assert load_case({"TMAX": f"{path}@0..120"}).series[Role.TMAX].image.GetPixelID() == sitk.sitkFloat32


def test_without_its_range_or_its_bar_a_colour_coded_map_is_refused(tmp_path):
    path = colour_nifti(tmp_path / "tmax.nii.gz", tmax_map(), 12.0)
    message = refusal(load_case, {"TMAX": path})
    assert "what the ends of its colour bar stand for is not known" in message and "(colour_range)" in message
    assert "what the ends of its colour bar stand for" in refusal(load_case, tmp_path)
    assert "the scale runs from 3 to 3" in refusal(load_case, [f"TMAX={path}@3..3"])
    bare = np.zeros((12, 10, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    bare["R"] = np.random.default_rng(0).integers(0, 255, bare.shape)
    nib.save(nib.Nifti1Image(bare, np.eye(4)), tmp_path / "bare.nii.gz")
    assert "no colour bar was found" in refusal(load_case, [f"TMAX={tmp_path / 'bare.nii.gz'}@0..12"])
    assert "is in colour and cannot be the MIP" in refusal(load_case, [f"MIP={path}@0..12"])
    assert "is in colour" in refusal(load_case, [f"CTP={path}"])
    assert "3 values a voxel (colours" in refusal(load_case, [f"DWI={path}"])
    grey = nifti(tmp_path / "grey.nii.gz")
    assert "has grey values, and a colour range" in refusal(load_case, [f"TMAX={grey}@0..12"])


def test_beside_grey_maps_a_colour_coded_one_is_left_aside(tmp_path):
    nifti(tmp_path / "CBF.nii.gz")
    nifti(tmp_path / "Tmax.nii.gz")
    colour_nifti(tmp_path / "Tmax_coloured.nii.gz", tmax_map(), 12.0)
    colour_nifti(tmp_path / "CBV.nii.gz", tmax_map(), 12.0)
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX) and case.series[Role.TMAX].source == "Tmax.nii.gz"
    assert any("Tmax.nii.gz was taken for TMAX: it has grey values, not colours" in note for note in case.notes)
    assert any(
        "CBV.nii.gz was left aside as CBV" in note and "Name them, for instance 0..12" in note for note in case.notes
    )


def test_a_colour_coded_secondary_capture_takes_its_range_from_its_window(tmp_path):
    values = tmax_map()
    rgb = coloured(values, 12.0)
    folder = tmp_path / "tmax"
    dicom_map(folder, "Tmax (s)")
    pydicom = pytest.importorskip("pydicom")
    paths = sorted(folder.iterdir(), key=lambda p: float(pydicom.dcmread(p).ImagePositionPatient[2]))
    for path, plane in zip(paths[: len(rgb)], rgb, strict=True):
        one = pydicom.dcmread(path)
        one.SamplesPerPixel, one.PhotometricInterpretation, one.PlanarConfiguration = 3, "RGB", 0
        one.BitsAllocated = one.BitsStored = 8
        one.HighBit, one.Rows, one.Columns = 7, *plane.shape[:2]
        one.PixelData = plane.tobytes()
        one.save_as(path)
    for path in paths[len(rgb) :]:
        path.unlink()
    assert "colour bar stand for is not known" in refusal(load_case, folder)
    by_user = load_case([f"TMAX={folder}@0..12"]).series[Role.TMAX]
    for path in folder.iterdir():
        one = pydicom.dcmread(path)
        one.WindowCenter, one.WindowWidth = 6, 12
        one.save_as(path)
    by_window = load_case(folder).series[Role.TMAX]
    assert "taken from the window in the DICOM header" in by_window.reason
    assert np.array_equal(sitk.GetArrayFromImage(by_user.image), sitk.GetArrayFromImage(by_window.image))
    found = sitk.GetArrayFromImage(by_window.image)
    inside = (values > 0) & (found > 0)
    assert inside.any() and np.abs(found - values)[inside].max() < 0.15


def test_the_unit_of_a_map_may_be_named(study):
    case = load_case([f"TMAX={study / 'TMAX.nii.gz'}@ms", f"CBF={study / 'CBF.nii.gz'}@ml/g/min"])
    assert case.series[Role.TMAX].unit == "ms" and case.series[Role.CBF].unit == "ml/g/min"
    message = refusal(load_case, [f"TMAX={study / 'TMAX.nii.gz'}@minutes"])
    assert "'minutes' is no unit of TMAX" in message and "Use one of s, 0.1 s, ms" in message
    assert "MRI" in refusal(load_case, [f"DWI={study / 'CT.nii.gz'}", f"CBF={study / 'CBF.nii.gz'}"])
    assert "DWI has no unit to name" in refusal(load_case, [f"DWI={study / 'CT.nii.gz'}@ms"])


def test_a_file_whose_name_holds_an_at_sign_is_itself(tmp_path):
    path = nifti(tmp_path / "tmax@ms.nii.gz")
    assert load_case([f"TMAX={path}"]).series[Role.TMAX].unit is None
    assert "does not exist" in refusal(load_case, [f"TMAX={tmp_path / 'x@y.nii'}"])


def test_perfusion_of_a_single_slice_is_read_and_mr_of_one_is_not(tmp_path):
    path = nifti(tmp_path / "CBF.nii", voxels((10, 12, 1)))
    assert load_case({"CBF": path}).series[Role.CBF].image.GetSize() == (10, 12, 1)
    assert "single slice" in refusal(load_case, {"DWI": path})


def test_assign_gives_no_role_twice_and_names_ties():
    assert "two series claim the role TMAX: a_tmax.nii and b_tmax.nii" in refusal(
        assign, [Candidate("a_tmax.nii"), Candidate("b_tmax.nii")]
    )
