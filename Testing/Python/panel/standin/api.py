"""What the real application has, as far as the panel uses it, and what the panel was seen to use."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXTRACT = Path(__file__).with_name("slicer_names.json")
RECORD = "STROKESEG_RECORD_NAMES"
"""Environment variable with a file for the names that a run of the tests used; nothing is refused in that run."""


class NotInSlicer(AttributeError):
    """The panel asked for a name that the real application does not have."""


class Api:
    """Names of classes, and what was used of them.

    Attributes:
        used: class to the names that were asked of it.
        signals_used: class to the signals that were connected.
        strict: whether a name outside the extract raises; off only while the extract itself is made.
    """

    def __init__(self, names: Mapping[str, Any], strict: bool = True) -> None:
        self._classes = {kind: frozenset(members) for kind, members in names.get("classes", {}).items()}
        self._signals = {kind: frozenset(members) for kind, members in names.get("signals", {}).items()}
        self.used: dict[str, set[str]] = defaultdict(set)
        self.signals_used: dict[str, set[str]] = defaultdict(set)
        self.strict = strict

    def use(self, kind: str, name: str) -> None:
        """Notes that a name of a class is used.

        Raises:
            NotInSlicer: if the application's class lacks it.
        """
        self.used[kind].add(name)
        if self.strict and name not in self._classes.get(kind, frozenset()):
            raise NotInSlicer(f"{kind}.{name} is not in slicer_names.json: see make_extract.py")

    def connect(self, kind: str, signal: str) -> None:
        """Notes that a signal is connected.

        Raises:
            NotInSlicer: if the application's class has no signal of that signature.
        """
        self.signals_used[kind].add(signal)
        if self.strict and signal not in self._signals.get(kind, frozenset()):
            raise NotInSlicer(f"{kind} has no signal {signal} in slicer_names.json: see make_extract.py")

    def write_record(self, path: Path) -> None:
        """Writes what was used."""
        parts = {"classes": self.used, "signals": self.signals_used}
        text = {part: {kind: sorted(names) for kind, names in found.items()} for part, found in parts.items()}
        path.write_text(json.dumps(text), encoding="utf-8")


def read_extract() -> dict[str, Any]:
    """The committed extract; empty before it was made for the first time."""
    return json.loads(EXTRACT.read_text(encoding="utf-8")) if EXTRACT.exists() else {}


api = Api(read_extract(), strict=RECORD not in os.environ)
