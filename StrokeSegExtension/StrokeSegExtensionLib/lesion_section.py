"""The section "Lesions": a row each, with keys to drop, keep and add, and a slider that hides the small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import qt
import slicer

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.result.record import ResultRecord

from .background import Background
from .blocking import quietly
from .lesion_desk import LesionDesk, Undo
from .lesion_growing import Growing
from .lesion_words import growing_words, heads, hidden_words, row_words, sum_words
from .notices import say
from .panel_ui import PanelUi
from .parameters import PanelParameters
from .problems import words_of
from .protocols import Clock
from .shortcuts import Shortcuts, key_of
from .table_heads import set_heads
from .views import SliceViews

if TYPE_CHECKING:
    from StrokeSegLogic.mri.edited_lesions import EditedLesion
    from StrokeSegLogic.slicer_bridge.lesion_evidence import ResultScene

_STEP_ML = 0.05
"""Of the slider."""
_ROWS = 8
"""More than these scroll."""


class Editor(Undo, Protocol):
    """The Segment Editor, whose undo goes back over steps here; `editor.EmbeddedEditor` is such."""

    def undo(self) -> None: ...

    def redo(self) -> None: ...

    def hold(self, held: bool) -> None:
        """While a lesion grows, mouse and keys are not the editor's."""

    def tell(self, told: Callable[[bool], object]) -> None:
        """Tells from now on whether the editor itself has undo's keys."""


class Recorded(Protocol):
    """What is shown, with its record; `result_section.ResultSection` is such."""

    @property
    def record(self) -> ResultRecord | None: ...


