"""strokeseg demo: the whole walk on a phantom, so that it works without any data."""

from __future__ import annotations

from typing import Annotated

import SimpleITK as sitk
import typer

from ..case import Role
from .console import console, job
from .segment import describe, output_folder, segment_into

Output = Annotated[str, typer.Option(help="Folder for the phantom study and the results.")]
Seed = Annotated[int, typer.Option(help="Which phantom.")]

ROLES = (Role.T1, Role.T2, Role.DWI, Role.FLAIR)


def demo(output: Output = "demo-output", seed: Seed = 0) -> None:
    """Segment an MRI phantom with a known infarct."""
    from ..metrics import dice
    from ..phantom import mri_phantom
    from ..series import load_case

    folder = output_folder(output)
    study = folder / "study"
    with job() as progress:
        progress(0.0, "making the phantom")
        phantom = mri_phantom(seed)
        folder.mkdir(parents=True, exist_ok=True)
        phantom.write(study, ROLES)
        progress(0.15, "reading the study")
        case = load_case(study, name=f"MRI phantom {seed}")
        result = segment_into(case, folder, progress.span(0.2, 1.0))
    describe(result, folder)
    truth = sitk.GetArrayFromImage(phantom.truth)
    console.print(f"The phantom study is in {study}: simulated images, made by StrokeSeg", soft_wrap=True)
    console.print(f"Dice against the phantom's truth {dice(result.array(), truth):.3f}")
