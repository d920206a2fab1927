"""The worklist: what the records say of each case, and which comes next for whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..base.errors import InputError
from .chain import Chain, Event
from .entry import Claim, Entry, Proposal, Reading, Sitting


@dataclass(frozen=True)
class Worklist:
    """All cases, in the order in which they were added."""

    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, chain: Chain) -> Worklist:
        """What the records say. Events of kinds that this version does not know are passed over."""
        entries: dict[str, Entry] = {}
        for event in chain.events:
            if event.kind == "added":
                entries[event["case"]] = _added(event, len(entries) + 1)
            elif (change := _CHANGES.get(event.kind)) is not None:
                # Of several cases at once: a second reader is asked for.
                for name in event.get("cases") or (event["case"],):
                    entries[name] = change(entries[name], event)
        return cls(entries)

    def __getitem__(self, name: str) -> Entry:
        """The case of a name.

        Raises:
            InputError: if there is none.
        """
        if name in self.entries:
            return self.entries[name]
        # Keyboards and file systems write the same letter in different ways.
        same = [entry for entry in self.entries.values() if _composed(entry.name) == _composed(name)]
        if len(same) != 1:
            raise InputError(f"there is no case '{name}'", fix="See strokeseg review list")
        return same[0]

    def ordered(self, order: str) -> list[Entry]:
        """By name (numbers as numbers), the largest first, or the most doubtful first; what is not known comes last."""
        entries = sorted(self.entries.values(), key=lambda entry: _natural(entry.name))
        measure: Callable[[Entry], float | None] = {
            "name": lambda entry: None,
            "volume": lambda entry: entry.proposal and entry.proposal.volume_ml,
            "doubt": lambda entry: entry.proposal and entry.proposal.doubt,
        }[order]
        return sorted(entries, key=lambda entry: -1.0 if (value := measure(entry)) is None else value, reverse=True)

    def as_seen_by(self, reader: str) -> Worklist:
        """All cases without what this reader must not know yet; "" is anybody."""
        return Worklist({name: entry.as_seen_by(reader) for name, entry in self.entries.items()})

    def open_to(self, reader: str, order: str, agreement: float) -> Iterator[Entry]:
        """What waits for a reader: what they have begun first, then the others in order."""
        entries = [entry for entry in self.ordered(order) if entry.is_open_to(reader, agreement)]
        yield from sorted(entries, key=lambda entry: entry.claim is None)


def _added(event: Event, number: int) -> Entry:
    result, group, patient, mask = (str(event.get(key) or "") for key in ("result", "group", "patient", "brain_mask"))
    given = event.get("study") or ""
    study = given if isinstance(given, str) else tuple(given)
    clinical = dict(event.get("clinical") or {})
    return Entry(event["case"], number, str(event["folder"]), study, result, group, patient, clinical, mask)


def _proposed(entry: Entry, event: Event) -> Entry:
    proposal = Proposal(
        file=event["file"],
        sha256=event["sha256"],
        modality=event["modality"],
        maker=event["model"],
        inputs=tuple(event["inputs"]),
        volume_ml=float(event["volume_ml"]),
        doubt=event["doubt"],
    )
    return replace(entry, proposal=proposal, problem="", result=str(event.get("result") or entry.result))


def _failed(entry: Entry, event: Event) -> Entry:
    return replace(entry, problem=str(event["reason"]))


def _started(entry: Entry, event: Event) -> Entry:
    claim = Claim(event["reader"], event["reading"], event.number, event.time)
    return replace(entry, claim=claim, opened=entry.opened | {claim.reader})


def _left(entry: Entry, event: Event) -> Entry:
    return replace(_sat(entry, event), claim=None)


def _sat(entry: Entry, event: Event) -> Entry:
    """The case after a sitting that ends with an event."""
    claim, active = entry.claim, event.get("active_s")
    if claim is None or claim.reader != event["reader"]:
        return entry
    sitting = Sitting(claim.reader, claim.reading, claim.since, None if active is None else float(active))
    return replace(entry, sittings=(*entry.sittings, sitting))


def _second(entry: Entry, event: Event) -> Entry:
    saw = not event["wanted"] and entry.as_seen_by(event["reader"]).hidden
    knowing = entry.knowing | {event["reader"]} if saw else entry.knowing
    return replace(entry, second_wanted=bool(event["wanted"]), knowing=knowing)


def _commented(entry: Entry, event: Event) -> Entry:
    return replace(entry, comments=(*entry.comments, event))


def _decided(entry: Entry, event: Event) -> Entry:
    labels = event["labels"] or {"file": "", "sha256": ""}
    entry = _sat(entry, event)
    turn = event["reader"], event["reading"]
    active = [s.active_s for s in entry.sittings if (s.reader, s.reading) == turn and s.active_s is not None]
    reading = Reading(
        reader=event["reader"],
        reading=event["reading"],
        decision=event["decision"],
        file=labels["file"],
        sha256=labels["sha256"],
        reason=event["reason"],
        comment=event["comment"],
        number=event.number,
        time=event.time,
        active_s=round(sum(active), 1) if active else None,
        content=event.content,
    )
    used = entry.used | {(draft["since"], draft["sha256"]) for draft in event.get("drafts", ())}
    comments = (*entry.comments, event) if str(event["comment"]).strip() else entry.comments
    return replace(
        entry, claim=None, used=used, comments=comments, readings={**entry.readings, reading.reading: reading}
    )


_CHANGES: Mapping[str, Callable[[Entry, Event], Entry]] = {
    "proposed": _proposed,
    "failed": _failed,
    "started": _started,
    "left": _left,
    "second": _second,
    "commented": _commented,
    "decided": _decided,
}


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers in a name count as numbers: case2 comes before case10."""
    parts: list[str] = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
