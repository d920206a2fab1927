from __future__ import annotations

import math
from functools import cache
from xml.etree import ElementTree

import pytest
from map_cases import segmented, simulated

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.numbers.mismatch import measure_perfusion
from StrokeSegLogic.ctp.numbers.sweep import Sweep, SweepRow, sweep
from StrokeSegLogic.ctp.numbers.uncertainty import moved_thresholds
from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds
from StrokeSegLogic.reports.sweep_figure import sweep_svg, sweep_table


@cache
def table() -> Sweep:
    return sweep(segmented())


def test_the_thresholds_in_use_give_the_numbers_reported() -> None:
    numbers = measure_perfusion(segmented())
    (row,) = table().at(0.30, 6.0)
    assert (row.core_ml, row.hypoperfused_ml) == pytest.approx((numbers.core_ml, numbers.hypoperfused_ml))
    assert row.mismatch_ratio == pytest.approx(numbers.mismatch_ratio)


def test_core_grows_with_the_flow_threshold_and_the_late_volume_shrinks_with_time() -> None:
    assert len(table().rows) == 77
    for time in (4.0, 6.0, 10.0):
        cores = [row.core_ml for row in table().at(tmax_s=time)]
        assert cores == sorted(cores) and cores[-1] > cores[0]
    late = [row.hypoperfused_ml for row in table().at(core_rcbf=0.30)]
    assert late == sorted(late, reverse=True)


def test_each_row_is_what_a_segmentation_with_these_thresholds_gives() -> None:
    other = segment_by_thresholds(simulated().images, ThresholdSettings(core_rcbf=0.36))
    numbers = measure_perfusion(other)
    (row,) = table().at(0.36, 6.0)
    assert row.core_ml == pytest.approx(numbers.core_ml)


def test_thresholds_in_use_are_in_the_table_even_if_they_are_unusual() -> None:
    odd = segment_by_thresholds(simulated().images, ThresholdSettings(core_rcbf=0.31, hypoperfusion_tmax_s=6.5))
    found = sweep(odd, (0.2, 0.4), (5.0,))
    assert len(found.at(0.31, 6.5)) == 1 and len(found.rows) == 6


def test_moved_thresholds_stay_close_to_those_in_use() -> None:
    near = moved_thresholds(table())
    assert len(near.volumes) == 5 * 3
    assert min(core for core, _ in near.volumes) < table().at(0.3, 6.0)[0].core_ml


def test_the_figure_is_well_formed_and_draws_what_the_table_says() -> None:
    root = ElementTree.fromstring(sweep_svg(table()))
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 5
    points = [tuple(map(float, point.split(","))) for point in lines[0].attrib["points"].split()]
    heights = [y for _, y in points]
    assert heights == sorted(heights, reverse=True), "core grows to the right: y falls"
    words = [word.text for word in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Core", "Hypoperfused tissue", "Mismatch ratio"} <= set(words)


def test_without_lesion_the_figure_says_so() -> None:
    none = Sweep(tuple(SweepRow(flow, time, 0.0, 0.0) for time in (5.0, 6.0) for flow in (0.2, 0.3)), 0.3, 6.0)
    assert "no lesion" in sweep_svg(none) and "nan" not in sweep_svg(none)
    assert all(row.mismatch_ratio is None for row in none.rows)


def test_a_lesion_without_core_is_drawn_at_the_top() -> None:
    odd = Sweep(tuple(SweepRow(flow, time, 0.0, 50.0) for time in (5.0, 6.0) for flow in (0.2, 0.3)), 0.3, 6.0)
    assert odd.rows[0].mismatch_ratio == math.inf and "inf" not in sweep_svg(odd)


def test_the_table_goes_into_a_report() -> None:
    heads, rows = sweep_table(table())
    assert len(heads) == 13 and len(rows) == 7
    assert any("rCBF < 30 %" in head for head in heads)


def test_a_sweep_can_be_cancelled_and_its_progress_ends_at_1() -> None:
    seen: list[float] = []
    sweep(segmented(), (0.3,), (6.0,), Progress(lambda done, _: seen.append(done)))
    assert seen == sorted(seen) and seen[-1] == 1.0
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        sweep(segmented(), progress=Progress(None, token))
