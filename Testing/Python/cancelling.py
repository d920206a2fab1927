"""A token that is set in the middle of the work, by how often it was asked."""

from __future__ import annotations

from StrokeSegLogic.base.progress import CancelToken


class AfterSome(CancelToken):
    """Is set once it has been asked so often; counts how often it is."""

    def __init__(self, asked: int) -> None:
        super().__init__()
        self.left, self.asked = asked, 0

    @property
    def cancelled(self) -> bool:
        self.asked += 1
        return self.asked > self.left
