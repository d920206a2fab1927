"""The files of one run, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .base.json_values import json_ready
from .base.progress import Progress
from .outcome import Outcome
from .output_folder import MAPS, RESULT, draft_of, publish, require_writable
from .reports import extra_files, write_report
from .volumes import write_nifti

if TYPE_CHECKING:
    from .perfusion.maps import PerfusionMaps

__all__ = ["NAMES", "names_of", "require_writable", "write_maps", "write_outputs"]

Writers = dict[str, Callable[[Path], None]]

NAMES = (
    "segmentation.seg.nrrd",
    "labels.nii.gz",
    "probability.nii.gz",
    "agreement.nii.gz",
    "report.html",
    "scene.mrb",
    RESULT,
)
"""The files of an MRI result."""


def names_of(result: Outcome) -> tuple[str, ...]:
    """The files that a result has, the record last."""
    return tuple(_writers(result))


def write_outputs(result: Outcome, folder: Path, progress: Progress | None = None) -> dict[str, Path]:
    """Writes every file of a result.

    All are written into a hidden folder first and then moved at once (see `output_folder.publish`): a folder with a
    result.json is whole. An earlier result's files in it are replaced, also those that this one has none of.

    Args:
        result: what to write.
        folder: made if missing; other files in it stay.
        progress: of the writing.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: if anything cannot be written, or the folder holds what must not be lost; then it is as it was.
    """
    return _write(_writers(result), folder, progress)


def write_maps(
    measured: PerfusionMaps,
    folder: Path,
    progress: Progress | None = None,
    *,
    name: str = "",
    provenance: Mapping[str, Any] | None = None,
) -> dict[str, Path]:
    """Writes maps alone: CBF, CBV, MTT, TTP, TMAX and MIP, aif.svg, and maps.json with units, curves and warnings.

    Args:
        measured: the maps.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        name: of the case.
        provenance: JSON-ready: from what they were made, with what settings.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: as `write_outputs`; also where the folder holds a segmentation.
    """
    # Not at the top: a result on MRI has nothing of CT perfusion.
    from .perfusion.maps_record import maps_record
    from .perfusion.vessel_figure import vessel_svg

    record = {
        "case": name,
        "modality": "ctp",
        "research_use_only": True,
        **maps_record(measured),
        "provenance": {"strokeseg": __version__, **(provenance or {})},
    }
    images = {f"{name}.nii.gz": image for name, image in measured.images().items() if name != "CT"}
    writers: Writers = {file: partial(write_nifti, image) for file, image in images.items()}
    writers |= {"aif.svg": partial(_write_text, partial(vessel_svg, measured))}
    writers[MAPS] = partial(_write_record, record, (*writers, MAPS))
    return _write(writers, folder, progress)


def _writers(result: Outcome) -> Writers:
    """What writes each file, by its name, the record last."""
    from .slicer_bridge.files import write_scene, write_segmentation

    writers: Writers = {"segmentation.seg.nrrd": partial(write_segmentation, result)}
    writers |= {f"{name}.nii.gz": partial(write_nifti, image) for name, image in result.volumes.items()}
    writers |= {name: partial(_write_text, draw) for name, draw in extra_files(result).items()}
    writers |= {"report.html": partial(write_report, result), "scene.mrb": partial(write_scene, result)}
    writers[RESULT] = lambda path: _write_record(result.summary(), (*writers,), path)
    return writers


def _write(writers: Writers, folder: Path, progress: Progress | None) -> dict[str, Path]:
    report = progress or Progress()
    with draft_of(folder) as draft:
        for number, (name, write) in enumerate(writers.items()):
            report(number / len(writers), f"writing {name}")
            write(draft / name)
        report(1.0, "files written")
        publish(draft, folder, tuple(writers))
    return {name: folder / name for name in writers}


def _write_text(draw: Callable[[], str], path: Path) -> None:
    path.write_text(draw(), encoding="utf-8")


def _write_record(values: Mapping[str, Any], names: tuple[str, ...], path: Path) -> None:
    record = {**json_ready(values), "files": list(names)}
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
