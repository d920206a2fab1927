"""Doubles of the CTK widgets in the panel's .ui files, with CTK's own property and signal names."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Qt, Signal

_SHOWN_BEFORE = "standinShownBefore"


class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A header with an arrow; its own layout's widgets lie below and are hidden when it is collapsed."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Preferred)
        self.toggled.connect(self._on_toggled)
        self.setContentsMargins(0, self._header(), 0, 0)

    def _header(self) -> int:
        return self.fontMetrics().height() + 10

    def _on_toggled(self, opened: bool) -> None:
        for child in self.findChildren(QtWidgets.QWidget, options=Qt.FindDirectChildrenOnly):
            if opened:
                child.setVisible(child.property(_SHOWN_BEFORE) is not False)
            else:
                child.setProperty(_SHOWN_BEFORE, not child.isHidden())
                child.hide()
        self.setMaximumHeight(16777215 if opened else self._header())
        self.contentsCollapsed.emit(not opened)

    def _is_collapsed(self) -> bool:
        return not self.isChecked()

    def _collapse(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = Property(bool, _is_collapsed, _collapse, notify=contentsCollapsed)

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        child = event.child()
        if event.added() and not self.isChecked() and child.isWidgetType():
            child.setProperty(_SHOWN_BEFORE, True)
        super().childEvent(event)

    def sizeHint(self) -> QtCore.QSize:
        layout = self.layout()
        inner = layout.totalSizeHint() if layout is not None and self.isChecked() else QtCore.QSize(0, self._header())
        return inner.expandedTo(QtCore.QSize(self.fontMetrics().horizontalAdvance(self.text()) + 40, self._header()))

    def minimumSizeHint(self) -> QtCore.QSize:
        layout = self.layout()
        return layout.totalMinimumSize() if layout is not None and self.isChecked() else QtCore.QSize(0, self._header())

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() < self._header()

    def paintEvent(self, _: QtGui.QPaintEvent) -> None:
        painter = QtWidgets.QStylePainter(self)
        header = QtCore.QRect(0, 0, self.width(), self._header() - 2)
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect = header
        painter.drawPrimitive(QtWidgets.QStyle.PE_PanelButtonCommand, option)
        arrow = QtWidgets.QStyleOption()
        arrow.initFrom(self)
        arrow.rect = QtCore.QRect(6, header.center().y() - 6, 12, 12)
        down, right = QtWidgets.QStyle.PE_IndicatorArrowDown, QtWidgets.QStyle.PE_IndicatorArrowRight
        painter.drawPrimitive(down if self.isChecked() else right, arrow)
        painter.setPen(self.palette().color(QtGui.QPalette.ButtonText))
        painter.drawText(header.adjusted(26, 0, -4, 0), Qt.AlignVCenter | Qt.AlignLeft, self.text())


CTK_WIDGETS: dict[str, type[QtWidgets.QWidget]] = {"ctkCollapsibleButton": ctkCollapsibleButton}
