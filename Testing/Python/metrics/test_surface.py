from __future__ import annotations

from math import isnan

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.mask_pairs import Pair, mask_pairs
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from StrokeSegLogic.metrics.surface import SurfaceDistances, surface_distances

METRICS = ("hausdorff", "hausdorff95", "average_symmetric")


def all_distances(prediction: np.ndarray, truth: np.ndarray, spacing: tuple[float, ...]) -> SurfaceDistances:
    """The same by brute force: every surface voxel against every other."""
    places = [np.argwhere(mask & ~binary_erosion(mask)) * spacing for mask in (prediction, truth)]
    table = cdist(*places)
    return SurfaceDistances(table.min(1), table.min(0))


@given(mask_pairs())
def test_distances_agree_with_brute_force(pair: Pair) -> None:
    found, reference = surface_distances(*pair), all_distances(*pair)
    assert np.sort(found.from_prediction) == pytest.approx(np.sort(reference.from_prediction), rel=1e-5, abs=1e-5)
    assert np.sort(found.from_truth) == pytest.approx(np.sort(reference.from_truth), rel=1e-5, abs=1e-5)


@settings(max_examples=40)
@given(mask_pairs())
def test_metrics_agree_with_monai(pair: Pair) -> None:
    masks = [torch.from_numpy(mask.astype(np.float32))[None, None] for mask in pair[:2]]
    found, options = surface_distances(*pair), {"include_background": True, "spacing": pair[2]}
    assert found.hausdorff == pytest.approx(float(compute_hausdorff_distance(*masks, **options)), rel=1e-5)
    percentile = float(compute_hausdorff_distance(*masks, percentile=95, **options))
    assert found.hausdorff95 == pytest.approx(percentile, rel=1e-5, abs=1e-5)
    average = float(compute_average_surface_distance(*masks, symmetric=True, **options))
    assert found.average_symmetric == pytest.approx(average, rel=1e-5, abs=1e-5)


@given(mask_pairs())
def test_hausdorff_agrees_with_simpleitk_where_masks_have_no_interior(pair: Pair) -> None:
    # ITK measures between sets, not surfaces; a mask without interior is its own surface.
    thin = [mask & ~binary_erosion(mask) for mask in pair[:2]]
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in thin]
    for image in images:
        image.SetSpacing(pair[2][::-1])
    measure = sitk.HausdorffDistanceImageFilter()
    measure.Execute(*images)
    assert surface_distances(*thin, pair[2]).hausdorff == pytest.approx(measure.GetHausdorffDistance(), rel=1e-5)


@given(mask_pairs(), st.permutations(range(3)), st.sets(st.integers(0, 2)))
def test_distances_do_not_depend_on_how_the_volume_is_stored(pair: Pair, order: list[int], flips: set[int]) -> None:
    turned = [np.flip(np.transpose(mask, order), tuple(flips)) for mask in pair[:2]]
    found = surface_distances(*turned, tuple(pair[2][axis] for axis in order))
    for name in METRICS:
        assert getattr(found, name) == pytest.approx(getattr(surface_distances(*pair), name), rel=1e-5, abs=1e-5)


@given(mask_pairs())
def test_distances_are_symmetric_and_ordered_and_grow_with_the_voxels(pair: Pair) -> None:
    prediction, truth, spacing = pair
    found, exchanged = surface_distances(prediction, truth, spacing), surface_distances(truth, prediction, spacing)
    doubled = surface_distances(prediction, truth, tuple(2 * side for side in spacing))
    diagonal = float(np.linalg.norm((np.array(truth.shape) - 1) * spacing))
    assert 0 <= found.hausdorff95 <= found.hausdorff <= diagonal * (1 + 1e-5)
    assert 0 <= found.average_symmetric <= found.hausdorff
    for name in METRICS:
        assert getattr(found, name) == pytest.approx(getattr(exchanged, name), rel=1e-5)
        assert 2 * getattr(found, name) == pytest.approx(getattr(doubled, name), rel=1e-5)


@given(mask_pairs())
def test_a_mask_is_no_distance_from_itself(pair: Pair) -> None:
    found = surface_distances(pair[1], pair[1], pair[2])
    assert [getattr(found, name) for name in METRICS] == [0.0, 0.0, 0.0]


def test_two_voxels_lie_their_centres_distance_apart() -> None:
    prediction, truth = np.zeros((2, 5, 6, 7), bool)
    prediction[1, 1, 1] = truth[3, 4, 1] = True
    found = surface_distances(prediction, truth, (2.0, 1.0, 0.5))
    assert found.hausdorff == found.average_symmetric == pytest.approx(5.0)


def test_the_95th_percentile_is_the_larger_of_two_and_not_pooled() -> None:
    found = SurfaceDistances(np.zeros(1000), np.linspace(0.0, 10.0, 11))
    assert found.hausdorff95 == pytest.approx(9.5)
    assert np.percentile(np.concatenate([found.from_prediction, found.from_truth]), 95) == 0.0


def test_a_surface_at_the_edge_of_the_volume_counts() -> None:
    full, corner = np.ones((3, 3, 3), bool), np.zeros((3, 3, 3), bool)
    corner[0, 0, 0] = True
    assert surface_distances(full, corner, (1.0, 1.0, 1.0)).hausdorff == pytest.approx(12**0.5)


@pytest.mark.parametrize("which", [(0, 0), (0, 1), (1, 0)])
def test_distances_to_nothing_are_undefined(which: tuple[int, int]) -> None:
    masks = [np.full((3, 4, 5), value, bool) for value in which]
    assert all(isnan(getattr(surface_distances(*masks, (1.0, 1.0, 1.0)), name)) for name in METRICS)


def test_wrong_shapes_and_spacings_are_refused() -> None:
    mask = np.ones((3, 3, 3))
    with pytest.raises(ValueError, match="shapes"):
        surface_distances(mask, mask[:2], (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="shapes"):
        surface_distances(mask[0], mask[0], (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="spacing"):
        surface_distances(mask, mask, (1.0, 0.0, 1.0))