class LesionSection:
    """Shows the lesions of a result of MRI.

    Args:
        ui: all of the panel's widgets.
        clock: calls later.
        background: runs the counting.
        views: the slice views.
        editor: see there.
        result: says what result.json says.
        parameters: gives the current parameters.
    """

    def __init__(
        self,
        ui: PanelUi,
        clock: Clock,
        background: Background,
        views: SliceViews,
        editor: Editor,
        result: Recorded,
        parameters: Callable[[], PanelParameters | None],
    ) -> None:
        # Its section is there only while there is a result of MRI.
        self.ui, self._frame, self._views = ui.lesions, ui.frame.lesionsSection, views
        self._editor, self._parameters, self._result = editor, parameters, result
        self._wanted: tuple[float, float, float] | None = None
        self._grow_keys: Shortcuts | None = None
        self.growing = Growing(clock, background, self._show_growing, self._not_grown)
        self.desk = LesionDesk(clock, background, editor, self._fill, self._lost)
        self._make_table()
        actions = {
            "dropButton": self.drop,
            "keepButton": self.keep,
            "addButton": self.grow,
            "takeButton": self.take,
            "leaveButton": self.leave,
        }
        for name, action in actions.items():
            getattr(self.ui, name).connect("clicked(bool)", lambda _checked, action=action: action())
        self.ui.hideSlider.connect("valueChanged(int)", lambda value: self._hide_below(value * _STEP_ML))
        keys = {"Del": self.drop, "Backspace": self.drop, "K": self.keep, "G": self.grow}
        self._keys = [key_of(self.ui.lesionTable, name, action) for name, action in keys.items()]
        steps = {"Ctrl+Z": editor.undo, "Ctrl+Y": editor.redo}
        self._undo_keys = [key_of(self.ui.lesionTable, name, step) for name, step in steps.items()]
        # Two of the same would take the key from one another; both go back over the same steps.
        editor.tell(lambda taken: [key.setEnabled(not taken) for key in self._undo_keys])
        self.show(None)

    def show(self, parameters: PanelParameters | None) -> None:
        """Shows the lesions of the parameters' result; nothing where there is none, or none of MRI."""
        scene = None if parameters is None else _scene(parameters, self._result.record)
        self._frame.setVisible(scene is not None)
        if scene is None or parameters is None:
            self.leave()
            self.desk.follow(None, None, 0.0)
            return
        if self.growing.on and parameters.probabilityVolume is None:
            self.leave()
        with quietly(self.ui.hideSlider):
            self.ui.hideSlider.setValue(round(parameters.hiddenBelow / _STEP_ML))
        self.ui.hideLabel.setText(f"{parameters.hiddenBelow:.2f} ml")
        self.ui.addButton.setEnabled(parameters.probabilityVolume is not None)
        self.desk.follow(parameters.segmentation, scene, parameters.hiddenBelow)

    def close(self) -> None:
        """The panel goes away."""
        self.leave()
        self.desk.close()

    # -- what the reader does

    def drop(self) -> None:
        """Takes the chosen lesion out, and goes to the next that nobody has judged."""
        row = self._chosen()
        if row is not None:
            self._go_on(row)
            self.desk.drop(row)

    def keep(self) -> None:
        """Marks the chosen lesion as kept and goes on; a lesion that is kept loses the mark."""
        row = self._chosen()
        if row is not None:
            self._wanted = row.point_mm
            if not row.kept:
                self._go_on(row)
            self.desk.keep(row)

    def grow(self) -> None:
        """Begins to grow a lesion under the mouse."""
        parameters = self._parameters()
        if parameters is None or parameters.probabilityVolume is None:
            return
        self._editor.hold(True)
        try:
            self.growing.begin(slicer.mrmlScene, parameters.probabilityVolume)
        except StrokeSegError as error:
            self._editor.hold(False)
            say(self.ui.growLabel, words_of(error))
            return
        keys = {"Return": self.take, "Enter": self.take, "Esc": self.leave}
        self._grow_keys = self._grow_keys or Shortcuts(keys)
        self._grow_keys.install()
        self._show_growing()

    def take(self) -> None:
        """Takes what has grown."""
        if not self.growing.on or (part := self.growing.part) is None:
            return
        self.leave()
        self.desk.add(part)

    def leave(self) -> None:
        """Ends growing; nothing is changed."""
        if self.growing.on:
            self.growing.leave()
            self._editor.hold(False)
        if self._grow_keys is not None:
            self._grow_keys.remove()
        self._show_growing()

    def _go_on(self, row: EditedLesion) -> None:
        """To the next lesion that nobody has judged, if there is another; its row is chosen once it is there."""
        following = None if self.desk.table is None else self.desk.table.next_open(after=row.lesion.number)
        self._wanted = row.point_mm if following is None else following.point_mm
        if following is not None:
            self._look_at(following)

    def _hide_below(self, ml: float) -> None:
        parameters = self._parameters()
        if parameters is not None:
            parameters.hiddenBelow = round(ml, 4)

    def _chosen(self) -> EditedLesion | None:
        table, at = self.desk.table, self.ui.lesionTable.currentRow()
        return table.rows[at] if table is not None and 0 <= at < len(table.rows) else None

    def _choose(self) -> None:
        """A row was chosen, by mouse or arrow keys."""
        row = self._chosen()
        self._enable()
        if row is not None:
            self._wanted = row.point_mm
            self._look_at(row)

    def _look_at(self, row: EditedLesion) -> None:
        x, y, z = row.point_mm
        parameters = self._parameters()
        self._views.look_at((-x, -y, z), None if parameters is None else parameters.referenceVolume)

    # -- what is seen

    def _make_table(self) -> None:
        table = self.ui.lesionTable
        set_heads(table, heads())
        table.connect("currentCellChanged(int,int,int,int)", lambda *_cells: self._choose())
        table.connect("cellClicked(int,int)", lambda *_cell: self._choose())

    def _fill(self) -> None:
        """The table as the desk has it; the row that was chosen stays chosen wherever it is now."""
        table, widget = self.desk.table, self.ui.lesionTable
        rows = () if table is None else table.rows
        with quietly(widget):
            widget.setRowCount(len(rows))
            for number, row in enumerate(rows):
                for column, words in enumerate(row_words(row)):
                    item = qt.QTableWidgetItem(words)
                    if column > 2:
                        item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                    widget.setItem(number, column, item)
            at = -1
            if table is not None and self._wanted is not None:
                wanted = table.number_at(self._wanted)
                at = next((k for k, row in enumerate(rows) if row.lesion.number == wanted), -1)
            widget.setCurrentCell(at, 0)
        widget.resizeRowsToContents()
        height = widget.horizontalHeader().height + 24
        widget.setFixedHeight(height + sum(widget.rowHeight(k) for k in range(min(max(len(rows), 2), _ROWS))))
        say(self.ui.sumLabel, "" if table is None else sum_words(table))
        say(self.ui.hiddenLabel, "" if table is None else hidden_words(table.hidden_ml, self.desk.hidden_below))
        self._enable()

    def _enable(self) -> None:
        for name in ("dropButton", "keepButton"):
            getattr(self.ui, name).setEnabled(self._chosen() is not None)

    def _show_growing(self) -> None:
        growing = self.growing
        words = growing_words(growing.probability, growing.threshold, growing.volume_ml) if growing.on else ""
        if words or self.ui.growLabel.text:
            # Who looks at the images does not see the panel.
            slicer.util.showStatusMessage(words)
        say(self.ui.growLabel, words)
        self.ui.takeButton.setVisible(growing.on)
        self.ui.takeButton.setEnabled(growing.part is not None)
        self.ui.leaveButton.setVisible(growing.on)

    def _not_grown(self, error: StrokeSegError) -> None:
        self.leave()
        say(self.ui.growLabel, words_of(error))

    def _lost(self, error: StrokeSegError) -> None:
        say(self.ui.sumLabel, words_of(error))


def _scene(parameters: PanelParameters, record: ResultRecord | None) -> ResultScene | None:
    if record is None or record.lesion is None or parameters.segmentation is None:
        return None
    if parameters.referenceVolume is None or parameters.resultText is None:
        return None
    from StrokeSegLogic.slicer_bridge.lesion_evidence import ROLES, ResultScene

    sequences = {role: getattr(parameters, f"volume{role}") for role in ROLES}
    return ResultScene(
        record,
        parameters.resultText,
        parameters.referenceVolume,
        parameters.modelSegmentation,
        parameters.probabilityVolume,
        parameters.agreementVolume,
        {role: node for role, node in sequences.items() if node is not None},
    )
