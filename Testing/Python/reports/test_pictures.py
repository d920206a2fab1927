from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.reports.pictures import View, anatomical, blended, contour, encode_png, heat, lettered, painted, rim
from StrokeSegLogic.result.looks import Window
from StrokeSegLogic.space.grid import Grid

ORIENTATIONS = ("LPS", "RAS", "LAS", "RPI", "PIR", "SLP", "ASL")


def marked_head() -> sitk.Image:
    """A dim box in LPS with bright spots: 4 on the patient's left, 3 at the back, 2 at the head's end."""
    array = np.ones((12, 20, 16), np.float32)
    array[6, 10, 13] = 4
    array[6, 17, 8] = 3
    array[10, 10, 8] = 2
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((2.0, 1.5, 3.0))
    image.SetOrigin((-20.0, 5.0, 7.0))
    return image


def spot(picture: np.ndarray, value: float) -> tuple[float, float]:
    """Row and column of a spot's middle, as parts of the picture."""
    rows, columns = np.nonzero(np.abs(picture - value) < 0.2)
    return (rows.mean() + 0.5) / picture.shape[0], (columns.mean() + 0.5) / picture.shape[1]


def views(image: sitk.Image, middle: dict[str, float], pixel_mm: float = 0.5) -> dict[str, View]:
    """One view across each axis, through a world position along the plane's own axis."""
    grid = Grid.of(image)
    centre = grid.to_index(np.array([[middle["sagittal"], middle["coronal"], middle["axial"]]]))[0]
    found = [View.of(grid, axis, round(centre[axis]), pixel_mm) for axis in range(3)]
    return {view.plane: view for view in found}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_patients_left_is_on_the_right_however_it_is_stored(orientation: str) -> None:
    image = sitk.DICOMOrient(marked_head(), orientation)
    middle = {"sagittal": -20 + 8 * 2.0, "coronal": 5 + 10 * 1.5, "axial": 7 + 6 * 3.0}
    found = views(image, middle)
    assert set(found) == {"axial", "coronal", "sagittal"}
    axial, coronal, sagittal = (found[p](image, "nearest") for p in ("axial", "coronal", "sagittal"))
    left, back, top = 13.5 / 16, 17.5 / 20, 1 - 10.5 / 12
    assert spot(axial, 4) == pytest.approx((10.5 / 20, left), abs=0.02)
    assert spot(axial, 3) == pytest.approx((back, 8.5 / 16), abs=0.02)
    assert spot(coronal, 4) == pytest.approx((1 - 6.5 / 12, left), abs=0.02)
    assert spot(coronal, 2) == pytest.approx((top, 8.5 / 16), abs=0.02)
    assert spot(sagittal, 3) == pytest.approx((1 - 6.5 / 12, back), abs=0.02)
    assert spot(sagittal, 2) == pytest.approx((top, 10.5 / 20), abs=0.02)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_pictures_have_the_shape_of_the_body(orientation: str) -> None:
    image = sitk.DICOMOrient(marked_head(), orientation)
    found = views(image, {"sagittal": 0.0, "coronal": 15.0, "axial": 20.0})
    assert found["axial"].pixels.size[:2] == (64, 60)
    assert found["axial"](image).shape == (60, 64)
    assert found["coronal"](image).shape == (72, 64)
    assert found["sagittal"](image).shape == (72, 60)


def test_an_oblique_volume_is_shown_along_its_own_axes() -> None:
    image = marked_head()
    turn = np.deg2rad(20)
    image.SetDirection((np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1))
    view = View.of(Grid.of(image), 2, 6, 0.5)
    assert view.plane == "axial"
    assert spot(view(image, "nearest"), 4) == pytest.approx((10.5 / 20, 13.5 / 16), abs=0.02)


def test_another_grid_is_shown_at_the_same_place() -> None:
    image = marked_head()
    finer = sitk.Resample(
        image, (32, 40, 24), sitk.Transform(), sitk.sitkNearestNeighbor, (-20.5, 4.6, 6.2), (1, 0.75, 1.5)
    )
    view = View.of(Grid.of(image), 2, 6, 0.5)
    assert spot(view(finer, "nearest"), 4) == pytest.approx(spot(view(image, "nearest"), 4), abs=0.03)


def test_a_box_cuts_the_picture() -> None:
    image = marked_head()
    view = View.of(Grid.of(image), 2, 6, 1.0, ((10, 5, 0), (6, 10, 12)))
    picture = view(image, "nearest")
    assert picture.shape == (15, 12)
    assert spot(picture, 4) == pytest.approx((5.5 / 10, 3.5 / 6), abs=0.05)


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 2, 1), (1, 5, 7)])
def test_tiny_volumes_have_pictures(size: tuple[int, int, int]) -> None:
    image = sitk.Image(size, sitk.sitkFloat32) + 1
    for axis in range(3):
        assert View.of(Grid.of(image), axis, 0, 0.25)(image).min() == 1


