"""The tutorial holds together: every picture and page that it names is there, and it names what the panel shows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
UI = DOCS.parent / "StrokeSegExtension" / "Resources" / "UI"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", TEXT))))
def test_every_link_leads_to_a_file(link: str) -> None:
    assert (DOCS / link).is_file()


def test_the_pictures_are_small_and_all_are_used() -> None:
    pictures = sorted((DOCS / "pictures" / "tutorial").glob("*.png"))
    assert {f"pictures/tutorial/{path.name}" for path in pictures} == set(re.findall(r"\((pictures/[^)]+)", TEXT))
    assert 0 < sum(path.stat().st_size for path in pictures) < 0.9e6


def test_buttons_that_the_tutorial_names_are_in_the_panel() -> None:
    shown = {
        (text.text or "").rstrip("…")
        for path in UI.glob("*.ui")
        for text in ElementTree.parse(path).getroot().iter("string")
    }
    of_slicer = {"Sample Data", "Stroke Segmentation", "StrokeSeg", "Cancel"}
    of_slicer |= {"StrokeSegMRI", "StrokeSegCTPMaps", "StrokeSegReview"}
    sayings = {"Research use only, not a\nmedical device."}
    named = {name.rstrip("…") for name in re.findall(r"\*\*([^*]+)\*\*", TEXT)} - of_slicer - sayings
    assert {name.replace("\n", " ") for name in named} <= shown
