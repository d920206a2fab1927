from __future__ import annotations

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import VOTES, one_of


def test_a_choice_is_found_by_its_name() -> None:
    assert one_of("mean", VOTES, "vote") == "mean"


@pytest.mark.parametrize("value", ["loudest", "", None, 3, ["mean"]])
def test_what_is_no_choice_is_refused_with_those_that_there_are(value: object) -> None:
    with pytest.raises(InputError, match="is no vote. Use one of majority, weighted, mean"):
        one_of(value, VOTES, "vote")
