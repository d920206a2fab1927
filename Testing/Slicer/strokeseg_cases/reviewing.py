"""A reader at a review: what all cases of a review begin and end with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import slicer

from .application import rest, wait_until
from .base import SlicerCase


class ReviewingCase(SlicerCase):
    """Each case has a copy of a folder with studies, results if any, and a review of them."""

    data: ClassVar[Path]

    def setUp(self) -> None:
        super().setUp()
        if slicer.util.mainWindow() is not None:
            slicer.util.mainWindow().resize(1600, 1150)
        shutil.copytree(self.data, self.folder, dirs_exist_ok=True)
        self.review = self.folder / "review"
        self.section = self.panel.guests[0]
        self.ui = self.panel.ui.review
        self.panel.ui.frame.reviewSection.collapsed = False
        self.ui.goOnBox.setChecked(False)
        self.sit_down("Anna Kühn")

    def tearDown(self) -> None:
        super().tearDown()
        self.panel.ui.frame.reviewSection.collapsed = True

    # -- the reader

    def sit_down(self, reader: str) -> None:
        self.ui.readerEdit.setText(reader)
        self.section.open_folder(self.review)
        self.settle()
        self.assertGreater(self.ui.caseTable.rowCount, 0, self.ui.reviewNotice.text)

    def settle(self) -> None:
        wait_until(lambda: not self.section._standing.busy, "the review", 60)
        rest(0.3)

    def open(self, case: str) -> None:
        self.section.presenter.start(case)
        self.settle()
        self.assertTrue(self.ui.caseLabel.text.startswith(case), self.ui.reviewNotice.text)
        wait_until(lambda: not self.panel.views.settling, "the views' sizes", 10)
        rest(0.5)

    def now(self) -> Any:
        return self.voxels(self.parameters.segmentation, self.parameters.referenceVolume)

    def states(self) -> dict[str, str]:
        from StrokeSegLogic.review.desk import Desk, Reader

        return {entry.name: entry.state for entry in Desk.open(self.review, Reader("Nobody")).worklist()}
