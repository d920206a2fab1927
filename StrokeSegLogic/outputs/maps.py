"""Perfusion maps without a segmentation: their files, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.progress import Progress
from ..brain.perfusion import FROM_FRAMES
from ..ctp.series.maps import PerfusionMaps
from ..ctp.series.maps_record import maps_record
from ..reports.vessel_figure import vessel_svg
from ..result.map_origins import MapOrigin
from ..result.outcome import BRAIN, brain_record
from ..study.case import Role
from ..study.volumes.nifti import write_nifti
from .files import MAPS, Writers, write_kind, write_text


def write_maps(
    measured: PerfusionMaps,
    folder: Path,
    progress: Progress | None = None,
    *,
    name: str = "",
    source: str = "",
    provenance: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Writes maps alone: CBF, CBV, MTT, TTP, TMAX and MIP, the brain that they were computed in, aif.svg, and maps.json
    with units, curves and warnings.

    Args:
        measured: the maps.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        name: of the case.
        source: of the series.
        provenance: JSON-ready: from what they were made, with what settings.
        overwrite: as in `write_outputs`.

    Returns:
        The path of each file by its name.

    Raises:
        OutputError: as `write_outputs`; also where the folder holds a segmentation.
    """
    brain = measured.grid.image(measured.brain.astype("uint8"))
    record = {
        "case": name,
        "modality": "ctp",
        "research_use_only": True,
        **maps_record(measured),
        "maps": {str(role): MapOrigin(role, True, source).record() for role in measured.images() if role != Role.CT},
        BRAIN: brain_record(FROM_FRAMES, brain),
        "provenance": {"strokeseg": __version__, **(provenance or {})},
    }
    images = {f"{name}.nii.gz": image for name, image in measured.images().items() if name != Role.CT}
    images[f"{BRAIN}.nii.gz"] = brain
    writers: Writers = {file: partial(write_nifti, image, result=True) for file, image in images.items()}
    writers |= {"aif.svg": partial(write_text, partial(vessel_svg, measured))}
    return write_kind(folder, writers, MAPS, record, progress, overwrite=overwrite)
