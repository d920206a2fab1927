from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import ClinicalData, require_plausible


@given(st.integers(0, 42), st.floats(0, 120), st.floats(0, 336))
def test_plausible_and_missing_data_pass(nihss: int, age: float, hours: float) -> None:
    require_plausible(ClinicalData(age, nihss, hours))
    require_plausible(ClinicalData())


@given(st.one_of(st.integers(43), st.integers(max_value=-1)))
def test_every_impossible_nihss_is_refused(nihss: int) -> None:
    with pytest.raises(InputError, match="whole number from 0 to 42"):
        require_plausible(ClinicalData(nihss=nihss))
