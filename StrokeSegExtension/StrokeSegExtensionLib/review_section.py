"""The section "Review": the worklist, the case before the reader, and a key for each decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.review.worklist_file import ORDERS

from .background import Background
from .blocking import quietly
from .notices import say, tint
from .protocols import Clock, Packages
from .review_memory import ReviewMemory
from .review_presenter import ReviewPresenter
from .review_proposing import ProposingProcess
from .review_protocols import CaseScene, Proposing, Standing
from .review_scene import CasePanel, ReviewScene
from .review_words import CaseRow, heads
from .shortcuts import Shortcuts, key_of
from .table_heads import set_heads

EVERYWHERE = {
    "Ctrl+Shift+Return": "acceptCaseButton",
    "Ctrl+Shift+S": "saveCaseButton",
    "Ctrl+Shift+R": "rejectCaseButton",
    "Ctrl+Shift+N": "nextCaseButton",
    "Ctrl+Shift+P": "previousCaseButton",
}
"""Keys of the main window while a case is before the reader: none of them is Slicer's or the Segment Editor's.
Ctrl+Shift+A makes a point list."""
_WITHIN = {
    "A": "acceptCaseButton",
    "S": "saveCaseButton",
    "R": "rejectCaseButton",
    "N": "nextCaseButton",
    "P": "previousCaseButton",
}
_NAMELESS = ("openReviewButton", "proposeButton", "leaveCaseButton", "resetCaseButton")
"""Buttons that record nothing of a reader, or that say themselves that a name is missing."""
_ROWS = 9
"""More than these scroll."""


class ReviewSection:
    """`review_protocols.ReviewView` on Qt.

    Args:
        panel: that it is a part of.
        clock: calls later.
        packages: sees to it that what proposing needs is installed.
        make_scene, proposing: for tests with a scene or a process of their own.
    """

    def __init__(
        self,
        panel: CasePanel,
        clock: Clock,
        packages: Packages | None = None,
        make_scene: Callable[[CasePanel, Clock], CaseScene] | None = None,
        proposing: Proposing | None = None,
    ) -> None:
        self.ui, self._frame, self._panel = panel.ui.review, panel.ui.frame.reviewSection, panel
        self._rows: Sequence[CaseRow] = ()
        self._standing, self._entered = Standing(), False
        self._memory = ReviewMemory()
        self._background = Background(clock)
        self._keys: list[Any] = []
        self._everywhere = Shortcuts({keys: self._clicks(name) for keys, name in EVERYWHERE.items()}, repeated=False)
        self._make_table()
        self.scene = (make_scene or ReviewScene)(panel, clock)
        process = proposing or ProposingProcess(clock, packages, self._device)
        self.presenter = ReviewPresenter(self, self.scene, clock, self._background, process)
        self._connect()
        self.ui.readerEdit.setText(self._memory.reader)
        self.ui.roleEdit.setText(self._memory.role)
        self.say("")

    # -- what the panel tells

    def scene_closing(self) -> None:
        """See `protocols.Guest`."""
        self.presenter.scene_closing()

    def install(self) -> None:
        """The module is shown: while a case is before the reader its keys act everywhere."""
        self._entered = True
        if self._standing.case:
            self._everywhere.install()

    def holds(self) -> str:
        """See `protocols.Guest`."""
        case = self.presenter.at_hand
        return "" if case is None else _("{case} is before its reader").format(case=case.session.case)

    def remove(self) -> None:
        """The module is hidden; the case stays before the reader."""
        self._entered = False
        self._everywhere.remove()

    def close(self) -> None:
        """See `protocols.Guest`."""
        self._everywhere.remove()
        self.presenter.close()
        self._background.close()

    # -- what the reader does

    def open(self) -> None:
        """Asks for the folder of a review."""
        title = _("Open a review, or a folder of studies and results")
        chosen = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, self._memory.folder)
        if chosen:
            self.open_folder(Path(chosen))

    def open_folder(self, folder: Path) -> None:
        """Opens the review in a folder."""
        self._memory.keep_reader(self._reader(), self._role())
        self.presenter.open(folder, self._reader(), self._role())

    def _reader(self) -> str:
        return str(self.ui.readerEdit.text).strip()

    def _role(self) -> str:
        return str(self.ui.roleEdit.text).strip()

    def _comment(self) -> str:
        return str(self.ui.commentEdit.text).strip()

    def _reject(self) -> None:
        """Asks for the reason first."""
        reason = str(self.ui.reasonEdit.text).strip()
        if not reason:
            self.say(_("Say why the case cannot be used, and press Enter."), True)
            self._frame.collapsed = False
            self.ui.reasonEdit.setFocus()
            return
        self.presenter.reject(reason, self._comment(), self._goes_on)

    @property
    def _goes_on(self) -> bool:
        return bool(self.ui.goOnBox.checked)

    def _add_comment(self) -> None:
        case = next((row.case for row in self._rows if row.current), None) or self._chosen()
        if case is not None:
            self.presenter.comment(case, self._comment())
            if not self._problem:
                self.ui.commentEdit.clear()

    def _chosen(self) -> str | None:
        at = self.ui.caseTable.currentRow()
        return self._rows[at].case if 0 <= at < len(self._rows) else None

    def _start(self) -> None:
        case = self._chosen()
        if case is not None:
            self.presenter.start(case)

    def _second(self) -> None:
        case = self._chosen()
        if case is not None:
            self.presenter.second(case)

    def _sit_down(self) -> None:
        """Another name or role was typed."""
        if self._reader():
            self.presenter.read_as(self._reader(), self._role())
            self._memory.keep_reader(self._reader(), self._role())

    def _device(self) -> str:
        parameters = self._panel.parameters
        return "auto" if parameters is None else parameters.device

    # -- the view

    def show_worklist(self, rows: Sequence[CaseRow]) -> None:
        table, chosen = self.ui.caseTable, self._chosen()
        self._rows = rows
        at = next((number for number, row in enumerate(rows) if row.current), None)
        if at is None:
            at = next((number for number, row in enumerate(rows) if row.case == chosen), -1)
        with quietly(table):
            table.setRowCount(len(rows))
            for number, row in enumerate(rows):
                for column, words in enumerate(row.cells):
                    item = qt.QTableWidgetItem(words)
                    item.setToolTip(words)
                    if column in (2, 3):
                        item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                    table.setItem(number, column, item)
            table.setCurrentCell(at, 0)
        table.setVisible(bool(rows))
        if rows:
            height = table.horizontalHeader().height + 24
            table.setFixedHeight(height + table.rowHeight(0) * min(max(len(rows), 2), _ROWS))

    def show_standing(self, standing: Standing) -> None:
        self._standing = standing
        ui, there = self.ui, bool(standing.folder)
        if there:
            self._memory.keep_folder(standing.folder)
        ui.reviewFolderLabel.setText(Path(standing.folder).name if there else _("No review is open"))
        ui.reviewFolderLabel.setToolTip(standing.folder)
        stage = "" if standing.proposing is None else f"\n{standing.proposing}"
        say(ui.countsLabel, f"{standing.counts}{stage}")
        with quietly(ui.orderBox):
            ui.orderBox.setCurrentIndex(ORDERS.index(standing.order))
        say(ui.caseLabel, standing.case)
        say(ui.changedLabel, standing.changed)
        say(ui.disputeLabel, standing.dispute)
        ui.proposeButton.setText(_("Propose") if standing.proposing is None else _("Stop"))
        open_case = bool(standing.case) and not standing.busy
        for names, on in (
            (("proposeButton", "orderBox", "secondReadButton", "commentButton"), there),
            (("nextCaseButton", "previousCaseButton"), there and not standing.busy),
            (("acceptCaseButton", "saveCaseButton", "rejectCaseButton", "resetCaseButton"), open_case),
            (("leaveCaseButton", "takeFirstButton", "takeSecondButton"), open_case),
            (("openReviewButton",), not standing.busy),
        ):
            for name in names:
                getattr(ui, name).setEnabled(on)
        for name in ("takeFirstButton", "takeSecondButton"):
            getattr(ui, name).setVisible(bool(standing.dispute))
        (self._everywhere.install if standing.case and self._entered else self._everywhere.remove)()

    def say(self, words: str, problem: bool = False) -> None:
        self._problem = problem and bool(words)
        tint(self.ui.reviewNotice, "error" if self._problem else "plain")
        say(self.ui.reviewNotice, words)

    def case_opened(self) -> None:
        self.ui.commentEdit.clear()
        self.ui.reasonEdit.clear()

    def ask(self, question: str) -> bool:
        return bool(slicer.util.confirmOkCancelDisplay(question, _("Review")))

    # -- how it is made

    def _make_table(self) -> None:
        table = self.ui.caseTable
        set_heads(table, heads())
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
        table.horizontalHeader().setStretchLastSection(True)

    def _connect(self) -> None:
        ui, presenter = self.ui, self.presenter
        actions = {
            "openReviewButton": self.open,
            "proposeButton": presenter.propose_or_stop,
            "previousCaseButton": presenter.previous,
            "nextCaseButton": presenter.next,
            "leaveCaseButton": presenter.leave,
            "secondReadButton": self._second,
            "acceptCaseButton": lambda: presenter.accept(self._comment(), self._goes_on),
            "saveCaseButton": lambda: presenter.save(self._comment(), self._goes_on),
            "rejectCaseButton": self._reject,
            "takeFirstButton": lambda: presenter.accept(self._comment(), self._goes_on, "first"),
            "takeSecondButton": lambda: presenter.accept(self._comment(), self._goes_on, "second"),
            "commentButton": self._add_comment,
            "resetCaseButton": presenter.reset,
        }
        for name, action in actions.items():
            named = action if name in _NAMELESS else self._under_the_name_shown(action)
            getattr(ui, name).connect("clicked(bool)", lambda _checked, action=named: action())
        ui.caseTable.connect("cellActivated(int,int)", lambda *_cell: self._under_the_name_shown(self._start)())
        ui.orderBox.connect("currentIndexChanged(int)", lambda index: presenter.order_by(ORDERS[index]))
        ui.changesBox.connect("toggled(bool)", self.scene.colour_changes)
        ui.reasonEdit.connect("returnPressed()", self._under_the_name_shown(self._reject))
        ui.commentEdit.connect("returnPressed()", self._under_the_name_shown(self._add_comment))
        for edit in (ui.readerEdit, ui.roleEdit):
            edit.connect("editingFinished()", self._sit_down)
        actions = {**{keys: self._clicks(name) for keys, name in _WITHIN.items()}, "C": ui.commentEdit.setFocus}
        self._keys = [key_of(self._frame, keys, action, within=True) for keys, action in actions.items()]

    def _under_the_name_shown(self, action: Callable[[], None]) -> Callable[[], None]:
        """What is taken, said and decided is so by the reader whose name stands there: a key moves no focus, and a name
        that was just typed is heard of only when its field loses it."""

        def act() -> None:
            if not self._reader():
                self.say(_("Type your name first: decisions are recorded under it."), True)
                return
            self._sit_down()
            action()

        return act

    def _clicks(self, name: str) -> Callable[[], None]:
        return lambda: getattr(self.ui, name).click()
