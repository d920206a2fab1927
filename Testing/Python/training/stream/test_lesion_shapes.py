from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.grid import reorient
from StrokeSegLogic.training.stream.sources.lesions import Shape, read_shapes
from StrokeSegLogic.training.stream.sources.soop import SPLITS, read_splits


def key(shape: Shape) -> tuple[tuple[float, ...], bytes]:
    return shape.corner_mm, shape.mask.tobytes()


@pytest.mark.parametrize("split", SPLITS)
def test_every_patient_of_the_split_gives_a_shape_and_nobody_else(data: Path, split: str) -> None:
    names = [name for name, own in read_splits(data / "soop").items() if own == split]
    masks = [sitk.ReadImage(str(data / "soop" / "lesions" / f"{name}.nii.gz")) for name in names]
    voxels = sorted(int((sitk.GetArrayViewFromImage(mask) > 0).sum()) for mask in masks)
    boxes = []
    for mask in masks:
        turned = reorient(mask)
        z, y, x = np.nonzero(sitk.GetArrayFromImage(turned))
        corner = turned.TransformIndexToPhysicalPoint((int(x.min()), int(y.min()), int(z.min())))
        boxes.append(tuple(round(value, 3) for value in corner))
    shapes = read_shapes(data / "soop", 100, 1, split)
    assert sorted(int(shape.mask.sum()) for shape in shapes) == voxels
    assert sorted(tuple(round(value, 3) for value in shape.corner_mm) for shape in shapes) == sorted(boxes)


def test_without_a_split_the_shapes_are_the_training_patients(data: Path) -> None:
    default, named = read_shapes(data / "soop", 100, 1), read_shapes(data / "soop", 100, 1, "train")
    assert [key(shape) for shape in default] == [key(shape) for shape in named]


def test_an_unknown_split_is_refused(data: Path) -> None:
    with pytest.raises(InputError, match="'dev' is not a split"):
        read_shapes(data / "soop", 1, 1, "dev")