def test_the_edges_carry_the_right_letters() -> None:
    image = marked_head()
    edges = {plane: view.edges for plane, view in views(image, {"sagittal": 0, "coronal": 15, "axial": 20}).items()}
    assert edges == {"axial": ("R", "L"), "coronal": ("R", "L"), "sagittal": ("A", "P")}
    plain = np.zeros((60, 80, 3), np.uint8)
    with_letters = lettered(plain, ("R", "L")).max(axis=2) > 0
    assert with_letters[:12, :12].any() and with_letters[:12, -12:].any()
    assert not with_letters[12:].any() and not with_letters[:, 14:-14].any()
    assert with_letters[:, :14].sum() > with_letters[:, -14:].sum()  # an R has more ink than an L
    assert not plain.any()
    tiny = np.zeros((4, 4, 3), np.uint8)
    assert np.array_equal(lettered(tiny, ("R", "L")), tiny)


def test_the_window_runs_from_the_1st_to_the_99th_percentile_but_no_further_than_25_medians() -> None:
    window = Window.of(np.linspace(100, 200, 10_001))
    assert (window.low, window.high) == pytest.approx((101, 199))
    skewed = Window.of(np.concatenate([np.full(900, 100.0), np.full(100, 3000.0)]))
    assert skewed.high == 250
    assert Window.of(np.array([])) == Window(0, 1)
    assert Window.of(np.full(5, np.nan)) == Window(0, 1)
    flat = Window.of(np.full((4, 4), 7.0))
    assert flat.grey(np.full((4, 4), 7.0)).shape == (4, 4, 3)


def test_grey_runs_from_black_to_white_and_takes_nan() -> None:
    grey = Window(0, 10).grey(np.array([[-5.0, 0.0, 5.0, 10.0, 99.0, np.nan]]))
    assert grey[0, :, 0].tolist() == [0, 0, 128, 255, 255, 0]


def test_a_contour_follows_the_edge_alone() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    line = contour(mask)
    assert line[5, 5:15].all() and line[4, 5:15].all()
    assert not line[7:13, 7:13].any() and not line[:4].any()
    assert not contour(np.ones((5, 5), bool)).any()
    single = np.zeros((5, 5), bool)
    single[2, 2] = True
    assert contour(single).sum() == 5


def test_painting_leaves_the_original_alone() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    mask = np.array([[True, False], [False, False]])
    assert painted(picture, mask, (1, 2, 3))[0, 0].tolist() == [1, 2, 3]
    assert blended(picture, np.full((2, 2, 3), 200), mask * 0.5)[0, 0].tolist() == [100, 100, 100]
    assert not picture.any()


def test_heat_hides_what_is_improbable() -> None:
    colours, opacity = heat(np.array([[0.0, 0.02, 0.5, 1.0]]))
    assert opacity[0, :2].tolist() == [0, 0]
    assert 0 < opacity[0, 2] < opacity[0, 3] < 1
    assert colours[0, 3].tolist() == [189, 0, 38]


@pytest.mark.parametrize("colours", [2, 256, 257, 5000])
def test_png_files_read_back_as_they_were(colours: int, tmp_path) -> None:
    random = np.random.default_rng(0)
    table = random.integers(0, 256, (colours, 3), dtype=np.uint8)
    picture = table[random.integers(0, colours, (61, 83))]
    path = tmp_path / "picture.png"
    path.write_bytes(encode_png(picture))
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[..., :3], picture)


@pytest.mark.parametrize("bad", [np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3)), np.zeros((0, 3, 3), np.uint8)])
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        encode_png(bad)


def test_positions_are_said_as_slicer_says_them() -> None:
    assert [anatomical(0, 12.4), anatomical(1, -3.0), anatomical(2, -0.2)] == ["L 12", "A 3", "S 0"]


def test_a_rim_is_the_outermost_pixels_of_a_mask_and_a_contour_lies_on_both_sides() -> None:
    mask = np.zeros((9, 11), bool)
    mask[2:7, 3:9] = True
    inner = np.zeros_like(mask)
    inner[3:6, 4:8] = True
    np.testing.assert_array_equal(rim(mask), mask & ~inner)
    assert contour(mask).sum() > 1.5 * rim(mask).sum()
    assert not rim(np.zeros_like(mask)).any()
