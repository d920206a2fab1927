"""A reader at a review: what all cases of a review begin and end with."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import slicer

from .application import Ticks, rest, wait_until
from .base import SlicerCase

if TYPE_CHECKING:
    import SimpleITK as sitk


class ReviewingCase(SlicerCase):
    """Each case has a copy of a folder with studies, results if any, and a review of them."""

    data: ClassVar[Path]

    @classmethod
    def begin_with(cls, case: str, images: Mapping[str, sitk.Image], suffix: str) -> None:
        """A review of one study that nothing is proposed for, with files of that suffix."""
        import SimpleITK as sitk

        from StrokeSegLogic.batch.beginning import begin_review

        cls.data = Path(tempfile.mkdtemp(prefix="slicer-review-"))
        cls.addClassCleanup(shutil.rmtree, cls.data, True)
        study = cls.data / "studies" / case
        study.mkdir(parents=True)
        for name, image in images.items():
            sitk.WriteImage(image, str(study / f"{name}{suffix}"))
        begin_review(cls.data / "review", cls.data / "studies")

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

    def propose(self) -> float:
        """Presses Propose and waits for its end; the longest time that the window stood still, s."""
        self.parameters.device = "cpu"
        with Ticks() as ticks:
            self.ui.proposeButton.click()
            self.assertEqual(self.ui.proposeButton.text, "Stop", self.ui.reviewNotice.text)
            wait_until(lambda: self.section._standing.proposing is None, "the end of the process that proposes")
        rest(0.3)
        print(f"proposing held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        return ticks.longest_s

    def remark(self) -> str:
        """What is said of the first case, and of the review."""
        table = self.ui.caseTable
        return f"{self.ui.reviewNotice.text} {table.item(0, table.columnCount - 1).text()}"

    def now(self) -> Any:
        return self.voxels(self.parameters.segmentation, self.parameters.referenceVolume)

    def states(self) -> dict[str, str]:
        from StrokeSegLogic.review.desk import Desk, Reader

        return {entry.name: entry.state for entry in Desk.open(self.review, Reader("Nobody")).worklist()}
