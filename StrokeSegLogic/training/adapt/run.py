"""A site's corrected cases in, its own model out, if it is good enough; a report in any case."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from ...base.errors import OutputError
from ...base.locks import scratch_folder
from ...base.progress import Progress
from ...base.recorded_files import write_recorded
from ...base.reservation import reserved
from ...evaluation.plots import require_matplotlib
from ...nets.models.bundle import MANIFEST, WEIGHTS
from ...nets.models.model_file import SUFFIX, pack
from ...nets.models.registry import DEFAULT, find
from ...nets.models.store import install as install_file
from ...nets.run.network import choose
from ..devices import Hardware, launch
from ..run_folder import claim
from ..told_progress import WithExpectedTime
from .export import Site, require_new_name
from .report import PLOT, RECORD, REPORT, TABLE, Adaptation, record, texts
from .settings import AdaptSettings
from .site_run import SiteRun
from .studies import Studies, control_studies, reviewed_studies

WORK = "work"
"""Folder in the output of prepared cases, checkpoints and counts; of no use once the report is there."""
MODEL_FILES = (f"model/{MANIFEST}", f"model/{WEIGHTS}")


@dataclass(frozen=True)
class AdaptOptions:
    """What a run is told beside its cases and where it writes.

    Attributes:
        model: name or folder of the three-plane model that is adapted.
        name: of the new model; "" is the model's own with "-site".
        negatives: folder of studies without stroke; None without.
        settings: how it learns.
        layout: of the reviewed cases' folder, if it is not told right.
        device: "auto", "cpu", "cuda" or "mps".
        workers: threads that make batches.
        overwrite: move files that are in the way aside.
        install: put a model that was written among the installed models.
    """

    model: str = DEFAULT
    name: str = ""
    negatives: Path | None = None
    settings: AdaptSettings = field(default_factory=AdaptSettings)
    layout: str | None = None
    device: str = "auto"
    workers: int = 1
    overwrite: bool = False
    install: bool = False


@dataclass(frozen=True)
class _Mark:
    """What decides a run, and so what a folder that is gone on with must be of."""

    settings: AdaptSettings
    model: str
    weights_sha256: str
    name: str
    reviewed: dict[str, str]
    controls: dict[str, str]

    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def adapt(
    reviewed: Path,
    output: Path,
    options: AdaptOptions | None = None,
    *,
    progress: Progress | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> Adaptation:
    """Adapts a three-plane model to a site's corrected cases, measures it by cross-validation, and writes it only if it
    is good enough (see `comparison.decide`). Called again with the same output, goes on where it stopped.

    OUTPUT gets report.html, cases.csv, dice-before-after.png and adaptation.json; if the model is written, also model/
    and NAME.strokeseg-model.zip, the file that models are installed from; and work/, which may be deleted afterwards.

    Args:
        reviewed: folder of the cases, see `studies.reviewed_studies`.
        output: made if missing.
        options: None is all defaults.
        progress: fraction and message, with the expected time.
        log: gets a line a stage.

    Raises:
        InputError: if the cases cannot be used, are of fewer than two patients with a lesion, have changed since the
            run began, or a study without stroke is not.
        ModelError: if the model is unknown, damaged, or none of three planes.
        DeviceError: if the device is not there.
        OutputError: if something cannot be written, or a file that is not ours would be replaced.
        Cancelled: if the token was set; the next call goes on.
    """
    how = options or AdaptOptions()
    require_matplotlib()
    base = find(how.model)
    name = how.name or f"{base.planes.name}-site"
    require_new_name(name, base)
    device = choose(how.device)
    for folder in filter(None, (reviewed, how.negatives)):
        if _in_one_another(output.resolve(), folder.resolve()):
            raise OutputError("lies in one another with the studies", where=output, fix="Choose another output folder")
    told = Progress(WithExpectedTime(progress or Progress()))
    names = (REPORT, TABLE, PLOT, *MODEL_FILES, f"{name}{SUFFIX}", RECORD)
    with reserved(output, names, RECORD, overwrite=how.overwrite) as held:
        told(0.0, "reading the studies")
        cases = reviewed_studies(reviewed, how.layout)
        controls = control_studies(how.negatives) if how.negatives else Studies((), (), False)
        mark = _Mark(how.settings, base.spec.name, base.spec.weights.sha256, name, _hashes(cases), _hashes(controls))
        claim(output / WORK, mark, "a run on other cases, on cases that have changed since, or with other settings")
        fabric = launch(Hardware(how.device), how.settings.precision)
        site = Site(
            name,
            len({study.patient for study in cases.studies}),
            len(cases.studies),
            cases.simulated,
            mark.sha256(),
        )
        with scratch_folder() as scratch:
            run = SiteRun(base, how.settings, site, output / WORK, scratch, fabric, device, how.workers, log)
            found, bundle = run.measured(cases, controls, told.span(0.0, 0.99))
            told(0.99, "writing the report")
            writers: dict[str, Callable[[Path], object]] = {
                file: partial(_write, content) for file, content in texts(found).items()
            }
            if found.verdict.written:
                writers |= {file: partial(shutil.copyfile, bundle.folder / Path(file).name) for file in MODEL_FILES}
                writers |= {f"{name}{SUFFIX}": partial(pack, bundle.folder)}
            write_recorded(output, writers, RECORD, record(found), overwrite=how.overwrite)
    for note in held.notes:
        log(f"note: {note}")
    if found.verdict.written and how.install:
        install_file(output / f"{name}{SUFFIX}")
        log(f"{name} is installed: choose it by its name")
    told(1.0, "done")
    return found


def _in_one_another(path: Path, other: Path) -> bool:
    return path in (other, *other.parents) or other in path.parents


def _hashes(found: Studies) -> dict[str, str]:
    return {study.name: study.sha256() for study in found.studies}


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
