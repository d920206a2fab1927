"""Synthetic stroke MRI with known truth: one head, seen by two protocols on grids of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..study.case import MRI_ROLES, Role
from .anatomy import Head
from .contrast import BRAIN_TISSUES, apparent_diffusion, diffusion, signal
from .infarct import Infarct
from .sampling import blurred, coil_shading, indices, parts, rician, scan
from .scan_grids import diffusion_grid, structural_grid

_NOISE = {Role.T1: 8.0, Role.T2: 8.0, Role.FLAIR: 5.5, Role.DWI: 11.0}
"""Standard deviation in each of the two channels, for noise = 1; signal-to-noise of white matter 20 to 40."""
_AIR_B0 = 100.0


@dataclass(frozen=True)
class MriPhantom:
    """A synthetic patient.

    Attributes:
        images: float32 volumes by role: T1, T2, FLAIR on one grid, DWI, ADC (1e-6 mm²/s) on another.
        truth: uint8, 1 in the infarct, on the DWI's grid.
        seed: that it was made from.
        description: territory and side, or "no infarct".
        head: where which tissue lies.
        infarct: None without lesion.
    """

    images: dict[Role, sitk.Image]
    truth: sitk.Image
    seed: int
    description: str
    head: Head
    infarct: Infarct | None

    def truth_on(self, grid: Grid) -> sitk.Image:
        """The infarct at the voxels of any grid, uint8: from the model itself, not resampled."""
        return _truth(self.head, self.infarct, grid)

    def brain_on(self, grid: Grid) -> sitk.Image:
        """The brain outline at the voxels of any grid, uint8: what is left in the images of a stripped head."""
        inside = np.zeros(grid.shape, np.uint8)
        for part in parts(grid):
            inside.reshape(-1)[part] = self.head.brain(self.head.to_head(grid.to_world(indices(grid, part)))) > 0
        return grid.image(inside)

    def write(self, folder: str | Path, roles: Iterable[Role] = MRI_ROLES) -> dict[str, Path]:
        """Writes the volumes as an export would name them, and the truth as `truth_mask.nii.gz`.

        Args:
            folder: made if it does not exist. Voxels are rounded to 16-bit integers, as scanners store them.
            roles: which volumes.

        Returns:
            Files by role name, and under "truth".

        Raises:
            OutputError: if a file cannot be written.
        """
        from ..study.volumes.nifti import write_nifti

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        files = {role.value: folder / f"{role.value}.nii.gz" for role in roles}
        for name, path in files.items():
            write_nifti(sitk.Cast(sitk.Round(self.images[Role(name)]), sitk.sitkInt16), path)
        files["truth"] = folder / "truth_mask.nii.gz"
        write_nifti(self.truth, files["truth"])
        return files


def mri_phantom(
    seed: int = 0,
    *,
    lesion: bool = True,
    skull: bool = False,
    noise: float = 1.0,
    structural: Grid | None = None,
    diffusion_weighted: Grid | None = None,
) -> MriPhantom:
    """A synthetic patient with an acute infarct: T1, T2, FLAIR on one grid, DWI and ADC on another.

    Args:
        seed: the same seed gives the same voxels.
        lesion: whether there is an infarct. The head of a seed is the same with and without.
        skull: whether skull, scalp and eyes are there; else everything outside the brain is exactly 0.
        noise: strength of the Rician noise; 0 is none, 1 that of a clinical scan.
        structural: grid of T1, T2, FLAIR; axial 0.9 x 0.9 x 4 mm if None.
        diffusion_weighted: grid of DWI, ADC; axial 2 x 2 x 3 mm if None.
    """
    anatomy_seed, infarct_seed, scan_seed = np.random.SeedSequence(seed).spawn(3)
    head = Head(np.random.default_rng(anatomy_seed))
    infarct = Infarct(np.random.default_rng(infarct_seed), head) if lesion else None
    rng = np.random.default_rng(scan_seed)
    structural = structural or structural_grid()
    diffusion_weighted = diffusion_weighted or diffusion_grid()
    images = _structural_images(head, infarct, structural, skull, noise, rng)
    images |= _diffusion_images(head, infarct, diffusion_weighted, skull, noise, rng)
    truth = _truth(head, infarct, diffusion_weighted)
    words = f"{infarct.territory}, {infarct.side}" if infarct else "no infarct"
    return MriPhantom({role: images[role] for role in MRI_ROLES}, truth, seed, words, head, infarct)


def _structural_images(
    head: Head, infarct: Infarct | None, grid: Grid, skull: bool, noise: float, rng: np.random.Generator
) -> dict[Role, sitk.Image]:
    roles = (Role.T1, Role.T2, Role.FLAIR)

    def signals(mixture: np.ndarray, severity: np.ndarray) -> list[np.ndarray]:
        return [signal(role, mixture, severity) for role in roles]

    clean, seen = scan(head, infarct, grid, skull, len(roles), signals)
    images = {}
    for role, volume in zip(roles, clean, strict=True):
        shading = coil_shading(grid, seen, rng)
        noisy = rician(blurred(volume * shading), noise * _NOISE[role], rng)
        images[role] = grid.image(np.where(seen, noisy, 0) if not skull else noisy)
    return images


def _diffusion_images(
    head: Head, infarct: Infarct | None, grid: Grid, skull: bool, noise: float, rng: np.random.Generator
) -> dict[Role, sitk.Image]:
    clean, seen = scan(head, infarct, grid, skull, 2, lambda mixture, severity: list(diffusion(mixture, severity)))
    # Coil and gain are those of one acquisition: shading cancels in the ADC.
    shading = coil_shading(grid, seen, rng)
    sigma = noise * _NOISE[Role.DWI]
    b0 = rician(blurred(clean[0] * shading), 0.5 * sigma, rng)  # several b0 volumes are averaged
    dwi = rician(blurred(clean[1] * shading), sigma, rng)
    adc = apparent_diffusion(b0, dwi, _AIR_B0)
    if not skull:
        dwi, adc = np.where(seen, dwi, 0), np.where(seen, adc, 0)
    return {Role.DWI: grid.image(dwi), Role.ADC: grid.image(adc.astype(np.float32))}


def _truth(head: Head, infarct: Infarct | None, grid: Grid) -> sitk.Image:
    truth = np.zeros(grid.shape, np.uint8)
    if infarct is None:
        return grid.image(truth)
    for part in parts(grid):
        points = head.to_head(grid.to_world(indices(grid, part)))
        hit = np.flatnonzero(infarct.covers(points))
        hit = hit[head.brain(points[hit]) > 0]
        if len(hit):
            tissue = head.tissues(points[hit], max(min(grid.spacing), 1.0), skull=False)[list(BRAIN_TISSUES)]
            truth.reshape(-1)[part.start + hit[tissue.sum(axis=0) >= 0.5]] = 1
    return grid.image(truth)
