"""A doubt about what was given or found: about which inputs, of what kind, and in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class Doubt:
    """What a reader must know before trusting a result.

    Attributes:
        roles: the inputs that it is about, by name; none where it is about what was found.
        kind: what it is. Decisions are made by it and by the roles, never by the words.
        words: a clause without a full stop, which names no flag and no widget.
    """

    roles: tuple[str, ...]
    kind: Enum
    words: str

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"roles": list(self.roles), "kind": self.kind.value, "words": self.words}


def doubts_about(doubts: Iterable[Doubt], roles: Collection[str]) -> tuple[Doubt, ...]:
    """Those of the doubts that are about any of these inputs."""
    return tuple(doubt for doubt in doubts if any(role in roles for role in doubt.roles))
