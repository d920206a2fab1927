"""strokeseg demo: the whole walk on an MRI and a CT perfusion phantom, so that it works without any data."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import SimpleITK as sitk
import typer

from ..base.progress import Progress
from ..base.recorded_files import fill_recorded
from ..base.reservation import reserved
from ..outputs.files import (
    CTP_FILES,
    MAP_FILES,
    MRI_FILES,
    RESULT,
    perfusion_into,
    reserved_for,
    segment_into,
)
from ..study.case import ClinicalData, Role
from .segment import Overwrite, output_folder
from .terminal import console, describe, job

Output = Annotated[str, typer.Option(help="Folder for the phantom studies and the results.")]
Seed = Annotated[int, typer.Option(help="Which phantom.")]

ROLES = (Role.T1, Role.T2, Role.DWI, Role.FLAIR)
SIMULATED = "a simulated study: no image is of a person"
CTP_SPACING = (1.8, 1.8, 5.0)

STUDY = "simulated.json"
"""The record of a phantom's study: what the demo may replace there."""
_MRI_STUDY = (*(f"{role}.nii.gz" for role in ROLES), "truth_mask.nii.gz", STUDY)
_CTP_STUDY = ("CTP.nii.gz", STUDY)


def demo(output: Output = "demo-output", seed: Seed = 0, overwrite: Overwrite = False) -> None:
    """Segment an MRI phantom with a known infarct, and a CT perfusion phantom with known core and penumbra."""
    folder = output_folder(output)
    mri, ctp = folder / "mri", folder / "ctp"
    with job() as progress, ExitStack() as stack:
        # All of them before the first is computed.
        held = [
            stack.enter_context(reserved_for(mri, RESULT, MRI_FILES, overwrite=overwrite)),
            stack.enter_context(reserved(mri / "study", _MRI_STUDY, STUDY, overwrite=overwrite)),
            stack.enter_context(reserved_for(ctp, RESULT, (*CTP_FILES, *MAP_FILES), overwrite=overwrite)),
            stack.enter_context(reserved(ctp / "study", _CTP_STUDY, STUDY, overwrite=overwrite)),
        ]
        told = [_mri(mri, seed, progress.span(0.0, 0.5)), _ctp(ctp, seed, progress.span(0.5, 1.0))]
    for say in told:
        say()
    for reservation in held:
        for note in reservation.notes:
            console.print(f"note: {note}", soft_wrap=True)


def _write_study(folder: Path, seed: int, fill: Callable[[Path], object]) -> None:
    fill_recorded(folder, fill, STUDY, {"made_by": "strokeseg demo", "seed": seed, "words": SIMULATED})


def _mri(folder: Path, seed: int, progress: Progress) -> Callable[[], None]:
    from ..metrics.voxel import dice
    from ..phantom.mri import mri_phantom
    from ..study.series.load import load_case

    study = folder / "study"
    progress(0.0, "making the MRI phantom")
    phantom = mri_phantom(seed)
    _write_study(study, seed, lambda draft: phantom.write(draft, ROLES))
    progress(0.15, "reading the study")
    case = load_case(study, name=f"MRI phantom {seed}")
    result = segment_into(case, folder, progress.span(0.2, 1.0))

    def say() -> None:
        describe(result, folder)
        truth = sitk.GetArrayFromImage(phantom.truth)
        console.print(f"The phantom study is in {study}: simulated images, made by StrokeSeg", soft_wrap=True)
        console.print(f"Dice against the phantom's truth {dice(result.array(), truth):.3f}\n")

    return say


def _ctp(folder: Path, seed: int, progress: Progress) -> Callable[[], None]:
    from ..ctp.tissue.thresholds import CORE, PENUMBRA
    from ..metrics.voxel import dice
    from ..phantom.ctp import ctp_series, write_study
    from ..phantom.ctp_maps import ctp_grid, ctp_patient
    from ..phantom.ctp_protocol import CtpProtocol
    from ..study.series.load import load_case

    study = folder / "study"
    progress(0.0, "making the CT perfusion phantom")
    patient = ctp_patient(seed)
    # Later in the core than the usual phantom: so that tissue beyond 10 s, and the intensity ratio, are seen.
    series = ctp_series(patient, ctp_grid(CTP_SPACING), CtpProtocol(core_delay_s=14.0))
    _write_study(study, seed, lambda draft: write_study(series, draft))
    progress(0.3, "reading the study")
    known = ClinicalData(age=patient.age, nihss=patient.nihss)
    case = load_case(study, name=f"CT perfusion phantom {seed}", clinical=known)
    result = perfusion_into(case, folder, progress.span(0.35, 1.0))

    def say() -> None:
        describe(result, folder)
        console.print(f"The phantom study is in {study}: a simulated series, made by StrokeSeg", soft_wrap=True)
        for route in result.routes:
            labels = sitk.GetArrayViewFromImage(route.labels)
            words = [f"core {dice(labels == CORE, series.labels == CORE):.2f}"]
            if route.penumbra_ml is not None:
                words.append(f"penumbra {dice(labels == PENUMBRA, series.labels == PENUMBRA):.2f}")
            console.print(f"Dice against the phantom's truth, {route.name}: {', '.join(words)}", soft_wrap=True)

    return say
