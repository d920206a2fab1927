"""Who the presenter of a review talks to: the section before it, the scene and the process that proposes behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from StrokeSegLogic.base.errors import StrokeSegError

from .review_case import CaseMaterial
from .review_words import CaseRow

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Standing:
    """Where a review stands.

    Attributes:
        folder: of the review; "" where none is open.
        counts: how many cases are in which state.
        order: in which the cases stand and come.
        case: what is before the reader, in words; "" for nothing.
        changed: what they have changed, in words.
        dispute: both readings in words, where the reader decides between them.
        busy: whether something is under way that must end first.
        proposing: what the process that proposes is at; None where it does not run.
    """

    folder: str = ""
    counts: str = ""
    order: str = "name"
    case: str = ""
    changed: str = ""
    dispute: str = ""
    busy: bool = False
    proposing: str | None = None


class ReviewView(Protocol):
    """The section as the presenter sees it."""

    def show_worklist(self, rows: Sequence[CaseRow]) -> None:
        """Fills the table."""

    def show_standing(self, standing: Standing) -> None:
        """Names what is before the reader, and frees or greys the buttons."""

    def say(self, words: str, problem: bool = False) -> None:
        """A notice; "" takes it away."""

    def case_opened(self) -> None:
        """Another case is before the reader: words meant for the case before go."""

    def ask(self, question: str) -> bool:
        """A question to be answered by yes or no; waits for the answer."""


class CaseScene(Protocol):
    """A case in the scene; `review_scene.ReviewScene` is such."""

    def open(
        self,
        material: CaseMaterial,
        done: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
        changed: Callable[[sitk.Image], None],
        alive: Callable[[], None],
    ) -> None: ...

    def close(self) -> None: ...

    def forget(self) -> None: ...

    def drawn(self) -> sitk.Image: ...

    def labels(self) -> sitk.Image: ...

    def hidden_ml(self) -> float: ...

    def reset(self) -> None: ...

    def colour_changes(self, shown: bool) -> None: ...


class Proposing(Protocol):
    """Makes proposals elsewhere; `review_proposing.ProposingProcess` is such."""

    @property
    def running(self) -> bool: ...

    def start(
        self, review: Path, told: Callable[[str], None], ended: Callable[[str, StrokeSegError | None], None]
    ) -> None:
        """Begins.

        Args:
            review: folder of the review.
            told: called with what it is at, in words, now and then.
            ended: called once in the end, with what came of it, or what went wrong.

        Raises:
            StrokeSegError: if it cannot begin.
        """

    def stop(self) -> None:
        """Ends it; what was made is kept, and nobody is told any more."""
