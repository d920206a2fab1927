from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch

import StrokeSegLogic
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.mri.prepare import prepare
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.mri.vote import run_planes
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import KeptNetworks, keeping
from StrokeSegLogic.nets.run.network import choose
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import to_stack
from StrokeSegLogic.space.masks import connected_parts
from StrokeSegLogic.study.case import Case, Role


@pytest.fixture(scope="module")
def small(phantom: MriPhantom, make_case) -> Case:
    return make_case({Role.DWI: phantom.images[Role.DWI]})


@pytest.fixture(scope="module")
def plain(small: Case, untrained: Bundle) -> Segmentation:
    return StrokeSegLogic.segment(small, model=untrained.folder, device="cpu")


def voxels(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def test_a_users_own_threshold_replaces_the_models_and_is_said(
    small: Case, untrained: Bundle, plain: Segmentation
) -> None:
    levels = np.unique(voxels(plain.probability)[voxels(plain.brain) > 0])
    limit = float(levels[levels.size // 2])
    found = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", threshold=limit, vote="mean")
    np.testing.assert_array_equal(voxels(found.probability), voxels(plain.probability))
    np.testing.assert_array_equal(found.array(), voxels(plain.probability) >= limit)
    vote = found.provenance["vote"]
    assert (vote["threshold"], vote["model_threshold"]) == (limit, untrained.planes.threshold)
    assert any("threshold was set to" in warning for warning in found.warnings)
    assert not any("threshold was set to" in warning for warning in plain.warnings)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5, 7.0, math.nan])
def test_a_threshold_that_no_probability_has_is_refused(small: Case, untrained: Bundle, threshold: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", threshold=threshold)


@pytest.mark.parametrize("volume", [-1.0, math.inf, math.nan])
def test_a_smallest_volume_that_is_none_is_refused(small: Case, untrained: Bundle, volume: float) -> None:
    with pytest.raises(InputError, match="0 or more ml"):
        StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", minimum_lesion_ml=volume)


@pytest.mark.slow
def test_small_parts_of_the_lesion_are_dropped_from_labels_and_statistics_alone(
    small: Case, untrained: Bundle, plain: Segmentation
) -> None:
    inside = voxels(plain.probability)[voxels(plain.brain) > 0]
    # High enough that what is over it lies in many parts.
    options = {"model": untrained.folder, "device": "cpu", "vote": "mean", "threshold": float(np.quantile(inside, 0.9))}
    whole = StrokeSegLogic.segment(small, **options)
    volumes = [lesion.volume_ml for lesion in whole.statistics.lesions]
    assert volumes[0] > volumes[-1]
    limit = (volumes[0] + volumes[-1]) / 2
    found = StrokeSegLogic.segment(small, **options, minimum_lesion_ml=limit)
    large = [volume for volume in volumes if volume >= limit]
    assert [lesion.volume_ml for lesion in found.statistics.lesions] == large
    np.testing.assert_array_equal(voxels(found.agreement), voxels(whole.agreement))
    np.testing.assert_array_equal(voxels(found.probability), voxels(whole.probability))
    dropped = len(volumes) - len(large)
    said = {"minimum_ml": limit, "dropped": dropped, "least_expected_ml": 0.0, "unlikely": 0}
    assert found.provenance["small_lesions"] == said
    assert any(warning.startswith(f"{dropped} part") for warning in found.warnings)


@pytest.mark.slow
def test_a_model_may_ask_more_volume_of_a_part_that_it_is_less_sure_of(
    small: Case, untrained: Bundle, plain: Segmentation, tmp_path: Path
) -> None:
    # High enough that what is over it lies in many parts.
    limit = float(np.quantile(voxels(plain.probability)[voxels(plain.brain) > 0], 0.9))
    options = {"device": "cpu", "vote": "mean", "threshold": limit}
    whole = StrokeSegLogic.segment(small, model=untrained.folder, **options)
    parts = connected_parts(voxels(whole.labels))
    expected = np.bincount(parts.ravel(), voxels(whole.probability).ravel())[1:] * whole.grid.voxel_ml
    least = float(np.median(expected)) * 1.001
    spec = dataclasses.replace(untrained.planes, least_expected_ml=dict.fromkeys(("DWI", "FLAIR", "ADC"), least))
    strict = Bundle.write(tmp_path, spec, untrained.load())
    found = StrokeSegLogic.segment(small, model=strict.folder, **options)
    assert len(found.statistics.lesions) == (expected >= least).sum()
    assert found.provenance["small_lesions"]["unlikely"] == (expected < least).sum() > 0


class LooksToTheLeft(torch.nn.Module):
    """Two logits of a slice (N, C, H, W): lesion is what the first channel holds one column further left."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logit = torch.nn.functional.pad(images[:, :1, :, :-1], (1, 0))
        return torch.cat([torch.zeros_like(logit), logit], 1)


@pytest.mark.parametrize("canvas", [(), (61, 70)])
@pytest.mark.quick(1)
def test_axial_and_coronal_slices_are_shown_both_ways_round_and_sagittal_slices_are_not(
    small: Case, canvas: tuple[int, ...]
) -> None:
    prepared = prepare(small, Role.DWI, (Role.DWI, Role.FLAIR), 6.0, Progress())
    networks = dict.fromkeys(PLANES, LooksToTheLeft())
    found = run_planes(networks, prepared, choose("cpu", full_precision=True), Progress(), True, canvas)

    channel, brain = prepared.channels[0], prepared.brain
    for plane in PLANES:
        # By hand: the neighbour on the left and, in a mirrored slice, the neighbour on the right.
        columns = {"axial": 2, "coronal": 2, "sagittal": 1}[plane]
        forth = np.roll(channel, 1 if plane != "sagittal" else -1, columns)
        back = np.roll(channel, -1, columns) if plane != "sagittal" else forth
        seen = np.moveaxis(
            np.broadcast_to(prepared.seen(plane)[:, None, None], to_stack(brain, plane).shape),
            0,
            {"axial": 0, "coronal": 1, "sagittal": 2}[plane],
        )
        inside = brain & seen & away_from_borders(brain.shape)
        expected = (1 / (1 + np.exp(-forth)) + 1 / (1 + np.exp(-back))) / 2
        assert inside.sum() > 1000
        np.testing.assert_allclose(found[plane][inside], expected[inside], atol=1e-5)


def away_from_borders(shape: tuple[int, ...]) -> np.ndarray:
    inner = np.zeros(shape, bool)
    inner[1:-1, 1:-1, 1:-1] = True
    return inner


@pytest.mark.slow
def test_whether_slices_were_shown_mirrored_is_said(small: Case, untrained: Bundle, plain: Segmentation) -> None:
    stages: list[str] = []
    both = StrokeSegLogic.segment(
        small, model=untrained.folder, device="cpu", flips=True, progress=lambda _, stage: stages.append(stage)
    )
    assert (plain.provenance["vote"]["flips"], both.provenance["vote"]["flips"]) == (False, True)
    assert {"axial plane, mirrored", "coronal plane, mirrored"} <= set(stages)
    assert "sagittal plane, mirrored" not in stages


@pytest.mark.slow
def test_networks_are_loaded_once_for_many_cases(small: Case, untrained: Bundle, plain: Segmentation) -> None:
    kept = KeptNetworks()
    with keeping(kept):
        first = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu")
        second = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu")
    assert len(kept) == 2, "the model's, and the brain's"
    for found in (first, second):
        np.testing.assert_array_equal(voxels(found.probability), voxels(plain.probability))


def test_no_more_models_are_kept_than_asked_and_the_oldest_goes() -> None:
    kept = KeptNetworks(most=2)
    loaded: list[str] = []

    def load(name: str):
        def now() -> dict:
            loaded.append(name)
            return {}

        return now

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, "cpu", load(name))
    assert loaded == ["a", "b", "c", "b"]
    assert len(kept) == 2
    kept.get("a", "cuda", load("a on another device"))
    assert loaded[-1] == "a on another device"


def test_a_model_that_cannot_be_loaded_is_not_kept() -> None:
    kept = KeptNetworks()

    def broken() -> dict:
        raise InputError("damaged")

    for _ in range(2):
        with pytest.raises(InputError):
            kept.get("a", "cpu", broken)
    assert len(kept) == 0
