"""Every bundled model still says what it said when its weights were made."""

from __future__ import annotations

import numpy as np
import pytest
from nets.models.bundled_answers import FOLDER, answer, kind_of, reference, stored

from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import names

BUNDLED = sorted(path.stem for path in FOLDER.glob("*.npz") if not path.stem.endswith("-inputs"))


def test_every_bundled_model_has_a_stored_answer() -> None:
    assert sorted(names()) == BUNDLED


@pytest.mark.parametrize("model", BUNDLED)
def test_a_bundled_model_says_what_it_said(model: str) -> None:
    labels, probability = answer(model, stored(kind_of(model)))
    before, sure = reference(model)
    assert set(np.unique(before)) >= {0, 1}
    for value in np.unique(before)[1:]:
        assert dice(labels == value, before == value) > 0.99
    assert np.abs(probability - sure).mean() < 0.002
