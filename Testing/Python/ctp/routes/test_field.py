"""A case on the field of a one-network model, and the answer back on the case's own grid."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import STORAGES, rotation
from torch import Tensor

from StrokeSegLogic.base.errors import InputError, ModelError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.routes.field import (
    IMAGENET_MEAN,
    IMAGENET_SD,
    Field,
    background,
    brain_of_mip,
    field_grid,
    labels_on,
    lay,
    predict,
)
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.field_spec import FieldSpec, InputSpec
from StrokeSegLogic.nets.networks.base import SegmentationNetwork
from StrokeSegLogic.nets.run.network import Device
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.training.cohort.prepared import labels_on_grid

CPU = Device(torch.device("cpu"), None, "cpu")
CBF, TMAX = InputSpec("CBF", 0.0, 100.0), InputSpec("TMAX", 0.0, 12.0)


def stored(image: sitk.Image, order: tuple[int, ...], signs: tuple[int, ...]) -> sitk.Image:
    """The same volume with its axes in another order and direction."""
    return sitk.Flip(sitk.PermuteAxes(image, order), [sign < 0 for sign in signs])


def oblique(size: tuple[int, int, int] = (40, 48, 14), angles: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Grid:
    direction = rotation(angles)
    return Grid(size, (3.0, 3.0, 6.0), (-50.0, -60.0, -30.0), tuple(float(v) for v in direction.ravel()))


def blobs(grid: Grid) -> np.ndarray:
    """Penumbra with a core in it, and a second core by itself; uint8 (z, y, x)."""
    z, y, x = np.indices(grid.shape)

    def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
        away = [(i - c) * s for i, c, s in zip((z, y, x), centre, grid.spacing[::-1], strict=True)]
        return sum(a**2 for a in away) < radius**2

    labels = np.zeros(grid.shape, np.uint8)
    labels[ball((7, 20, 14), 26)] = 1
    labels[ball((7, 20, 14), 15)] = 2
    labels[ball((6, 34, 28), 16)] = 2
    return labels


def back(labels: np.ndarray, field: Grid, reference: Grid) -> np.ndarray:
    """Labels on the field taken for a network's certain answer, on the reference."""
    sure = np.stack([(labels == value).astype(np.float32) for value in range(3)])
    everywhere = Field(field, np.zeros((1, *field.shape), np.float32), np.ones(field.shape, bool))
    return labels_on(sure, everywhere, reference)


@pytest.mark.parametrize("size", [(96, 96), (128, 80), (32, 96, 96)], ids=str)
@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.0), (9.0, -6.0, 14.0)], ids=["straight", "oblique"])
def test_a_mask_laid_on_the_field_and_back_is_itself_again(
    size: tuple[int, ...], angles: tuple[float, float, float]
) -> None:
    reference = oblique(angles=angles)
    truth = blobs(reference)
    field = field_grid(reference, size)
    again = back(labels_on_grid(reference.image(truth), field), field, reference)
    for label in (1, 2):
        assert dice(again == label, truth == label) > 0.95


@settings(max_examples=12)
@given(st.sampled_from(STORAGES))
def test_field_and_answer_do_not_depend_on_how_the_case_is_stored(
    storage: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    reference = oblique(angles=(7.0, 4.0, -5.0))
    truth = reference.image(blobs(reference))
    other = stored(truth, *storage)
    field, same = field_grid(reference, (64, 64)), field_grid(Grid.of(other), (64, 64))
    assert field.same(same)
    laid = labels_on_grid(truth, field)
    np.testing.assert_array_equal(laid, labels_on_grid(other, same))
    first = reference.image(back(laid, field, reference))
    two = Grid.of(other).image(back(laid, same, Grid.of(other)))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(stored(first, *storage)), sitk.GetArrayFromImage(two))


