"""What a batch leaves to be read: a table, a page, and the record that goes with them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..base.csv_files import csv_text, no_formula
from ..base.errors import StrokeSegError, printable
from ..base.progress import Progress, hearing
from ..base.recorded_files import write_recorded
from ..base.records import is_there
from ..reports.page import NONE, ml, page
from .expected_time import duration
from .record import BatchResult, Entry, History

RECORD, TABLE, PAGE = "batch.json", "summary.csv", "report.html"
FILES = (TABLE, PAGE, RECORD)
"""Of a batch, the record last; beside them its journal and a folder a case."""
VALUES = (
    *("modality", "reference", "lesion_ml", "lesions", "core_ml", "penumbra_ml", "unusual", "warnings"),
    *("drawn_by", "weights_sha256", "version"),
)
"""Of `work.summary_values`, the table's columns."""
_EVERY_S, _SHARE = 30.0, 50
"""While a batch runs its summary is written again once so many times its own duration have gone by: 2 % at most."""


class Summary:
    """The summary of a batch that runs: written now and then, and at its end, however it ends.

    Args:
        history: of the batch.
        notes: take what cannot be written after something else has ended the batch.
    """

    def __init__(self, history: History, notes: list[str]) -> None:
        self._history, self._notes = history, notes
        self._written_s, self._took_s = time.monotonic(), 0.0

    def now_and_then(self) -> None:
        """Writes it if it is time."""
        if time.monotonic() - self._written_s > max(_EVERY_S, _SHARE * self._took_s):
            self._write()

    @contextmanager
    def left(self) -> Iterator[Summary]:
        """Leaves it after the block."""
        try:
            yield self
        except BaseException:
            try:
                self._write()
            except StrokeSegError as error:
                # What ended the block is what counts; the journal holds all that a summary would say.
                self._notes.append(str(error))
            raise
        self._write()

    def _write(self) -> None:
        begun = time.monotonic()
        # A batch that was cancelled is summed up, too: the writing must not hear of the cancel.
        with hearing(Progress()):
            write_summary(self._history.result(), self._history.folder)
        self._written_s = time.monotonic()
        self._took_s = self._written_s - begun


def write_summary(batch: BatchResult, folder: Path) -> None:
    """Writes summary.csv, report.html and batch.json, all or none.

    Raises:
        OutputError: if they cannot be written, or files that are not ours are in the way.
    """
    texts = {TABLE: table_csv(batch.entries), PAGE: batch_page(batch)}
    writers = {name: partial(_write, text) for name, text in texts.items()}
    write_recorded(folder, writers, RECORD, record_of(batch))


def _write(text: str, path: Path) -> None:
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def table_csv(entries: Iterable[Entry]) -> str:
    """One line a case; what is not known or has no meaning is empty."""
    rows = [["case", "state", "reason", "folder", *VALUES, "seconds", "changed"]]
    for entry in entries:
        values = (entry.values.get(name) for name in VALUES)
        done = (f"{entry.seconds:.3f}" if entry.state == "done" else "", " ".join(entry.changed))
        cells = (entry.case, entry.state, entry.reason, entry.folder.name, *values, *done)
        rows.append([_plain(value) for value in cells])
    return csv_text(rows)


def _plain(value: Any) -> str:
    """A cell's text; a name of a folder may look like a formula."""
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else printable(str(value))
    return no_formula(text)


def record_of(batch: BatchResult) -> dict[str, Any]:
    """JSON-ready: each case with its state and the hashes of what went in and came out."""
    return {
        "strokeseg": __version__,
        "research_use_only": True,
        "settings": dict(batch.settings),
        "counts": batch.counts,
        "notes": list(batch.notes),
        "cases": [
            {
                "case": entry.case,
                "state": entry.state,
                "reason": entry.reason,
                "folder": entry.folder.name,
                "study": entry.study,
                "inputs_sha256": entry.inputs_sha256,
                "outputs": dict(entry.outputs),
                "changed": list(entry.changed),
                "values": dict(entry.values),
                "seconds": entry.seconds,
                "worker": entry.worker,
            }
            for entry in batch.entries
        ],
    }


def batch_page(batch: BatchResult) -> str:
    """The page: how many of which state, what failed and why, and a table with the way to each case's report."""
    made_by = _different(batch, ("drawn_by", "version"))
    notes = [*batch.notes]
    if len(made_by) > 1:
        notes.append(f"Not all results are of one make: {'; '.join(made_by)}")
    changed = [entry.case for entry in batch.entries if entry.changed]
    if changed:
        notes.append(f"Changed since they were made, and left as they are: {', '.join(changed)}")
    apart = [entry.case for entry in batch.entries if not entry.listed]
    if apart:
        notes.append(f"{len(apart)} cases are of earlier calls and were not among the last call's")
    seconds = [entry.seconds for entry in batch.of_state("done")]
    counts = batch.counts
    return page(
        "batch.html",
        name=batch.folder.name,
        kind="StrokeSeg batch",
        version=__version__,
        made_by="; ".join(made_by),
        unusual=[],
        warnings=[],
        boxes=[
            ("Done", counts["done"], f"of {len(batch.entries)} cases"),
            ("Failed", counts["failed"], "each with its reason below" if counts["failed"] else "none"),
            ("Waiting", counts["waiting"], "run again to go on" if counts["waiting"] else "none"),
            ("A case", duration(sum(seconds) / len(seconds)) if seconds else NONE, "on average"),
        ],
        failed=[(entry.case, entry.reason) for entry in batch.of_state("failed")],
        heads=("Case", "State", "Lesion ml", "Lesions", "Core ml", "Penumbra ml", "Warnings", "Time", "Unusual"),
        rows=[_row(entry) for entry in batch.entries],
        notes=notes,
        provenance={name: value for name, value in batch.settings.items() if value not in ("", None)},
    )


def _different(batch: BatchResult, names: tuple[str, ...]) -> list[str]:
    """Makes of results, in words, each once."""
    makes = {tuple(str(entry.values.get(name, "")) for name in names) for entry in batch.entries if entry.values}
    return [f"{drawn_by} by StrokeSeg {version}" for drawn_by, version in sorted(makes) if drawn_by]


def _row(entry: Entry) -> Mapping[str, Any]:
    values = entry.values if entry.state == "done" else {}
    report = entry.folder / "report.html"
    link = quote(f"{entry.folder.name}/report.html") if entry.state == "done" and is_there(report) else ""
    volumes = [_ml(values.get(name)) for name in ("lesion_ml", "core_ml", "penumbra_ml")]
    counts = [NONE if values.get(name) is None else str(values[name]) for name in ("lesions", "warnings")]
    took = duration(entry.seconds) if entry.state == "done" else NONE
    return {
        "case": entry.case,
        "link": link,
        "state": entry.state + (" (changed since)" if entry.changed else ""),
        "numbers": [volumes[0], counts[0], volumes[1], volumes[2], counts[1], took],
        "words": values.get("unusual", "") or "",
    }


def _ml(value: float | None) -> str:
    return NONE if value is None else ml(value)
