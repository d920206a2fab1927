from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import torch

import StrokeSegLogic
from StrokeSegLogic.base.errors import InputError, ModelError
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.mri.slices import predict_slices
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.run.inputs import LOWEST, centred, normalise
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid, to_stack, working_grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import Role


@pytest.fixture(scope="module")
def fine(phantom: MriPhantom) -> sitk.Image:
    """The FLAIR at 1 mm."""
    image = phantom.images[Role.FLAIR]
    return resample(image, working_grid(Grid.of(image), 1.0))


@pytest.fixture(scope="module")
def slices(fine: sitk.Image) -> np.ndarray:
    """Three axial FLAIR slices at 1 mm, as SOOP's."""
    volume = sitk.GetArrayFromImage(fine)
    middle = len(volume) // 2
    return to_stack(volume, "axial")[middle - 1 : middle + 2]


@pytest.fixture(scope="module")
def flair(phantom: MriPhantom, fine: sitk.Image) -> np.ndarray:
    """The axial FLAIR slice at 1 mm that shows the most of the infarct."""
    lesion = sitk.GetArrayFromImage(resample(phantom.truth, Grid.of(fine), "nearest"))
    volume = sitk.GetArrayFromImage(fine)
    return to_stack(volume, "axial")[int(lesion.sum(axis=(1, 2)).argmax())].astype(np.float32)


@pytest.mark.parametrize("plane", PLANES)
def test_the_answer_has_the_shape_of_the_slices_and_is_a_probability(
    slices: np.ndarray, untrained: Bundle, plane: str
) -> None:
    found = predict_slices(untrained.folder, plane, {Role.FLAIR: slices}, (1.0, 1.0))
    assert found.shape == slices.shape
    assert found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1
    assert (found[slices == 0] == 0).all()


def test_slices_of_any_spacing_come_back_on_their_own_pixels(slices: np.ndarray, untrained: Bundle) -> None:
    coarse = slices[:, ::2, ::3]
    found = predict_slices(untrained.folder, "axial", {Role.FLAIR: coarse}, (2.0, 3.0))
    assert found.shape == coarse.shape


def test_the_answer_does_not_depend_on_how_tightly_slices_are_cut(flair: np.ndarray) -> None:
    # Networks know where their canvas ends: of slices cut to the brain they once said half as much.
    rows, columns = (np.flatnonzero(flair.any(axis=axis)) for axis in (1, 0))
    # As much on either side, so that the brain's middle stays the slice's.
    margins = [min(used[0], n - 1 - used[-1]) for used, n in zip((rows, columns), flair.shape, strict=True)]
    assert min(margins) >= 2, "there is something to cut away"
    box = tuple(slice(margin, -margin) for margin in margins)
    loose, tight, wide = (
        predict_slices(None, "axial", {Role.FLAIR: image[None]}, (1.0, 1.0))[0]
        for image in (flair, flair[box], np.pad(flair, 30))
    )
    assert loose.max() > 0.9
    np.testing.assert_allclose(tight, loose[box], atol=1e-6)
    np.testing.assert_allclose(wide[30:-30, 30:-30], loose, atol=1e-6)


def test_slices_are_shown_to_networks_on_the_patch_of_their_training(flair: np.ndarray) -> None:
    bundle = find(None)
    canvas = bundle.planes.canvas
    assert list(canvas) == bundle.spec.card["recipe"]["patch"]
    brain = flair > 0
    target, origin = centred(flair.shape, canvas)
    images = torch.full((1, 5, *canvas), LOWEST)
    images[:, [role is not Role.FLAIR for role in bundle.planes.roles]] = 0
    shown = np.full(canvas, LOWEST, np.float32)
    shown[target] = normalise(flair, brain)[origin]
    images[0, bundle.planes.roles.index(Role.FLAIR)] = torch.from_numpy(shown)
    with torch.inference_mode():
        said = load(bundle, choose("cpu", full_precision=True))["axial"](images).softmax(1)[0, 1].numpy()
    found = predict_slices(None, "axial", {Role.FLAIR: flair[None]}, (1.0, 1.0))[0]
    # The reference in float32, the answer in what the device gains from.
    difference = abs(found[origin] - said[target])[brain[origin]]
    assert difference.mean() < 0.005 and said.max() > 0.9
    assert dice(found[origin] >= 0.5, (said[target] >= 0.5) & brain[origin]) > 0.97


