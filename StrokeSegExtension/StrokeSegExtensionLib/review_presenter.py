"""A review in the panel, without a window: the worklist, the way from case to case, decisions, proposals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import InputError, StrokeSegError

from .background import Background
from .problems import words_of
from .protocols import Clock
from .review_case import CaseMaterial, read_or_leave
from .review_case_open import OpenCase
from .review_list import ReviewList, beginning, review_at
from .review_proposing import Proposals
from .review_protocols import CaseScene, Proposing, ReviewView, Standing
from .review_turn import OneAtATime
from .review_words import (
    begun_words,
    claim_words,
    count_words,
    decided_words,
    opened_words,
    session_words,
)
from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.review.desk import Desk
    from StrokeSegLogic.review.entry import Reading, ReadingName
    from StrokeSegLogic.review.folder import ReviewFolder
    from StrokeSegLogic.review.reading import Session


class ReviewPresenter:
    """What the section's buttons and keys do. Every method is called on one thread.

    Args:
        view: shows.
        scene: shows a case.
        clock: calls later.
        background: reads what takes its time.
        proposing: makes proposals.
    """

    def __init__(
        self, view: ReviewView, scene: CaseScene, clock: Clock, background: Background, proposing: Proposing
    ) -> None:
        self._view, self._scene, self._clock = view, scene, clock
        self.list = ReviewList(clock, self._show_list, self._problem)
        self.at_hand: OpenCase | None = None
        self._unread = set[str]()
        self._turn = OneAtATime(background, self._show, self._problem)
        self._proposals = Proposals(view, proposing, self.list.refresh)
        self._show()

    @property
    def desk(self) -> Desk | None:
        return self.list.desk

    # -- the folder and the reader

    def open(self, place: Path, reader: str, role: str) -> None:
        """Opens a review's folder; of a folder without a review asks whether to begin with what lies in it."""
        if self._turn.busy or not self._put_back():
            return
        done = partial(self._opened, reader=reader, role=role)
        found, inside = review_at(place)
        if found is not None:
            self._turn.run(found, done)
            return
        question = _("{place} holds no review. Begin one with the studies and results in it? It goes into {inside}.")
        if self._view.ask(question.format(place=place, inside=inside)):
            begin, stage = beginning(place)
            self._turn.run(begin, partial(done, begun=True), lambda: self._view.say(stage()))

    def read_as(self, reader: str, role: str) -> None:
        """Another reader sits down; the case before the last goes back."""
        desk = self.desk
        if desk is None or self.list.typed == (reader, role):
            return
        if not self._turn.busy and self._put_back():
            self._opened(desk.folder, reader, role)

    def order_by(self, order: str) -> None:
        """ "name", "volume" or "doubt"."""
        self.list.order = order
        self.list.refresh()

    def _opened(self, folder: ReviewFolder, reader: str, role: str, begun: bool = False) -> None:
        if self._tried(lambda: self.list.sit_down(folder, reader, role)):
            self._view.say("\n".join(folder.notes()) if begun else begun_words(self.list.begun))

    # -- from case to case

    def next(self) -> None:
        """The case before the reader goes back, and the next that waits for them comes."""
        desk = self.desk
        if desk is None or self._turn.busy:
            return
        if self.at_hand is None:
            self._take(lambda: desk.next(self.list.order, self._unread))
        else:
            self.list.refresh()
            self._go(self.list.after(self.at_hand.session.case))

    def previous(self) -> None:
        """The case before in the list that this reader may have before them."""
        if not self._turn.busy:
            self.list.refresh()
            self._go(self.list.before(None if self.at_hand is None else self.at_hand.session.case))

    def start(self, case: str) -> None:
        """A case of the list; whether to take it over is asked where another reader has it."""
        desk = self.desk
        if desk is None or self._turn.busy or (self.at_hand is not None and self.at_hand.session.case == case):
            return
        self.list.refresh()
        claim = self.list.claim_of_another(case)
        if claim is not None and not self._view.ask(claim_words(case, claim)):
            return
        if self._put_back():
            self._take(lambda: desk.start(case, take_over=claim is not None))

    def leave(self) -> None:
        """Gives the case back without a decision."""
        if not self._turn.busy and self._put_back():
            self.list.refresh()

    def _go(self, case: str | None) -> None:
        if case is not None:
            self.start(case)
        else:
            self._view.say(_("No other case waits for you."))

    def _take(self, take: Callable[[], Session | None]) -> None:
        def work() -> CaseMaterial | None:
            session = take()
            if session is None:
                return None
            try:
                return read_or_leave(session)
            except StrokeSegError:
                self._unread.add(session.case)  # Next passes it over
                raise

        self._turn.run(work, self._read, stale=lambda material: material and self._tried(material.session.leave))

    def _read(self, material: CaseMaterial | None) -> None:
        if material is None:
            self._view.say(_("No case waits for you."))
            self.list.refresh()
            return
        at_hand = OpenCase(material, self._scene, self._clock, self._view.say, self._show)
        self.at_hand, self._turn.busy = at_hand, True

        def done() -> None:
            self._turn.busy = False
            if words := opened_words(material):
                self._view.say(words)
            self._show()

        def failed(error: StrokeSegError) -> None:
            self._put_back()
            self._turn.busy = False
            self._problem(error)

        self._view.case_opened()
        self.list.refresh()
        self._scene.open(material, done, failed, at_hand.drawn, at_hand.alive)

    def _put_back(self) -> bool:
        """What is drawn is kept and the case given back; False where it could not be kept, and the case stays."""
        at_hand = self.at_hand
        if at_hand is None:
            return True
        self._view.say("")
        if not self._turn.busy and not self._tried(at_hand.keep):
            return False
        self.list.left(at_hand.session.case, bool(at_hand.session.drafts()))
        try:
            at_hand.session.leave()
        except StrokeSegError as error:
            self._problem(error)
            if not isinstance(error, InputError):  # which says that it was taken over: then it is not ours any more
                return False
        self._end()
        return True

    def _end(self, nodes_stay: bool = True) -> None:
        at_hand, self.at_hand = self.at_hand, None
        if at_hand is not None:
            at_hand.stop()
        (self._scene.close if nodes_stay else self._scene.forget)()
        self._show()

    # -- decisions

    def accept(self, comment: str, go_on: bool = True, of: ReadingName | None = None) -> None:
        """The proposal is right; an arbiter takes "first" or "second"."""
        self._decide(lambda case: case.accept(comment, of), go_on)

    def save(self, comment: str, go_on: bool = True) -> None:
        """What is drawn becomes a version."""
        self._decide(lambda case: case.save(comment, self._view.ask), go_on)

    def reject(self, reason: str, comment: str, go_on: bool = True) -> None:
        """The case cannot be used, for a reason."""
        self._decide(lambda case: case.session.reject(reason, comment), go_on)

    def reset(self) -> None:
        """Back to the proposal."""
        if self.at_hand is not None and not self._turn.busy:
            self._tried(self.at_hand.reset)

    def comment(self, case: str, text: str) -> None:
        """A remark on a case, beside any decision."""
        if self._tried(lambda: self.list.comment(case, text)):
            self._view.say(_("Recorded: a comment on {case}").format(case=case))

    def second(self, case: str) -> None:
        """Asks for a second reader of a case, or takes that back."""
        self._tried(lambda: self._view.say(self.list.toggle_second(case)))

    def _decide(self, decide: Callable[[OpenCase], Reading | None], go_on: bool) -> None:
        at_hand = self.at_hand
        if at_hand is None or self._turn.busy:
            return
        at_hand.alive()
        try:
            reading = decide(at_hand)
        except StrokeSegError as error:
            self._problem(error)
            return
        if reading is None:
            return
        self.list.left(at_hand.session.case, drawn=False)
        self.list.refresh()
        following = self.list.after(at_hand.session.case) if go_on else None
        self._end()
        self._view.case_opened()
        self._view.say(decided_words(reading))
        self._show_list()
        if following is not None:
            self.start(following)

    def _tried(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except StrokeSegError as error:
            self._problem(error)
            return False
        return True

    def _problem(self, error: StrokeSegError) -> None:
        self._view.say(words_of(error), True)

    def propose_or_stop(self) -> None:
        """Begins to make the proposals that are missing, or ends that."""
        if self.desk is not None:
            self._proposals.press(self.desk.folder.path)

    # -- the panel's life

    def scene_closing(self, nodes_stay: bool = False) -> None:
        """The scene goes with all its nodes, or nobody shows it any more: what is drawn is kept, the case given back; a
        case that is being read is given back."""
        at_hand, coming = self.at_hand, self._turn.busy
        self._turn.forget()
        if at_hand is not None:
            if coming or self._tried(at_hand.keep):
                self.list.left(at_hand.session.case, bool(at_hand.session.drafts()))
                self._tried(at_hand.session.leave)
            self._end(nodes_stay)
        self.list.refresh()

    def close(self) -> None:
        """The panel goes."""
        self.scene_closing(nodes_stay=True)
        self._proposals.close()
        self.list.close()

    def _show_list(self) -> None:
        self._view.show_worklist(self.list.rows(None if self.at_hand is None else self.at_hand.session.case))
        self._show()

    def _show(self) -> None:
        folder = "" if self.desk is None else str(self.desk.folder.path)
        busy, stage, at_hand = self._turn.busy, self._proposals.stage, self.at_hand
        standing = Standing(folder, count_words(self.list.entries), self.list.order, busy=busy, proposing=stage)
        if at_hand is not None:
            case = session_words(at_hand.session)
            standing = replace(standing, case=case, changed=at_hand.changed, dispute=at_hand.dispute)
        self._view.show_standing(standing)
