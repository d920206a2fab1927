from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.series.arteries import area
from StrokeSegLogic.ctp.series.deconvolution import (
    PER_100_G,
    PER_100_G_MIN,
    DeconvolutionSpec,
    circulant,
    deconvolve,
    even_times,
    interpolation,
    ladder,
    oscillation_index,
)
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion

TIMES = np.arange(0, 60, 1.0)
BOLUS = Bolus(recirculation=0.0)
AIF = BOLUS.at(TIMES)
GREY, WHITE, PENUMBRA = Perfusion(60, 4, 1), Perfusion(25, 2, 1), Perfusion(27, 4.4, 8)


def curves(*tissues: Perfusion, kind: str = "exponential", times: np.ndarray = TIMES) -> np.ndarray:
    return np.stack([tissue.curve(BOLUS, times, kind) for tissue in tissues], axis=1).astype(np.float32)


def noisy(count: int, sd: float, seed: int = 0) -> np.ndarray:
    clean = curves(GREY, WHITE, PENUMBRA)[:, np.arange(count) % 3]
    return clean + np.float32(sd) * np.random.default_rng(seed).standard_normal(clean.shape, np.float32)


@pytest.mark.parametrize("kind", ["exponential", "box"])
def test_flow_volume_and_delay_of_noise_free_tissue_are_found(kind: str) -> None:
    fine = np.arange(0, 90, 0.5)
    spec = DeconvolutionSpec(None, 0.002, 0.5)
    for tissue in (GREY, WHITE, PENUMBRA):
        found = deconvolve(curves(tissue, kind=kind, times=fine), BOLUS.at(fine), fine, spec)
        assert found.height[0] * PER_100_G_MIN == pytest.approx(tissue.cbf, rel=0.16)
        assert found.area[0] * PER_100_G == pytest.approx(tissue.cbv, rel=0.01)
        # On the plateau of a box, the overshoot after the jump is the highest place.
        assert found.tmax_s[0] == pytest.approx(tissue.delay_s, abs=1.8)


def test_the_peak_of_the_tissue_curve_is_timed_between_frames() -> None:
    fine = np.arange(0, 59, 0.01)
    for tissue in (GREY, PENUMBRA):
        truth = fine[np.argmax(tissue.curve(BOLUS, fine, "exponential"))]
        assert deconvolve(curves(tissue), AIF, TIMES).ttp_s[0] == pytest.approx(truth, abs=0.25)


@pytest.mark.parametrize("spec", [DeconvolutionSpec(), DeconvolutionSpec(None, 0.1)])
def test_a_delay_changes_the_time_and_nothing_else(spec: DeconvolutionSpec) -> None:
    # Not from 0 on: freed of its lateness, Tmax there may touch its floor.
    delays = np.arange(1, 16, 3)
    found = deconvolve(curves(*(Perfusion(40, 3, delay) for delay in delays)), AIF, TIMES, spec)
    assert np.allclose(found.height, found.height[0], rtol=0.01)
    assert np.allclose(found.area, found.area[0], rtol=0.01)
    assert np.allclose(np.diff(found.tmax_s), 3, atol=0.1)


def test_tissue_that_is_ahead_of_the_artery_has_its_flow_and_no_time() -> None:
    late_artery = BOLUS.at(TIMES - 3)
    ahead, even = (deconvolve(curves(Perfusion(40, 3)), aif, TIMES) for aif in (late_artery, AIF))
    assert ahead.height[0] == pytest.approx(even.height[0], rel=0.02)
    assert ahead.tmax_s[0] == 0


@settings(max_examples=15)
@given(tissue=st.floats(0.1, 20), artery=st.floats(0.2, 5))
def test_flow_grows_with_the_tissues_curve_and_falls_with_the_arterys(tissue: float, artery: float) -> None:
    plain = deconvolve(noisy(6, 0.5), AIF, TIMES)
    other = deconvolve(noisy(6, 0.5) * np.float32(tissue), AIF * artery, TIMES)
    assert np.allclose(other.height, plain.height * tissue / artery, rtol=1e-3)
    assert np.allclose(other.area, plain.area * tissue / artery, rtol=1e-2, atol=1e-5)
    assert np.allclose(other.tmax_s, plain.tmax_s, atol=0.01)


def test_the_sum_of_the_residue_function_is_the_ratio_of_areas() -> None:
    measured = noisy(30, 1.0)
    found = deconvolve(measured, AIF, TIMES)
    expected = [measured[:, i].sum() / AIF.sum() for i in range(30)]
    assert np.allclose(found.area, expected, rtol=1e-3, atol=1e-5)
    assert area(AIF, TIMES) == pytest.approx(AIF.sum(), rel=1e-3)


