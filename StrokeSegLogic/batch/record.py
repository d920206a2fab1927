"""What a batch's journal comes to: each case's state, and how it got there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..base.errors import InputError
from ..base.records import is_there
from . import journal
from .deaths import UNSEEN
from .work import Known

State = Literal["done", "failed", "waiting"]
STATES: tuple[State, ...] = ("done", "failed", "waiting")


@dataclass(frozen=True)
class Entry:
    """A case of a batch.

    Attributes:
        case: its name.
        state: "waiting" is not reached yet, or cut off.
        reason: of a failure, in one line.
        folder: of its result.
        study: what it is given by.
        done_as: what it was given by when its result was made or last verified.
        inputs_sha256, outputs: hashes of the study, and of the result's files by name; of what is done.
        values: what the summary shows of the result.
        changed: files of the result that somebody has changed since.
        seconds: that it took.
        deaths: how often a worker process ended while it was at work on it, since it was last taken up anew.
        ends: how each of these processes ended, in words.
        worker: computer and process that did it.
        listed: whether the last call was about this case, too.
    """

    case: str
    state: State
    reason: str
    folder: Path
    study: str | tuple[str, ...] = ""
    done_as: str | tuple[str, ...] = ""
    inputs_sha256: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    seconds: float = 0.0
    deaths: int = 0
    ends: tuple[str, ...] = ()
    worker: str = ""
    listed: bool = True

    @property
    def known(self) -> Known | None:
        """What a worker verifies it by; None unless it was ever done."""
        return Known(self.done_as, self.inputs_sha256, self.outputs) if self.outputs else None


@dataclass(frozen=True)
class BatchResult:
    """A batch.

    Attributes:
        folder: of its results.
        entries: in the order of the last call; then cases of earlier calls alone.
        notes: what a reader must know, in sentences.
        settings: how the cases are segmented, by name.
    """

    folder: Path
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def of_state(self, state: State) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.state == state)

    @property
    def counts(self) -> dict[State, int]:
        return {state: len(self.of_state(state)) for state in STATES}


@dataclass
class _Case:
    """What events have told of a case so far."""

    folder: str
    study: str | tuple[str, ...] = ""
    state: State = "waiting"
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    running: bool = False
    ends: list[str] = field(default_factory=list)


class History:
    """The cases of a batch, event by event.

    Args:
        folder: of the batch.
        events: of its journal.
    """

    def __init__(self, folder: Path, events: list[journal.Event]) -> None:
        self.folder = folder
        self.settings: Mapping[str, Any] = {}
        self.listed: dict[str, None] = {}
        """Names of the last call's cases, in its order."""
        self._cases: dict[str, _Case] = {}
        self.notes: list[str] = []
        self._unclear = 0
        for event in events:
            try:
                self.tell(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                # Its line was changed, or that which it goes back to: what it told of is done again.
                self._unclear += 1

    @property
    def folders(self) -> dict[str, str]:
        """Names of folders by case."""
        return {name: case.folder for name, case in self._cases.items()}

    @property
    def begun(self) -> list[str]:
        """Cases of whose end nothing was said: their process was gone before it could."""
        return [name for name, case in self._cases.items() if case.running]

    def tell(self, event: journal.Event) -> None:
        """One more event."""
        kind = event["event"]
        if kind == "batch":
            self.settings = event["settings"]
            self.listed = dict.fromkeys(event["cases"])
            self.notes = list(event["notes"])
            for name, folder in event["cases"].items():
                self._cases.setdefault(name, _Case(folder))
        elif kind in ("started", "died", "done", "verified", "failed", "cancelled", "again"):
            self._tell_of(self._cases[event["case"]], kind, event)

    def _tell_of(self, case: _Case, kind: str, event: journal.Event) -> None:
        if kind == "started":
            # Begun, and no word of its end: the process was gone before it could say any.
            case.ends += [UNSEEN] if case.running else []
            case.running = True
            case.study = _study(event["study"])
            return
        case.running = False
        if kind == "died":
            case.ends.append(str(event.get("how", UNSEEN)))
        elif kind == "again":
            case.ends = []
        elif kind == "done":
            case.state, case.reason, case.ends, case.values = "done", "", [], dict(event)
        elif kind == "verified":
            case.state, case.reason, case.ends = "done", "", []
            case.values |= {"changed": event["changed"], "study": event["study"]}
        elif kind == "failed":
            case.state, case.reason = "failed", event["reason"]
            case.values |= {key: event[key] for key in ("seconds", "worker") if key in event}
            if not event.get("gone"):
                case.ends = []

    def entry(self, name: str) -> Entry:
        """What is known of a case by now."""
        case = self._cases[name]
        values = case.values
        return Entry(
            case=name,
            state=case.state,
            reason=case.reason,
            folder=self.folder / case.folder,
            study=case.study,
            done_as=_study(values.get("study", "")),
            inputs_sha256=values.get("inputs_sha256", ""),
            outputs=values.get("outputs", {}),
            values=values.get("values", {}),
            changed=tuple(values.get("changed", ())),
            seconds=float(values.get("seconds", 0.0)),
            deaths=len(case.ends) + case.running,
            ends=tuple(case.ends),
            worker=str(values.get("worker", "")),
            listed=name in self.listed,
        )

    def result(self, notes: tuple[str, ...] = ()) -> BatchResult:
        """All of it."""
        order = [*self.listed, *(name for name in self._cases if name not in self.listed)]
        unclear = (f"{self._unclear} events of the journal cannot be understood",) if self._unclear else ()
        return BatchResult(
            self.folder, tuple(self.entry(name) for name in order), (*self.notes, *unclear, *notes), self.settings
        )


def _study(value: Any) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def read_batch(folder: str | Path) -> BatchResult:
    """A batch as its journal tells it; also of a batch that is running, or was killed.

    Raises:
        InputError: if the folder holds no batch, or a newer version wrote it.
        OutputError: if its journal is none.
    """
    folder = Path(folder).absolute()
    path = folder / journal.NAME
    if not is_there(path):
        raise InputError("holds no batch", where=folder, fix="Give the output folder of strokeseg batch")
    events, notes, _ = journal.read(path)
    return History(folder, events).result(tuple(notes))