def test_a_neighbour_that_is_larger_than_the_canvas_changes_nothing(flair: np.ndarray) -> None:
    wide = np.full_like(flair, 100.0)
    both = predict_slices(None, "axial", {Role.FLAIR: np.stack([flair, wide])}, (1.0, 1.0))
    alone = predict_slices(None, "axial", {Role.FLAIR: flair[None]}, (1.0, 1.0))
    np.testing.assert_allclose(both[0], alone[0], atol=1e-6)


def test_a_slice_does_not_depend_on_its_neighbours(slices: np.ndarray, untrained: Bundle) -> None:
    together = predict_slices(untrained.folder, "axial", {Role.FLAIR: slices}, (1.0, 1.0), "cpu")
    alone = predict_slices(untrained.folder, "axial", {Role.FLAIR: slices[1:2]}, (1.0, 1.0), "cpu")
    np.testing.assert_allclose(together[1], alone[0], atol=0.02)


def test_the_default_model_needs_no_name(slices: np.ndarray) -> None:
    found = StrokeSegLogic.inference.predict_slices(None, "axial", {Role.FLAIR: slices}, (1.0, 1.0))
    assert found.shape == slices.shape


def test_an_empty_slice_and_no_slice_at_all_are_no_errors(slices: np.ndarray, untrained: Bundle) -> None:
    empty = np.zeros_like(slices[:1])
    assert not predict_slices(untrained.folder, "axial", {Role.FLAIR: empty}, (1.0, 1.0)).any()
    for nothing in (slices[:0], slices[:, :0], slices[:, :, :0]):
        assert predict_slices(untrained.folder, "axial", {Role.FLAIR: nothing}, (1.0, 1.0)).shape == nothing.shape


def test_a_sequence_that_shows_only_part_of_the_brain_is_used_where_it_is(
    slices: np.ndarray, untrained: Bundle
) -> None:
    part = slices.copy()
    part[:, : part.shape[1] // 2] = 0
    part[1] = 0
    spacing = (np.float32(1.0), np.float32(1.0))
    found = predict_slices(untrained.folder, "axial", {Role.FLAIR: slices, Role.DWI: part}, spacing)
    assert np.isfinite(found).all() and found.shape == slices.shape


def test_bad_slices_are_refused(slices: np.ndarray, untrained: Bundle) -> None:
    model = untrained.folder
    with pytest.raises(InputError, match="'oblique' is no plane"):
        predict_slices(model, "oblique", {Role.FLAIR: slices}, (1.0, 1.0))
    with pytest.raises(InputError, match="alike for all sequences"):
        predict_slices(model, "axial", {Role.FLAIR: slices, Role.DWI: slices[:, 1:]}, (1.0, 1.0))
    with pytest.raises(InputError, match="alike for all sequences"):
        predict_slices(model, "axial", {Role.FLAIR: slices[0]}, (1.0, 1.0))
    with pytest.raises(InputError, match="two positive numbers"):
        predict_slices(model, "axial", {Role.FLAIR: slices}, (0.0, 1.0))
    with pytest.raises(InputError, match="NaN"):
        predict_slices(model, "axial", {Role.FLAIR: np.full_like(slices, np.nan)}, (1.0, 1.0))
    with pytest.raises(InputError, match="no slices"):
        predict_slices(model, "axial", {}, (1.0, 1.0))
    with pytest.raises(ModelError, match="cannot work with T1 alone"):
        predict_slices(model, "axial", {Role.T1: slices}, (1.0, 1.0))
