"""The brain network, measured: heads of two subjects that it was not trained on, and real volumes.

    python benchmarks/brain_network.py --data DATA --masks FOLDER --pictures FOLDER

DATA/heads/synthseg holds the label maps, DATA/heads/ms_raw whole heads, DATA/weights/mindgrab.npz a second opinion,
whose masks are kept in --masks (minutes a volume), DATA/isles22 stripped volumes with experts' masks. Masks are those
that are handed on, without the spinal canal; on CT as the network finds them. Prints Markdown tables; seed 5.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mindgrab import mindgrab_mask
from mri_data import mask_folders
from PIL import Image
from scipy.ndimage import distance_transform_edt

from StrokeSegLogic.brain.ct import MEAN_HU, brain_of_ct
from StrokeSegLogic.brain.network import find_brain
from StrokeSegLogic.brain.spinal_canal import above_spinal_canal
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.mri.prepare import RIM_MM
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample, resample_mask
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.training.heads.contrast import hounsfield
from StrokeSegLogic.training.heads.generate import Head, draw_head
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT, read_heads
from StrokeSegLogic.training.stream.sources.lesions import read_shapes

CONTRASTS = ("T1", "T2", "FLAIR", "DWI", "b0", "ADC", "CT", "any", "any", "any")
SHAPE = (230, 240, 200)
"""Voxels (z, y, x) of 1 mm: with neck."""
NECK_MM = 60
SEED = 5


@dataclass(frozen=True)
class Found:
    """What the network makes of a head.

    Attributes:
        head: that it was shown.
        mask, without_neck: bool (z, y, x); the second of the head that ends 60 mm higher.
        seconds: of the first.
    """

    head: Head
    mask: np.ndarray
    without_neck: np.ndarray
    seconds: float

    @property
    def brain(self) -> np.ndarray:
        """Where brain can be seen: in the field of view, and not set to 0 by a skull stripper that cut too much."""
        return self.head.brain & self.head.shown & (self.head.image != 0)

    @property
    def lost(self) -> tuple[float, float]:
        """Part of the lesion's voxels outside the mask, and farther from it than lesions are looked for."""
        lesion = self.head.lesion & self.brain
        beyond = distance_transform_edt(~self.mask) > RIM_MM
        of_mask, of_search = (float((lesion & out).sum() / max(lesion.sum(), 1)) for out in (~self.mask, beyond))
        return of_mask, of_search


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--masks", "--pictures"):
        arguments.add_argument(name, type=Path, required=True)
    given = arguments.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    synthesised(given.data, given.pictures)
    ct_heads(given.data, given.pictures)
    experts(given.data)
    whole_heads(given.data, given.masks, given.pictures)


def synthesised(data: Path, pictures: Path) -> None:
    """Ten contrasts of each left-out subject, with a lesion at the rim."""
    lost = f"outside %, by {RIM_MM:g} mm"
    print(f"| subject | contrast | brain ml | found ml | Dice | lesion ml | {lost} | with neck, without | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    scores, lost = [], []
    for number, found in enumerate(left_out(data)):
        head, brain = found.head, found.brain
        print(
            f"| {head.subject} | {head.contrast.name} | {brain.sum() / 1000:.0f} | {found.mask.sum() / 1000:.0f} "
            f"| {dice(found.mask, brain):.3f} | {head.lesion.sum() / 1000:.1f} | {100 * found.lost[0]:.2f}, "
            f"{100 * found.lost[1]:.2f} "
            f"| {dice(found.mask[:-NECK_MM], found.without_neck):.3f} | {found.seconds:.1f} |",
            flush=True,
        )
        scores.append(dice(found.mask, brain))
        lost.append([100 * part for part in found.lost])
        draw(image_of(head), found.mask, brain, pictures / f"left_out_{number:02d}_{head.contrast.name}.png")
    of_mask, of_search = np.mean(lost, axis=0)
    print(f"\nDice {np.mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})")
    print(f"of lesions outside the mask {of_mask:.2f} %, outside of what is searched {of_search:.2f} %")


def left_out(data: Path) -> Iterator[Found]:
    heads = read_heads(data / "heads" / "synthseg", LEFT_OUT)
    shapes = read_shapes(data / "soop", 100, SEED)
    random = np.random.default_rng(SEED)
    for head in heads:
        for contrast in CONTRASTS:
            drawn = draw_head([head], random, SHAPE, 1.0, contrast=contrast, shapes=shapes, lesion_share=1.0)
            image = image_of(drawn)
            start = time.perf_counter()
            mask = cranial(image, is_ct=contrast == "CT")
            seconds = time.perf_counter() - start
            upper = image[:, :, :-NECK_MM]
            yield Found(drawn, mask, cranial(upper, is_ct=contrast == "CT"), seconds)


def cranial(image: sitk.Image, *, is_ct: bool = False) -> np.ndarray:
    """The brain on the image's own grid, as `brain_mask` hands on what the network finds."""
    grid = Grid.of(image)
    found = find_brain(image, grid, is_ct=is_ct)
    return found if is_ct else above_spinal_canal(found, grid, kept_mm=0.0)


def image_of(head: Head) -> sitk.Image:
    """The head's volume; arrays are in working orientation: x to the right, y to the back, z to the feet."""
    values = hounsfield(head.image) if head.contrast.name == "CT" else head.image
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, -1))
    return image


