"""The stages of an adaptation: prepared, seen before, a model a fold and what it finds, the model of all cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from lightning_fabric import Fabric

from ...base.errors import InputError
from ...base.json_files import json_ready
from ...base.progress import Progress
from ...base.settings import PLANES, Plane
from ...metrics.voxel import Overlap
from ...nets.models.bundle import Bundle
from ...nets.run.network import Device
from ..loop import State
from ..splits import folds
from .cases import SiteCase, prepare_studies, require_another_patient
from .comparison import changes, decide
from .export import Site, export
from .fine_tune import fine_tuned
from .measure import Counts
from .report import Adaptation
from .settings import AdaptSettings
from .studies import Studies

_PREPARE_S, _MEASURE_S, _SLICE_S = 8.0, 8.0, 0.07
"""What preparing a case, asking a model about it, and a slice of a step take against one another: spans of progress."""


@dataclass(frozen=True)
class SiteRun:
    """What all stages have in common.

    Attributes:
        base: the model that is adapted.
        settings: how.
        site: whose it becomes.
        work: folder of what a resumed run needs.
        scratch: folder of what it does not.
        fabric: launched.
        device: where models are asked.
        workers: threads that make batches.
        log: gets a line a stage.
    """

    base: Bundle
    settings: AdaptSettings
    site: Site
    work: Path
    scratch: Path
    fabric: Fabric
    device: Device
    workers: int
    log: Callable[[str], None]

    def measured(self, reviewed: Studies, controls: Studies, progress: Progress) -> tuple[Adaptation, Bundle]:
        """What was measured, and the model of all cases in a folder of `scratch`.

        Raises:
            InputError: see `run.adapt`.
        """
        spans = self._spans(len(reviewed.studies), len(controls.studies), progress)
        cases = prepare_studies(self.base.planes, reviewed.studies, self.work / "reviewed", next(spans))
        healthy = prepare_studies(self.base.planes, controls.studies, self.work / "controls", next(spans))
        require_clear(healthy, cases)
        tested = folds_of(cases, self.settings)
        counts = Counts(self.work / "counts.json")
        before = counts.of(self.base, cases, self.device, next(spans))
        healthy_before = counts.of(self.base, healthy, self.device, next(spans))
        after: dict[str, Overlap] = {}
        for number, fold in enumerate(tested, 1):
            learning = [case for case in cases if case.name not in fold]
            bundle = self._model(self._trained(learning, f"fold-{number}", next(spans)), f"fold-{number}")
            held_out = [case for case in cases if case.name in fold]
            after |= counts.of(bundle, held_out, self.device, next(spans))
            self.log(f"fold {number} of {len(tested)}: asked about {', '.join(fold)}")
        planes = self._trained(cases, "all", next(spans))
        healthy_after = counts.of(self._model(planes, "all"), healthy, self.device, next(spans))
        compared = changes(cases, before, after), changes(healthy, healthy_before, healthy_after)
        found = Adaptation(
            self.base.planes,
            self.site,
            self.settings,
            tested,
            *compared,
            decide(*compared),
            (*reviewed.notes, *controls.notes),
            tuple(note for case in (*cases, *healthy) for note in case.record.notes),
        )
        return found, self._model(planes, "measured", found)

    def _trained(self, cases: Sequence[SiteCase], name: str, progress: Progress) -> dict[Plane, State]:
        return fine_tuned(self.base, self.settings, cases, self.work, name, self.fabric, progress, self.workers)

    def _model(self, planes: Mapping[Plane, State], name: str, found: Adaptation | None = None) -> Bundle:
        """The model on disk, as it would be installed: what is measured is what is handed out."""
        figures = None if found is None else json_ready(found.measured())
        return export(self.base, self.settings, self.site, planes, self.scratch / name, figures)

    def _spans(self, cases: int, healthy: int, progress: Progress) -> Iterator[Progress]:
        """The part of the progress of each stage, by what it takes about."""
        count = self.settings.folds_of(self.site.patients)
        training = len(PLANES) * self.settings.steps * self.settings.batch * _SLICE_S
        seconds = [
            *(number * _PREPARE_S for number in (cases, healthy)),
            *(number * _MEASURE_S for number in (cases, healthy)),
            *(part for _ in range(count) for part in (training, cases / count * _MEASURE_S)),
            training,
            healthy * _MEASURE_S,
        ]
        total = sum(seconds)
        return (progress.span(start / total, end / total) for start, end in pairwise(accumulate(seconds, initial=0.0)))


def folds_of(cases: Sequence[SiteCase], settings: AdaptSettings) -> tuple[tuple[str, ...], ...]:
    """Names of the cases of each fold, by patient, those without a lesion spread evenly.

    Raises:
        InputError: if fewer than two patients have a lesion: there would be nothing to learn from, or to measure on.
    """
    patients = {case.name: case.patient for case in cases}
    ill = {case.patient for case in cases if case.has_lesion}
    if len(ill) < 2:
        raise InputError(
            f"{len(ill)} patient{'' if len(ill) == 1 else 's'} with a lesion: two are needed, to learn from one and "
            "measure on the other",
            where="reviewed cases",
            fix="Add cases, or check that the masks are not empty",
        )
    groups = {case.name: "with" if case.patient in ill else "without" for case in cases}
    count = settings.folds_of(len(set(patients.values())))
    return tuple(split.test for split in folds(patients, count, settings.seed, groups, validation=0.0))


def require_clear(healthy: Sequence[SiteCase], cases: Sequence[SiteCase]) -> None:
    """Refuses studies as those without stroke that show a lesion, or that are learned from.

    Raises:
        InputError: naming the study.
    """
    owners: dict[str, SiteCase] = {}
    for case in cases:
        require_another_patient(case, owners)
    for case in healthy:
        if case.has_lesion:
            raise InputError(
                "is to be without stroke, and its mask shows a lesion", where=case.name, fix="Remove it, or its mask"
            )
        if any(digest in owners for digest in case.record.sha256.values()):
            raise InputError(
                "is to be without stroke, and is among the reviewed cases, too", where=case.name, fix="Remove it here"
            )
