from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg

from StrokeSegLogic.ctp.series.deconvolution import DeconvolutionSpec, circulant, deconvolve
from StrokeSegLogic.ctp.series.lateness import Lateness, kept_frequencies
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion

TISSUES = (Perfusion(25, 2, 2), Perfusion(60, 4, 2), Perfusion(27, 4.4, 8), Perfusion(8.4, 1.6, 10))
DELAYS = np.array([tissue.delay_s for tissue in TISSUES])
AIF = Bolus(recirculation=0.0).at(np.arange(0, 60, 1.0))


@pytest.mark.parametrize("kind", ["exponential", "box"])
@pytest.mark.parametrize("truncation", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("to_peak_s", [3.0, 4.5, 7.0])
@pytest.mark.parametrize("step_s", [1.0, 2.0])
def test_tmax_is_the_delay_whatever_is_cut_and_however_wide_the_bolus(
    kind: str, truncation: float, to_peak_s: float, step_s: float
) -> None:
    times, bolus = np.arange(0, 66, step_s), Bolus(to_peak_s=to_peak_s)
    curves = np.stack([tissue.curve(bolus, times, kind) for tissue in TISSUES], axis=1).astype(np.float32)
    spec = DeconvolutionSpec(None, truncation)
    plain, prompt = (
        deconvolve(curves, bolus.at(times), times, replace(spec, prompt=yes)).tmax_s - DELAYS for yes in (False, True)
    )
    # The model lies between both shapes: each is missed by some, far less than without it.
    assert (np.abs(prompt) < np.abs(plain)).all()
    assert np.abs(prompt).mean() < (0.6 if kind == "exponential" else 0.4 * plain.mean())


def test_tissue_of_the_models_own_shape_is_timed_exactly() -> None:
    fine = np.arange(0, 60, 0.05)
    bolus = Bolus(recirculation=0.0)
    times = np.arange(0, 60, 1.0)
    for mtt in (3.0, 6.0, 12.0):
        since = np.maximum(fine - 5.0, 0)
        residue = np.where(fine >= 5.0, (1 + 2 * since / mtt) * np.exp(-2 * since / mtt), 0)
        curve = np.interp(times, fine, np.convolve(bolus.at(fine), residue)[: len(fine)] * 0.05 * 0.01)
        found = deconvolve(curve[:, None].astype(np.float32), bolus.at(times), times, DeconvolutionSpec(None, 0.1))
        assert found.tmax_s[0] == pytest.approx(5.0, abs=0.25)


def test_the_more_is_cut_the_later() -> None:
    column = circulant(AIF, 1.0)[:, 0]
    few, many = (Lateness(kept_frequencies(column, count), 1.0) for count in (9, 31))
    assert (few.late_s >= many.late_s).all() and few.late_s.mean() > 1.5 * many.late_s.mean()
    assert (np.diff(few.sharpness) < 0).all() and (np.diff(many.sharpness) < 0).all()


def test_the_kept_frequencies_are_those_of_the_kept_singular_vectors() -> None:
    matrix = circulant(AIF, 1.0)
    _, values, right = scipy.linalg.svd(matrix)
    count = next(n for n in range(20, 40) if values[n] < values[n - 1] - 1e-6)
    projection = right[:count].T @ right[:count]
    kernel = np.fft.irfft(kept_frequencies(matrix[:, 0], count), len(matrix))
    np.testing.assert_allclose(projection[:, 0], kernel, atol=1e-8)


def test_without_volume_there_is_a_time_all_the_same() -> None:
    late = Lateness(kept_frequencies(circulant(AIF, 1.0)[:, 0], 21), 1.0)
    assert np.isfinite(late.of(np.array([0.01, 0.01]), np.array([0.0, -1.0]))).all()
