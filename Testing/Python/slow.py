"""Which of a test's parameters are tried at every run, and which in the slow tests alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_slow(values: Iterable[Any], quick: int = 1) -> list[Any]:
    """Values for `parametrize`: the first as they are, the others marked as slow; a tuple is several parameters."""
    every = [value if isinstance(value, tuple) else (value,) for value in values]
    return [
        pytest.param(*value, marks=() if number < quick else pytest.mark.slow) for number, value in enumerate(every)
    ]
