"""strokeseg perfusion: maps out of a 4-D CT perfusion series."""

from __future__ import annotations

from typing import Annotated

import typer

from ..study.case import MAP_ROLES, Role
from .segment import (
    Anonymous,
    ArteryPoint,
    DeviceOption,
    Hematocrit,
    Overwrite,
    References,
    one_or_many,
    output_folder,
    require_not_both,
)
from .terminal import console, job

Study = Annotated[
    list[str],
    typer.Argument(
        help="A folder with the series (DICOM, 4-D NIfTI, Slicer sequence), or CTP=FILE.",
        metavar="STUDY",
    ),
]
Output = Annotated[str, typer.Option(help="Folder for the maps; made if missing.")]
Motion = Annotated[bool, typer.Option("--motion/--no-motion", help="Look for motion of the head and correct it.")]
Smoothing = Annotated[float | None, typer.Option(help="Sigma of the smoothing of the curves within slices, mm.")]


def perfusion(
    study: Study,
    output: Output = "strokeseg-perfusion",
    motion: Motion = True,
    smoothing: Smoothing = None,
    aif: ArteryPoint = None,
    hematocrit: Hematocrit = None,
    device: DeviceOption = "auto",
    anonymous: Anonymous = False,
    dicom_references: References = False,
    overwrite: Overwrite = False,
) -> None:
    """Compute CBF, CBV, MTT, TTP, Tmax and MIP of a 4-D CT perfusion series."""
    from dataclasses import asdict, replace

    from ..ctp.maps.choice import compute_maps
    from ..ctp.series.maps import MapsSpec
    from ..ctp.settings import PerfusionSettings, with_artery
    from ..outputs.files import MAPS, MAPS_ALONE, reserved_for

    require_not_both(anonymous, dicom_references)
    folder = output_folder(output)
    spec = with_artery(replace(MapsSpec(), motion=motion), aif, hematocrit)
    if smoothing is not None:
        if not 0 <= smoothing <= 20:
            raise typer.BadParameter("--smoothing lies between 0 and 20 mm")
        spec = replace(spec, smoothing_mm=smoothing)
    with job() as progress, reserved_for(folder, MAPS, MAPS_ALONE, overwrite=overwrite) as held:
        progress(0.0, "reading the series")
        from ..ctp.series.maps_record import vessel_words
        from ..outputs.maps import write_maps
        from ..result.outcome import case_record
        from ..study.series.load import load_case

        case = load_case(one_or_many(study), modality="ctp")
        case = case.referring() if dicom_references else case
        settings = PerfusionSettings(maps=spec, device=device, anonymous=anonymous)
        found = compute_maps(case, settings, progress.span(0.1, 0.9))
        told = case.anonymous() if anonymous else case
        record = {"settings": asdict(spec), **case_record(told, Role.CTP, found.grid, [Role.CTP])}
        write_maps(
            found,
            folder,
            progress.span(0.9, 1.0),
            name=told.name,
            source=told.series[Role.CTP].source,
            provenance=record,
        )
    series = case.series[Role.CTP]
    console.print(f"  CTP   {series.source}  ({series.reason})", soft_wrap=True)
    others = [role for role in case.series if role in MAP_ROLES]
    if others:
        console.print(
            f"  note: the given {', '.join(others)} were not used: all maps are computed here", soft_wrap=True
        )
    for note in (*case.notes, *found.warnings, *held.notes):
        console.print(f"  note: {note}", soft_wrap=True)
    size = " x ".join(map(str, found.grid.size))
    console.print(
        f"{len(found.times_s)} frames of {size} voxels, {found.brain.sum() * found.grid.voxel_ml:.0f} ml brain"
    )
    artery, vein = vessel_words(found)
    console.print(f"{artery}; look at aif.svg before trusting the maps")
    console.print(vein)
    console.print(f"Hematocrit {found.hematocrit:g}")
    console.print(f"Maps in {folder}", soft_wrap=True)
    console.print("Research use only: not a medical device")
