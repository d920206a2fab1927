"""The case before the reader: what they draw is kept as a draft, compared, and decided on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from StrokeSegLogic.base.errors import InputError, StrokeSegError

from .problems import words_of
from .protocols import Clock, Timer
from .review_case import CaseMaterial
from .review_protocols import CaseScene
from .review_words import difference_words, dispute_words
from .words import tr as _

if TYPE_CHECKING:
    import SimpleITK as sitk

    from StrokeSegLogic.review.entry import Reading, ReadingName
    from StrokeSegLogic.review.reading import Session

TICK_S = 5.0
"""Between two looks whether a draft is due; with `drafts.AUTOSAVE_S` less than 30 s of work can be lost."""


class OpenCase:
    """A case in the scene with its session.

    Attributes:
        material: of the case.
        changed: what the reader has changed, in words.

    Args:
        material: of the case.
        scene: that it is in.
        clock: calls later.
        say: a notice, and whether it is a problem.
        shown: called when `changed` is another.
    """

    def __init__(
        self,
        material: CaseMaterial,
        scene: CaseScene,
        clock: Clock,
        say: Callable[[str, bool], None],
        shown: Callable[[], None],
    ) -> None:
        self.material, self.changed = material, ""
        self._scene, self._clock, self._say, self._shown = scene, clock, say, shown
        begun = material.proposal if material.begin is None else material.begin
        self._now: Any = begun.labels
        self._kept: Any = begun.labels
        # What the case opens with where there is no draft; None where a draft hides the reader's own version.
        own = material.session.readings().get(material.session.reading)
        hidden = material.draft is not None and own is not None and own.decision == "edited"
        self._without_draft: Any = None if hidden else material.proposal.labels if material.draft else begun.labels
        self._dirty = False
        self._timer: Timer | None = clock.call_later(TICK_S, self._tick)

    @property
    def session(self) -> Session:
        return self.material.session

    @property
    def dispute(self) -> str:
        """Both readings in words, where the reader decides between them."""
        return dispute_words((turn, reading) for turn, (reading, _mask) in self.material.readings.items())

    def alive(self) -> None:
        """A sign of life of the reader's."""
        self.session.active.seen()

    def drawn(self, labels: sitk.Image) -> None:
        """The reader has drawn, and rests."""
        self._take(labels)
        self._shown()

    def stop(self) -> None:
        """Nothing is kept any more, and nobody told."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- drafts

    def keep(self) -> None:
        """Keeps what is drawn now, if it is anything new.

        Raises:
            StrokeSegError: if it cannot be kept; it says where it is instead.
        """
        try:
            now = self._scene.drawn()
        except InputError as error:
            # Its segmentation was taken out of the scene: what was drawn last is kept, and the case can be left.
            self._say(words_of(error), True)
            if not self._dirty:
                return
            now = self._image(self._now)
        self._keep(now)

    def reset(self) -> None:
        """Back to the proposal; the draft goes, and where a version of the reader's own would open, the proposal is
        one."""
        self.session.reset()
        self._kept = self._without_draft
        self._scene.reset()
        self.drawn(self._scene.drawn())

    def _tick(self) -> None:
        self._timer = self._clock.call_later(TICK_S, self._tick)
        if not self._dirty or not self.session.draft_due:
            return
        try:
            self._keep(self._scene.drawn())
        except StrokeSegError as error:
            # What is drawn is among the temporary files: it is tried again once more is drawn.
            self._dirty = False
            self._say(words_of(error), True)

    def _keep(self, now: sitk.Image) -> None:
        """What opens next time is what is drawn now: as a draft, or without a draft where it opens so by itself."""
        import numpy as np
        import SimpleITK as sitk

        labels = sitk.GetArrayFromImage(now)
        if not np.array_equal(labels, self._kept):
            if self._without_draft is not None and np.array_equal(labels, self._without_draft):
                self.session.reset()
            else:
                self.session.keep(lambda: now, now=True)
            self._kept = labels
        self._dirty = False

    def _take(self, labels: sitk.Image) -> None:
        import numpy as np
        import SimpleITK as sitk

        from StrokeSegLogic.review.changes import change

        now, proposal = sitk.GetArrayFromImage(labels), self.material.proposal
        self._dirty = self._dirty or not np.array_equal(now, self._now)
        self._now = now
        between = change(now, proposal.labels, proposal.grid.voxel_ml, "all")
        proposed = between.volume_ml - between.delta_ml
        self.changed = difference_words(between.added, between.removed, between.volume_ml, proposed)

    def _image(self, labels: Any) -> sitk.Image:
        from dataclasses import replace

        from StrokeSegLogic.review.versions import sitk_of

        return sitk_of(replace(self.material.proposal, labels=labels))

    # -- decisions

    def accept(self, comment: str, of: ReadingName | None = None) -> Reading:
        """Takes the proposal, or as an arbiter a reader's labels.

        Raises:
            StrokeSegError: if something was drawn, which would be lost, or it cannot be recorded.
        """
        if not self._is(self._scene.drawn(), self.material.proposal):
            fix = _("Save what you have drawn (S), or reset it first")
            raise InputError(_("you have changed the proposal"), where=self.session.case, fix=fix)
        return self.session.accept(comment, of=of)

    def save(self, comment: str, ask: Callable[[str], bool]) -> Reading | None:
        """Saves what is drawn as a version of its own; None where the reader would rather not.

        Raises:
            StrokeSegError: if nothing was changed, or it cannot be saved; then the words say where it is instead.
        """
        labels, hidden = self._scene.labels(), self._scene.hidden_ml()
        if self._is(labels, self.material.proposal):
            fix = _("Accept it (A)")
            raise InputError(_("nothing was changed in the proposal"), where=self.session.case, fix=fix)
        question = _("Lesions of {hidden:.2f} ml together are hidden by the slider, and would not be in what you save.")
        if hidden and not ask(f"{question.format(hidden=hidden)}\n\n{_('Save without them?')}"):
            return None
        return self.session.save(labels, comment)

    @staticmethod
    def _is(labels: sitk.Image, mask: Any) -> bool:
        import numpy as np
        import SimpleITK as sitk

        return bool(np.array_equal(sitk.GetArrayViewFromImage(labels), mask.labels))
