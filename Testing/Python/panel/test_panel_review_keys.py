"""Keys of the section Review, and the order in which its cases stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.folder import ReviewSettings

from .opened import OpenedModule, target
from .review_cases import BERND, CASES
from .review_desk import Reading


def test_keys_act_in_the_section_alone_and_are_letters_in_its_fields(reading: Reading) -> None:
    from PySide6 import QtCore

    for key in reading.section._keys:
        assert target(key).context() == QtCore.Qt.WidgetWithChildrenShortcut
        assert target(key).parent() is target(reading.opened.ui.frame.reviewSection)


def test_a_key_that_is_held_down_decides_on_one_case(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer
    from PySide6 import QtWidgets

    from .standin.proxy import Proxy

    window = QtWidgets.QMainWindow()
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: Proxy(window))
    reading.opened.widget.enter()
    reading.open(CASES[0])
    everywhere = [shortcut for shortcut, _action in reading.section._everywhere._made]
    assert len(everywhere) == 5
    assert not any(target(shortcut).autoRepeat() for shortcut in (*everywhere, *reading.section._keys))
    reading.opened.widget.exit()


def test_the_box_says_in_which_order_the_cases_stand(opened: OpenedModule, review: Path) -> None:
    home = review.parent
    begun = begin_review(home / "doubt first", home / "studies", home / "results", ReviewSettings(order="doubt"))
    reading = Reading(opened, begun.path)
    assert target(reading.ui.orderBox).currentText() == "Most doubtful first"
    target(reading.ui.orderBox).setCurrentIndex(1)
    reading.sit_down(BERND)
    assert target(reading.ui.orderBox).currentText() == "Largest first", "the reader's choice stays"
