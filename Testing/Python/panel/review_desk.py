"""The panel's section Review with a reader before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .review_cases import ANNA, draw
from .standin.qt_module import FileDialog


class Reading:
    """The section with a reader before it."""

    def __init__(self, opened: OpenedModule, review: Path, reader: Any = ANNA) -> None:
        self.opened, self.ui, self.review = opened, opened.ui.review, review
        self.section = opened.panel.guests[0]
        self.ui.goOnBox.setChecked(False)
        self.sit_down(reader)

    def sit_down(self, reader: Any) -> None:
        target(self.ui.readerEdit).setText(reader.name)
        target(self.ui.roleEdit).setText(reader.role)
        FileDialog.answers.append(str(self.review))
        self.press("openReviewButton")
        self.opened.wait(lambda: self.ui.caseTable.rowCount == 3 and not self.busy, what="the worklist")

    @property
    def busy(self) -> bool:
        return bool(self.section._standing.busy)

    def press(self, name: str) -> None:
        self.opened.press(getattr(self.ui, name))

    def open(self, case: str) -> None:
        """A double click."""
        row = next(k for k in range(3) if self.cells(k)[0].endswith(case))
        target(self.ui.caseTable).setCurrentCell(row, 0)
        target(self.ui.caseTable).cellActivated.emit(row, 0)
        self.wait_for(case)

    def wait_for(self, case: str) -> None:
        there = lambda: not self.busy and str(self.ui.caseLabel.text).startswith(f"{case}:")  # noqa: E731
        try:
            self.opened.wait(there, 20)
        except TimeoutError as error:
            raise AssertionError(f"{case} did not come: {self.notice}") from error

    def cells(self, row: int) -> list[str]:
        return [str(target(self.ui.caseTable).item(row, column).text()) for column in range(5)]

    def now(self) -> np.ndarray:
        parameters = self.opened.parameters
        return sitk.GetArrayFromImage(labels_of(parameters.segmentation, parameters.referenceVolume))

    def draw(self, labels: np.ndarray) -> None:
        draw(self.opened, labels)
        self.opened.wait(lambda: "in place of" in self.ui.changedLabel.text, 10, "the changes")

    @property
    def notice(self) -> str:
        return str(self.ui.reviewNotice.text)
