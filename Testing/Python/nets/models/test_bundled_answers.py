"""Every bundled model still says what it said when its weights were made."""

from __future__ import annotations

import numpy as np
import pytest
from nets.models.bundled_answers import (
    FOLDER,
    KINDS,
    Answer,
    answer,
    answer_on_slices,
    kind_of,
    reference,
    stored,
)

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import names

BUNDLED = sorted(names())
MRI = [model for model in BUNDLED if kind_of(model) == "mri"]


def agree(said: Answer, before: Answer) -> bool:
    values = np.unique(before[0])
    assert set(values) >= {0, 1}
    alike = all(dice(said[0] == value, before[0] == value) > 0.99 for value in values[1:])
    return alike and np.abs(said[1] - before[1]).mean() < 0.002


def test_every_stored_answer_is_of_a_bundled_model() -> None:
    said = [*BUNDLED, *(f"{model}-{plane}" for model in MRI for plane in PLANES)]
    asked = [f"{kind}-inputs" for kind in KINDS.values()]
    assert sorted(path.stem for path in FOLDER.glob("*.npz")) == sorted([*said, *asked])


@pytest.mark.parametrize(
    "model", [pytest.param(model, marks=pytest.mark.slow if model in MRI else ()) for model in BUNDLED]
)
def test_a_bundled_model_says_what_it_said(model: str) -> None:
    assert agree(answer(model, stored(kind_of(model))), reference(model))


@pytest.mark.parametrize("model", MRI)
def test_each_plane_of_an_mri_model_says_of_its_slices_what_it_said(model: str) -> None:
    for plane, said in zip(PLANES, answer_on_slices(model, stored("mri")), strict=True):
        assert agree(said, reference(f"{model}-{plane}")), plane
