"""Every bundled model has a card that is about the weights that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from StrokeSegLogic.nets.models.registry import find, names

CARDS = Path(__file__).resolve().parents[4] / "docs" / "models.md"
ROWS = ("What", "Answers", "Intended use", "Not for", "Learned from", "Has never seen", "Figures", "Known faults")


def section(model: str) -> str:
    parts = re.split(r"^## ", CARDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return next(part for part in parts if f"`{model}`" in part.splitlines()[0])


@pytest.mark.parametrize("model", sorted(names()))
def test_a_card_names_purpose_data_figures_faults_and_the_very_weights(model: str) -> None:
    card = section(model)
    assert all(f"| **{row}** |" in card for row in (*ROWS, "Weights", "Rebuild"))
    assert f"`{find(model).spec.weights.sha256[:12]}`" in card


def test_the_cards_say_that_nothing_here_is_a_medical_device() -> None:
    assert "none is a medical device" in CARDS.read_text(encoding="utf-8")
