"""What a job file says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..base.files import write_whole
from ..base.json_files import read_json_object
from ..base.settings import EXTRAS, ROUTES, from_mapping, one_of
from ..outputs.settings import CaseSettings
from ..study.case import MODALITIES, ClinicalData, Modality

FORMAT = 1
NAME, RESULT, CANCEL = "job.json", "result", "cancel"
"""Of a job's folder: the job, the folder of its results, and the file that cancels it by being there."""

RECORD, REPORT, VOLUME = "result.json", "report.html", ".npz"
"""What a worker writes into the folder of results beside volumes, whose names end in `VOLUME`."""


@dataclass(frozen=True)
class JobVolume:
    """A volume for a role, or a mask.

    Attributes:
        file: as `volume_files.write_volume` writes it; relative to the job's folder.
        source: where it came from, for people.
        times_s: of the frames of a 4-D series.
    """

    file: str
    source: str
    times_s: tuple[float, ...] | None = None


@dataclass(frozen=True)
class JobOptions(CaseSettings):
    """How to segment, and what is handed over.

    Attributes:
        extras: of `base.settings.EXTRAS`, what is handed over beside the labels.
    """

    extras: tuple[str, ...] = ("probability", "agreement", "maps")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.route:
            one_of(self.route, ROUTES, "route")
        for extra in self.extras:
            one_of(extra, EXTRAS, "extra")


@dataclass(frozen=True)
class Job:
    """One case to segment.

    Attributes:
        format: of this file.
        name: of the case.
        modality: one of `case.MODALITIES`.
        volumes: by role.
        clinical: what is known of the patient.
        reference: role on whose grid the result lies; None is the engine's choice.
        options: how.
        brain_mask: what is brain, not 0 there; None is found. Of MRI alone.
    """

    format: int
    name: str
    modality: str
    volumes: dict[str, JobVolume]
    clinical: ClinicalData = field(default_factory=ClinicalData)
    reference: str | None = None
    options: JobOptions = field(default_factory=JobOptions)
    brain_mask: JobVolume | None = None

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"the job's format is {self.format}, not {FORMAT}: panel and worker are of two versions")
        one_of(self.modality, MODALITIES, "modality")
        if not self.volumes:
            raise ValueError("the job names no volume")
        if self.brain_mask is not None and self.modality != "mri":
            raise ValueError("a brain mask has no meaning for CT perfusion")

    @property
    def kind(self) -> Modality:
        return "mri" if self.modality == "mri" else "ctp"


def read_job(path: Path) -> Job:
    """The job in a file.

    Raises:
        InputError: if it is missing, no JSON, or holds a wrong key or value.
    """
    return from_mapping(Job, read_json_object(path, fix="Start it again"), path)


def write_job(path: Path, job: Job) -> None:
    """Writes a job whole: a worker that sees the file sees all of it.

    Raises:
        OutputError: if it cannot be written.
    """
    write_whole(path, json.dumps(asdict(job)).encode("ascii"))
