"""Simulated MRI in the layouts of ISLES 2015, ISLES 2022 and plain BIDS."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...phantom.mri import MriPhantom, mri_phantom
from ...phantom.scan_grids import diffusion_grid, structural_grid
from ...space.grid import Grid
from ...study.case import Role
from ...study.volumes.nifti import write_nifti

_TO_MM2_PER_S = 1e-6
_SMALL = (4.0, 4.0, 4.0)
_SMALL_FLAIR = (3.5, 3.5, 6.0)


def seeds(seed: int, count: int) -> list[int]:
    """One seed a patient, none shared between data sets of different seeds."""
    return [int(value) for value in np.random.SeedSequence(seed).generate_state(count)]


def write_isles2015(folder: Path, patients: int, seed: int, small: bool) -> None:
    """SISS: every volume on one grid, skull-stripped, uncompressed NIfTI in a folder of its own name."""
    grid = diffusion_grid(_SMALL if small else (1.5, 1.5, 1.5), (0, 0, 0))
    kinds = {"MR_T1": Role.T1, "MR_T2": Role.T2, "MR_DWI": Role.DWI, "MR_Flair": Role.FLAIR}
    number = 70000
    for index, own in enumerate(seeds(seed, patients), 1):
        phantom = mri_phantom(own, structural=grid, diffusion_weighted=grid)
        volumes = {f"O.{kind}": _rounded(phantom.images[role]) for kind, role in kinds.items()}
        for kind, image in (volumes | {"O.OT": phantom.truth}).items():
            number += 1
            _write(image, folder / str(index), f"VSD.Brain.XX.{kind}.{number}")


def write_isles2022(folder: Path, patients: int, seed: int, small: bool) -> None:
    """DWI, ADC (mm²/s) and mask on one grid, FLAIR on another, masks under derivatives."""
    dwi, flair = _two_grids(small)
    for index, own in enumerate(seeds(seed, patients), 1):
        phantom = mri_phantom(own, structural=flair, diffusion_weighted=dwi)
        sub, ses = f"sub-strokecase{index:04d}", "ses-0001"
        home = folder / sub / ses
        _write_gz(_rounded(phantom.images[Role.DWI]), home / "dwi" / f"{sub}_{ses}_dwi.nii.gz")
        adc = sitk.Multiply(phantom.images[Role.ADC], _TO_MM2_PER_S)
        _write_gz(adc, home / "dwi" / f"{sub}_{ses}_adc.nii.gz")
        _write_gz(_rounded(phantom.images[Role.FLAIR]), home / "anat" / f"{sub}_{ses}_FLAIR.nii.gz")
        _write_gz(phantom.truth, folder / "derivatives" / sub / ses / f"{sub}_{ses}_msk.nii.gz")


def write_bids(folder: Path, patients: int, seed: int, small: bool) -> None:
    """T1w, T2w, FLAIR and the mask on one grid, DWI and ADC on another; participants.tsv with NIHSS and split."""
    dwi, flair = _two_grids(small)
    rows = ["participant_id\tage\tnihss\tsplit"]
    _describe(folder, "raw")
    masks = folder / "derivatives" / "lesions"
    _describe(masks, "derivative")
    for index, own in enumerate(seeds(seed, patients), 1):
        phantom = mri_phantom(own, structural=flair, diffusion_weighted=dwi)
        sub = f"sub-{index:02d}"
        for role, suffix in ((Role.T1, "T1w"), (Role.T2, "T2w"), (Role.FLAIR, "FLAIR")):
            _write_gz(_rounded(phantom.images[role]), folder / sub / "anat" / f"{sub}_{suffix}.nii.gz")
        for role, suffix in ((Role.DWI, "dwi"), (Role.ADC, "adc")):
            _write_gz(_rounded(phantom.images[role]), folder / sub / "dwi" / f"{sub}_{suffix}.nii.gz")
        _write_gz(phantom.truth_on(flair), masks / sub / "anat" / f"{sub}_space-FLAIR_desc-lesion_mask.nii.gz")
        rows.append("\t".join(map(str, (sub, *_clinical(phantom, own), split_of(index, patients)))))
    (folder / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def split_of(index: int, patients: int) -> str:
    """The last sixth (at least one) for test, the sixth before it for validation; "n/a" for fewer than 3 patients."""
    if patients < 3:
        return "n/a"
    part = max(patients // 6, 1)
    return "test" if index > patients - part else "val" if index > patients - 2 * part else "train"


def _clinical(phantom: MriPhantom, seed: int) -> tuple[int, int]:
    """Age and NIHSS; the NIHSS grows with the infarct."""
    rng = np.random.default_rng(seed)
    volume = phantom.infarct.target_ml if phantom.infarct else 0
    nihss = int(np.clip(round(2 + 0.18 * volume + rng.normal(0, 1.5)), 0, 30))
    return int(np.clip(rng.normal(71, 11), 30, 97)), nihss


def _two_grids(small: bool) -> tuple[Grid, Grid]:
    if small:
        return diffusion_grid(_SMALL), structural_grid(_SMALL_FLAIR)
    return diffusion_grid(), structural_grid()


def _describe(folder: Path, kind: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = {
        "Name": "Simulated stroke MRI, made by StrokeSeg",
        "BIDSVersion": "1.9.0",
        "DatasetType": kind,
        "GeneratedBy": [{"Name": "StrokeSeg", "Description": "phantom; no image is of a person"}],
    }
    (folder / "dataset_description.json").write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")


def _rounded(image: sitk.Image) -> sitk.Image:
    """As scanners store them: whole numbers of 16 bits."""
    return sitk.Cast(sitk.Round(image), sitk.sitkInt16)


def _write(image: sitk.Image, case: Path, name: str) -> None:
    (case / name).mkdir(parents=True, exist_ok=True)
    write_nifti(image, case / name / f"{name}.nii")


def _write_gz(image: sitk.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_nifti(image, path)
