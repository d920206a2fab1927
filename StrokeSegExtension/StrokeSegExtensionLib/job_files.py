"""The panel's choices as a job's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.settings import EXTRAS
from StrokeSegLogic.mri.settings import MriSettings
from StrokeSegLogic.result.outcome import BRAIN
from StrokeSegLogic.worker.job import FORMAT, NAME, VOLUME, Job, JobOptions, JobVolume, write_job

from .model_choices import route_and_model
from .study import Handle, Settings, StudyInputs

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume


def write_job_files(
    folder: Path,
    inputs: StudyInputs,
    settings: Settings,
    voxels: Mapping[Handle, Volume],
    unwanted: Callable[[], bool],
) -> None:
    """Writes the volumes and then the job into a folder that exists; a worker begins as soon as the job is there.

    Args:
        folder: of the job.
        inputs: what to segment.
        settings: how.
        voxels: of all that the inputs name.
        unwanted: asked between volumes whether to go on.

    Raises:
        OutputError: if a file cannot be written.
        Cancelled: if it is not wanted any more.
    """
    from StrokeSegLogic.worker.volume_files import write_volume

    def hand_over(handle: Handle, name: str) -> JobVolume:
        if unwanted():
            raise Cancelled
        volume, file = voxels[handle], f"{name}{VOLUME}"
        write_volume(folder / file, volume)
        return JobVolume(file, volume.name, volume.times_s)

    volumes = {role.value: hand_over(handle, role.value) for role, handle in inputs.volumes.items()}
    mask = None if inputs.brain_mask is None else hand_over(inputs.brain_mask, BRAIN)
    if unwanted():
        raise Cancelled
    reference = None if inputs.reference is None else inputs.reference.value
    job = Job(
        format=FORMAT,
        name=inputs.name,
        modality=inputs.modality,
        volumes=volumes,
        clinical=inputs.clinical,
        reference=reference,
        options=options_of(inputs, settings),
        brain_mask=mask,
    )
    write_job(folder / NAME, job)


def options_of(inputs: StudyInputs, settings: Settings) -> JobOptions:
    """The options that count for these inputs; those of the other modality are left at their defaults."""
    extras = tuple(name for name in EXTRAS if getattr(settings, name))
    if inputs.modality == "ctp":
        route, model = route_and_model(settings.route)
        return JobOptions(
            model=model,
            device=settings.device,
            anonymous=settings.anonymous,
            route=route,
            aif=settings.aif,
            hematocrit=settings.hematocrit,
            extras=extras,
        )
    return JobOptions(**{field.name: getattr(settings, field.name) for field in fields(MriSettings)}, extras=extras)
