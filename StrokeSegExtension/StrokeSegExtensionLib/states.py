"""What the panel is doing, and what may follow."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """IDLE and DONE and FAILED wait for the user; the others work."""

    IDLE = "idle"
    CHECKING = "checking"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"

    @property
    def busy(self) -> bool:
        """Whether work is under way: the inputs are locked, and the button reads "Cancel"."""
        return self in (State.CHECKING, State.RUNNING, State.CANCELLING)

    def __str__(self) -> str:
        return self.value


TRANSITIONS: dict[State, frozenset[State]] = {
    State.IDLE: frozenset({State.CHECKING}),
    State.CHECKING: frozenset({State.RUNNING, State.CANCELLING, State.FAILED, State.IDLE}),
    State.RUNNING: frozenset({State.DONE, State.FAILED, State.CANCELLING, State.IDLE}),
    State.CANCELLING: frozenset({State.IDLE}),
    State.DONE: frozenset({State.CHECKING, State.IDLE}),
    State.FAILED: frozenset({State.CHECKING, State.IDLE}),
}
"""Which state may follow which. Closing the scene or the panel leads to IDLE from anywhere."""
