"""The panel as it stands on a small screen: docked at the left of a window of 1280 x 800, light or dark."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtCore, QtGui, QtWidgets

from .opened import OpenedModule, target

SCREEN = QtCore.QSize(1280, 800)
DOCK_WIDTH = 400
"""Pixels of Slicer's module panel on such a screen."""
_DARK = {
    "Window": "#353535",
    "WindowText": "#ffffff",
    "Base": "#2a2a2a",
    "AlternateBase": "#424242",
    "ToolTipBase": "#353535",
    "ToolTipText": "#ffffff",
    "Text": "#ffffff",
    "Button": "#353535",
    "ButtonText": "#ffffff",
    "BrightText": "#ff0000",
    "Link": "#2a82da",
    "Highlight": "#2a82da",
    "HighlightedText": "#000000",
    "PlaceholderText": "#7f7f7f",
    "Light": "#505050",
    "Mid": "#2b2b2b",
    "Dark": "#232323",
}


def use_theme(dark: bool) -> None:
    """Slicer's light or dark style for the whole application."""
    application = QtWidgets.QApplication.instance()
    assert isinstance(application, QtWidgets.QApplication)
    application.setStyle("Fusion")
    palette = application.style().standardPalette()
    if dark:
        for name, colour in _DARK.items():
            palette.setColor(QtGui.QPalette.ColorRole[name], QtGui.QColor(colour))
        for name in ("WindowText", "Text", "ButtonText"):
            role = QtGui.QPalette.ColorRole[name]
            palette.setColor(QtGui.QPalette.ColorGroup.Disabled, role, QtGui.QColor("#7f7f7f"))
    application.setPalette(palette)


def dock(opened: OpenedModule, height: int = SCREEN.height()) -> QtWidgets.QScrollArea:
    """The panel in a scroll area as wide as Slicer's module panel."""
    area = QtWidgets.QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
    area.setWidget(opened.frame)
    area.resize(DOCK_WIDTH, height)
    area.show()
    opened.rest(0.05)
    return area


def whole(opened: OpenedModule) -> QtGui.QPixmap:
    """The panel at its full length, as it is seen by scrolling."""
    area = dock(opened)
    try:
        frame = opened.ui.frame
        sections = target(frame.sections).sizeHint().height() - target(frame.sectionsArea).sizeHint().height()
        area.resize(DOCK_WIDTH, max(SCREEN.height(), opened.frame.sizeHint().height() + sections + 60))
        opened.rest(0.05)
        return area.grab()
    finally:
        area.takeWidget()
        area.deleteLater()


def overflow(opened: OpenedModule) -> int:
    """Pixels by which the panel is wider than its place on the small screen."""
    area = dock(opened)
    try:
        inner = target(opened.ui.frame.sectionsArea)
        return area.horizontalScrollBar().maximum() + inner.horizontalScrollBar().maximum()
    finally:
        area.takeWidget()
        area.deleteLater()


def save(picture: QtGui.QPixmap, path: Path) -> None:
    """Writes a picture as PNG.

    Raises:
        OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not picture.save(str(path), "PNG", 0):  # 0: as small as PNG can be
        raise OSError(f"{path} cannot be written")
