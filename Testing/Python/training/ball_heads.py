"""A small head of nested balls in FreeSurfer's numbers, for want of real label maps in the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

WHITE, CORTEX, FLUID, BONE, SKIN, AIR = 2, 3, 24, 515, 511, 0
RADII_MM = ((WHITE, 22.0), (CORTEX, 27.0), (FLUID, 30.0), (BONE, 34.0), (SKIN, 38.0))
SIZE = 84


def ball_labels() -> np.ndarray:
    """Labels (z, y, x) of 1 mm, the ball in the middle."""
    z, y, x = np.ogrid[:SIZE, :SIZE, :SIZE]
    middle = (SIZE - 1) / 2
    radius = np.sqrt((z - middle) ** 2 + (y - middle) ** 2 + (x - middle) ** 2)
    labels = np.full((SIZE,) * 3, AIR, np.int16)
    for label, outer in reversed(RADII_MM):
        labels[radius <= outer] = label
    return labels


def write_heads(folder: Path, labels: np.ndarray | None = None, subjects: tuple[str, ...] = ("a", "b")) -> Path:
    """A folder of label maps with its index."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["subject\tfile"]
    for subject in subjects:
        image = sitk.GetImageFromArray((ball_labels() if labels is None else labels).astype(np.float32))
        sitk.WriteImage(image, str(folder / f"{subject}.nii.gz"))
        lines.append(f"{subject}\t{subject}.nii.gz")
    (folder / "index.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
