"""One DICOM series to one volume, against series that pydicom wrote."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, refusal, stored

from StrokeSegLogic.study.volumes.checks import validate
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.study_files import find_series

pytest.importorskip("pydicom")
OBLIQUE = (0.96, 0.28, 0.0, -0.28 * 0.8, 0.96 * 0.8, 0.6)


@pytest.mark.parametrize("axes", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (-1, 0, 0, 0, 1, 0), OBLIQUE])
def test_every_voxel_lies_where_the_headers_say(tmp_path, axes):
    import pydicom

    data = stored()
    files = dicom_slices(tmp_path, data, axes=axes)
    image = read_dicom_series(reversed(files))
    validate(image, "series")
    for path in files:
        ds = pydicom.dcmread(path)
        for column, row in ((0, 0), (7, 3), (9, 11)):
            # DICOM PS3.3 C.7.6.2.1.1
            step_column = np.array(ds.ImageOrientationPatient[:3]) * ds.PixelSpacing[1]
            step_row = np.array(ds.ImageOrientationPatient[3:]) * ds.PixelSpacing[0]
            place = np.array(ds.ImagePositionPatient) + step_column * column + step_row * row
            index = image.TransformPhysicalPointToIndex(place.tolist())
            assert np.allclose(image.TransformIndexToPhysicalPoint(index), place, atol=1e-3)
            assert image[index] == ds.pixel_array[row, column]


def test_each_slice_has_its_own_rescale_slope(tmp_path):
    data, slopes = stored(), [0.5, 0.25, 1.75, 0.001, 3.0]
    image = read_dicom_series(dicom_slices(tmp_path, data, slopes=slopes))
    expected = data * np.reshape(slopes, (-1, 1, 1))
    assert np.allclose(sitk.GetArrayFromImage(image), expected, rtol=1e-5)


def test_the_order_of_the_files_does_not_matter(tmp_path):
    files = dicom_slices(tmp_path, stored())
    first, other = read_dicom_series(files), read_dicom_series([files[i] for i in (3, 0, 4, 1, 2)])
    assert first.GetOrigin() == other.GetOrigin()
    assert np.array_equal(sitk.GetArrayFromImage(first), sitk.GetArrayFromImage(other))


def test_a_missing_slice_is_refused(tmp_path):
    files = dicom_slices(tmp_path, stored())
    assert "slices are missing" in refusal(read_dicom_series, files[:2] + files[3:])


def test_positions_rounded_by_the_scanner_are_accepted(tmp_path):
    files = [
        dicom_slices(tmp_path, stored()[k : k + 1], uid="1.2.9", origin=(0, 0, z), prefix=f"s{k}")[0]
        for k, z in enumerate([0, 5.49, 11.0, 16.5, 21.99])
    ]
    assert read_dicom_series(files).GetSpacing()[2] == pytest.approx(21.99 / 4)


def test_several_volumes_in_one_series_are_refused(tmp_path):
    files = dicom_slices(tmp_path / "a", stored(), uid="1.2.3.9") + dicom_slices(
        tmp_path / "b", stored(seed=1), uid="1.2.3.9"
    )
    assert "10 files for 5 slice positions" in refusal(read_dicom_series, files)


def test_files_of_two_series_are_refused(tmp_path):
    files = dicom_slices(tmp_path / "a", stored()) + dicom_slices(tmp_path / "b", stored())
    assert "several series" in refusal(read_dicom_series, files)


def test_mixed_geometry_is_refused(tmp_path):
    files = dicom_slices(tmp_path / "a", stored(), uid="1.2.7")
    wide = dicom_slices(tmp_path / "b", stored(), uid="1.2.7", spacing=(3, 3, 4), origin=(0, 0, 99))
    turned = dicom_slices(tmp_path / "c", stored(), uid="1.2.7", axes=(0, 1, 0, 0, 0, -1))
    assert "mixed geometry" in refusal(read_dicom_series, files + wide)
    assert "mixed geometry" in refusal(read_dicom_series, files + turned)


def test_a_tilted_stack_is_refused(tmp_path):
    files = dicom_slices(tmp_path, stored(), step=(0, 1.0, 4.0))
    assert "tilted" in refusal(read_dicom_series, files)


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        ({"NumberOfFrames": 5}, "multi-frame"),
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "MOSAIC"]}, "mosaic"),
        ({"ImagePositionPatient": None}, "lacks its position"),
        ({"PixelSpacing": [0, 0]}, "voxel spacing is 0"),
        ({"SamplesPerPixel": 3}, "in colour"),
    ],
)
def test_what_is_not_a_stack_of_slices_is_refused(tmp_path, tags, word):
    assert word in refusal(read_dicom_series, dicom_slices(tmp_path, stored(), tags=tags))


def test_a_slice_cut_short_is_refused(tmp_path, capfd):
    files = dicom_slices(tmp_path, stored())
    files[2].write_bytes(files[2].read_bytes()[:-100])
    assert "cannot be read" in refusal(read_dicom_series, files)


def test_a_text_file_and_no_file_at_all_are_refused(tmp_path):
    (tmp_path / "a.dcm").write_text("hello" * 100)
    assert "is not an intact DICOM file" in refusal(read_dicom_series, [tmp_path / "a.dcm"])
    assert "has no file" in refusal(read_dicom_series, [])


def test_without_pydicom_the_message_says_what_to_install(tmp_path, monkeypatch):
    files = dicom_slices(tmp_path, stored())
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] == "pydicom":
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert 'pip install "strokeseg[dicom]"' in refusal(read_dicom_series, files)
    assert 'pip install "strokeseg[dicom]"' in refusal(find_series, tmp_path)
