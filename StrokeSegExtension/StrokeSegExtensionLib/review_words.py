"""A review in words: its rows, what a case is, what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.review.drafts import Draft
    from StrokeSegLogic.review.entry import Claim, Entry, Reading
    from StrokeSegLogic.review.reading import Session

    from .review_case import CaseMaterial


@dataclass(frozen=True)
class CaseRow:
    """A row of the worklist.

    Attributes:
        case: its name.
        cells: as `heads` has the columns.
        failed: whether there is no proposal for a reason.
        current: whether it is before the reader here.
    """

    case: str
    cells: tuple[str, ...]
    failed: bool
    current: bool


def heads() -> list[tuple[str, str]]:
    """The columns: what stands over each, and what it is in full."""
    return [
        (_("Case"), _("Name of the case")),
        (
            _("State"),
            _("Waiting for a proposal, proposed, in review, accepted, edited, rejected, or for a second read"),
        ),
        (_("ml"), _("Volume of the proposal, ml")),
        (_("Doubt"), _("1 less the mean Dice of the planes with their vote; not known for CT perfusion")),
        (_("Remark"), _("Who has the case or has decided it, or why there is no proposal")),
    ]


def case_row(entry: Entry, agreement: float, current: str | None, drafts: Container[str] = ()) -> CaseRow:
    """A case as it stands in the worklist; `drafts` are those in which its reader has drawn and not decided."""
    here = entry.name == current
    name = f"\u25b6 {entry.name}" if here else entry.name
    drawn = _("your drawing is kept, not decided") if entry.name in drafts and not here else ""
    remark = "; ".join(words for words in (drawn, entry.remark(agreement)) if words)
    cells = (name, state_words(entry.state), *entry.figures, remark)
    return CaseRow(entry.name, cells, bool(entry.problem), here)


def state_words(state: str) -> str:
    """A state of the worklist."""
    return {
        "waiting": _("waiting"),
        "proposed": _("proposed"),
        "in review": _("in review"),
        "accepted": _("accepted"),
        "edited": _("edited"),
        "rejected": _("rejected"),
        "second read": _("second read"),
    }.get(state, state)


def count_words(entries: Iterable[Entry]) -> str:
    """How many cases are in which state."""
    counted = Counter(entry.state for entry in entries)
    return ", ".join(f"{count} {state_words(state)}" for state, count in counted.items())


def session_words(session: Session) -> str:
    """What is before the reader."""
    turn = {
        "first": _("first reading"),
        "second": _("second reading, blind to the first"),
        "arbitration": _("arbitration: the readers disagree"),
    }[session.reading]
    return _("{case}: {turn}").format(case=session.case, turn=turn)


def begun_words(cases: Sequence[str]) -> str:
    """That cases wait half read; "" for none."""
    if not cases:
        return ""
    words = _("You have begun and not decided: {cases}. What you drew opens as you left it.")
    return words.format(cases=", ".join(cases))


def claim_words(case: str, claim: Claim) -> str:
    """Whether to take a case over from the reader who has it."""
    question = _("{case} is before {reader} since {time} (UTC). Take it over? Their draft stays theirs.")
    return question.format(case=case, reader=claim.who, time=claim.time[:16].replace("T", " "))


def draft_words(draft: Draft) -> str:
    """That a draft is open again."""
    time = draft.time[:16].replace("T", " ")
    if draft.elsewhere:
        time = _("{time} on {computer}").format(time=time, computer=draft.elsewhere)
    words = _("What you had drawn until {time} (UTC) and not saved is open again. Reset goes back to the proposal.")
    return words.format(time=time)


def opened_words(material: CaseMaterial) -> str:
    """What a reader should know of the case that has come before them: what could not be read, drawings of their own,
    and remarks of others."""
    lines = list(material.notes)
    if material.draft is not None:
        lines.append(draft_words(material.draft))
    for other in material.other_drafts:
        time, computer = other.time[:16].replace("T", " "), other.elsewhere or _("this computer")
        words = _("Another drawing of yours, of {time} (UTC) on {computer}, is kept beside it.")
        lines.append(words.format(time=time, computer=computer))
    for event in material.session.comments():
        lines.append(f"{event['reader']}: \u201c{event['comment'].strip()}\u201d")
    return "\n".join(lines)


def difference_words(added: int, removed: int, volume_ml: float, proposed_ml: float) -> str:
    """What was changed against the proposal."""
    if not added and not removed:
        return _("As proposed, {volume:.2f} ml").format(volume=volume_ml)
    words = _("+{added} and \u2212{removed} voxels, {volume:.2f} ml in place of {proposed:.2f} ml")
    return words.format(added=added, removed=removed, volume=volume_ml, proposed=proposed_ml)


def reading_words(reading: Reading) -> str:
    """What a reader decided."""
    to_proposal = reading.content.get("to_proposal")
    comment = f" \u201c{reading.comment.strip()}\u201d" if reading.comment.strip() else ""
    if reading.decision == "rejected":
        return _("{reader}: rejected ({reason})").format(reader=reading.reader, reason=reading.reason) + comment
    volume = "" if to_proposal is None else _(", {volume:.2f} ml").format(volume=float(to_proposal["volume_ml"]))
    return f"{reading.reader}: {state_words(reading.decision)}{volume}{comment}"


def dispute_words(readings: Iterable[tuple[str, Reading]]) -> str:
    """Both readings, side by side, and how far they are from one another."""
    turns = {"first": _("First reader (blue)"), "second": _("Second reader (orange)")}
    lines, dice = [], None
    for turn, reading in readings:
        lines.append(f"{turns.get(turn, turn)}: {reading_words(reading)}")
        between = reading.content.get("to_first")
        dice = dice if between is None else float(between["dice"])
    if dice is not None:
        lines.append(_("Dice between both: {dice:.2f}").format(dice=dice))
    return "\n".join(lines)


def decided_words(reading: Reading) -> str:
    """What was recorded."""
    seconds = reading.active_s
    time = "" if seconds is None else _(", {seconds:.0f} s at work").format(seconds=seconds)
    return _("Recorded: {case}, {what}{time}").format(
        case=reading.content["case"], what=state_words(reading.decision), time=time
    )
