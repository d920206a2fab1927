"""The values that maps are judged by: brain, at the same places in all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk


def brain_samples(images: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values of brain, at the same places in all maps of one shape; noise is averaged over neighbours in the slice."""
    masks: dict[tuple[int, ...], np.ndarray] = {}
    held = {name: values != 0 for name, values in images.items()}
    # A native CT has no zero background and says nothing of where the brain is.
    held = {name: inside for name, inside in held.items() if inside.mean() < 0.95}
    for name, inside in held.items():
        others = [other for key, other in held.items() if key != name and other.shape == inside.shape]
        shared = np.logical_and.reduce(others) if others else inside
        # Nor does a Tmax that is 0 where there is no delay.
        if (inside & shared).sum() >= shared.sum() / 2:
            masks[inside.shape] = masks.get(inside.shape, np.ones(inside.shape, bool)) & inside
    out = {}
    for name, values in images.items():
        mask = masks.get(values.shape)
        if mask is None or not mask.any():
            mask = (values > 0) & (values < 100) if values.min() < -200 else values != 0
        radius = [1, 1] + [0] * (values.ndim - 2)
        weight = sitk.GetArrayFromImage(sitk.BoxMean(sitk.GetImageFromArray(mask.astype(np.float32)), radius))
        whole = np.where(mask, values, 0).astype(np.float32)
        mean = sitk.GetArrayFromImage(sitk.BoxMean(sitk.GetImageFromArray(whole), radius))
        sample = mean[mask] / np.maximum(weight[mask], 1e-6)
        out[name] = sample[:: max(sample.size // 200_000, 1)]
    return out
