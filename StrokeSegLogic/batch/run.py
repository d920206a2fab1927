"""A data set of any size, segmented: what is done is verified, what fails is isolated, what is missing is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.errors import InputError, OutputError, StrokeSegError
from ..base.progress import Progress
from ..base.reservation import LOCK, Reservation, cannot_write, reserved
from ..outputs.settings import StudySettings
from . import journal
from .answers import ANSWERS
from .cases import BatchCase, require_names_apart
from .deaths import CRASH, Died, how_the_last_ended
from .expected_time import ExpectedTime
from .names import folder_names
from .record import BatchResult, Entry, History
from .summary import FILES, RECORD, Summary
from .work import Answer, Runner, Task, segment_case
from .workers import DaskWorkers, Workers, dask_workers, own_process

MOST_DEATHS = 2
"""How often a case may take its worker process with it."""
CANCEL = ".strokeseg-cancel"
"""In the output folder: the file by which workers hear of a cancel."""
_NO_METHOD = ("device",)
"""Settings that say where, and not how: a batch may go on elsewhere."""


def run_batch(
    cases: Sequence[BatchCase],
    output: str | Path,
    settings: StudySettings | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    *,
    scheduler: str | None = None,
    overwrite: bool = False,
    retry: bool = False,
    notes: Sequence[str] = (),
    runner: Runner = segment_case,
    ended: Callable[[Entry], None] | None = None,
) -> BatchResult:
    """Segments cases into folders of an output folder, each as `strokeseg segment` would leave it.

    A second call into the same folder goes on: a case that is done, and whose inputs and files have the hashes that
    they had, stays; all others are computed. A case that fails is an entry with its reason; so is a case at which
    `MOST_DEATHS` worker processes have ended, and it is not tried again without `retry`.

    Args:
        cases: each of its own name.
        output: made if missing. It gets a folder a case, `batch.jsonl` (what happened, event by event), and batch.json,
            summary.csv and report.html, which are written now and then and at the end.
        settings: how, for all cases; those of the other modality are of no effect on a case.
        workers: 1 is this process; more are processes of a Dask cluster on this computer.
        progress: of the batch; a cancel leaves what is done, done.
        scheduler: address of an existing Dask scheduler, whose workers see the same folders; `workers` then says
            nothing.
        overwrite: move files of the user's that are in the way into `previous-DATE-TIME`, compute results anew that
            somebody has changed, and take other settings than those of the calls before.
        retry: take up cases again at which worker processes have ended.
        notes: on how the cases were found, for the summary.
        runner: what is done with a case; a function that workers can import.
        ended: told of each case of this call as soon as it is done, verified or failed; what it raises ends the batch.

    Returns:
        All cases of the folder with their states.

    Raises:
        InputError: if there is no case, two have one name, the results would lie inside of a study, or no scheduler
            answers.
        OutputError: if another run holds the folder, it cannot be written to (any more), or holds a batch of other
            settings, or files that are not ours.
        Cancelled: if the user stopped it.
    """
    settings, folder = settings or StudySettings(), Path(output).absolute()
    if workers < 1:
        raise InputError(f"{workers} is no number of workers", option="workers", fix="Give 1 or more")
    if not cases:
        raise InputError("there is no case", fix="Give at least one study")
    require_names_apart(cases)
    folder_names(cases, folder, {}, ())
    with reserved(folder, FILES, RECORD, overwrite=overwrite) as held, journal.writing(folder) as events:
        history = History(folder, events.events)
        _require_same_settings(history.settings, settings, folder, overwrite)
        batch = _Batch(history, events, held, settings, runner, overwrite, ended)
        batch.begin(cases, retry, [*notes, *held.notes, *events.notes])
        with _workers(workers, scheduler, folder) as ours, Summary(history, held.notes).left() as summary:
            batch.do(cases, ours, summary, progress or Progress())
        return history.result()


@contextmanager
def _workers(workers: int, scheduler: str | None, folder: Path) -> Iterator[Workers]:
    if scheduler is None and workers == 1:
        with own_process(folder) as own:
            yield own
    else:
        with dask_workers(scheduler, workers, folder / CANCEL, folder / ANSWERS) as others:
            yield others


def _require_same_settings(before: Mapping[str, Any], settings: StudySettings, folder: Path, overwrite: bool) -> None:
    """Refuses to mix results of two ways to segment in one summary.

    Raises:
        OutputError: naming what differs.
    """
    other = _other_settings(before, settings)
    if other and not overwrite:
        shown = ", ".join(f"{name} {before[name]!r}, now {getattr(settings, name)!r}" for name in other[:3])
        raise OutputError(
            f"holds a batch of other settings ({shown})",
            where=folder,
            fix="Choose another output folder, or let the cases be computed anew",
            option="overwrite",
        )


class _Batch:
    """A call's way through its cases."""

    def __init__(
        self,
        history: History,
        events: journal.Journal,
        held: Reservation,
        settings: StudySettings,
        runner: Runner,
        overwrite: bool,
        ended: Callable[[Entry], None] | None,
    ) -> None:
        self._history, self._events, self._held, self._ended = history, events, held, ended
        self._settings, self._runner, self._overwrite = settings, runner, overwrite
        self._anew = bool(_other_settings(history.settings, settings))
        self._waiting = deque[BatchCase]()
        self._at: dict[str, BatchCase] = {}
        """Cases that workers have begun, by address."""
        self._ahead: dict[str, BatchCase] = {}
        """Cases that they have and will begin next."""

    def begin(self, cases: Sequence[BatchCase], retry: bool, notes: Sequence[str]) -> None:
        """Tells the journal what the call is about, and first how the process ended that a case took with it."""
        for name in self._history.begun:
            self._tell("died", case=name, worker="", how=how_the_last_ended(self._held.folder))
        (self._held.folder / CRASH).unlink(missing_ok=True)
        taken = {*FILES, journal.NAME, LOCK, CANCEL, CRASH, ANSWERS}
        folders = folder_names(cases, self._held.folder, self._history.folders, taken)
        self._tell(
            "batch",
            settings=asdict(self._settings),
            cases=folders,
            notes=list(notes),
            version=__version__,
            overwrite=self._overwrite,
        )
        if retry:
            for case in cases:
                if self._history.entry(case.name).deaths:
                    self._tell("again", case=case.name)

    def do(self, cases: Sequence[BatchCase], workers: Workers, summary: Summary, progress: Progress) -> None:
        """Hands cases out until all have ended.

        Raises:
            Cancelled, OutputError: as `run_batch`.
        """
        self._waiting.extend(cases)
        expected = ExpectedTime(len(cases))
        try:
            while self._waiting or self._at:
                for address in workers.free(len(self._waiting)) if self._waiting else ():
                    case = self._next(expected)
                    if case is None:
                        break
                    self._hand_out(case, address)
                    within = progress.span(expected.fraction, expected.fraction + 1 / len(cases))
                    workers.start(self._task(case), address, within.titled(expected.words(self._running)))
                progress(expected.fraction, expected.words(self._running))
                for answer, address in workers.finished():
                    case = self._end(answer, address)
                    if isinstance(answer, Died):
                        self._waiting.append(case)
                    elif answer.verdict == "cancelled":
                        self._waiting.appendleft(case)
                    else:
                        expected.tell(answer.verdict)
                progress.check()
                summary.now_and_then()
        except BaseException:
            if isinstance(workers, DaskWorkers):
                for answer, address in workers.cancel():
                    # What nobody knows of was begun after the journal could not be written any more.
                    if address in self._at and not isinstance(answer, Died):
                        self._end(answer, address)
            self._tell_cancelled()
            raise
        progress(1.0, expected.words(()))

    @property
    def _running(self) -> list[str]:
        return [case.name for case in self._at.values()]

    def _hand_out(self, case: BatchCase, address: str) -> None:
        """A worker gets a case, and begins with it unless it is at another."""
        if address in self._at:
            self._ahead[address] = case
            return
        self._at[address] = case
        self._tell("started", case=case.name, worker=address, study=case.study)

    def _end(self, answer: Answer | Died, address: str) -> BatchCase:
        """A worker has ended a case, and begins with the one that it has ahead; that of a dead worker waits again."""
        case = self._at.pop(address)
        self._take(case.name, answer, address)
        following = self._ahead.pop(address, None)
        if following is not None and (isinstance(answer, Died) or answer.verdict == "cancelled"):
            self._waiting.appendleft(following)
        elif following is not None:
            self._hand_out(following, address)
        return case

    def _tell_cancelled(self) -> None:
        """Tells the journal which cases were given up; what gave them up counts, also where that cannot be told."""
        try:
            for name in self._running:
                self._tell("cancelled", case=name)
        except OutputError as error:
            self._held.notes.append(str(error))

    def _next(self, expected: ExpectedTime) -> BatchCase | None:
        """The next case that may be begun; those at which workers died too often fail."""
        while self._waiting:
            case = self._waiting.popleft()
            entry = self._history.entry(case.name)
            if entry.deaths < MOST_DEATHS:
                return case
            gone = StrokeSegError(
                f"its process ended {entry.deaths} times in the middle of it: {'; '.join(dict.fromkeys(entry.ends))}",
                where=case.name,
                fix="Where it was not killed by hand, segment it by itself to see why; then take it up again",
                option="retry",
            )
            self._tell("failed", case=case.name, reason=str(gone), kind="WorkerDied", gone=True)
            expected.tell("failed")
        return None

    def _task(self, case: BatchCase) -> Task:
        entry = self._history.entry(case.name)
        known = None if self._anew else entry.known
        return Task(case, entry.folder, self._settings, self._runner, known, self._overwrite)

    def _take(self, name: str, answer: Answer | Died, address: str) -> None:
        """Tells the journal what became of a case."""
        if isinstance(answer, Died):
            self._tell("died", case=name, worker=address, how=answer.how)
            return
        values = {key: value for key, value in asdict(answer).items() if value not in ("", (), {}) and key != "verdict"}
        values.setdefault("worker", address)
        values["study"] = self._history.entry(name).study
        if answer.verdict == "verified":
            values["changed"] = list(answer.changed)
        if answer.verdict == "failed":
            values.setdefault("reason", "")
        self._tell(answer.verdict, case=name, **values)
        if answer.kind == OutputError.__name__:
            self._require_room()

    def _require_room(self) -> None:
        """Ends the batch where nothing can be written any more: each case would be computed for nothing."""
        try:
            self._held.try_names(())
        except OSError as error:
            raise cannot_write(self._held.folder, error) from error

    def _tell(self, event: str, **values: Any) -> None:
        self._events.append(event, **values)
        self._history.tell({"event": event, **values})
        if self._ended is not None and event in ("done", "verified", "failed"):
            self._ended(self._history.entry(values["case"]))


def _other_settings(before: Mapping[str, Any], settings: StudySettings) -> list[str]:
    """Names of settings that are not those of the calls before."""
    now = asdict(settings)
    return [name for name in now if name not in _NO_METHOD and before.get(name, now[name]) != now[name]]
