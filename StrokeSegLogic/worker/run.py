"""One job: its volumes become a case, the case a result, the result files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..result.outcome import BRAIN, Outcome
from ..space.volume import Volume, storable
from ..study.case import Case, Role
from .job import RECORD, REPORT, VOLUME, Job
from .volume_files import read_volume, write_volume

if TYPE_CHECKING:
    from ..brain.given import GivenMask

_CHOSEN = "chosen in the panel"


@dataclass(frozen=True)
class Written:
    """The files of a result.

    Attributes:
        record: result.json.
        volumes: files of `volume_files` by name.
        report: report.html, if it was asked for.
        warnings: what a reader must know.
    """

    record: Path
    volumes: dict[str, Path]
    report: Path | None
    warnings: tuple[str, ...]


def run_job(job: Job, home: Path, into: Path, progress: Progress) -> Written:
    """Segments a job's case and writes the result.

    Args:
        job: what to do.
        home: folder that the job's files are relative to.
        into: folder for the result; made. What an earlier run of the job has left there is replaced, nothing else.
        progress: of the whole job.

    Raises:
        OutputError: if something is in the way, or cannot be written.
        StrokeSegError: what `segment` and `segment_perfusion` raise; InputError if a volume cannot be read.
        Cancelled: if the user stopped it.
    """
    progress(0.0, "reading the volumes")
    case = read_case(job, home)
    result = segment_any(case, job, progress.span(0.05, 0.9), read_mask(job, home))
    progress(0.9, "handing over the result")
    images = {f"{name}{VOLUME}": image for name, image in images_of(result, job.options.extras).items()}
    writers: dict[str, Callable[[Path], object]] = {name: partial(_hand_over, image) for name, image in images.items()}
    if "report" in job.options.extras:
        from ..outputs.files import write_report

        writers[REPORT] = partial(write_report, result)
    write_recorded(into, writers, RECORD, summary_of(result), progress.span(0.9, 1.0))
    progress(1.0, "segmented")
    volumes = {name.removesuffix(VOLUME): into / name for name in images}
    return Written(into / RECORD, volumes, into / REPORT if REPORT in writers else None, tuple(result.warnings))


def _hand_over(image: sitk.Image, path: Path) -> None:
    write_volume(path, Volume.of(image))


def read_case(job: Job, home: Path) -> Case:
    """The case of a job's volumes.

    Raises:
        InputError: if a volume cannot be read or used, or a role is unknown or of the other modality.
    """
    from ..study.series.read import series_in_memory

    series = []
    for name, entry in job.volumes.items():
        role = Role.parse(name)
        volume = read_volume(home / entry.file)
        image = _image(volume)
        series.append(series_in_memory(role, image, entry.source, entry.source, _CHOSEN, entry.times_s))
    case = Case.of(job.name, series)
    if case.modality != job.kind:
        raise InputError(
            f"the volumes are of {'MRI' if case.modality == 'mri' else 'CT perfusion'}, the job is of the other kind",
            where=job.name,
            fix="Choose volumes of one kind",
        )
    return replace(case, clinical=job.clinical)


def read_mask(job: Job, home: Path) -> GivenMask | None:
    """The job's brain mask; None where it names none.

    Raises:
        InputError: if it cannot be read, or holds no brain.
    """
    if job.brain_mask is None:
        return None
    from ..brain.given import GivenMask

    return GivenMask.of_image(_image(read_volume(home / job.brain_mask.file)), job.brain_mask.source)


def segment_any(case: Case, job: Job, progress: Progress, brain_mask: GivenMask | None = None) -> Outcome:
    """The case by the engine of its modality."""
    options = job.options
    if case.modality == "mri":
        from ..mri.engine import segment

        return segment(case, options, reference=job.reference, brain_mask=brain_mask, progress=progress)
    from ..ctp.engine import segment_perfusion

    return segment_perfusion(case, reference=job.reference, settings=options.perfusion(), progress=progress)


def images_of(result: Outcome, extras: tuple[str, ...]) -> dict[str, sitk.Image]:
    """What is handed over, by name."""
    images = {"labels": result.labels, BRAIN: result.brain}
    images |= {f"labels-{name}": labels for name, labels in result.methods.items()}
    for name, volumes in result.extras.items():
        if name in extras:
            images |= volumes
    return images


def summary_of(result: Outcome) -> dict[str, Any]:
    """result.json with what the panel needs beside it."""
    return {**result.summary(), "navigation": result.places().as_dict()}


def _image(volume: Volume) -> sitk.Image:
    array = storable(np.asarray(volume.array))
    if array.ndim == 3:
        return volume.grid.image(array)
    from ..study.volumes.frame_stack import series_image

    return series_image(array, volume.grid)
