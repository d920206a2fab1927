"""Whether a review is whole: its records, the worklist that vouches for them, and the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..base.errors import InputError
from ..base.files import sha256_of
from ..base.json_files import read_json_object
from ..base.progress import Progress
from ..base.records import is_there
from .chain import RECORDS, Chain, Event, read_chain
from .folder import CASES, INSIDE, WORKLIST, ReviewFolder
from .versions import SUFFIX
from .worklist_file import Head, is_untouched

Kind = Literal["fault", "note"]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written.

    Attributes:
        kind: "fault" for what was changed or lost, "note" for what a kill or a clock explains.
        where: the file.
        words: what is wrong with it.
    """

    kind: Kind
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what was found.

    Attributes:
        events, files: how many.
        head: of the records as they are.
        findings: faults first.
    """

    events: int
    files: int
    head: Head
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        return all(finding.kind != "fault" for finding in self.findings)


def verify(place: Path, export: Path | None = None, progress: Progress | None = None) -> Verified:
    """Looks at every line and every file of a review; changes nothing.

    Args:
        place: the review's folder, or the folder that it lies in.
        export: the record of an export of this review: its count and hash are held against the records, too.
        progress: of the work.

    Raises:
        InputError: if there is no review, or the export's record is none.
    """
    home = next((path for path in (place, place / INSIDE) if _is_review(path)), None)
    if home is None:
        raise InputError("holds no review", where=place, fix="Make one: strokeseg review init DIR")
    report = progress or Progress()
    report(0.0, "reading the records")
    chain, findings = _read(home)
    findings += _of_chain(chain)
    if export is not None:
        # Where nothing is left of the records, the export alone tells of them.
        head = exported_head(export, str(chain.events[0].get("review")) if chain.events else None)
        if lost := head.lost(chain):
            findings.append(Finding("fault", RECORDS, f"{lost}, as {export} has them"))
    named = _named(chain)
    for number, (name, digest) in enumerate(named.items()):
        report(0.1 + 0.9 * number / len(named), f"reading files: {name}")
        findings += _of_file(home, name, digest)
    findings += _strangers(home, set(named))
    report(1.0, "everything was looked at")
    ordered = sorted(findings, key=lambda finding: finding.kind)
    return Verified(len(chain.events), len(named), Head.of(chain), tuple(ordered))


def exported_head(record: Path, review: str | None = None) -> Head:
    """The count and last hash that an export's record holds.

    Args:
        record: review.json of an export or report.
        review: the review's own number, which it must be of; None asks for none.

    Raises:
        InputError: if it is no record of an export of a review, or of another review.
    """
    values = read_json_object(record)
    try:
        told = values["review"]
        head, of = Head(int(told["events"]), str(told["last_sha256"])), told.get("id", review)
    except (KeyError, TypeError, ValueError):
        raise InputError(
            "is no record of a review's export", where=record, fix="Name the export's review.json"
        ) from None
    if review not in (None, of):
        raise InputError("is of another review", where=record, fix="Name the review.json of an export of this review")
    return head


def _is_review(path: Path) -> bool:
    # One of the two may be what was lost.
    return is_there(path / RECORDS) or (is_there(path / WORKLIST) and is_there(path / CASES))


def _of_chain(chain: Chain) -> Iterator[Finding]:
    if chain.broken:
        yield Finding("fault", RECORDS, chain.broken)
    if chain.torn:
        words = f"{chain.torn} bytes of an event that was not finished; the next event takes them away"
        yield Finding("note", RECORDS, words)
    for before, after in zip(chain.events, chain.events[1:], strict=False):
        if after.time < before.time:
            words = f"event {after.number} is earlier by its clock ({after.time}) than event {before.number}"
            yield Finding("note", RECORDS, f"{words}: a clock was set back, or two computers' clocks differ")


def _read(home: Path) -> tuple[Chain, list[Finding]]:
    """The records of a moment, and what is wrong with them by the worklist, or with the worklist."""
    try:
        folder = ReviewFolder.find(home)
        head = folder.head()
    except InputError as error:
        words = "is missing" if not is_there(home / WORKLIST) else error.clause
        fault = Finding("fault", WORKLIST, f"{words}: whether the records' end was cut cannot be told")
        try:
            return read_chain(home / RECORDS), [fault]
        except InputError as other:
            return Chain(), [fault, Finding("fault", RECORDS, other.clause)]
    try:
        head, chain = folder.state()
    except InputError as error:
        return Chain(), [Finding("fault", RECORDS, error.clause)]
    return chain, list(_of_worklist(folder, head, chain))


def _of_worklist(folder: ReviewFolder, head: Head, chain: Chain) -> Iterator[Finding]:
    if not is_untouched(folder.path / WORKLIST):
        yield Finding("fault", WORKLIST, "was changed since it was written")
    if foreign := folder.foreign(chain):
        yield Finding("fault", WORKLIST, foreign)
    if chain.broken:
        return
    if wrong := head.lost(chain) or head.added(chain):
        yield Finding("fault", RECORDS, wrong)
    elif len(chain.events) > head.events:
        words = "has not counted the last event yet: a process was killed in between; the next event mends it"
        yield Finding("note", WORKLIST, words)


def _named(chain: Chain) -> dict[str, str]:
    """Hash of every file that an event names."""
    named: dict[str, str] = {}
    for event in chain.events:
        named |= _files(event)
    return named


def _files(event: Event) -> Mapping[str, str]:
    if event.kind == "proposed":
        return {event["file"]: event["sha256"], event["record"]: event["record_sha256"]}
    labels = event.get("labels") if event.kind == "decided" else None
    return {labels["file"]: labels["sha256"]} if labels else {}


def _of_file(home: Path, name: str, digest: str) -> Iterator[Finding]:
    path = home / name
    if not is_there(path):
        yield Finding("fault", name, "is missing")
        return
    try:
        found = sha256_of(path)
    except InputError as error:
        yield Finding("fault", name, error.clause)
        return
    if found != digest:
        yield Finding("fault", name, "was changed since it was recorded")


def _strangers(home: Path, named: set[str]) -> Iterator[Finding]:
    for path in sorted((home / CASES).glob(f"*/*{SUFFIX}")):
        name = path.relative_to(home).as_posix()
        if name not in named:
            yield Finding("note", name, "is named by no event: a process was killed before it could record it")
