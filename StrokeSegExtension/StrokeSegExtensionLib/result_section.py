"""The section "Result": numbers, views, overlays, and the way through what is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.json_files import parse_json
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import Role

from .blocking import quietly
from .notices import say, tint
from .parameters import PanelParameters, volume_name
from .places import Places
from .problems import words_of
from .result_table import CriterionRow, Row, corrected_rows, criteria, rows, trained_words
from .study import Place
from .view_settings import roles_of
from .views import SliceViews

_TABLE_ROWS = 18
_TREE_ROWS = 20
"""More than these scroll."""


class ResultSection:
    """Shows the last result that the scene holds.

    Args:
        ui: the widgets of Result.ui by name.
        views: the slice views.
        parameters: gives the current parameters.
    """

    def __init__(self, ui: Any, views: SliceViews, parameters: Callable[[], PanelParameters | None]) -> None:
        self.ui = ui
        self.views = views
        self._parameters = parameters
        self._record: ResultRecord | None = None
        self._text: Any = None
        self._empty = str(ui.emptyLabel.text)
        tint(ui.unusualLabel, "error")
        tint(ui.simulatedLabel, "caution")
        # Names and verdicts are always whole. Values begin with the number; what comes behind it may give way, and is
        # whole in the tooltip.
        whole, shared = qt.QHeaderView.ResizeToContents, qt.QHeaderView.Stretch
        _set_columns(ui.resultTable.horizontalHeader(), (whole, shared))
        _set_columns(ui.criteriaTree.header(), (whole, whole, shared))
        ui.resultTable.verticalHeader().setVisible(False)
        ui.sideBySideButton.connect("clicked(bool)", lambda _checked: self.show_side_by_side())
        ui.restoreLayoutButton.connect("clicked(bool)", lambda _checked: self.views.restore())
        ui.overlayBox.connect("currentIndexChanged(int)", lambda _index: self._overlay())
        ui.opacitySlider.connect("valueChanged(int)", lambda _value: self._overlay())
        self.show_review("", False, False)
        self._clear()

    @property
    def record(self) -> ResultRecord | None:
        """What result.json says of what is shown."""
        return self._record

    def connect_review(self, actions: Mapping[str, Callable[[], None]]) -> None:
        """What the four buttons of the review do, by their names."""
        for name, action in actions.items():
            getattr(self.ui, name).connect("clicked(bool)", _ignoring_argument(action))

    def show(self, parameters: PanelParameters | None) -> None:
        """Shows the result of the parameters' nodes; nothing where there is none."""
        text = None if parameters is None else parameters.resultText
        if text is None or parameters is None or parameters.segmentation is None:
            self._clear()
            return
        if text is not self._text:
            self._text = text
            try:
                self._record = _read(text)
            except InputError as error:
                self._clear(words_of(error))
                self._text = text
                return
            self._describe(self._record)
        elif self._record is None:
            return
        self.update_volumes()
        overlays = self._overlays(parameters)
        with quietly(self.ui.overlayBox):
            current = self.ui.overlayBox.currentIndex
            self.ui.overlayBox.clear()
            for title, _node in overlays:
                self.ui.overlayBox.addItem(title)
            self.ui.overlayBox.setCurrentIndex(current if 0 <= current < len(overlays) else 0)
        self.ui.overlayBox.setEnabled(len(overlays) > 1)
        self.ui.opacitySlider.setEnabled(len(overlays) > 1)

    def update_volumes(self) -> None:
        """Counts the segments again, after corrections."""
        parameters = self._parameters()
        if self._record is not None and parameters is not None and parameters.segmentation is not None:
            from StrokeSegLogic.slicer_bridge.segmentations import volumes_ml

            now = corrected_rows(volumes_ml(parameters.segmentation))
            self._fill([*rows(self._record), *now])

    def show_review(self, words: str, slices: bool, lesions: bool) -> None:
        for name in ("previousSliceButton", "nextSliceButton"):
            getattr(self.ui, name).setEnabled(slices)
        for name in ("previousLesionButton", "nextLesionButton"):
            getattr(self.ui, name).setEnabled(lesions)
        say(self.ui.placeLabel, words)

    def show_place(self, place: Place) -> None:
        parameters = self._parameters()
        self.views.look_at(place.point_ras, None if parameters is None else parameters.referenceVolume)
        say(self.ui.placeLabel, place.words)

    def show_side_by_side(self) -> None:
        """One view for each input or map."""
        parameters = self._parameters()
        if parameters is None or self._record is None:
            return
        # A result that was opened without its study lies on what it brought along.
        volumes = self._volumes(parameters) or _alone(parameters.referenceVolume)
        if volumes:
            largest = Places(self._record).first("lesion")
            reference = parameters.referenceVolume or volumes[0][1]
            self.views.side_by_side(volumes, reference, None if largest is None else largest.point_ras)
            self._overlay()

    def show_as_saved(self) -> None:
        """Shows a scene that has come in our layout if it was left in it: scene files do not keep what it is."""
        parameters = self._parameters()
        if parameters is not None and (parameters.sideBySide or self.views.lost):
            self.show_side_by_side()

    def _volumes(self, parameters: PanelParameters) -> list[tuple[str, Any]]:
        """Titles and nodes of what the result is looked at on: as the rows stand, what was computed among what was
        given, but for the reference, which comes first."""
        from StrokeSegLogic.slicer_bridge.results import MAP_ROLE, maps_of

        modality = "mri" if self._record is None else self._record.modality
        roles = [role for role in roles_of(modality) if role is not Role.CTP]
        places = {role.value: place for place, role in enumerate(roles)}
        found = [(place, role.display_name, getattr(parameters, volume_name(role))) for place, role in enumerate(roles)]
        for node in maps_of(parameters.resultText):
            found.append((places.get(node.GetAttribute(MAP_ROLE) or "", len(roles)), node.GetName(), node))
        found.sort(key=lambda entry: (entry[2] is not parameters.referenceVolume, entry[0]))
        return [(title, node) for _place, title, node in found if node is not None]

    def _overlays(self, parameters: PanelParameters) -> list[tuple[str, Any]]:
        offered = [
            (_("Probability"), parameters.probabilityVolume),
            (_("Agreement of the planes"), parameters.agreementVolume),
        ]
        return [(_("None"), None), *((title, node) for title, node in offered if node is not None)]

    def _overlay(self) -> None:
        parameters = self._parameters()
        if parameters is None:
            return
        overlays = self._overlays(parameters)
        index = self.ui.overlayBox.currentIndex
        node = overlays[index][1] if 0 <= index < len(overlays) else None
        self.views.overlay(node, self.ui.opacitySlider.value / 100)

    def _clear(self, why: str = "") -> None:
        """Shows no result; in place of the usual words why there is none."""
        self._record = self._text = None
        self.ui.resultBody.setVisible(False)
        self.ui.emptyLabel.setText(why or self._empty)
        self.ui.emptyLabel.setVisible(True)
        self.ui.openResultButton.setVisible(True)

    def _describe(self, record: ResultRecord) -> None:
        self.ui.emptyLabel.setVisible(False)
        self.ui.openResultButton.setVisible(False)
        self.ui.resultBody.setVisible(True)
        say(self.ui.unusualLabel, "\n".join(_("Unusual: {words}").format(words=words) for words in record.unusual))
        say(self.ui.simulatedLabel, trained_words(record))
        say(self.ui.warningsLabel, "\n".join(f"\u26a0 {warning}" for warning in record.warnings))
        judged = criteria(record)
        self.ui.criteriaTree.setVisible(bool(judged))
        self._fill_tree(judged)

    def _fill(self, lines: list[Row]) -> None:
        table = self.ui.resultTable
        table.setRowCount(len(lines))
        for number, line in enumerate(lines):
            for column, words in enumerate(line):
                item = qt.QTableWidgetItem(words)
                item.setToolTip(words)
                table.setItem(number, column, item)
        table.resizeRowsToContents()
        height = table.horizontalHeader().height + 6
        height += sum(table.rowHeight(number) for number in range(min(len(lines), _TABLE_ROWS)))
        table.setFixedHeight(height)

    def _fill_tree(self, judged: list[CriterionRow]) -> None:
        tree = self.ui.criteriaTree
        tree.clear()
        for criterion in judged:
            item = _item(criterion)
            tree.addTopLevelItem(item)
            item.setExpanded(True)
        lines = 3 + sum(1 + len(criterion.parts) for criterion in judged)
        tree.setFixedHeight(min(lines, _TREE_ROWS) * (tree.fontMetrics().height() + 2))


def _alone(volume: Any | None) -> list[tuple[str, Any]]:
    return [] if volume is None else [(volume.GetName(), volume)]


def _read(text: Any) -> ResultRecord:
    """The record in a text node.

    Raises:
        InputError: if it holds none.
    """
    name = text.GetName()
    try:
        content = parse_json(text.GetText() or "")
    except ValueError as error:
        what = _("the result that the scene holds cannot be read ({error})").format(error=error)
        raise InputError(what, where=name, fix=_("Segment the study again")) from error
    return ResultRecord.parse(content, name)


def _set_columns(header: Any, kinds: Sequence[Any]) -> None:
    header.setStretchLastSection(False)
    for column, kind in enumerate(kinds):
        header.setSectionResizeMode(column, kind)


def _item(row: CriterionRow) -> Any:
    item = qt.QTreeWidgetItem()
    for column, words in enumerate((row.name, row.verdict, row.held_against)):
        item.setText(column, words)
        item.setToolTip(column, words)
    for part in row.parts:
        item.addChild(_item(part))
    return item


def _ignoring_argument(action: Callable[[], None]) -> Callable[[bool], None]:
    return lambda _checked: action()
