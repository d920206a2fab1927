"""What every .ui file keeps to: tooltips, tab order, words that can be translated, room on a small screen."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from .names_used import EXTENSION, ui_files, widgets

USED_BY_HAND = {
    "QComboBox",
    "QCheckBox",
    "QDoubleSpinBox",
    "QPushButton",
    "QRadioButton",
    "QSlider",
    "QSpinBox",
    "QTableWidget",
    "QToolButton",
    "QTreeWidget",
    "ctkCollapsibleButton",
    "qMRMLNodeComboBox",
}
UI_FILES = pytest.mark.parametrize("path", ui_files(), ids=lambda path: path.stem)


@UI_FILES
def test_whatever_is_used_by_hand_has_a_tooltip(path: Path) -> None:
    by_hand = [widget for widget in widgets(path) if widget.get("class") in USED_BY_HAND]
    without = [widget.get("name") for widget in by_hand if widget.find("property[@name='toolTip']/string") is None]
    assert without == []


@UI_FILES
def test_the_tab_order_names_every_widget_that_takes_the_keyboard(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    order = [stop.text for stop in root.iter("tabstop")]
    takes = USED_BY_HAND - {"ctkCollapsibleButton"} | {"QPlainTextEdit", "qMRMLSegmentEditorWidget"}
    expected = {widget.get("name") for widget in widgets(path) if widget.get("class") in takes}
    assert set(order) == expected and len(order) == len(expected)


@UI_FILES
def test_the_tab_order_goes_down_the_page(path: Path) -> None:
    written = [widget.get("name") for widget in widgets(path)]
    order = [stop.text for stop in ElementTree.parse(path).getroot().iter("tabstop")]
    assert order == sorted(order, key=written.index)


@UI_FILES
def test_words_are_plain_so_that_they_can_be_translated(path: Path) -> None:
    for text in ElementTree.parse(path).getroot().iter("string"):
        assert text.get("notr") is None or not re.search(r"[a-z]{3}", text.text or ""), text.text


@UI_FILES
def test_no_style_sheet_fixes_a_colour_that_dark_mode_would_need_otherwise(path: Path) -> None:
    named = {prop.get("name") for widget in widgets(path) for prop in widget.findall("property")}
    assert not named & {"styleSheet", "palette"}


@UI_FILES
def test_no_widget_is_wider_than_the_panel_on_a_small_screen(path: Path) -> None:
    for widget in widgets(path):
        for name in ("minimumSize", "minimumWidth"):
            width = widget.find(f"property[@name='{name}']//width")
            # The sections scroll: without a width of their own Slicer would make the panel as narrow as it can.
            most = 330 if widget.get("name") == "sectionsArea" else 200
            assert width is None or int(width.text or 0) <= most, widget.get("name")


@UI_FILES
def test_a_widgets_name_stands_for_one_widget_of_the_panel(path: Path) -> None:
    others = {widget.get("name") for other in ui_files() if other != path for widget in widgets(other)}
    assert not {widget.get("name") for widget in widgets(path)} & others


def test_words_in_the_code_are_translated_whole() -> None:
    """`_()` finds a text by the literal: an f-string or a sum inside it would never be found."""
    for path in [EXTENSION / "StrokeSegExtension.py", *sorted((EXTENSION / "StrokeSegExtensionLib").glob("*.py"))]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b_\(\s*f[\"']", text), path.name
        assert not re.search(r"\b_\(\s*\w+\s*\)", text), path.name
