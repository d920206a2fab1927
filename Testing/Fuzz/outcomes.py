"""What came of an input, and the table of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum


class Outcome(str, Enum):
    """The first two are what an input may end in; each of the others is a fault of the product."""

    OK = "ok"
    ERROR = "error"
    WRONG = "wrong"
    WORDS = "words"
    TRACEBACK = "traceback"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"
    LOSS = "loss"
    FOREIGN = "foreign"
    LEFTOVER = "leftover"

    def __str__(self) -> str:
        return self.value


MEANING = {
    Outcome.OK: "read, and right where the right answer is known",
    Outcome.ERROR: "refused in one line under 500 characters, exit code 1",
    Outcome.WRONG: "another answer than the right answer, or a refusal of what must work",
    Outcome.WORDS: "refused, but in several lines or 500 characters and more",
    Outcome.TRACEBACK: "an exception that is no error for users, or exit code 2",
    Outcome.CRASH: "the process died",
    Outcome.HANG: "no answer in time",
    Outcome.MEMORY: "more memory than three times the voxels as float32 and 200 MB",
    Outcome.LOSS: "a file that the product did not write is changed or gone",
    Outcome.FOREIGN: "a file appeared outside the output folder",
    Outcome.LEFTOVER: "a temporary file stayed, or a refused input left a file",
}
GOOD = (Outcome.OK, Outcome.ERROR)


@dataclass(frozen=True)
class Answer:
    """What came of one input.

    Attributes:
        outcome: of it.
        words: the message, the place of a fault, or what differs.
    """

    outcome: Outcome
    words: str = ""


def table(counts: Counter[tuple[str, Outcome]]) -> str:
    """Inputs by parser and outcome, with sums; only the outcomes that occurred."""
    parsers = sorted({parser for parser, _ in counts})
    seen = [outcome for outcome in Outcome if outcome in GOOD or any(counts[parser, outcome] for parser in parsers)]
    rows = [["parser", *map(str, seen), "all"]]
    for parser in parsers:
        numbers = [counts[parser, outcome] for outcome in seen]
        rows.append([parser, *map(str, numbers), str(sum(numbers))])
    sums = [sum(counts[parser, outcome] for parser in parsers) for outcome in seen]
    rows.append(["all", *map(str, sums), str(sum(sums))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(both))
        for both in (list(zip(row, widths, strict=True)) for row in rows)
    )