def test_slices_are_kept_and_pixels_are_square_over_the_whole_field_of_view() -> None:
    reference = Grid((40, 30, 9), (2.0, 4.0, 5.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    field = field_grid(reference, (64, 32))
    # 80 x 120 mm on 32 columns and 64 rows: 2.5 mm would do for the columns, 1.875 mm for the rows.
    assert field.size == (32, 64, 9)
    assert field.spacing == pytest.approx((2.5, 2.5, 5.0))
    whole = field_grid(reference, (18, 64, 32))
    assert whole.size == (32, 64, 18) and whole.spacing == pytest.approx((2.5, 2.5, 2.5))
    for grid in (field, whole):
        np.testing.assert_allclose(grid.corners().mean(0), reference.corners().mean(0), atol=1e-9)


def images_of(grid: Grid) -> dict[str, sitk.Image]:
    """A head: brain of 50 HU within bone within scalp, with maps that are 0 outside the brain."""
    z, y, x = np.indices(grid.shape)
    middle = [(n - 1) / 2 for n in grid.shape]
    away = np.sqrt(sum(((i - c) * s) ** 2 for i, c, s in zip((z, y, x), middle, grid.spacing[::-1], strict=True)))
    mip = np.select([away < 39, away < 48, away < 54], [50.0, 900.0, 30.0], -1000.0)
    mip[(away < 39) & (away > 30) & (y % 7 == 0)] = 250.0  # vessels
    brain = away < 39
    noise = np.random.default_rng(5).uniform(10, 80, grid.shape)
    maps = {"CBF": noise * brain, "TMAX": noise / 8 * brain, "MIP": mip}
    return {name: grid.image(values.astype(np.float32)) for name, values in maps.items()}


@pytest.mark.parametrize("storage", [STORAGES[0], STORAGES[21], STORAGES[42]], ids=str)
def test_the_mip_shows_the_brain_within_its_skull(storage: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    images = images_of(oblique((48, 48, 20)))
    brain = sitk.Cast(images["CBF"] > 0, sitk.sitkUInt8)
    found = brain_of_mip(stored(images["MIP"], *storage))
    again = sitk.GetArrayFromImage(sitk.Resample(found, brain, sitk.Transform(), sitk.sitkNearestNeighbor))
    assert dice(again > 0, sitk.GetArrayFromImage(brain) > 0) > 0.97


@pytest.mark.parametrize("group", ["LVO", "WIS"])
@pytest.mark.quick(1)
def test_the_mip_of_a_simulated_patient_shows_all_of_the_brain_and_the_lesion(group: str) -> None:
    maps = ctp_patient(11, group).maps(ctp_grid((2.0, 2.0, 5.0), (0.0, 15.0, 18.0)))
    grid = Grid.of(maps.images["MIP"])
    found = sitk.Resample(
        brain_of_mip(maps.images["MIP"]), maps.images["MIP"], sitk.Transform(), sitk.sitkNearestNeighbor
    )
    brain = sitk.GetArrayFromImage(found) > 0
    truth = sitk.GetArrayFromImage(maps.truth) > 0
    assert dice(brain, sitk.GetArrayFromImage(maps.images["CBF"]) > 0) > 0.95
    assert not (truth & ~brain).any()
    assert 900 < brain.sum() * grid.voxel_ml < 1900


def test_windows_colours_and_black_surroundings_are_those_of_imagenets_images() -> None:
    grid = oblique((48, 48, 20))
    images = images_of(grid)
    images["CBF"] = grid.image(np.where(sitk.GetArrayFromImage(images["CBF"]) > 0, np.float32(250.0), np.float32(0)))
    inputs = (InputSpec("CBF", 0.0, 100.0, "rainbow"), InputSpec("TMAX", 0.0, 12.0, "grey-as-rgb"), TMAX)
    field = lay(images, grid, inputs, FieldSpec((48, 48), "MIP"))
    assert field.channels.shape == (7, 20, 48, 48) and field.channels.dtype == np.float32
    mean, sd = np.array(IMAGENET_MEAN), np.array(IMAGENET_SD)
    shown = field.channels[:3, field.brain] * sd[:, None] + mean[:, None]
    # Above the window all is dark red.
    inner = sitk.GetArrayFromImage(sitk.BinaryErode(field.grid.image(field.brain.astype(np.uint8)), (2, 2, 2))) > 0
    deep = field.channels[:3, inner] * sd[:, None] + mean[:, None]
    np.testing.assert_allclose(deep, np.array([[0.5], [0.0], [0.0]]) * np.ones_like(deep), atol=1e-5)
    assert shown.min() > -1e-5 and shown.max() < 1 + 1e-5
    # Three equal channels, and the one grey channel by the mean of the three constants.
    grey = field.channels[3:6] * sd[:, None, None, None] + mean[:, None, None, None]
    np.testing.assert_allclose(grey[0], grey[2], atol=1e-5)
    np.testing.assert_allclose(field.channels[6] * sd.mean() + mean.mean(), grey[0], atol=1e-5)
    black = np.concatenate([np.reshape(background(entry), -1) for entry in inputs])
    np.testing.assert_allclose(
        field.channels[:, ~field.brain], black[:, None] * np.ones((1, (~field.brain).sum())), rtol=1e-6
    )


def test_signal_of_mr_is_relative_to_the_brains_median() -> None:
    grid = oblique((48, 48, 20))
    dwi = sitk.GetArrayFromImage(images_of(grid)["CBF"])
    plain, gained = (
        lay({"DWI": grid.image(dwi * gain)}, grid, (InputSpec("DWI"),), FieldSpec((48, 48))) for gain in (1.0, 37.0)
    )
    np.testing.assert_allclose(plain.channels, gained.channels, atol=1e-5)
    assert abs(float(np.median(plain.channels[0][plain.brain]))) < 0.05
    outside = plain.channels[0][~plain.brain]
    np.testing.assert_array_equal(outside, np.full(outside.shape, background(InputSpec("DWI"))[0], np.float32))


def test_without_a_masking_image_the_maps_own_outline_counts() -> None:
    grid = oblique((48, 48, 20))
    images = images_of(grid)
    field = lay(images, grid, (CBF, TMAX), FieldSpec((48, 48)))
    masked = lay(images, grid, (CBF, TMAX), FieldSpec((48, 48), "MIP"))
    assert dice(field.brain, masked.brain) > 0.9


def test_missing_images_and_empty_images_are_named() -> None:
    grid = oblique((48, 48, 20))
    images = images_of(grid)
    with pytest.raises(InputError, match="the model needs Tmax, MIP"):
        lay({"CBF": images["CBF"]}, grid, (CBF, TMAX), FieldSpec((48, 48), "MIP"))
    empty = grid.image(np.full(grid.shape, -1000.0, np.float32))
    with pytest.raises(InputError, match="no brain was found in the images"):
        lay({**images, "MIP": empty}, grid, (CBF, TMAX), FieldSpec((48, 48), "MIP"))


class Counting(SegmentationNetwork):
    """Class 1 where the first channel is above 0, more certain the higher the score; counts what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[int, ...]] = []

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        self.shown.append(tuple(images.shape))
        weight = 10.0 if nihss is None else nihss.view(-1, *[1] * (images.ndim - 2))
        signal = weight * images[:, 0]
        return torch.stack([-signal, signal], 1)


@pytest.mark.parametrize("size", [(48, 48), (24, 48, 48)], ids=["slices", "volume"])
def test_slices_or_the_volume_go_through_the_network(size: tuple[int, ...]) -> None:
    grid = oblique((48, 48, 30))
    field = lay(images_of(grid), grid, (CBF,), FieldSpec(size, "MIP"))
    network, messages = Counting(), list[str]()
    progress = Progress(lambda fraction, message: messages.append(message))
    found = predict(network, field, len(size) == 3, None, CPU, progress, "predicting: case")
    assert found.shape == (2, *field.grid.shape)
    seen = field.brain.any(axis=(1, 2))
    if len(size) == 3:
        assert network.shown == [(1, 1, *size)]
        seen[:] = True
    else:
        assert network.shown == [(1, 1, *size)] * int(seen.sum()) and 0 < seen.sum() < len(seen)
    np.testing.assert_allclose(found.sum(0), np.broadcast_to(seen[:, None, None], field.brain.shape), atol=1e-6)
    np.testing.assert_array_equal((found[1] > found[0])[seen], (field.channels[0] > 0)[seen])
    assert set(messages) == {"predicting: case"}


def test_the_score_reaches_the_network() -> None:
    grid = oblique((48, 48, 20))
    field = lay(images_of(grid), grid, (CBF,), FieldSpec((48, 48), "MIP"))
    low, high = (predict(Counting(), field, False, score, CPU, Progress())[1] for score in (1.0, 20.0))
    assert np.abs(low - 0.5).sum() < np.abs(high - 0.5).sum()


def test_an_answer_that_is_no_number_is_refused() -> None:
    class Broken(Counting):
        def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
            return super().forward(images) * float("nan")

    grid = oblique((48, 48, 20))
    field = lay(images_of(grid), grid, (CBF,), FieldSpec((48, 48), "MIP"))
    with pytest.raises(ModelError, match="the network's answer is not a number"):
        predict(Broken(), field, False, None, CPU, Progress())


def test_nothing_is_said_outside_the_brain() -> None:
    grid = oblique((48, 48, 20))
    field = lay(images_of(grid), grid, (CBF,), FieldSpec((64, 64), "MIP"))
    sure = np.stack([np.zeros(field.brain.shape, np.float32), np.ones(field.brain.shape, np.float32)])
    labels = labels_on(sure, field, grid)
    assert labels.dtype == np.uint8 and labels.shape == grid.shape
    assert dice(labels > 0, sitk.GetArrayFromImage(images_of(grid)["CBF"]) > 0) > 0.95


@settings(max_examples=6)
@given(st.sampled_from(STORAGES))
def test_the_whole_way_from_images_to_labels_does_not_depend_on_storage(
    storage: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    images = images_of(oblique((40, 44, 18), angles=(5.0, 3.0, -4.0)))
    first = stored(segmented(images), *storage)
    two = segmented({name: stored(image, *storage) for name, image in images.items()})
    assert dice(sitk.GetArrayFromImage(first) > 0, sitk.GetArrayFromImage(two) > 0) > 0.999
    assert sitk.GetArrayFromImage(first).any()


def segmented(images: dict[str, sitk.Image]) -> sitk.Image:
    grid = Grid.of(images["CBF"])
    field = lay(images, grid, (CBF, TMAX), FieldSpec((40, 40), "MIP"))
    return grid.image(labels_on(predict(Counting(), field, False, None, CPU, Progress()), field, grid))
