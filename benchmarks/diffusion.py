"""Trace and ADC of real diffusion series against references that share no code with the reader.

    python benchmarks/diffusion.py FOLDER...

Each folder holds one 4-D NAME.nii.gz with NAME.bval and NAME.bvec, as dcm2niix converts them. References: nibabel's
voxels, scipy's geometric mean, scipy's least squares, and the mean diffusivity of a tensor fitted to all volumes.
Compared where every volume has signal and the b=0 reaches a fifth of its 99th percentile. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from scipy.linalg import lstsq
from scipy.stats import gmean

from StrokeSegLogic.study.volumes.diffusion_series import read_diffusion

_UNWEIGHTED, _TISSUE = 50, 0.2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", type=Path, nargs="+")
    print(
        "| series | volumes | trace: largest difference | ADC: largest difference | median ADC | tensor's median MD |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for folder in arguments.parse_args().folders:
        print(row(next(folder.glob("*.nii.gz"))))


def row(path: Path) -> str:
    """A row of the table."""
    stem = path.name.removesuffix(".nii.gz")
    b, vectors = (np.loadtxt(path.with_name(f"{stem}.{kind}")) for kind in ("bval", "bvec"))
    volumes = np.asarray(nib.load(path).dataobj, np.float64)
    unweighted = volumes[..., b <= _UNWEIGHTED].mean(axis=-1)
    there = (volumes > 0).all(axis=-1) & (unweighted > _TISSUE * np.percentile(unweighted, 99))
    trace = gmean(volumes[there][:, b > _UNWEIGHTED], axis=-1)
    known = np.array([b[b <= _UNWEIGHTED].mean(), b[b > _UNWEIGHTED].mean()])
    adc = slope(np.stack([np.ones(2), -known], axis=1), np.log(np.stack([unweighted[there], trace])))[1]
    x, y, z = vectors
    products = [x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z]
    tensor = slope(np.stack([np.ones_like(b), *(-b * part for part in products)], axis=1), np.log(volumes[there]).T)
    found = read_diffusion(path)
    assert found.adc is not None
    ours, ours_adc = (sitk.GetArrayFromImage(image).T[there] for image in (found.trace, found.adc))
    apart = float(np.abs(ours / trace - 1).max()), float(np.abs(ours_adc - np.maximum(adc, 0)).max())
    medians = float(np.median(ours_adc)) * 1e3, float(np.median(tensor[1:4].mean(axis=0))) * 1e3
    shown = f"{apart[0]:.0e} of it | {apart[1]:.0e} mm²/s | {medians[0]:.3f} | {medians[1]:.3f} x 1e-3 mm²/s"
    return f"| {stem} | {b.size} | {shown} |"


def slope(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The coefficients of least squares."""
    return np.asarray(lstsq(design, values)[0])


if __name__ == "__main__":
    main()
