"""Whole heads without a stroke: what is marked as stroke, and how much of it outside the brain.

    python benchmarks/whole_heads.py --data DATA --pictures FOLDER [--masks FOLDER] [--others FOLDER] [--heads 1]

DATA/heads/synthseg holds the label maps, of which two subjects are left out of all training; DATA/heads/ms_raw whole
heads of patients with multiple sclerosis, whose brain is MindGrab's (masks are kept in --masks). FOLDER/DWI of --others
may hold more heads as NIfTI, whose brain is not known. With --masks each head is marked a second time with MindGrab's
mask given by hand, so that the mask's share in what is marked can be seen. Prints Markdown; seed 7. The synthesised
heads are simulated: no scanner made them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from brain_network import SHAPE, draw, image_of
from mindgrab import mindgrab_mask

import StrokeSegLogic
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.training.heads.generate import draw_head
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT, read_heads

SEED = 7
CONTRASTS = (Role.FLAIR, Role.T2, Role.DWI, Role.ADC)
SIGNAL_OF_LEVEL = {Role.ADC: 750.0}
"""An ADC of white matter in 1e-6 mm2/s; the gain of other sequences is arbitrary."""
MOST_ML = 0.1
"""Of what is marked in a head without a stroke, for it to count as clear."""


@dataclass(frozen=True)
class Shown:
    """A head without a stroke.

    Attributes:
        name: for the table.
        role: what it is.
        image: the volume.
        brain: bool (z, y, x), where the brain is; None where that is not known.
    """

    name: str
    role: Role
    image: sitk.Image
    brain: np.ndarray | None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--pictures"):
        arguments.add_argument(name, type=Path, required=True)
    arguments.add_argument("--masks", type=Path, default=None, help="without it the brains of ms_raw are not known")
    arguments.add_argument("--others", type=Path, default=None)
    arguments.add_argument("--heads", type=int, default=1, help="of each left-out subject and contrast")
    arguments.add_argument("--model", default=None)
    given = arguments.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    sets = [
        ("synthesised, left-out subjects", synthesised(given.data, given.heads)),
        ("ms_raw, against MindGrab's brain", ms_raw(given.data, given.masks)),
    ]
    if given.others is not None:
        sets.append(("others", others(given.others)))
    for title, heads in sets:
        columns = ("role", "brain ml", "mask ml", "marked ml", "of it outside the brain, ml", "with MindGrab's mask")
        print(f"\n| {' | '.join((title, *columns))} |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        weights = given.data / "weights" / "mindgrab.npz"
        marked = [scored(head, given.model, given.pictures, weights, given.masks) for head in heads]
        clear = sum(ml < MOST_ML for ml, _ in marked)
        worst, outside = (max(values) for values in zip(*marked, strict=True))
        print(f"\n{clear} of {len(marked)} without {MOST_ML} ml; worst {worst:.2f} ml, outside {outside:.2f} ml")


def synthesised(data: Path, count: int) -> Iterator[Shown]:
    random = np.random.default_rng(SEED)
    for subject in read_heads(data / "heads" / "synthseg", LEFT_OUT):
        for role in CONTRASTS:
            for number in range(count):
                head = draw_head([subject], random, SHAPE, 1.0, contrast=str(role), lesion_share=0.0)
                image = image_of(head) * SIGNAL_OF_LEVEL.get(role, 200.0)
                yield Shown(f"{subject.subject} {number + 1}", role, image, head.brain & head.shown)


def ms_raw(data: Path, kept: Path | None) -> Iterator[Shown]:
    for path in sorted((data / "heads" / "ms_raw").glob("*_study*.nii.gz")):
        image = read_volume(path)
        role = Role.FLAIR if "FLAIR" in path.name else Role.T2
        weights = data / "weights" / "mindgrab.npz"
        yield Shown(path.name.split("_")[0], role, image, None if kept is None else mindgrab_mask(image, weights, kept))


def others(folder: Path) -> Iterator[Shown]:
    for path in sorted((folder / "DWI").glob("*.nii*")):
        yield Shown(path.name.split(".")[0], Role.DWI, read_volume(path), None)


def scored(head: Shown, model: str | None, pictures: Path, weights: Path, kept: Path | None) -> tuple[float, float]:
    """Ml marked in all, and outside the brain; the row is printed."""
    result = marked(head, model)
    other = "not asked"
    if kept is not None:
        other = f"{marked_within(head, model, mindgrab_mask(head.image, weights, kept)):.2f}"
    found = result.array() > 0
    ml = result.grid.voxel_ml
    assert result.brain is not None
    mask = sitk.GetArrayFromImage(result.brain) > 0
    brain = mask if head.brain is None else head.brain
    outside = found & ~brain
    known = "unknown" if head.brain is None else f"{brain.sum() * ml:.0f}"
    print(
        f"| {head.name} | {head.role} | {known} | {mask.sum() * ml:.0f} | {found.sum() * ml:.2f} "
        f"| {outside.sum() * ml:.2f} | {other} |",
        flush=True,
    )
    draw(head.image, mask, found, pictures / f"{head.name.replace(' ', '_')}_{head.role}.png")
    return float(found.sum() * ml), float(outside.sum() * ml)


def marked_within(head: Shown, model: str | None, mask: np.ndarray) -> float:
    """Ml marked where the mask is given by hand."""
    result = marked(head, model, Grid.of(head.image).image(mask.astype(np.uint8)))
    return float((result.array() > 0).sum() * result.grid.voxel_ml)


def marked(head: Shown, model: str | None, mask: sitk.Image | None = None) -> Segmentation:
    series = Series(head.role, head.image, head.name, "named by the benchmark", 1.0, "0" * 64)
    case = Case(head.name, {head.role: series}, ())
    answer = StrokeSegLogic.segment(case, brain_mask=mask, model=model, device="cpu", unmeasured=True)
    assert isinstance(answer, Segmentation)
    assert Grid.of(head.image).same(answer.grid)
    return answer


if __name__ == "__main__":
    main()
