"""The report of a review: tables for people, for spreadsheets, and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..base.csv_files import csv_text, no_formula
from ..base.recorded_files import write_recorded
from ..evaluation.catalog import METRICS, SLOW_FUSION
from ..evaluation.plots import plots
from ..evaluation.rows import Row
from ..evaluation.summary import summarise
from ..evaluation.tables import DASH, Table, cases_csv, paper_table, summary_csv, telling
from .entry import DECISIONS, STATES, Entry
from .folder import ReviewFolder
from .numbers import Agreement, Numbers, reader_times

RECORD = "review.json"
"""Written last; holds the count of events and the hash of the last, as every export of a review does."""
PAGE = "report.html"
_PAGE, _PLOTS = ("Jinja2", "The page is"), ("matplotlib", "Plots are")
"""Packages that a part of the report needs, and that part."""
TABLE = "review.csv"
"""Who decided what, a line a case and reading; of every report and export."""
SHOWN = (*SLOW_FUSION, "lesion_f1_isles22", "volume_bias_ml")
TITLE = "StrokeSeg review"


def tables(numbers: Numbers, agreement: float) -> list[Table]:
    """Progress, time, edits, the model against what holds, readers against one another.

    Args:
        numbers: counted.
        agreement: Dice from which two readers agree.
    """
    found = [_progress(numbers, agreement), _readers(numbers.entries)]
    if numbers.rows:
        found += _scores(numbers.rows, "Proposal against what holds in the end")
    if numbers.readers:
        found += _scores(numbers.readers, "Reader against reader and model (form of the slow-fusion paper's Table 3)")
    if numbers.agreements:
        found.append(_agreements(numbers.agreements))
    remarks = [
        (entry.name, e["reader"], e.time[:16], e["comment"]) for entry in numbers.entries for e in entry.comments
    ]
    if remarks:
        found.append(Table("Comments", ("Case", "Reader", "Time (UTC)", "Comment"), tuple(remarks), 4))
    return found


def blind_words(blind: Sequence[str]) -> str:
    """That cases are left out, and how many; "" where none is."""
    return f"{len(blind)} case(s) are being read blind: what was decided on them is left out." if blind else ""


def _progress(numbers: Numbers, agreement: float) -> Table:
    entries = numbers.entries
    counts = [(state, sum(entry.state == state for entry in entries)) for state in STATES]
    more = [
        ("without a proposal because something failed", sum(bool(entry.problem) for entry in entries)),
        ("read twice", sum(entry.second is not None for entry in entries)),
        *([("being read blind: left out below", len(numbers.blind))] if numbers.blind else []),
        ("waiting for arbitration", sum(entry.disputed(agreement) for entry in entries)),
        ("all", len(entries)),
    ]
    return Table("Progress", ("State", "Cases"), tuple((name, str(number)) for name, number in (*counts, *more)))


def _readers(entries: Sequence[Entry]) -> Table:
    rows = []
    for times in reader_times(entries):
        seconds = np.array(times.active_s)
        spread = DASH
        if seconds.size:
            low, middle, high = (float(value) / 60 for value in np.percentile(seconds, (25, 50, 75)))
            spread = f"{middle:.1f} ({low:.1f} to {high:.1f}; {seconds.size})"
        rate = DASH if isnan(times.edit_rate) else f"{times.edit_rate:.0%}"
        rows.append((times.reader, *(str(times.decided[kind]) for kind in DECISIONS), rate, spread))
    heads = ("Reader", *(kind.capitalize() for kind in DECISIONS), "Edit rate", "Minutes a case (quartiles; measured)")
    return Table("Readers", heads, tuple(rows))


def _scores(rows: Sequence[Row], title: str) -> list[Table]:
    summary = summarise(rows, metrics=SHOWN)
    fields = telling(summary, ("member", "reference"))
    fields = fields if len(fields) == 2 else ("member", "reference")
    columns = ("metric", *(name for name in ("group", "label") if len({row.key[name] for row in summary}) > 1))
    return [
        paper_table(summary, fields, columns, metrics=SHOWN, title=f"{title}, mean\u00b1SD"),
        paper_table(
            summary, fields, columns, metrics=SHOWN, title=f"{title}, mean (95 % interval); median", interval=True
        ),
    ]


def _agreements(agreements: Sequence[Agreement]) -> Table:
    rows = tuple(
        (
            each.member,
            each.reference,
            each.label,
            str(each.cases),
            _figure(each.icc),
            f"{each.bias_ml:.2f} ({_figure(each.low_ml)} to {_figure(each.high_ml)})",
            str(each.lesions),
            _figure(each.kappa),
        )
        for each in agreements
    )
    heads = ("Member", "Reference", "Class", "n", "ICC", "Bias, ml (limits of agreement)", "Lesions", "Kappa")
    return Table("Volumes and lesions", heads, rows, 3)


def _figure(value: float) -> str:
    return DASH if isnan(value) else f"{value:.2f}"


NOTES = (
    "Only what holds is counted: the arbiter's decision, else the first reader's. Rejected cases are in no figure of "
    "labels.",
    "Dice, Hausdorff distance, \u0394V and lesion F1 as in docs/evaluation.md. Where two columns name a member and a "
    "reference, differences are member less reference.",
    "ICC is ICC(2,1), absolute agreement, of the volumes; limits of agreement are bias \u00b1 1.96 SD.",
    "Kappa is Cohen's, over lesions: connected parts (26 neighbours) of what model or readers mark; who has a voxel in "
    "a part marks it. A lesion that the model proposed and both readers dropped is one that both call none.",
    "Minutes are time between signs of life at the desk, pauses of more than a minute counted as one, in all sittings "
    "of the reader until the decision; decisions by the command line have none of their own.",
)


def write_review_report(
    numbers: Numbers, folder: ReviewFolder, output: Path, *, overwrite: bool = False
) -> list[Table]:
    """Writes tables.md, review.csv (a line a case), cases.csv and tables.csv (scores), and review.json; report.html
    where Jinja2 is installed, and the plots where matplotlib is; all or none.

    Raises:
        OutputError: if the output cannot be written, or files that are not ours are in the way.
    """
    made = tables(numbers, folder.settings.agreement)
    rows = [*numbers.rows, *numbers.readers]
    drawn = plots(rows, tuple(dict.fromkeys(row.label for row in rows))) if rows and _has(_PLOTS[0]) else {}
    lacking = left_out()
    missing = [f"{case}: {why}" for case, why in numbers.unread.items()]
    missing += [words] if (words := blind_words(numbers.blind)) else []
    title = f"{TITLE}{f': {folder.settings.title}' if folder.settings.title else ''}"
    html = _page(title, made, drawn, [*NOTES, *lacking, _vouched(numbers)], missing) if _has(_PAGE[0]) else b""
    files = {
        PAGE: html,
        "tables.md": _utf8(_markdown(made, missing, numbers)),
        TABLE: _utf8(review_csv(numbers.entries, folder.settings.agreement)),
        "cases.csv": _utf8(cases_csv(rows)),
        "tables.csv": _utf8(summary_csv(summarise(rows))) if rows else b"",
        **drawn,
    }
    writers = {name: partial(_write, content) for name, content in files.items() if content}
    write_recorded(output, writers, RECORD, report_record(numbers, folder), overwrite=overwrite)
    return made


def left_out() -> list[str]:
    """What a report lacks here for want of a package, in sentences that say how to get it."""
    wanted = (_PAGE, _PLOTS)
    how = 'pip install {0}; in 3D Slicer: slicer.util.pip_install("{0}")'
    return [f"{what} left out: {name} is not installed ({how.format(name)})" for name, what in wanted if not _has(name)]


def _has(name: str) -> bool:
    return find_spec(name.lower()) is not None


def _page(
    title: str, made: Sequence[Table], drawn: Mapping[str, bytes], notes: Sequence[str], missing: Sequence[str]
) -> bytes:
    # Not at the top: all else can be had without it.
    from ..reports.page import page

    return _utf8(
        page(
            "evaluation.html",
            title=title,
            tables=made,
            plots=drawn,
            notes=notes,
            missing=missing,
            told=(),
            version=__version__,
        )
    )


def report_record(numbers: Numbers, folder: ReviewFolder) -> dict[str, Any]:
    """JSON-ready: the figures, and the head of the records that they were counted from."""
    return {
        "strokeseg": __version__,
        "research_use_only": True,
        "review": {"id": folder.id, **numbers.head.record()},
        "states": {state: sum(entry.state == state for entry in numbers.entries) for state in STATES},
        "readers": [asdict(times) for times in reader_times(numbers.entries)],
        "agreements": [asdict(each) for each in numbers.agreements],
        "in_no_figure": numbers.unread,
        "read_blind": numbers.blind,
        "metrics": {name: METRICS[name].unit for name in SHOWN},
    }


def _vouched(numbers: Numbers) -> str:
    return f"Counted from {numbers.head.events} events; SHA-256 of the last: {numbers.head.last_sha256}."


def _markdown(made: Sequence[Table], missing: Sequence[str], numbers: Numbers) -> str:
    gone = ["**In no figure:**", *(f"- {what}" for what in missing), ""] if missing else []
    parts = [f"# {TITLE}", "", "Research use only: not a medical device.", "", *gone]
    notes = [f"- {note}" for note in (*NOTES, _vouched(numbers))]
    return "\n".join([*parts, *(table.markdown() for table in made), *notes]) + "\n"


def review_csv(entries: Sequence[Entry], agreement: float) -> str:
    """A line a case and reading, or a line for a case that nobody has read; `comment` is that of the decision,
    `comments` are all on the case."""
    heads = ("case", "state", "disputed", "reading", "reader", "role", "decision", "reason", "comment", "time")
    figured = ("active_s", "added_voxels", "removed_voxels", "dice_to_proposal", "delta_ml", "problem", "comments")
    rows: list[tuple[Any, ...]] = [(*heads, *figured)]
    for entry in entries:
        start = (entry.name, entry.state, "yes" if entry.disputed(agreement) else "no")
        for each in entry.readings.values():
            told = each.content.get("to_proposal") or {}
            figures = (told.get(key, "") for key in ("added", "removed", "dice", "delta_ml"))
            said = (each.reading, each.reader, each.content["role"], each.decision, each.reason, each.comment)
            rows.append((*start, *said, each.time, _cell(each.active_s), *figures, entry.problem, entry.remarks))
        if not entry.readings:
            rows.append((*start, *[""] * 12, entry.problem, entry.remarks))
    return csv_text([no_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
