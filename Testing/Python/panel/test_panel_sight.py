"""What is in sight on a small screen, and stays so."""

from __future__ import annotations

from .gallery import dock
from .opened import OpenedModule, target

SMALL = 440
"""Pixels that a window of 1280 x 800 leaves the panel: Slicer has its bars, its logo, Help and the Data Probe."""


def test_after_a_result_its_numbers_are_in_sight(finished: OpenedModule) -> None:
    frame = finished.ui.frame
    assert frame.studySection.collapsed and frame.modelSection.collapsed and not frame.resultSection.collapsed


def test_segment_is_in_sight_on_a_small_screen_wherever_the_panel_is_scrolled_to(finished: OpenedModule) -> None:
    frame = finished.ui.frame
    for name in ("study", "model", "options", "result", "correct", "export"):
        getattr(frame, f"{name}Section").collapsed = False
    area = dock(finished, height=SMALL)
    try:
        inner, button = target(frame.sectionsArea), target(finished.ui.run.segmentButton)
        for place in (0, inner.verticalScrollBar().maximum()):
            inner.verticalScrollBar().setValue(place)
            finished.rest(0.05)
            assert button.visibleRegion().boundingRect().height() == button.height()
        assert inner.verticalScrollBar().maximum() > 200, "there is something to scroll"
        assert area.verticalScrollBar().maximum() == 0
    finally:
        area.takeWidget()
        area.deleteLater()


def test_a_panel_that_was_scrolled_down_shows_where_to_begin_after_the_scene_was_closed(finished: OpenedModule) -> None:
    frame = finished.ui.frame
    frame.exportSection.collapsed = False
    area = dock(finished, height=600)
    try:
        bar = target(frame.sectionsArea).verticalScrollBar()
        bar.setValue(bar.maximum())
        finished.slicer.scene.Clear(False)
        finished.rest(0.1)
        assert not frame.studySection.collapsed and not frame.modelSection.collapsed and bar.value() == 0
        assert not target(finished.ui.study.assignButton).visibleRegion().isEmpty()
    finally:
        area.takeWidget()
        area.deleteLater()


def test_names_of_criteria_and_volumes_are_whole_on_a_small_screen(perfused_panel: OpenedModule) -> None:
    ui = perfused_panel.ui.result
    area = dock(perfused_panel)
    try:
        perfused_panel.rest(0.1)
        tree, table = target(ui.criteriaTree), target(ui.resultTable)
        for number in range(tree.topLevelItemCount()):
            for part in range(tree.topLevelItem(number).childCount()):
                item = tree.topLevelItem(number).child(part)
                needed = tree.fontMetrics().horizontalAdvance(item.text(0)) + 2 * tree.indentation()
                assert tree.columnWidth(0) >= needed, item.text(0)
                assert "(" in item.text(2), "value and what is asked for"
        for row in range(table.rowCount()):
            words = table.item(row, 0).text()
            assert table.columnWidth(0) >= table.fontMetrics().horizontalAdvance(words), words
    finally:
        area.takeWidget()
        area.deleteLater()