def test_one_truncation_for_all_is_the_textbooks_loop_over_voxels() -> None:
    measured = noisy(12, 1.0)
    found = deconvolve(measured, AIF, TIMES, DeconvolutionSpec(None, 0.1, prompt=False))
    matrix = scipy.linalg.circulant(np.r_[AIF, np.zeros(60)])
    u, s, vt = scipy.linalg.svd(matrix)
    for voxel in range(12):
        residue = np.zeros(120)
        padded = np.r_[measured[:, voxel], np.zeros(60)]
        for value, left, right in zip(s, u.T, vt, strict=True):
            if value >= 0.1 * s[0]:
                residue += right * (left @ padded) / value
        lags = np.r_[residue[-5:], residue[:31]]
        assert found.height[voxel] == pytest.approx(lags.max(), rel=1e-3)
        assert abs(found.tmax_s[voxel] - max(np.argmax(lags) - 5, 0)) <= 0.5


def test_without_truncation_it_is_the_least_squares_solution() -> None:
    matrix = circulant(AIF, 1.0)
    curve = np.r_[curves(GREY)[:, 0].astype(float), np.zeros(60)]
    (inverse,), _ = ladder(matrix, DeconvolutionSpec(None, 0.0))
    expected, *_ = scipy.linalg.lstsq(matrix, curve)
    assert np.allclose(matrix @ (inverse @ curve), matrix @ expected, atol=1e-6)


def test_the_matrix_is_that_of_scipy() -> None:
    assert np.array_equal(circulant(AIF, 2.0), 2.0 * scipy.linalg.circulant(np.r_[AIF, np.zeros(60)]))


@pytest.mark.parametrize("sd", [0.5, 1.5])
def test_each_voxel_is_truncated_as_the_source_climbs_rung_by_rung(sd: float) -> None:
    measured = noisy(120, sd)
    found = deconvolve(measured, AIF, TIMES)
    inverses, counts = ladder(circulant(AIF, 1.0), DeconvolutionSpec())
    padded = np.r_[measured, np.zeros_like(measured)]
    same = 0
    for voxel in range(120):
        for inverse, count in zip(inverses, counts, strict=True):
            residue = inverse @ padded[:, voxel]
            if oscillation_index(residue[None])[0] <= 0.035 or count == counts[-1]:
                break
        same += count == found.kept[voxel]
        if count == found.kept[voxel]:
            assert found.height[voxel] == pytest.approx(np.r_[residue[-5:], residue[:31]].max(), rel=1e-3)
    # Halving and climbing part where oscillation does not fall evenly.
    assert same >= 0.95 * 120


def test_noise_is_truncated_more_than_signal() -> None:
    quiet, loud = (deconvolve(noisy(60, sd), AIF, TIMES).kept.mean() for sd in (0.2, 3.0))
    assert loud < 0.7 * quiet


def test_uneven_frames_give_about_the_maps_of_even_frames() -> None:
    uneven = np.r_[np.arange(0, 36, 1.0), np.arange(36, 60, 3.0)]
    even, other = (deconvolve(curves(GREY, PENUMBRA, times=times), BOLUS.at(times), times) for times in (TIMES, uneven))
    assert np.allclose(other.height, even.height, rtol=0.05)
    assert np.allclose(other.area, even.area, rtol=0.05)
    assert np.allclose(other.tmax_s, even.tmax_s, atol=0.5)


def test_interpolation_is_linear_between_frames() -> None:
    uneven = np.array([0.0, 1.0, 4.0, 6.5])
    wanted = even_times(uneven, 0.5)
    assert wanted[0] == 0 and wanted[-1] == 6.5
    values = np.array([3.0, 5.0, -1.0, 2.0])
    assert np.allclose(interpolation(uneven, wanted) @ values, np.interp(wanted, uneven, values))


def test_the_result_does_not_depend_on_which_voxels_are_beside_one_another() -> None:
    measured = noisy(9000, 1.0)
    together = deconvolve(measured, AIF, TIMES)
    alone = deconvolve(measured[:, 8000:8010], AIF, TIMES)
    assert np.allclose(together.height[8000:8010], alone.height, rtol=1e-4)
    assert np.array_equal(together.kept[8000:8010], alone.kept)


def test_it_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        deconvolve(noisy(100, 1.0), AIF, TIMES, progress=Progress(cancel=token))


@pytest.mark.parametrize("settings", [{"step_s": 0.0}, {"truncation": 1.0}, {"oscillation": -0.1}])
def test_settings_that_cannot_be_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError):
        DeconvolutionSpec(**settings)
