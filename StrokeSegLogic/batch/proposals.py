"""A review's cases segmented as a batch: resumable, on several workers, each proposed as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..base.progress import Progress
from ..outputs.settings import StudySettings
from ..review.proposals import Made, Proposer, Wanted
from ..study.case import ClinicalData
from .cases import BatchCase
from .record import Entry
from .run import run_batch
from .work import Runner, segment_case


def batch_proposer(
    settings: StudySettings | None = None,
    workers: int = 1,
    *,
    scheduler: str | None = None,
    overwrite: bool = False,
    retry: bool = False,
    runner: Runner = segment_case,
) -> Proposer:
    """Who makes a review's proposals; see `run_batch` for the arguments and for what is raised.

    A result that an earlier call has made, and that no reader got to see because the call was killed, is verified and
    proposed without being computed again.
    """

    def make(wanted: Sequence[Wanted], results: Path, tell: Callable[[Made], None], progress: Progress) -> None:
        def ended(entry: Entry) -> None:
            failed = entry.state == "failed"
            tell(Made(entry.case, None if failed else entry.folder, entry.reason if failed else ""))

        run_batch(
            [_case(each) for each in wanted],
            results,
            settings,
            workers,
            progress,
            scheduler=scheduler,
            overwrite=overwrite,
            retry=retry,
            runner=runner,
            ended=ended,
        )

    return make


def _case(wanted: Wanted) -> BatchCase:
    mask = None if wanted.brain_mask is None else str(wanted.brain_mask)
    return BatchCase(wanted.name, wanted.study, ClinicalData(**wanted.clinical), mask)  # type: ignore[arg-type]
