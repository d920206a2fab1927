"""Small simulated inputs, and what each bundled model once said of them.

    python Testing/Python/nets/models/bundled_answers.py

Run it again when a bundled model changes, and look at what it prints: the test holds every machine against these files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.brain.network import find_brain
from StrokeSegLogic.ctp.routes.field_engine import label
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.mri.engine import segment
from StrokeSegLogic.mri.prepare import Prepared, prepare
from StrokeSegLogic.mri.vote import run_planes
from StrokeSegLogic.nets.models.registry import find, names
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.mri import mri_phantom
from StrokeSegLogic.phantom.scan_grids import structural_grid
from StrokeSegLogic.space.grid import Grid, to_stack
from StrokeSegLogic.study.case import Case, Role, Series

FOLDER = Path(__file__).resolve().parents[3] / "Data" / "Reference"
SEED = 77
NIHSS = 11.0
KINDS = {"planes": "mri", "field": "ctp", "brain": "head"}
"""Which inputs a kind of model is shown."""
_GRIDS = {
    "mri": structural_grid((3.0, 3.0, 4.0)),
    "ctp": ctp_grid((3.0, 3.0, 8.0)),
    "head": structural_grid((3.0, 3.0, 4.0)),
}
SLAB = slice(20, 26)
"""Slices of the MRI inputs through the middle of the infarct."""

Images = dict[Role, np.ndarray]
Answer = tuple[np.ndarray, np.ndarray]
"""Labels, uint8 (z, y, x), and the probability of lesion or core, float32; of a brain both are its mask."""


def kind_of(model: str) -> str:
    """ "mri", "ctp" or "head"."""
    return KINDS[find(model).spec.kind]


def drawn(kind: str) -> Images:
    """A phantom on a coarse grid, float32 (z, y, x) by role."""
    grid = _GRIDS[kind]
    if kind == "head":
        images = {Role.FLAIR: mri_phantom(SEED, skull=True, structural=grid).images[Role.FLAIR]}
    elif kind == "mri":
        images = mri_phantom(SEED, structural=grid, diffusion_weighted=grid).images
    else:
        images = {Role(name): image for name, image in ctp_patient(SEED, "LVO").maps(grid).images.items()}
    return {role: _array(image).astype(np.float32) for role, image in images.items()}


def stored(kind: str) -> Images:
    """The inputs as they were kept, in 16 bits and their own steps."""
    with np.load(FOLDER / f"{kind}-inputs.npz") as store:
        return {Role(name): store[name].astype(np.float32) for name in store}


def reference(model: str) -> Answer:
    """What the model, or `model-plane` of its slices, once said."""
    with np.load(FOLDER / f"{model}.npz") as store:
        return store["labels"], store["probability"].astype(np.float32) / 255


def answer(model: str, images: Images) -> Answer:
    """What the model says now, on the CPU."""
    kind = kind_of(model)
    grid = _GRIDS[kind]
    if kind == "mri":
        result = segment(_case(images, grid), reference=Role.DWI, model=model, device="cpu")
        return result.array(), _array(result.probability)
    if kind == "head":
        brain = find_brain(grid.image(images[Role.FLAIR]), grid)
        return brain.astype(np.uint8), brain.astype(np.float32)
    return _maps(model, images, grid)


class ThreeSlices(Prepared):
    """What three slices through the infarct show to each plane's network."""

    def seen(self, plane: Plane) -> np.ndarray:
        whole = super().seen(plane)
        place = int(np.quantile(np.flatnonzero(whole), 0.8 if plane == "sagittal" else 0.5))
        few = np.zeros_like(whole)
        few[place - 1 : place + 2] = True
        return few


def answer_on_slices(model: str, images: Images) -> list[Answer]:
    """What each plane of an MRI model says of three slices, (3, H, W)."""
    grid = _GRIDS["mri"].crop((0, 0, SLAB.start), (*_GRIDS["mri"].size[:2], SLAB.stop - SLAB.start))
    case = _case({role: values[SLAB] for role, values in images.items()}, grid)
    bundle = find(model)
    spec, where = bundle.planes, choose("cpu")
    few = ThreeSlices(**vars(prepare(case, Role.DWI, spec.roles, spec.spacing_mm, Progress())))
    said = run_planes(load(bundle, where), few, where, Progress(), canvas=spec.canvas)
    slices = [to_stack(probability, plane)[few.seen(plane)] for plane, probability in said.items()]
    return [((shown >= spec.threshold).astype(np.uint8), shown) for shown in slices]


def _case(images: Images, grid: Grid) -> Case:
    series = [Series(role, grid.image(values), "phantom", "drawn", 1.0, "0" * 64) for role, values in images.items()]
    return Case.of("reference", series)


def _maps(model: str, images: Images, grid: Grid) -> Answer:
    by_name = {role.value: grid.image(values) for role, values in images.items()}
    said = label(find(model), by_name, grid, NIHSS, choose("cpu"), Progress())
    return _array(said.labels), _array(said.probability["core"])


def _array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in KINDS.values():
        arrays = {role.value: np.round(values, 2).astype(np.float16) for role, values in drawn(kind).items()}
        np.savez_compressed(FOLDER / f"{kind}-inputs.npz", **arrays)  # type: ignore[arg-type]
    for model in names():
        images = stored(kind_of(model))
        keep(model, answer(model, images))
        if kind_of(model) == "mri":
            for plane, said in zip(PLANES, answer_on_slices(model, images), strict=True):
                keep(f"{model}-{plane}", said)


def keep(model: str, said: Answer) -> None:
    labels, probability = said
    path = FOLDER / f"{model}.npz"
    if path.is_file():
        print(f"{model}: Dice with what it said before {dice(labels > 0, reference(model)[0] > 0):.4f}")
    rounded = np.round(probability * 255).astype(np.uint8)
    np.savez_compressed(path, labels=labels.astype(np.uint8), probability=rounded)
    print(f"{model}: {int((labels > 0).sum())} voxels marked")


if __name__ == "__main__":
    main()
