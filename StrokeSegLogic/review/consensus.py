"""One label map out of several readers': by majority, or by STAPLE, which weighs each reader by what all say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

WAYS = ("majority", "staple")


def consensus(readers: Sequence[np.ndarray], way: str) -> np.ndarray:
    """The consensus of label maps of one shape (z, y, x), uint8.

    "majority": a voxel has the label that most readers give it; where no label has the most, 0. Of two readers it is
    what both say.

    "staple": expectation maximisation of each reader's performance and the truth together (Warfield, Zou and Wells,
    IEEE TMI 2004, 23:903-921), as SimpleITK has it, over the whole volume; for several labels the version of Rohlfing,
    Russakoff and Maurer (2003). A voxel is set from a probability of 0.5 on.

    Args:
        readers: at least two label maps.
        way: one of `WAYS`.

    Raises:
        ValueError: if there are fewer than two, the shapes differ, or there is no such way.
    """
    if len(readers) < 2 or len({labels.shape for labels in readers}) != 1:
        raise ValueError("a consensus is made of at least two label maps of one shape")
    if way not in WAYS:
        raise ValueError(f"{way!r} is no way to a consensus")
    values = np.unique(np.concatenate([np.unique(labels) for labels in readers]))
    found = [labels.astype(np.uint8) for labels in readers]
    if all(np.array_equal(found[0], other) for other in found[1:]):
        return found[0]  # of readers who never differ STAPLE cannot tell how well they do
    images = [sitk.GetImageFromArray(labels) for labels in found]
    if way == "majority":
        return sitk.GetArrayFromImage(sitk.LabelVoting(images, 0))
    if values.max() > 1:
        return sitk.GetArrayFromImage(sitk.MultiLabelSTAPLE(images, 0))
    return (sitk.GetArrayFromImage(sitk.STAPLE(images, 1.0)) >= 0.5).astype(np.uint8)
