"""4-D files: NIfTI, NRRD, MetaImage, sidecars of times; and colours."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import frames, nifti_series
from hypothesis import given
from hypothesis import strategies as st
from io_fixtures import refusal, world

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.frame_stack import FrameStack
from StrokeSegLogic.study.volumes.frame_times import times_of_step
from StrokeSegLogic.study.volumes.reader import frames_of, is_colour, read_colours, read_time_series

HU = frames()


def voxels(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayViewFromImage(image)


@pytest.mark.parametrize("name", ["CTP.nii", "CTP.nii.gz"])
@pytest.mark.parametrize(("step", "unit"), [(1.5, "sec"), (1500.0, "msec"), (1.5e6, "usec")])
def test_a_nifti_series_stays_int16_with_its_times_and_place(tmp_path, name, step, unit):
    path = nifti_series(tmp_path / name, HU, step, unit, start=2 * step)
    found = read_time_series(path)
    assert found.image.GetPixelID() == sitk.sitkInt16 and np.array_equal(voxels(found.image), HU)
    assert found.times_s == pytest.approx(tuple(3.0 + 1.5 * k for k in range(12))) and found.notes == ()
    frame = Grid.of(found.image).image(HU[0])
    assert world(frame, (3, 2, 1)) == pytest.approx((nib.load(path).affine @ [3, 2, 1, 1])[:3])
    assert frames_of(path) == 12 and not is_colour(path)


@pytest.mark.parametrize("kind", ["int16", ">i2", "uint8", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (1.0, -1024.0), (0.5, 3.0)])
def test_any_type_and_scaling_gives_the_values_that_nibabel_gives(tmp_path, kind, slope, offset):
    stored = np.random.default_rng(0).integers(0, 200, (5, 6, 3, 4)).astype(kind)
    order = nib.Nifti1Header(endianness=">" if kind.startswith(">") else "<")
    image = nib.Nifti1Image(stored, np.eye(4), order)
    image.header.set_data_dtype(kind)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_slope_inter(slope, offset)
    path = tmp_path / "CTP.nii.gz"
    # nibabel divides by the slope when it saves: the voxels are put in as they are.
    content = bytearray(image.to_bytes())
    raw = np.asarray(stored, kind).tobytes(order="F")
    content[len(content) - len(raw) :] = raw
    path.write_bytes(gzip.compress(bytes(content)))
    found = read_time_series(path)
    assert np.array_equal(voxels(found.image), nib.load(path).get_fdata().T)
    whole = (slope, offset) != (0.5, 3.0)
    assert found.image.GetPixelID() == (sitk.sitkInt16 if whole else sitk.sitkFloat32)


@given(st.lists(st.sampled_from(["int16", "int32", "uint16", "float32"]), min_size=1, max_size=5), st.integers(0, 99))
def test_frames_of_mixed_types_keep_their_values(kinds, seed):
    rng = np.random.default_rng(seed)
    given_frames = [rng.integers(0, 60000 if kind != "int16" else 3000, (2, 3, 4)).astype(kind) for kind in kinds]
    stack = FrameStack((len(kinds), 2, 3, 4))
    for frame in given_frames:
        stack.add(frame)
    image = stack.image(Grid((4, 3, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)))
    assert np.array_equal(voxels(image), np.stack([frame.astype(np.float64) for frame in given_frames]))
    fits = all(frame.max() <= 32767 for frame in given_frames)
    assert image.GetPixelID() == (sitk.sitkInt16 if fits else sitk.sitkFloat32)


def test_without_a_usable_step_times_are_asked_for(tmp_path):
    for step, unit in ((0.0, "sec"), (1.0, None), (-2.0, "sec"), (0.01, None), (50.0, None)):
        path = nifti_series(tmp_path / "CTP.nii", HU, step, unit)
        message = refusal(read_time_series, path)
        assert "time step" in message and "times.txt" in message, (step, unit)


@pytest.mark.parametrize(
    ("step", "second", "word"), [(1.5, 1.5, "seconds were assumed"), (2000.0, 2.0, "milliseconds")]
)
def test_a_step_without_unit_is_taken_where_it_can_be_one_thing_only_and_said(tmp_path, step, second, word):
    found = read_time_series(nifti_series(tmp_path / "CTP.nii", HU, step, None))
    assert found.times_s[1] == pytest.approx(second)
    assert len(found.notes) == 1 and word in found.notes[0]
    assert times_of_step(3.0, "sec", float("nan"), 2, "x", "y") == ((0.0, 3.0), "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("times.txt", "\n".join(map(str, 2.5 * np.arange(12)))),
        ("CTP.times.txt", "# seconds\n" + ", ".join(map(str, 2.5 * np.arange(12)))),
        ("CTP_times.txt", " ".join(map(str, 2.5 * np.arange(12)))),
        ("CTP.json", json.dumps({"FrameTimesStart": (2.5 * np.arange(12)).tolist()})),
        ("CTP.json", json.dumps({"VolumeTiming": (2.5 * np.arange(12)).tolist()})),
        ("CTP.json", json.dumps({"RepetitionTime": 2.5})),
        ("times.json", json.dumps((2.5 * np.arange(12)).tolist())),
    ],
)
def test_times_beside_the_file_go_before_the_headers(tmp_path, name, content):
    path = nifti_series(tmp_path / "CTP.nii.gz", HU)
    (tmp_path / name).write_text(content)
    found = read_time_series(path)
    assert found.times_s == pytest.approx(tuple(2.5 * np.arange(12)))
    assert found.notes == (f"CTP.nii.gz: the frames' times are from {name}",)


def test_times_are_carried_as_recorded_even_unsorted(tmp_path):
    path = nifti_series(tmp_path / "CTP.nii", HU)
    times = [float(t) for t in np.random.default_rng(0).permutation(12)]
    (tmp_path / "times.txt").write_text(" ".join(map(str, times)))
    assert read_time_series(path).times_s == tuple(times)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("times.txt", "1 2 3", "holds 3 times, and CTP.nii has 12 frames"),
        ("times.txt", "1 2 x", "holds something that is no number"),
        ("CTP.json", "{", "not readable as JSON"),
        ("CTP.json", '{"RepetitionTime": "2"}', "RepetitionTime is '2'"),
        ("CTP.json", '{"RepetitionTime": -2}', "RepetitionTime is -2"),
        ("CTP.json", '{"VolumeTiming": [1, "b"]}', "VolumeTiming is no list of numbers"),
        ("CTP.json", '{"FrameTimesStart": 3}', "FrameTimesStart is no list of numbers"),
    ],
)
def test_times_that_are_no_times_are_refused(tmp_path, name, content, word):
    path = nifti_series(tmp_path / "CTP.nii", HU)
    (tmp_path / name).write_text(content)
    assert word in refusal(read_time_series, path)


def test_a_json_that_says_nothing_on_time_is_passed_over(tmp_path):
    path = nifti_series(tmp_path / "CTP.nii", HU)
    (tmp_path / "CTP.json").write_text('{"Manufacturer": "x"}')
    assert read_time_series(path).notes == ()


def test_a_series_that_is_cut_short_or_damaged_is_refused(tmp_path):
    whole = nifti_series(tmp_path / "CTP.nii.gz", HU).read_bytes()
    plain = nifti_series(tmp_path / "CTP.nii", HU).read_bytes()
    bad = bytearray(whole)
    bad[-6] ^= 255  # in the archive's checksum
    for name, content in (("CTP.nii.gz", whole[:-4000]), ("CTP.nii", plain[:-2]), ("CTP.nii.gz", bytes(bad))):
        (tmp_path / name).write_bytes(content)
        assert "is not an intact NIfTI file" in refusal(read_time_series, tmp_path / name)


def test_a_sheared_series_and_one_volume_are_refused(tmp_path):
    image = nib.Nifti1Image(HU.T, np.array([[1, 0, 0, 0], [0, 1, 1.0, 0], [0, 0, 5, 0], [0, 0, 0, 1.0]]))
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, tmp_path / "tilted.nii")
    assert "stacked askew by 11.3 degrees" in refusal(read_time_series, tmp_path / "tilted.nii")
    nib.save(nib.Nifti1Image(HU[0].T, np.eye(4)), tmp_path / "one.nii")
    assert "has 3 dimensions" in refusal(read_time_series, tmp_path / "one.nii")


def nrrd(path: Path, hu: np.ndarray, first: bool, pairs: str, units: str = "") -> Path:
    """A raw NRRD of frames (t, z, y, x), its list axis first (a multi-volume) or last (a sequence)."""
    place = "(0.9,0,0) (0,0.8,0) (0,0,5)"
    t, z, y, x = hu.shape
    sizes, kinds, steps = (f"{t} {x} {y} {z}", "list domain domain domain", f"none {place}")
    data = np.moveaxis(hu, 0, -1)
    if not first:
        sizes, kinds, steps, data = f"{x} {y} {z} {t}", "domain domain domain list", f"{place} none", hu
    units = f"units: {units}\n" if units else ""
    header = (
        f"NRRD0005\ntype: short\ndimension: 4\nspace: left-posterior-superior\nsizes: {sizes}\n"
        f"space directions: {steps}\nkinds: {kinds}\n{units}endian: little\nencoding: raw\n"
        f"space origin: (-10,20,30)\n{pairs}\n"
    )
    path.write_bytes(header.encode() + np.ascontiguousarray(data).astype("<i2").tobytes())
    return path


LABELS = ",".join(str(1500 * k) for k in range(12))


@pytest.mark.parametrize(
    ("first", "pairs", "units"),
    [
        (True, f"MultiVolume.FrameLabels:={LABELS}\nMultiVolume.NumberOfFrames:=12\n", ""),
        (True, f"MultiVolume.FrameLabels:={LABELS}\nMultiVolume.FrameIdentifyingDICOMTagUnits:=ms\n", ""),
        (
            False,
            "axis 3 index type:=numeric\naxis 3 index values:=" + " ".join(str(1.5 * k) for k in range(12)) + "\n",
            '"" "" "" "s"',
        ),
        (
            True,
            "axis 0 index type:=numeric\naxis 0 index values:=" + LABELS.replace(",", " ") + "\n",
            '"ms" "" "" ""',
        ),
    ],
)
def test_sequences_and_multi_volumes_of_slicer_are_read_with_their_times(tmp_path, first, pairs, units):
    path = nrrd(tmp_path / "CTP.seq.nrrd", HU, first, pairs, units)
    found = read_time_series(path)
    assert found.image.GetPixelID() == sitk.sitkInt16 and np.array_equal(voxels(found.image), HU)
    assert found.times_s == pytest.approx(tuple(1.5 * np.arange(12))) and found.notes == ()
    grid = Grid.of(found.image)
    assert grid.origin == (-10.0, 20.0, 30.0) and grid.spacing == pytest.approx((0.9, 0.8, 5.0))
    assert frames_of(path) == 12


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ("", "says nothing on the frames' times"),
        ("MultiVolume.FrameLabels:=1,2,3\n", "gives 3 times for 12 frames"),
        ("MultiVolume.FrameLabels:=a,b\n", "not numbered by time"),
    ],
)
def test_a_sequence_without_times_is_refused_unless_they_stand_beside_it(tmp_path, pairs, word):
    path = nrrd(tmp_path / "CTP.nrrd", HU, True, pairs)
    message = refusal(read_time_series, path)
    assert word in message and "times.txt" in message
    (tmp_path / "times.txt").write_text(" ".join(map(str, range(12))))
    assert read_time_series(path).times_s == tuple(range(12))


@pytest.mark.parametrize("name", ["CTP.mha", "CTP.nrrd"])
def test_a_plain_4d_file_of_itk_is_read(tmp_path, name):
    image = sitk.GetImageFromArray(HU, isVector=False)
    image.SetSpacing((0.9, 0.8, 5.0, 1.5))
    sitk.WriteImage(image, str(tmp_path / name))
    found = read_time_series(tmp_path / name)
    assert np.array_equal(voxels(found.image), HU)
    assert found.times_s == pytest.approx(tuple(1.5 * np.arange(12)))
    assert "seconds were assumed" in found.notes[0]
    assert frames_of(tmp_path / name) == 12


def test_a_3d_file_of_itk_is_no_series(tmp_path):
    sitk.WriteImage(sitk.GetImageFromArray(HU[0]), str(tmp_path / "a.nrrd"))
    assert "holds one volume" in refusal(read_time_series, tmp_path / "a.nrrd")
    assert frames_of(tmp_path / "a.nrrd") == 1
    (tmp_path / "b.nrrd").write_bytes(b"NRRD0005\nnonsense\n\n")
    assert "is not an intact NRRD file" in refusal(read_time_series, tmp_path / "b.nrrd")
    (tmp_path / "c.txt").write_text("x")
    assert "cannot be read as a 4-D series" in refusal(read_time_series, tmp_path / "c.txt")


def test_colours_of_nifti_and_nrrd_are_read_in_place(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 255, (3, 10, 12, 3)).astype(np.uint8)
    image = sitk.GetImageFromArray(rgb, isVector=True)
    image.SetSpacing((0.9, 0.8, 5.0))
    for name in ("map.nrrd", "map.mha"):
        sitk.WriteImage(image, str(tmp_path / name))
    packed = np.zeros((12, 10, 3), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for channel, letter in enumerate("RGB"):
        packed[letter] = rgb[..., channel].T
    nib.save(nib.Nifti1Image(packed, np.diag([-0.9, -0.8, 5.0, 1.0])), tmp_path / "map.nii.gz")
    for name in ("map.nrrd", "map.mha", "map.nii.gz"):
        assert is_colour(tmp_path / name) and frames_of(tmp_path / name) == 1
        found = read_colours(tmp_path / name)
        assert np.array_equal(sitk.GetArrayFromImage(found), rgb)
        assert found.GetSpacing() == pytest.approx((0.9, 0.8, 5.0))
    for name in ("grey.nrrd", "grey.nii"):
        sitk.WriteImage(sitk.GetImageFromArray(HU[0]), str(tmp_path / name))
        assert "colour volume" in refusal(read_colours, tmp_path / name)
