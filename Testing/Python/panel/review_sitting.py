"""A reader before a review, without Qt and MRML: a view that keeps, a scene that the test draws in, a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from StrokeSegExtensionLib.background import Background
from StrokeSegExtensionLib.review_case import CaseMaterial
from StrokeSegExtensionLib.review_presenter import ReviewPresenter
from StrokeSegExtensionLib.review_proposing import ProposingProcess
from StrokeSegExtensionLib.review_protocols import Standing
from StrokeSegExtensionLib.review_words import CaseRow

from StrokeSegLogic.base.errors import StrokeSegError

from .doubles import Clock
from .review_cases import ANNA
from .studies import GRID


class Section:
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.rows: Sequence[CaseRow] = ()
        self.standing = Standing()
        self.notices: list[tuple[str, bool]] = []
        self.answers: list[bool] = []

    def show_worklist(self, rows: Sequence[CaseRow]) -> None:
        self.rows = rows

    def show_standing(self, standing: Standing) -> None:
        self.standing = standing

    def say(self, words: str, problem: bool = False) -> None:
        self.notices.append((words, problem))

    def case_opened(self) -> None:
        self.notices.append(("", False))

    def ask(self, question: str) -> bool:
        return self.answers.pop(0)


class Drawing:
    """A case's scene whose labels the test draws."""

    def __init__(self) -> None:
        self.material: CaseMaterial | None = None
        self.labels_now = np.zeros(GRID.shape, np.uint8)
        self.changed: Callable[[sitk.Image], None] = lambda _labels: None

    def open(
        self,
        material: CaseMaterial,
        done: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
        changed: Callable[[sitk.Image], None],
        alive: Callable[[], None],
    ) -> None:
        self.material, self.changed = material, changed
        begin = material.proposal if material.begin is None else material.begin
        self.labels_now = begin.labels.astype(np.uint8)
        done()

    def close(self) -> None:
        self.material = None

    forget = close

    def draw(self, labels: np.ndarray) -> None:
        self.labels_now = labels
        self.changed(GRID.image(labels))

    def hide(self, shown: np.ndarray) -> None:
        """The slider leaves this of what is drawn in sight."""
        self.changed(GRID.image(shown))

    def drawn(self) -> sitk.Image:
        return GRID.image(self.labels_now)

    labels = drawn

    def hidden_ml(self) -> float:
        return 0.0

    def reset(self) -> None:
        assert self.material is not None
        self.labels_now = self.material.proposal.labels.astype(np.uint8)

    def colour_changes(self, shown: bool) -> None: ...


class Sitting:
    """A reader before a review, with time that the test lets pass."""

    def __init__(self, review: Path) -> None:
        self.review, self.clock = review, Clock()
        self.view, self.scene = Section(), Drawing()
        background, process = Background(self.clock), ProposingProcess(self.clock, None, lambda: "cpu")
        self.presenter = ReviewPresenter(self.view, self.scene, self.clock, background, process)
        self.presenter.open(review, ANNA.name, ANNA.role)
        self.settle()

    def settle(self) -> None:
        self.clock.wait(lambda: not self.view.standing.busy)

    def start(self, case: str) -> None:
        self.presenter.start(case)
        self.settle()
        assert self.view.standing.case.startswith(f"{case}:"), self.view.notices
