from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc

from StrokeSegLogic.ctp.series.deconvolution import KAPPA, PER_100_G
from StrokeSegLogic.phantom.tracer import RESIDUES, Bolus, Perfusion, gamma_variate, residue, venous

LONG = np.arange(0, 300, 0.1)
ONE_PASS = Bolus(recirculation=0.0)


def area(curve: np.ndarray) -> float:
    return float(np.trapezoid(curve, LONG))


def test_a_gamma_variate_is_highest_where_it_says() -> None:
    curve = gamma_variate(LONG, 8.0, 4.5, 3.0)
    assert curve.max() == pytest.approx(1.0, abs=1e-3)
    assert LONG[np.argmax(curve)] == pytest.approx(12.5, abs=0.1)
    assert (curve[LONG <= 8.0] == 0).all()


@pytest.mark.parametrize("kind", RESIDUES)
@given(mtt=st.floats(2.0, 15.0))
def test_the_integral_of_a_residue_function_is_the_mean_transit_time(kind: str, mtt: float) -> None:
    fine = np.arange(0, 400, 0.01)
    assert np.trapezoid(residue(fine, mtt, kind), fine) == pytest.approx(mtt, rel=0.002)


@pytest.mark.parametrize("kind", RESIDUES)
def test_a_residue_function_starts_at_1_and_never_rises(kind: str) -> None:
    values = residue(LONG, 5.0, kind)
    assert values[0] == 1 and (np.diff(values) <= 0).all()
    assert (residue(-LONG[1:], 5.0, kind) == 0).all()


def test_an_unknown_residue_function_is_refused() -> None:
    with pytest.raises(ValueError, match="'lagged' is none of"):
        residue(LONG, 5.0, "lagged")


@given(cbf=st.floats(10, 80), mtt=st.floats(2, 12), delay=st.floats(0, 10), dispersion=st.floats(0.5, 3))
def test_the_ratio_of_areas_is_the_blood_volume(cbf: float, mtt: float, delay: float, dispersion: float) -> None:
    tissue = Perfusion(cbf, cbf * mtt / 60, delay, dispersion)
    ratio = area(tissue.curve(ONE_PASS, LONG, "exponential")) / area(ONE_PASS.at(LONG))
    assert ratio * PER_100_G == pytest.approx(tissue.cbv, rel=0.02)


def test_tissue_of_blood_alone_would_enhance_as_blood_but_for_haematocrit_and_density() -> None:
    """A litre of plasma-poor capillary blood, weighed: 100 / 1.04 ml per 100 g, and more plasma than in arteries."""
    assert pytest.approx(PER_100_G) == 100 / 1.04 * KAPPA


def test_an_exponential_tissue_follows_the_closed_form() -> None:
    """A gamma variate with a whole exponent, convolved with an exponential, is an incomplete gamma function."""
    tissue = Perfusion(cbf=30.0, cbv=4.0)
    times = np.arange(0, 60, 1.5)
    since = np.maximum(times - ONE_PASS.arrival_s, 0)
    beta = ONE_PASS.to_peak_s / 3
    rate = 1 / beta - 1 / tissue.mtt_s
    height = ONE_PASS.peak_hu * np.exp(3) / ONE_PASS.to_peak_s**3
    integral = height * np.exp(-since / tissue.mtt_s) * 6 / rate**4 * gammainc(4, rate * since)
    assert np.allclose(tissue.curve(ONE_PASS, times, "exponential"), 30 / 60 / PER_100_G * integral, atol=0.02)


def test_a_delay_moves_the_curve_and_changes_nothing_else() -> None:
    times = np.arange(0, 80, 1.0)
    soon, late = (Perfusion(40, 3, delay).curve(ONE_PASS, times, "box") for delay in (1.0, 7.0))
    assert np.allclose(late[6:], soon[:-6], atol=0.02)


def test_dispersion_spreads_the_bolus_and_makes_it_later() -> None:
    sharp, spread = Perfusion(40, 3, 2.0), Perfusion(40, 3, 2.0, 3.0)
    assert spread.curve(ONE_PASS, LONG, "box").max() < 0.9 * sharp.curve(ONE_PASS, LONG, "box").max()
    assert sharp.tmax_s("box") == 2.0 and spread.tmax_s("box") > 3.5


def test_the_veins_carry_what_the_arteries_brought() -> None:
    assert area(venous(ONE_PASS, LONG)) == pytest.approx(area(ONE_PASS.at(LONG)), rel=1e-3)
    assert np.argmax(venous(ONE_PASS, LONG)) > np.argmax(ONE_PASS.at(LONG)) + 30


def test_a_recorded_curve_replaces_the_gamma_variate() -> None:
    bolus = Bolus(recorded=((0.0, 0.0), (10.0, 0.0), (15.0, 300.0), (30.0, 0.0)))
    assert np.allclose(bolus.at(np.array([5.0, 12.5, 15.0, 40.0])), [0, 150, 300, 0])
