"""Simulated studies, written to files and loaded as a user loads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import slicer

SEED = 0
COARSE = (3.6, 3.6, 6.0)


@lru_cache(maxsize=1)
def mri() -> Any:
    """A simulated patient with an infarct."""
    from StrokeSegLogic.phantom.mri import mri_phantom

    return mri_phantom(SEED)


@lru_cache(maxsize=1)
def perfusion() -> Any:
    """Simulated perfusion maps of a patient with a large vessel occlusion."""
    from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient

    return ctp_patient(SEED).maps(ctp_grid(COARSE))


def load(images: Mapping[str, Any], folder: Path, suffix: str = ".nii.gz") -> dict[str, Any]:
    """Writes images and loads them into the scene; the nodes by name."""
    import SimpleITK as sitk

    found = {}
    for name, image in images.items():
        path = folder / f"{name}{suffix}"
        sitk.WriteImage(image, str(path))
        found[name] = slicer.util.loadVolume(str(path))
    return found


def load_mri(folder: Path, roles: tuple[str, ...] = ("DWI", "FLAIR"), suffix: str = ".nii.gz") -> dict[str, Any]:
    """Loads some sequences of the MRI study."""
    from StrokeSegLogic.study.case import Role

    return load({name: mri().images[Role(name)] for name in roles}, folder, suffix)


def load_perfusion(folder: Path) -> dict[str, Any]:
    """Loads the perfusion maps."""
    return load(perfusion().images, folder)


def load_series() -> Any:
    """A 4-D series of CT perfusion, simulated, as a sequence node."""
    import numpy as np

    from StrokeSegLogic.phantom.ctp import ctp_series
    from StrokeSegLogic.phantom.ctp_maps import ctp_grid
    from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    series = ctp_series(SEED, ctp_grid((4.5, 4.5, 13.0)), CtpProtocol())
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "CTP")
    sequence.SetIndexUnit("s")
    for seconds, frame in zip(series.times_s, series.hu, strict=True):
        node = add_volume(slicer.mrmlScene, series.grid.image(np.asarray(frame)), "frame")
        sequence.SetDataNodeAtValue(node, f"{seconds:g}")
        slicer.mrmlScene.RemoveNode(node)
    return sequence


def overlap(labels: Any, truth: Any) -> float:
    """Dice of what is labelled with what is true, wherever their voxels lie."""
    import SimpleITK as sitk

    moved = sitk.Resample(truth, labels, sitk.Transform(), sitk.sitkNearestNeighbor, 0.0, truth.GetPixelID())
    found, real = (sitk.GetArrayFromImage(image) > 0 for image in (labels, moved))
    total = int(found.sum() + real.sum())
    return 2.0 * int((found & real).sum()) / total if total else 1.0


def mri_result() -> Any:
    """A result for the MRI study such as a good model gives, made without a network: the infarct with soft edges, and
    two small lesions on the other side."""
    import numpy as np
    import SimpleITK as sitk

    from StrokeSegLogic.base.settings import PLANES
    from StrokeSegLogic.mri.result import Segmentation, measure
    from StrokeSegLogic.space.grid import Grid
    from StrokeSegLogic.study.case import Case, Role, Series

    study = mri()
    grid = Grid.of(study.truth)
    found = sitk.GetArrayFromImage(study.truth) > 0
    brain = sitk.GetArrayFromImage(study.brain_on(grid)) > 0
    z, y, x = np.argwhere(found).mean(axis=0).round().astype(int)
    mirror = grid.size[0] - 1 - x
    found[z : z + 2, y : y + 4, mirror : mirror + 4] = True
    found[z, y - 16 : y - 14, mirror : mirror + 2] = True
    soft = sitk.SmoothingRecursiveGaussian(grid.image(found.astype(np.float32)), 1.5)
    probability = np.maximum(np.clip(sitk.GetArrayFromImage(soft), 0, 1), 0.55 * found).astype(np.float32)
    members = {plane: probability > limit for plane, limit in zip(PLANES, (0.4, 0.5, 0.6), strict=True)}
    labels = (probability > 0.5).astype(np.uint8)
    images = {str(role): study.images[role] for role in (Role.DWI, Role.FLAIR, Role.ADC)}
    return Segmentation(
        case=Case.of("a case", [Series(Role(name), image, name, "", 1.0, "0" * 64) for name, image in images.items()]),
        reference=Role.DWI,
        labels=grid.image(labels),
        probability=grid.image(probability),
        agreement=grid.image(np.sum(list(members.values()), axis=0).astype(np.uint8)),
        brain=grid.image(brain.astype(np.uint8)),
        statistics=measure(
            labels, probability, members, brain, grid, dict.fromkeys(PLANES, 9), dict.fromkeys(PLANES, 1.0), images
        ),
        provenance={
            "strokeseg": "0.1.0",
            "model": {"name": "none", "version": "0", "weights_sha256": "0" * 64},
            "inputs": [],
        },
    )
