"""Synthesised heads."""

import numpy as np
import pytest
from ball_heads import RADII_MM, write_heads
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.training.heads import artefacts
from StrokeSegLogic.training.heads.contrast import NAMED, draw_contrast
from StrokeSegLogic.training.heads.generate import Head, draw_head
from StrokeSegLogic.training.heads.geometry import Pose, draw_pose, sample, smooth_field
from StrokeSegLogic.training.heads.label_maps import HeadLabels, Tissue, read_heads
from StrokeSegLogic.training.heads.lesions import paint_lesion, place_lesion
from StrokeSegLogic.training.stream.sources.lesions import Shape

SHAPE = (40, 44, 36)
LESION = Shape(np.ones((9, 11, 7), bool), (0.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> list[HeadLabels]:
    return read_heads(write_heads(tmp_path_factory.mktemp("heads")))


def drawn(heads: list[HeadLabels], seed: int, contrast: str = "") -> Head:
    return draw_head(heads, np.random.default_rng(seed), SHAPE, 2.5, contrast=contrast, shapes=[LESION])


def test_the_same_state_gives_the_same_head(heads: list[HeadLabels]) -> None:
    first, second, other = drawn(heads, 3), drawn(heads, 3), drawn(heads, 4)
    assert np.array_equal(first.image, second.image) and np.array_equal(first.tissues, second.tissues)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("contrast", ["any", *NAMED])
def test_every_contrast_gives_numbers_and_a_brain_of_the_right_size(heads: list[HeadLabels], contrast: str) -> None:
    head = drawn(heads, 5, contrast)
    assert head.image.dtype == np.float32 and np.isfinite(head.image).all() and head.image.min() >= 0
    true_ml = 4 / 3 * np.pi * dict(RADII_MM)[24] ** 3 / 1000
    # Scaled by 0.92 to 1.08 as a whole and 0.93 to 1.07 along each axis.
    assert 0.5 * true_ml < head.brain.sum() * 2.5**3 / 1000 < 2.0 * true_ml
    assert head.contrast.name == contrast


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_lesions_lie_inside_the_brain_and_nothing_is_seen_outside_the_field_of_view(seed: int) -> None:
    head = drawn([HeadLabels("ball", _BALL)], seed)
    assert not (head.lesion & ~head.brain).any()
    assert not head.image[~head.shown].any()


def test_a_pose_that_does_nothing_gives_the_head_back(heads: list[HeadLabels]) -> None:
    tissues = heads[0].tissues
    still = Pose(np.eye(3), np.zeros(3), np.zeros((3, 5, 6, 5)), mirrored=False)
    centre = (np.array(tissues.shape) - 1) / 2
    assert np.array_equal(sample(tissues, centre, still, tissues.shape, (1.0, 1.0, 1.0)), tissues)
    mirrored = Pose(np.eye(3), np.zeros(3), np.zeros((3, 5, 6, 5)), mirrored=True)
    assert np.array_equal(sample(tissues, centre, mirrored, tissues.shape, (1.0, 1.0, 1.0)), tissues[..., ::-1])


def test_poses_stay_within_what_they_promise() -> None:
    for seed in range(50):
        pose = draw_pose(np.random.default_rng(seed))
        assert 0.6 < np.linalg.det(pose.matrix) < 1.6
        assert np.abs(pose.shift_mm).max() <= 15.0


def test_a_smooth_field_runs_through_its_outer_knots() -> None:
    knots = np.random.default_rng(0).normal(size=(3, 4, 5))
    field = smooth_field(knots, (7, 10, 13))
    assert field.shape == (7, 10, 13)
    assert field[0, 0, 0] == pytest.approx(knots[0, 0, 0], abs=1e-5)
    assert field[-1, -1, -1] == pytest.approx(knots[-1, -1, -1], abs=1e-5)
    assert field[::3, ::3, ::3] == pytest.approx(knots, abs=1e-5)


def test_tissues_keep_the_order_of_their_contrast() -> None:
    levels = draw_contrast(np.random.default_rng(1), "FLAIR").level
    assert levels[Tissue.CSF] < levels[Tissue.WHITE_MATTER]
    hu = draw_contrast(np.random.default_rng(1), "CT").level * 1030 - 1000
    assert -60 < hu[Tissue.CSF] - hu[Tissue.WHITE_MATTER] < 0 and hu[Tissue.CORTICAL_BONE] > 900


def test_a_lesion_keeps_to_the_brain_and_changes_its_signal_there_alone(heads: list[HeadLabels]) -> None:
    random = np.random.default_rng(2)
    lesion = place_lesion(heads[0].tissues, [LESION], 1.0, random)
    assert lesion.any() and not (lesion & ~heads[0].brain).any()
    image = np.ones(lesion.shape, np.float32)
    painted = paint_lesion(image, lesion, random)
    far = ~artefacts.ndimage.binary_dilation(lesion, iterations=5)
    assert np.allclose(painted[far], 1, atol=1e-3) and not np.allclose(painted[lesion], 1, atol=1e-2)


def test_a_head_without_brain_in_the_field_gets_no_lesion() -> None:
    air = np.full((20, 20, 20), Tissue.AIR, np.uint8)
    assert not place_lesion(air, [LESION], 1.0, np.random.default_rng(0)).any()


@pytest.mark.parametrize("name", ["bias_field", "noise", "ghosts"])
def test_artefacts_keep_shape_and_sign(name: str) -> None:
    image = np.abs(np.random.default_rng(0).normal(size=SHAPE)).astype(np.float32)
    out = getattr(artefacts, name)(image, np.random.default_rng(1))
    assert out.shape == SHAPE and np.isfinite(out).all() and out.min() >= 0
    assert not np.array_equal(out, image)


@pytest.mark.slow
def test_stripping_and_defacing_leave_the_brain(heads: list[HeadLabels]) -> None:
    tissues = heads[0].tissues
    image = np.ones(tissues.shape, np.float32)
    for seed in range(5):
        random = np.random.default_rng(seed)
        assert artefacts.defaced(image, tissues, random)[heads[0].brain].all()
        bare = artefacts.stripped(image, tissues, 1.0, random)
        assert bare[heads[0].brain].mean() > 0.7 and not bare[tissues == Tissue.SKIN].any()
        assert artefacts.zeroed_air(image, tissues, random)[tissues != Tissue.AIR].all()


def test_thick_slices_keep_the_mean_and_lose_detail(heads: list[HeadLabels]) -> None:
    image = np.random.default_rng(0).normal(10, 1, (40, 40, 40)).astype(np.float32)
    for seed in range(6):
        out = artefacts.thick_slices(image, 1.0, np.random.default_rng(seed))
        assert out.shape == image.shape and out.mean() == pytest.approx(10, abs=0.1) and out.std() < 0.8


def _ball() -> np.ndarray:
    z, y, x = np.ogrid[:84, :84, :84]
    radius = np.sqrt((z - 41.5) ** 2 + (y - 41.5) ** 2 + (x - 41.5) ** 2)
    return np.select(
        [radius <= 27, radius <= 30, radius <= 34, radius <= 38],
        [Tissue.GREY_MATTER, Tissue.CSF, Tissue.CORTICAL_BONE, Tissue.SKIN],
        Tissue.AIR,
    ).astype(np.uint8)


_BALL = _ball()
