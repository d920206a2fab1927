"""What a job file says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..base.errors import InputError
from ..base.files import write_whole
from ..base.settings import from_mapping
from ..case import ClinicalData, Modality

FORMAT = 1
NAME, RESULT, CANCEL = "job.json", "result", "cancel"
"""Of a job's folder: the job, the folder of its results, and the file that cancels it by being there."""
EXTRAS = ("probability", "agreement", "maps", "report")


@dataclass(frozen=True)
class JobVolume:
    """A volume for a role.

    Attributes:
        file: as `volume_files.write_volume` writes it; relative to the job's folder.
        source: where it came from, for people.
        times_s: of the frames of a 4-D series.
    """

    file: str
    source: str
    times_s: tuple[float, ...] | None = None


@dataclass(frozen=True)
class JobOptions:
    """How to segment; see `inference.engine.segment` and `perfusion.engine.segment_perfusion`.

    Attributes:
        model: name or folder; "" is the default one.
        route: of CT perfusion; "" is the first that the inputs allow.
        extras: of `EXTRAS`, what is handed over beside the labels.
    """

    model: str = ""
    device: str = "auto"
    vote: str = "majority"
    route: str = ""
    threshold: float | None = None
    minimum_lesion_ml: float = 0.0
    flips: bool = False
    reproducible: bool = False
    extras: tuple[str, ...] = ("probability", "agreement", "maps")

    def __post_init__(self) -> None:
        for extra in self.extras:
            if extra not in EXTRAS:
                raise ValueError(f"extra '{extra}' is not one of {', '.join(EXTRAS)}")


@dataclass(frozen=True)
class Job:
    """One case to segment.

    Attributes:
        format: of this file.
        name: of the case.
        modality: "mri" or "ctp".
        volumes: by role.
        clinical: what is known of the patient.
        reference: role on whose grid the result lies; None is the engine's choice.
        options: how.
    """

    format: int
    name: str
    modality: str
    volumes: dict[str, JobVolume]
    clinical: ClinicalData = field(default_factory=ClinicalData)
    reference: str | None = None
    options: JobOptions = field(default_factory=JobOptions)

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"the job's format is {self.format}, not {FORMAT}: panel and worker are of two versions")
        if self.modality not in ("mri", "ctp"):
            raise ValueError(f"'{self.modality}' is not a modality: use mri or ctp")
        if not self.volumes:
            raise ValueError("the job names no volume")

    @property
    def kind(self) -> Modality:
        return "mri" if self.modality == "mri" else "ctp"


def read_job(path: Path) -> Job:
    """The job in a file.

    Raises:
        InputError: if it is missing, no JSON, or holds a wrong key or value.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"the job cannot be read ({error})", where=path, fix="Start it again") from error
    if not isinstance(values, dict):
        raise InputError("the job is no JSON object", where=path, fix="Start it again")
    return from_mapping(Job, values, path)


def write_job(path: Path, job: Job) -> None:
    """Writes a job whole: a worker that sees the file sees all of it.

    Raises:
        OutputError: if it cannot be written.
    """
    write_whole(path, json.dumps(asdict(job)).encode("ascii"))
