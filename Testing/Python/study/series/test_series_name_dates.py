"""Dates in names are read in every common form, and numbers that are none are left alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.study.series.name_dates import dates_of

LAST_OF_JANUARY = date(2024, 1, 31).toordinal()
FORMS = [
    *("20240131_DWI", "DWI-2024-01-31", "2024/01/31/DWI", "2024_1_31_DWI", "31.01.2024/DWI", "31-01-24/DWI"),
    *("01-31-2024/DWI", "31JAN2024_DWI", "31-Jan-2024", "Jan 31, 2024", "31 janvier 2024", "2024年1月31日/DWI"),
    *("20240131T1012_DWI", "DWI_20240131101112_4", "2024-01-31 10-11-12/DWI", "31. Januar 2024"),
]


@pytest.mark.parametrize("path", FORMS)
def test_a_day_is_read(path):
    spans, rest = dates_of(path)
    assert {(span.first, span.last) for span in spans} == {(LAST_OF_JANUARY, LAST_OF_JANUARY)}
    assert "2024" not in rest


@given(st.dates(date(1990, 1, 1), date(2035, 12, 31)), st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d%b%Y"]))
def test_the_day_is_among_the_readings_of_every_form(day, form):
    assert day.toordinal() in {span.first for span in dates_of(f"DWI_{day.strftime(form)}_4")[0]}


@pytest.mark.parametrize("path", ["Jan2024/DWI", "2024-01/DWI", "01.2024/DWI"])
def test_a_month_is_read(path):
    (span,) = dates_of(path)[0]
    assert (span.first, span.last) == (date(2024, 1, 1).toordinal(), LAST_OF_JANUARY)


def test_what_may_be_day_or_month_is_read_both_ways():
    days = {span.first for span in dates_of("01-02-2024_DWI")[0]}
    assert days == {date(2024, 2, 1).toordinal(), date(2024, 1, 2).toordinal()}


@pytest.mark.parametrize(
    "path",
    ["12345678_DWI", "DWI_99999999", "TCGA-02-0006", "DWI_2.1", "2001/DWI", "dataset_2024", "maria_2001"],
)
def test_what_is_no_date_is_none(path):
    assert dates_of(path) == ((), path)


def test_times_across_midnight_are_hours_apart():
    first, other = (dates_of(name)[0][0] for name in ("DWI_20240131235512_4", "FLAIR_20240201000512_6"))
    assert first.days_to(other) == 1 and first.hours_to(other) == pytest.approx(1 / 6)
