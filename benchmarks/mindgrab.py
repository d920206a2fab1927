"""Masks of MindGrab (arXiv 2506.11860), a second opinion on where the brain is. No script of its own.

Its weights are read from DATA/weights/mindgrab.npz and stay there; masks are kept in a folder, for a volume takes
minutes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from torch.nn import functional

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.masks import filled, largest_part
from StrokeSegLogic.space.resampling import resample, resample_mask

_SIDE = 256
_DILATIONS = (*(16, 8, 4, 2, 1) * 5, 1)
"""Of 25 convolutions of 3 voxels and the last, of a single voxel, which alone has a bias."""


def mindgrab_mask(image: sitk.Image, weights: Path, kept: Path) -> np.ndarray:
    """The brain by MindGrab, bool (z, y, x) on the image's grid.

    Args:
        image: a head.
        weights: mindgrab.npz.
        kept: folder of masks that were made before, by the image's content.
    """
    grid = Grid.of(image)
    content = sitk.GetArrayViewFromImage(image).tobytes() + repr(grid).encode()
    file = kept / f"{hashlib.sha256(content).hexdigest()[:16]}.nii.gz"
    if not file.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(grid.image(_mask(image, weights).astype(np.uint8)), str(file))
    return sitk.GetArrayFromImage(sitk.ReadImage(str(file))) > 0


@torch.inference_mode()
def _mask(image: sitk.Image, weights: Path) -> np.ndarray:
    # As FreeSurfer and brainchop lay heads: x to the left, y to the feet, z to the front, arrays (z, y, x).
    upright = Grid.of(sitk.DICOMOrient(image, "LIA"))
    conform = upright.about_centre((_SIDE,) * 3, (1.0,) * 3)
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), conform))
    low, high = np.percentile(values, (2, 98))
    shown = ((values - low) / (high - low)).clip(0, 1).astype(np.float32)
    x = torch.from_numpy(np.ascontiguousarray(shown)[None, None])
    with np.load(weights) as arrays:
        kernels = [torch.from_numpy(arrays[f"w{number:02d}"]) for number in range(len(_DILATIONS))]
        bias = torch.from_numpy(arrays[f"w{len(_DILATIONS):02d}"])
    for kernel, dilation in zip(kernels[:-1], _DILATIONS, strict=False):
        # Channels last: dilated convolutions take a fifth of the time.
        x = x.contiguous(memory_format=torch.channels_last_3d)
        x = functional.conv3d(x, kernel, padding=dilation, dilation=dilation)
        x = functional.gelu(functional.instance_norm(x), approximate="tanh")
    x = functional.conv3d(x, kernels[-1], bias)
    brain = x[0].argmax(0).numpy().astype(np.uint8)
    whole = filled(largest_part(conform.image(np.ascontiguousarray(brain))))
    return resample_mask(whole, Grid.of(image))
