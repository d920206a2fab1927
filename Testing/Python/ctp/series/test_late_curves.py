from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.ctp.series.late_curves import are_late, late_component, middles
from StrokeSegLogic.ctp.series.maps import MapsSpec, maps
from StrokeSegLogic.phantom.ctp import Part, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion

TIMES = np.arange(0, 66, 1.5)
BOLUS = Bolus()


def basis(*tissues: Perfusion) -> np.ndarray:
    curves = np.stack([np.ones(len(TIMES)), *(tissue.curve(BOLUS, TIMES, "exponential") for tissue in tissues)], axis=1)
    return np.linalg.qr(curves)[0]


@given(st.floats(0.1, 10))
def test_the_late_component_is_a_direction_of_its_own_whatever_the_arterys_scale(factor: float) -> None:
    known = basis(Perfusion(25, 2, 1), Perfusion(60, 4, 1), Perfusion(20, 3, 8))
    found = late_component(BOLUS.at(TIMES) * factor, TIMES, known)
    assert np.linalg.norm(found) == pytest.approx(1)
    assert np.abs(known.T @ found).max() < 1e-9
    assert abs(float((found.T @ late_component(BOLUS.at(TIMES), TIMES, known))[0, 0])) == pytest.approx(1, abs=1e-6)


def test_it_holds_most_of_what_a_very_late_curve_has_beside_the_tissue_around_it() -> None:
    known = basis(Perfusion(25, 2, 1), Perfusion(60, 4, 1), Perfusion(20, 3, 8))
    curve = Perfusion(6, 1.4, 14).curve(BOLUS, TIMES, "exponential")
    left = curve - known @ (known.T @ curve)
    found = late_component(BOLUS.at(TIMES), TIMES, known)
    assert np.linalg.norm(left - found @ (found.T @ left)) < 0.5 * np.linalg.norm(left)


def test_late_curves_are_told_by_their_middle() -> None:
    tissues = [*[Perfusion(25, 2, 1)] * 20, Perfusion(20, 3, 8), Perfusion(6, 1.4, 14)]
    middle = middles(np.stack([tissue.curve(BOLUS, TIMES, "exponential") for tissue in tissues], axis=1), TIMES)
    assert np.array_equal(are_late(middle), [False] * 20 + [True] * 2)
    assert middle[21] > middle[20] > middle[0]


@pytest.mark.slow
@pytest.mark.parametrize("delay", [10.0, 14.0])
def test_a_noisy_core_has_its_own_delay_and_not_that_of_the_penumbra(delay: float) -> None:
    series = ctp_series(0, ctp_grid((1.8, 1.8, 5.0)).crop((0, 0, 5), (128, 128, 12)), CtpProtocol(core_delay_s=delay))
    found = maps(series.hu, series.times_s, grid=series.grid, spec=MapsSpec(motion=False, device="cpu"))
    core = (series.parts == Part.CORE) & found.brain
    error = found.tmax[core] - series.truth["TMAX"][core]
    assert abs(float(error.mean())) < 1.5
    healthy = np.isin(series.parts, (Part.WHITE, Part.GREY)) & found.brain
    assert abs(float((found.tmax - series.truth["TMAX"])[healthy].mean())) < 0.4
