"""NIfTI: voxels at the places where nibabel has them, and a clear word for every broken file."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from io_fixtures import nifti, refusal, voxels, world
from nibabel.orientations import axcodes2ornt, inv_ornt_aff

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.checks import validate
from StrokeSegLogic.study.volumes.nifti import write_nifti
from StrokeSegLogic.study.volumes.reader import header_notes, read_volume

AXES = ["LPS", "RAS", "LAS", "LPI", "RPI", "SPL", "AIL", "PSR", "IRA"]


def affine_of(codes: str, spacing: tuple[float, float, float], angles: tuple[float, float], shift: float) -> np.ndarray:
    """An affine (RAS, mm) of axes near the codes, tilted by two angles."""
    axes = inv_ornt_aff(axcodes2ornt(tuple(codes)), (9, 10, 11))[:3, :3].T
    a, b = angles
    turn_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    turn_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn_x @ turn_z @ axes * spacing
    affine[:3, 3] = (shift, -2 * shift, shift / 3)
    return affine


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    codes=st.sampled_from(AXES),
    spacing=st.tuples(*[st.floats(0.4, 6)] * 3),
    angles=st.tuples(*[st.floats(-0.4, 0.4)] * 2),
    shift=st.floats(-150, 150),
    packed=st.booleans(),
)
def test_every_voxel_lies_where_nibabel_has_it(tmp_path, codes, spacing, angles, shift, packed):
    path = nifti(tmp_path / ("a.nii.gz" if packed else "a.nii"), voxels(), affine_of(codes, spacing, angles, shift))
    truth = nib.load(path)
    image = read_volume(path)
    for index in np.random.default_rng(1).integers(0, truth.shape, (20, 3)):
        expected = truth.affine @ [*index, 1]
        assert np.allclose(world(image, index), expected[:3], atol=2e-3)
        assert image[[int(i) for i in index]] == truth.dataobj[tuple(index)]


@pytest.mark.parametrize("codes", AXES)
def test_stored_in_any_axis_order_the_volume_is_the_same_in_space(tmp_path, codes):
    ras = nib.Nifti1Image(voxels(), affine_of("RAS", (1, 2, 3), (0, 0), 10))
    turn = nib.orientations.ornt_transform(nib.io_orientation(ras.affine), axcodes2ornt(tuple(codes)))
    nib.save(ras.as_reoriented(turn), tmp_path / "turned.nii.gz")
    nib.save(ras, tmp_path / "ras.nii.gz")
    turned, plain = read_volume(tmp_path / "turned.nii.gz"), read_volume(tmp_path / "ras.nii.gz")
    again = sitk.Resample(turned, plain, sitk.Transform(), sitk.sitkNearestNeighbor, -1.0)
    assert np.array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(plain))


def test_it_agrees_with_simpleitk_on_an_ordinary_file(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", affine=affine_of("LAS", (1.8, 1.8, 5.0), (0.1, 0.2), 40))
    ours, itk = Grid.of(read_volume(path)), Grid.of(sitk.ReadImage(str(path)))
    assert ours.same(itk)
    assert ours.spacing == pytest.approx(itk.spacing, rel=1e-12)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000.0), ("micron", 0.001), ("mm", 1.0), ("unknown", 1.0)])
def test_length_units_become_millimetres(tmp_path, unit, factor):
    image = nib.Nifti1Image(voxels(), np.diag([2 / factor, 2 / factor, 3 / factor, 1]))
    image.header.set_xyzt_units(unit)
    nib.save(image, tmp_path / "a.nii.gz")
    assert read_volume(tmp_path / "a.nii.gz").GetSpacing() == pytest.approx((2, 2, 3), rel=1e-6)


def with_forms(path: Path, sform: tuple[np.ndarray, int], qform: tuple[np.ndarray, int]) -> Path:
    image = nib.Nifti1Image(voxels(), None)
    image.header.set_sform(sform[0], code=sform[1])
    image.header.set_qform(qform[0], code=qform[1])
    nib.save(image, path)
    return path


@pytest.mark.parametrize(("scode", "qcode"), [(1, 1), (2, 1), (4, 2), (1, 0), (3, 0), (0, 1), (0, 0)])
def test_whatever_the_form_codes_the_place_is_nibabels(tmp_path, scode, qcode):
    s, q = affine_of("RAS", (1, 2, 3), (0, 0), 9), affine_of("RAS", (1, 2, 3), (0, 0), 60)
    path = with_forms(tmp_path / "a.nii", (s, scode), (q, qcode))
    image, truth = read_volume(path), nib.load(path)
    assert np.allclose(world(image, (3, 4, 5)), (truth.affine @ [3, 4, 5, 1])[:3], atol=1e-4)


def test_a_header_whose_two_forms_disagree_is_noted(tmp_path):
    s, q = affine_of("RAS", (1, 2, 3), (0, 0), 9), affine_of("RAS", (1, 2, 3), (0, 0), 60)
    assert "mm apart" in header_notes(with_forms(tmp_path / "bad.nii", (s, 2), (q, 1)))[0]
    assert header_notes(with_forms(tmp_path / "good.nii", (s, 2), (s, 1))) == ()


def test_a_header_without_orientation_is_read_and_noted(tmp_path):
    path = with_forms(tmp_path / "a.nii", (np.eye(4), 0), (np.eye(4), 0))
    read_volume(path)
    assert "left and right are a guess" in header_notes(path)[0]


def test_a_nifti2_file_and_a_big_endian_file_are_read(tmp_path):
    data = voxels()
    nib.save(nib.Nifti2Image(data, np.eye(4)), tmp_path / "two.nii.gz")
    big = nib.Nifti1Image(data, np.eye(4), nib.Nifti1Header(endianness=">"))
    nib.save(big, tmp_path / "big.nii")
    for name in ("two.nii.gz", "big.nii"):
        assert np.array_equal(sitk.GetArrayFromImage(read_volume(tmp_path / name)).T, data)


def test_intensity_scaling_is_applied(tmp_path):
    image = nib.Nifti1Image(np.arange(10 * 12 * 6, dtype=np.int16).reshape(10, 12, 6), np.eye(4))
    image.header.set_slope_inter(0.5, -3)
    nib.save(image, tmp_path / "a.nii")
    assert read_volume(tmp_path / "a.nii")[1, 2, 3] == pytest.approx(((1 * 12 + 2) * 6 + 3) * 0.5 - 3)


def test_a_trailing_dimension_of_one_is_dropped_and_a_longer_refused(tmp_path):
    single = nifti(tmp_path / "one.nii.gz", voxels((10, 12, 6, 1)))
    double = nifti(tmp_path / "two.nii.gz", voxels((10, 12, 6, 2)))
    assert read_volume(single).GetSize() == (10, 12, 6)
    assert "4 dimensions (10 x 12 x 6 x 2" in refusal(read_volume, double)


def test_a_path_with_umlauts_and_chinese_signs_works(tmp_path):
    path = nifti(tmp_path / "Jürgen 患者" / "dwi é.nii.gz")
    again = tmp_path / "Ergebnis ß" / "läsion 中.nii.gz"
    again.parent.mkdir()
    image = read_volume(path)
    write_nifti(image, again)
    assert np.array_equal(sitk.GetArrayFromImage(read_volume(again)), sitk.GetArrayFromImage(image))


def test_a_text_file_named_nii_gz_is_refused_in_one_line(tmp_path, capfd):
    path = tmp_path / "dwi.nii.gz"
    path.write_text("this is no image\n" * 100)
    message = refusal(read_volume, path)
    assert "is not an intact NIfTI file" in message and str(path) in message
    assert capfd.readouterr() == ("", "")


def broken(path: Path, how: str) -> Path:
    plain = nifti(path.with_name("plain.nii")).read_bytes()
    packed = gzip.compress(plain)
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    content = {
        "cut gzip": packed[:-200],
        "cut gzip header": packed[:40],
        "bad gzip byte": bytes(flipped),
        "text in gzip": gzip.compress(b"hello" * 200),
        "cut": plain[:-100],
        "cut header": plain[:200],
        "unknown type": plain[:70] + struct.pack("<h", 9999) + plain[72:],
        "negative size": plain[:42] + struct.pack("<h", -5) + plain[44:],
    }[how]
    path = path.with_suffix(".nii.gz" if "gzip" in how else ".nii")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "how",
    [
        *("cut gzip", "cut gzip header", "bad gzip byte", "text in gzip"),
        *("cut", "cut header", "unknown type", "negative size"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, how):
    word = "there are none in it" if how == "negative size" else "is not an intact NIfTI file"
    assert word in refusal(read_volume, broken(tmp_path / "a", how))


@pytest.mark.parametrize("spacing", [0.0, -2.0, float("nan"), float("inf")])
def test_an_impossible_spacing_is_refused(tmp_path, spacing, capfd):
    path = nifti(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[84:88] = struct.pack("<f", spacing)
    path.write_bytes(bytes(content))
    assert "the voxel spacing is" in refusal(read_volume, path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("entry", "value", "word"),
    [
        *(((0, 1), 0.2, "sheared"), ((0, 1), 0.002, "sheared")),
        *(((0, 0), np.nan, "NaN"), ((0, 3), np.nan, "NaN"), ((0, 0), 0.0, "singular")),
    ],
)
def test_an_affine_that_no_grid_has_is_refused(tmp_path, entry, value, word):
    affine = np.eye(4)
    affine[entry] = value
    path = tmp_path / "a.nii"
    image = nib.Nifti1Image(voxels(), np.eye(4))
    image.header["sform_code"] = 1
    for row in range(3):
        image.header[f"srow_{'xyz'[row]}"] = affine[row]
    nib.Nifti1Image(voxels(), None, image.header).to_filename(path)
    content = bytearray(path.read_bytes())
    content[280:328] = affine[:3].astype("<f4").tobytes()
    content[254:256] = struct.pack("<h", 1)
    path.write_bytes(bytes(content))
    assert word in refusal(read_volume, path)


def test_a_shear_below_a_thousandth_is_straightened_about_the_centre(tmp_path):
    affine = np.eye(4)
    affine[0, 1] = 5e-4
    image = read_volume(nifti(tmp_path / "a.nii", affine=affine))
    axes = np.reshape(image.GetDirection(), (3, 3))
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    # Half of 12 voxels times half the shear is the most that a voxel moves.
    assert np.allclose(world(image, (0, 0, 0)), affine[:3, 3], atol=3e-3)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (np.zeros((10, 12, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")]), "colours"),
        (np.ones((10, 12, 6), np.complex64), "complex"),
        (np.ones((10, 12), np.float32), "2 dimensions"),
        (np.ones((10, 12, 6, 1, 3), np.float32), "5 dimensions"),
    ],
)
def test_what_is_not_one_grey_value_a_voxel_in_3d_is_refused(tmp_path, data, word):
    assert word in refusal(read_volume, nifti(tmp_path / "a.nii", data))


def test_nan_and_infinite_voxels_are_counted(tmp_path):
    data = voxels()
    data[0, 0, :3] = np.nan
    data[1, 1, :2] = -np.inf
    assert "3 NaN and 2 infinite" in refusal(read_volume, nifti(tmp_path / "a.nii", data))


def test_a_written_volume_comes_back_on_the_same_grid_in_both_libraries(tmp_path):
    image = read_volume(nifti(tmp_path / "a.nii", affine=affine_of("LAS", (0.9, 1.1, 5), (0.2, -0.3), 77)))
    write_nifti(image, tmp_path / "b.nii.gz")
    assert Grid.of(read_volume(tmp_path / "b.nii.gz")).same(Grid.of(image))
    assert Grid.of(sitk.ReadImage(str(tmp_path / "b.nii.gz"))).same(Grid.of(image))
    back = nib.load(tmp_path / "b.nii.gz")
    assert back.header.get_xyzt_units()[0] == "mm"
    assert np.array_equal(np.asarray(back.dataobj), sitk.GetArrayFromImage(image).T)


def test_labels_keep_their_type_and_an_empty_mask_can_be_read(tmp_path):
    labels = sitk.Image([9, 9, 9], sitk.sitkUInt8)
    write_nifti(labels, tmp_path / "mask.nii.gz")
    assert nib.load(tmp_path / "mask.nii.gz").get_data_dtype() == np.uint8
    assert read_volume(tmp_path / "mask.nii.gz").GetPixelID() == sitk.sitkFloat32


def test_writing_twice_gives_the_same_bytes(tmp_path):
    image = read_volume(nifti(tmp_path / "a.nii"))
    write_nifti(image, tmp_path / "one.nii.gz")
    write_nifti(image, tmp_path / "two.nii.gz")
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()


@pytest.mark.parametrize("name", ["missing/out.nii.gz", "folder.nii.gz", "out.png"])
def test_what_cannot_be_written_is_an_output_error_and_leaves_nothing(tmp_path, name):
    (tmp_path / "folder.nii.gz").mkdir()
    with pytest.raises(OutputError) as caught:
        write_nifti(sitk.Image([9, 9, 9], sitk.sitkUInt8), tmp_path / name)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.nii.gz"]


def test_a_failed_write_keeps_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "out.nii.gz"
    write_nifti(sitk.Image([9, 9, 9], sitk.sitkUInt8), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_nifti(sitk.Image([8, 8, 8], sitk.sitkUInt8), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_volume_fit_for_the_networks_passes(tmp_path):
    data = voxels() - 200  # negative values are fine
    validate(read_volume(nifti(tmp_path / "a.nii", data)), "a")
