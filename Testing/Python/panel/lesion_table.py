"""What tests of the table of lesions do with it: read it, choose a row, press a key."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from PySide6 import QtCore, QtTest, QtWidgets

from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .studies import lesion_result

Key = QtCore.Qt.Key
LESIONS = lesion_result().statistics.lesions


def lesion_rows(opened: OpenedModule) -> list[tuple[str, ...]]:
    """The table as a reader sees it."""
    table = target(opened.ui.lesions.lesionTable)
    return [
        tuple(table.item(row, column).text() for column in range(table.columnCount()))
        for row in range(table.rowCount())
    ]


def voxels(opened: OpenedModule) -> np.ndarray:
    parameters = opened.parameters
    return sitk.GetArrayFromImage(labels_of(parameters.segmentation, parameters.referenceVolume)) > 0


def settled(opened: OpenedModule) -> None:
    """Waits until the table is counted and nothing is to come."""
    desk = opened.panel.lesions.desk
    opened.wait(
        lambda: desk.table is not None and desk.idle,
        what="the table of lesions",
    )


def choose(opened: OpenedModule, row: int) -> None:
    target(opened.ui.lesions.lesionTable).setCurrentCell(row, 0)


def press_key(opened: OpenedModule, key: Any, where: Any = None) -> None:
    """A key in the table, or in another widget, that has the focus."""
    window = opened.frame.window()
    window.show()
    window.activateWindow()
    widget = target(opened.ui.lesions.lesionTable) if where is None else where
    widget.setFocus()
    QtWidgets.QApplication.processEvents()
    if isinstance(key, tuple):
        QtTest.QTest.keyClick(widget, key[0], key[1])
    else:
        QtTest.QTest.keyClick(widget, key)
    QtWidgets.QApplication.processEvents()
