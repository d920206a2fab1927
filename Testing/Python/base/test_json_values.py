from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.json_files import json_ready, number

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_comes_in_strict_json_goes_out(value: object) -> None:
    json.dumps(json_ready(value), allow_nan=False)


def test_infinite_is_a_word_and_undefined_is_nothing() -> None:
    values = {"ratio": math.inf, "low": -math.inf, "none": math.nan, 1: (1.5, [math.inf])}
    assert json_ready(values) == {
        "ratio": "infinite",
        "low": "minus infinite",
        "none": None,
        "1": [1.5, ["infinite"]],
    }


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_numbers_stay_as_they_are(value: float) -> None:
    assert json_ready(value) == value


@given(st.floats())
def test_a_number_is_the_same_when_it_comes_back(value: float) -> None:
    back = number(json.loads(json.dumps(json_ready(value))))
    assert back is None if math.isnan(value) else back == value


@pytest.mark.parametrize("value", ["much", [], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        number(value)
