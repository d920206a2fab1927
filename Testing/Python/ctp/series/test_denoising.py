from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.series.denoising import DenoisingSpec, components, denoised
from StrokeSegLogic.ctp.series.time_series import checked
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion

TIMES = np.arange(0, 60, 1.5)
BASELINE = 5
BOLUS = Bolus()
WHITE, GREY, LATE = (
    t.curve(BOLUS, TIMES, "exponential") for t in (Perfusion(25, 2, 1), Perfusion(60, 4, 1), Perfusion(20, 3, 8))
)
GRID = ctp_grid((1.8, 1.8, 5.0)).crop((30, 30, 10), (64, 64, 4))
BRAIN = np.ones(GRID.shape, bool)


def frames(late: np.ndarray, sd: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """HU (T, z, y, x) of white matter with stripes of grey and a late part, and the enhancement without noise."""
    stripes = np.broadcast_to(np.arange(64)[None, :, None] % 16 < 4, GRID.shape)
    clean = np.where(
        late, LATE[:, None, None, None], np.where(stripes, GREY[:, None, None, None], WHITE[:, None, None, None])
    )
    noise = np.random.default_rng(0).normal(0, sd, clean.shape)
    return (clean + np.where(stripes & ~late, 38.0, 30.0) + noise).astype(np.float32), clean


def run(hu: np.ndarray, spec: DenoisingSpec | None = None, brain: np.ndarray = BRAIN) -> tuple[np.ndarray, int]:
    curves = np.zeros((len(TIMES), int(brain.sum())), np.float32)
    kept = denoised(checked(hu, TIMES, GRID), brain, curves, BASELINE, spec or DenoisingSpec(), "cpu", Progress())
    return curves, kept


def block(size: int) -> np.ndarray:
    late = np.zeros(GRID.shape, bool)
    late[:, 24 : 24 + size, 24 : 24 + size] = True
    return late


def test_noise_falls_to_a_fifth_and_the_curves_stay() -> None:
    hu, clean = frames(block(24))
    curves, kept = run(hu)
    truth = clean.reshape(len(TIMES), -1)
    assert np.sqrt(np.mean((curves - truth) ** 2)) < 1.0
    assert 3 <= kept <= 6
    # Nor does grey matter become white: the stripes are 7 mm wide.
    grey = (np.broadcast_to(np.arange(64)[None, :, None] % 16 < 4, GRID.shape) & ~block(24)).reshape(-1)
    assert np.abs(curves[:, grey].mean(axis=1) - GREY).max() < 0.12 * GREY.max()


def test_a_small_late_part_keeps_its_own_curve() -> None:
    """16 x 16 x 20 mm, 5 ml: what a principal component of the whole brain easily overlooks."""
    hu, _ = frames(block(9))
    curves, _ = run(hu)
    inner = np.zeros(GRID.shape, bool)
    inner[:, 26:31, 26:31] = True
    mean = curves[:, inner.reshape(-1)].mean(axis=1)
    assert abs(TIMES[np.argmax(mean)] - TIMES[np.argmax(LATE)]) <= 3.0
    assert np.corrcoef(mean, LATE)[0, 1] > 0.94
    assert np.corrcoef(mean, WHITE)[0, 1] < 0.5


def test_without_noise_hardly_anything_changes() -> None:
    hu, clean = frames(block(24), sd=0.0)
    curves, _ = run(hu)
    assert np.abs(curves - clean.reshape(len(TIMES), -1)).max() < 0.3


def test_what_lies_outside_of_the_brain_does_not_bleed_in() -> None:
    hu, _ = frames(block(24))
    brain = BRAIN.copy()
    brain[:, :, 40:] = False
    bright = hu.copy()
    bright[:, :, :, 40:] += 500
    np.testing.assert_allclose(run(hu, brain=brain)[0], run(bright, brain=brain)[0], atol=1e-3)


def test_small_pixels_are_averaged_first_and_every_voxel_gets_its_curve() -> None:
    grid = ctp_grid((0.45, 0.45, 5.0)).crop((200, 200, 10), (63, 65, 3))
    clean = np.broadcast_to(WHITE[:, None, None, None], (len(TIMES), *grid.shape))
    hu = (clean + 30 + np.random.default_rng(1).normal(0, 5, clean.shape)).astype(np.float32)
    curves = np.zeros((len(TIMES), 63 * 65 * 3), np.float32)
    denoised(checked(hu, TIMES, grid), np.ones(grid.shape, bool), curves, BASELINE, DenoisingSpec(), "cpu", Progress())
    assert np.sqrt(np.mean((curves - WHITE[:, None]) ** 2)) < 0.6


def test_the_components_are_orthonormal_and_hold_the_signal() -> None:
    rng = np.random.default_rng(0)
    share = rng.uniform(size=(3, 5000))
    signal = np.stack([WHITE, GREY, LATE], axis=1) @ share
    basis, noise = components((signal + rng.normal(0, 1, signal.shape)).astype(np.float32), DenoisingSpec())
    both = np.concatenate([basis, noise], axis=1)
    np.testing.assert_allclose(both.T @ both, np.eye(both.shape[1]), atol=1e-8)
    assert np.abs(signal - basis @ (basis.T @ signal)).max() < 0.15 * signal.max()


def test_pure_noise_has_no_more_than_the_fewest_components() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (45, 5000)).astype(np.float32)
    assert components(noise, DenoisingSpec())[0].shape == (45, 4)


def test_it_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    curves = np.zeros((len(TIMES), BRAIN.size), np.float32)
    with pytest.raises(Cancelled):
        denoised(
            checked(frames(block(9))[0], TIMES, GRID), BRAIN, curves, BASELINE, DenoisingSpec(), "cpu",
            Progress(cancel=token),
        )  # fmt: skip


@pytest.mark.parametrize("settings", [{"reach_mm": 0.0}, {"above_noise": -1.0}, {"shared_mm": 0.0}, {"guides": 0}])
def test_settings_that_cannot_be_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError):
        DenoisingSpec(**settings)