def ct_heads(data: Path, pictures: Path) -> None:
    """The network against the rules for CT: on the phantom's skulls, and on synthesised heads cut to a CT's slices."""
    print("\n| head on CT | grid | Dice of the rules | Dice of the network |")
    print("| --- | --- | --- | --- |")
    for name, image, brain in (*phantom_skulls(), *synthesised_ct(data)):
        grid = Grid.of(image)
        by_rules, by_network = brain_of_ct(image, MEAN_HU), find_brain(image, grid, is_ct=True)
        size = " x ".join(map(str, grid.size))
        print(f"| {name} | {size} | {dice(by_rules, brain):.3f} | {dice(by_network, brain):.3f} |", flush=True)
        draw(image, by_network, by_rules, pictures / f"{name.replace(' ', '_').replace(',', '')}.png")


def phantom_skulls() -> Iterator[tuple[str, sitk.Image, np.ndarray]]:
    """Name, CT in HU and brain of simulated patients, slab and whole head."""
    slab = ctp_grid((1.0, 1.0, 5.0))
    whole = slab.about_centre((*slab.size[:2], 36), (1.0, 1.0, 5.0))
    for seed in range(3):
        patient = ctp_patient(seed, "LVO")
        for name, grid in (("slab", slab), ("whole", whole)):
            points = patient.head.to_head(grid.to_world(np.indices(grid.shape).reshape(3, -1).T[:, ::-1]))
            brain = (patient.head.brain(points) > 0).reshape(grid.shape)
            yield f"phantom {seed}, {name}", patient.maps(grid).images[Role.CT], brain


def synthesised_ct(data: Path) -> Iterator[tuple[str, sitk.Image, np.ndarray]]:
    """Of the left-out subjects, in slices of 5 mm."""
    random = np.random.default_rng(SEED)
    for subject in read_heads(data / "heads" / "synthseg", LEFT_OUT):
        head = draw_head([subject], random, SHAPE, 1.0, contrast="CT", lesion_share=0.0)
        image = image_of(head)
        own = Grid.of(image)
        grid = own.about_centre((*own.size[:2], own.size[2] // 5), (1.0, 1.0, 5.0))
        brain = resample_mask(own.image((head.brain & head.shown).astype(np.uint8)), grid)
        yield f"synthesised {subject.subject}", resample(image, grid, fill=-1000.0), brain


def experts(data: Path) -> None:
    """Lesions that experts drew on stripped volumes: all of them must be kept."""
    print("\n| case | sequence | lesion voxels | outside the mask | mask ml |")
    print("| --- | --- | --- | --- | --- |")
    for folder in mask_folders(data):
        (truth,) = (read_volume(path) for path in sorted(folder.rglob("*_msk.nii.gz")))
        for name in ("dwi", "adc"):
            for path in sorted(folder.rglob(f"*_{name}.nii.gz")):
                image = read_volume(path)
                mask = cranial(image)
                lesion = resample_mask(truth, Grid.of(image))
                outside = int((lesion & ~mask).sum())
                volume = mask.sum() * Grid.of(image).voxel_ml
                print(f"| {folder.name} | {name} | {lesion.sum()} | {outside} | {volume:.0f} |", flush=True)


def whole_heads(data: Path, kept: Path, pictures: Path) -> None:
    """Real whole heads, against MindGrab."""
    print("\n| volume | found ml | MindGrab ml | Dice |")
    print("| --- | --- | --- | --- |")
    for path in sorted((data / "heads" / "ms_raw").glob("*_study*.nii.gz")):
        image = read_volume(path)
        mask = cranial(image)
        other = mindgrab_mask(image, data / "weights" / "mindgrab.npz", kept)
        ml = Grid.of(image).voxel_ml
        name = path.name.removesuffix(".nii.gz")
        print(f"| {name} | {mask.sum() * ml:.0f} | {other.sum() * ml:.0f} | {dice(mask, other):.3f} |", flush=True)
        draw(image, mask, other, pictures / f"{name}.png")


def draw(image: sitk.Image, mask: np.ndarray, other: np.ndarray, path: Path) -> None:
    """Three axial, two coronal and two sagittal slices, the mask's outline red, the other's green."""
    grid = Grid.of(image)
    cubes = grid.about_centre(
        tuple(round(n * s / 1.5) for n, s in zip(grid.size, grid.spacing, strict=True)), (1.5,) * 3
    )
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), cubes))
    low, high = np.percentile(values, (2, 99))
    masks = [resample_mask(grid.image(outline.astype(np.uint8)), cubes) for outline in (mask, other)]
    tiles = []
    for axis, shares in ((0, (0.3, 0.5, 0.65)), (1, (0.4, 0.6)), (2, (0.45, 0.65))):
        for share in shares:
            at = int(share * values.shape[axis])
            grey = ((np.take(values, at, axis) - low) / max(high - low, 1e-6)).clip(0, 1) * 255
            tile = np.repeat(grey[..., None], 3, -1)
            for outline, colour in zip(masks, ((255, 40, 40), (60, 255, 60)), strict=True):
                tile[edge(np.take(outline, at, axis))] = colour
            tiles.append(tile)
    height = max(len(tile) for tile in tiles)
    padded = [np.pad(tile, ((0, height - len(tile)), (0, 4), (0, 0))) for tile in tiles]
    Image.fromarray(np.hstack(padded).astype(np.uint8)).save(path)


def edge(mask: np.ndarray) -> np.ndarray:
    """Pixels of a mask (rows, columns) that have a neighbour outside it."""
    inner = mask.copy()
    for axis in (0, 1):
        for step in (1, -1):
            inner &= np.roll(mask, step, axis)
    return mask & ~inner


if __name__ == "__main__":
    main()
