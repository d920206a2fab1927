"""The lesions of the scene's result: counted when they change, dropped, kept, hidden and added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from StrokeSegLogic.base.errors import StrokeSegError

from .background import Background
from .lesion_words import hidden_name
from .protocols import Clock, Timer
from .segment_watch import SegmentWatch

if TYPE_CHECKING:
    from StrokeSegLogic.mri.edited_lesions import EditedLesion, EditedTable, Evidence
    from StrokeSegLogic.slicer_bridge.lesion_evidence import ResultScene
    from StrokeSegLogic.space.volume import Volume

_SETTLE_S = 0.1
"""A slider that is being moved is waited for."""


class Undo(Protocol):
    """Takes a snapshot before a step of the reader's; `editor.EmbeddedEditor` does."""

    def save_undo(self) -> None: ...


class LesionDesk:
    """Keeps the table of lesions beside a segmentation. Counting runs on a thread, the window does not wait.

    Attributes:
        table: as it was counted last, or as it will be once a step of the reader's is counted; None while there is
            none.
        hidden_below: ml, of the slider.

    Args:
        clock: calls later.
        background: runs the counting.
        undo: takes a snapshot before every step.
        told: called when the table is another.
        failed: called when the lesions cannot be counted.
    """

    def __init__(
        self,
        clock: Clock,
        background: Background,
        undo: Undo,
        told: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
    ) -> None:
        self._clock, self._background, self._undo = clock, background, undo
        self._told, self._failed = told, failed
        self._watch = SegmentWatch(clock, self._changed)
        self._timer: Timer | None = None
        self._scene: ResultScene | None = None
        self._node: Any = None
        self._evidence: tuple[Any, Evidence] | None = None
        self._busy = self._again = False
        self._number = 0
        self.table: EditedTable | None = None
        self.hidden_below = 0.0

    def follow(self, node: Any | None, scene: ResultScene | None, hidden_below: float) -> None:
        """Keeps the table of this segmentation from now on; of none without a result of MRI."""
        if node is None or scene is None:
            node = scene = None
        same = node is self._node and (None if scene is None else scene.state) == self._state()
        if same and hidden_below == self.hidden_below:
            return
        if node is not self._node:
            self._number += 1
            self._evidence = None
            self._set_table(None)
        self._node, self._scene, self.hidden_below = node, scene, hidden_below
        self._watch.watch(node)
        self._changed()

    def close(self) -> None:
        """Lets go of the scene; nobody is told any more."""
        self.follow(None, None, self.hidden_below)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being counted, nor is to be."""
        return not self._busy and self._timer is None and not self._watch.waiting

    # -- what the reader does

    def drop(self, row: EditedLesion) -> None:
        """Takes a lesion out; undo brings it back."""
        from StrokeSegLogic.slicer_bridge.lesion_segments import take_out

        segment, table = self._segment(), self.table
        if segment is None or table is None:
            return
        self._undo.save_undo()
        take_out(self._node, segment, table.mask(row.lesion.number))
        rows = tuple(other for other in table.rows if other is not row)
        self._set_table(replace(table, rows=rows))

    def keep(self, row: EditedLesion) -> None:
        """Marks a lesion as kept, or takes the mark away; undo does that, too."""
        from StrokeSegLogic.slicer_bridge.lesion_segments import kept_points, mark_kept

        segment, table = self._segment(), self.table
        if segment is None or table is None:
            return
        self._undo.save_undo()
        marks = [point for point in kept_points(self._node, segment) if table.number_at(point) != row.lesion.number]
        mark_kept(self._node, segment, marks if row.kept else [*marks, row.point_mm])
        rows = tuple(replace(other, kept=not row.kept) if other is row else other for other in table.rows)
        self._set_table(replace(table, rows=rows))

    def add(self, part: Volume) -> int:
        """Takes a part in that no other segment has; how many voxels that were. Undo takes them out."""
        from StrokeSegLogic.slicer_bridge.lesion_segments import take_in

        segment = self._segment()
        if segment is None:
            return 0
        self._undo.save_undo()
        return take_in(self._node, segment, part)

    def _segment(self) -> str | None:
        from StrokeSegLogic.slicer_bridge.lesion_segments import lesion_segment

        return None if self._node is None else lesion_segment(self._node)

    # -- counting

    def _changed(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(_SETTLE_S, self._count)

    def _state(self) -> Any:
        return None if self._scene is None else self._scene.state

    def _count(self) -> None:
        from StrokeSegLogic.slicer_bridge.lesion_evidence import reading
        from StrokeSegLogic.slicer_bridge.lesion_segments import (
            hidden_segment,
            keep_unseen,
            kept_points,
            segment_voxels,
        )

        self._timer = None
        if self._node is None or self._scene is None:
            return
        if self._busy:
            self._again = True
            return
        segment = self._segment()
        if segment is None:
            self._set_table(None)
            return
        keep_unseen(self._node)
        state = self._scene.state
        known = self._evidence[1] if self._evidence is not None and self._evidence[0] == state else None
        try:
            make = None if known is not None else reading(self._scene)
            now = segment_voxels(self._node, segment)
            other = hidden_segment(self._node)
            hidden = None if other is None else segment_voxels(self._node, other)
        except StrokeSegError as error:
            self._failed(error)
            return
        kept, below = kept_points(self._node, segment), self.hidden_below

        def work() -> tuple[Evidence, EditedTable]:
            from StrokeSegLogic.mri.edited_lesions import counted

            evidence = make() if make is not None else known
            assert evidence is not None
            return evidence, counted(evidence, now, hidden, kept, below)

        self._busy, self._again = True, False
        number = self._number
        self._background.run(
            work, lambda found: self._counted(number, state, *found), lambda error: self._lost(number, error)
        )

    def _counted(self, number: int, state: Any, evidence: Evidence, table: EditedTable) -> None:
        self._busy = False
        if number != self._number:
            self._changed()
            return
        self._evidence = (state, evidence)
        if self._again or self._timer is not None or self._watch.waiting:
            self._changed()
            return
        segment = self._segment()
        if segment is not None and (table.hide is not None or table.show is not None):
            from StrokeSegLogic.slicer_bridge.lesion_segments import move_hidden

            # What the panel moves by itself need not be counted again.
            self._watch.watch(None)
            move_hidden(self._node, segment, table.hide, table.show, hidden_name(self.hidden_below))
            self._watch.watch(self._node)
        self._set_table(table)

    def _lost(self, number: int, error: StrokeSegError) -> None:
        self._busy = False
        if number == self._number:
            self._failed(error)

    def _set_table(self, table: EditedTable | None) -> None:
        self.table = table
        self._told()
