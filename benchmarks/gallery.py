"""Pages to look at: what an MRI model finds in whole volumes, and in its worst and typical held-out slices.

    python benchmarks/gallery.py --data DATA --output FOLDER [--model NAME] [--slices 8]

DATA holds soop/ and isles22/. Writes one PNG for each of the DWI volumes without mask, for the case of DWI, ADC and
FLAIR without mask, and for each volume with an expert's mask (DWI + ADC), axial slices about 5 mm apart; and one PNG a
plane of SOOP's test slices (FLAIR): those with lesion (50 pixels and more) of the lowest Dice, larger lesions first,
of the others those nearest to the median Dice, and those without lesion in which most was found. Found is red, true is
green. Volumes without mask may have been trained on: the model's card says which.
Radiological convention: the patient's left is on the right; in sagittal slices the front is on the left. Prints each
file and what it shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from mri_data import Slice, Volume, heading, mask_folders, masked_volume, soop_slices, volume

import StrokeSegLogic
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.space.grid import bounding_box, box_slices
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.samples import LESION_PIXELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART_MM = 5.0
COLUMNS = 8
INCHES = 1.9
FOUND, TRUE = "#ff3b3b", "#7dff6a"


@dataclass(frozen=True)
class Picture:
    """One slice of a page, in working orientation, 0 to 1.

    Attributes:
        title: above it.
        image: (H, W), 0 is black and 1 white.
        found, truth: bool (H, W); no truth is None.
        aspect: height of a pixel over its width.
    """

    title: str
    image: np.ndarray
    found: np.ndarray
    truth: np.ndarray | None
    aspect: float = 1.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--slices", type=int, default=COLUMNS, help="of each kind on SOOP's pages")
    given = arguments.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    print(f"{heading(given.model)}\n\n| page | shows |\n| --- | --- |")
    without_masks(given.data / "isles22", given.output, given.model)
    with_masks(given.data, given.output, given.model)
    soop(given.data, given.output, given.model, given.slices)


def without_masks(data: Path, output: Path, model: str | None) -> None:
    """The volumes that nobody has outlined."""
    for path in sorted((data / "dwi_only_no_mask").glob("*_dwi.nii.gz")):
        name = path.name.split("_")[0]
        shown = volume(StrokeSegLogic.load_case({Role.DWI: path}, name=name), Role.DWI, model)
        page(f"{name}: DWI alone, no mask, found {volume_ml(shown):.1f} ml", {"": axial(shown)}, output / f"{name}.png")
    case = StrokeSegLogic.load_case(data / "case_without_mask")
    shown = volume(case, Role.DWI, model)
    roles = " + ".join(map(str, case.roles))
    title = f"{case.name}: {roles} on the DWI, no mask, found {volume_ml(shown):.1f} ml"
    page(title, {"": axial(shown)}, output / "case_without_mask.png")


def with_masks(data: Path, output: Path, model: str | None) -> None:
    """The volumes with an expert's mask."""
    for folder in mask_folders(data):
        shown = masked_volume(folder, (Role.DWI, Role.ADC), model)
        assert shown.truth is not None
        true_ml = float(shown.truth.sum()) * shown.grid.voxel_ml
        title = (
            f"{folder.name}: DWI + ADC, Dice {dice(shown.found, shown.truth):.3f}, "
            f"found {volume_ml(shown):.1f} ml (red), true {true_ml:.1f} ml (green)"
        )
        page(title, {"": axial(shown)}, output / f"{folder.name}.png")


def volume_ml(shown: Volume) -> float:
    """Of what was found."""
    return shown.result.statistics.volume_ml


def axial(shown: Volume) -> list[Picture]:
    """Axial slices with brain, about 5 mm apart, cut to the brain's box."""
    brain, found, grid = shown.brain, shown.found, shown.grid
    white = float(np.percentile(shown.image[brain], 99.5))
    depth, *others = box_slices(*bounding_box(brain))
    box = tuple(others)
    pictures = []
    for k in range(depth.start, depth.stop, max(round(APART_MM / grid.spacing[2]), 1)):
        truth = None if shown.truth is None else shown.truth[k][box]
        image = np.clip(shown.image[k][box] / white, 0, 1)
        pictures.append(Picture(f"slice {k}", image, found[k][box], truth, grid.spacing[1] / grid.spacing[0]))
    return pictures


def soop(data: Path, output: Path, model: str | None, most: int) -> None:
    """A page a plane: the worst, the typical, and the worst without lesion."""
    threshold = find(model).planes.threshold_for([Role.FLAIR])
    slices = soop_slices(data, model)
    for plane in PLANES:
        of_plane = [sample for sample in slices if sample.plane == plane]
        scored = [sample for sample in of_plane if sample.truth.sum() >= LESION_PIXELS]
        clear = [sample for sample in of_plane if not sample.truth.any()]
        values = {sample.patient: dice(sample.probability >= threshold, sample.truth) for sample in scored}
        median = float(np.median(list(values.values())))
        worst = sorted(scored, key=lambda sample: (values[sample.patient], -sample.truth.sum()))[:most]
        taken = {sample.patient for sample in worst}
        rest = [sample for sample in scored if sample.patient not in taken]
        typical = sorted(rest, key=lambda sample: abs(values[sample.patient] - median))[:most]
        false = sorted(clear, key=lambda sample: -(sample.probability >= threshold).sum())[:most]
        groups = {"worst": worst, f"nearest to the median, {median:.2f}": typical, "most found without lesion": false}
        pictures = {name: [picture(sample, threshold) for sample in chosen] for name, chosen in groups.items()}
        title = f"SOOP test, FLAIR alone, {plane} network: Dice; found red, true green"
        page(title, pictures, output / f"soop-{plane}.png")


def picture(sample: Slice, threshold: float) -> Picture:
    """A slice with its Dice, or with what was found where there is no lesion."""
    found = sample.probability >= threshold
    measure = f"Dice {dice(found, sample.truth):.2f}" if sample.truth.any() else f"{found.sum()} mm²"
    image = sample.image.astype(np.float32)
    white = float(np.percentile(image[sample.brain], 99.5)) if sample.brain.any() else 1.0
    return Picture(f"{sample.patient}: {measure}", np.clip(image / white, 0, 1), found, sample.truth)


def page(title: str, groups: Mapping[str, Sequence[Picture]], path: Path) -> None:
    """Writes the groups one below the other and prints the page's row."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cells: list[Picture | None] = []
    heads: dict[int, str] = {}
    for name, pictures in groups.items():
        heads[len(cells) // COLUMNS] = name
        cells += [*pictures, *[None] * (-len(pictures) % COLUMNS)]
    rows = max(ceil(len(cells) / COLUMNS), 1)
    size = (INCHES * COLUMNS, INCHES * tallest(cells) * rows + 0.15 * rows + 0.4)
    figure, axes = pyplot.subplots(
        rows, COLUMNS, figsize=size, dpi=100, facecolor="black", squeeze=False, layout="constrained"
    )
    for axis, cell in zip(axes.ravel(), [*cells, *[None] * (rows * COLUMNS - len(cells))], strict=True):
        axis.set_axis_off()
        if cell is not None:
            show(axis, cell)
    for row, name in heads.items():
        axes[row, 0].text(-0.08, 0.5, name, color="white", fontsize=8, rotation=90, va="center", ha="right",
                          transform=axes[row, 0].transAxes)  # fmt: skip
    figure.suptitle(title, color="white", fontsize=11)
    figure.savefig(path, facecolor="black")
    pyplot.close(figure)
    print(f"| {path.name} | {title} |", flush=True)


def tallest(cells: Sequence[Picture | None]) -> float:
    """Height over width of the tallest slice."""
    shown = [cell for cell in cells if cell is not None]
    return max((cell.aspect * cell.image.shape[0] / cell.image.shape[1] for cell in shown), default=1.0)


def show(axis: Axes, cell: Picture) -> None:
    """A slice with its contours."""
    axis.imshow(cell.image[:, ::-1], cmap="gray", vmin=0, vmax=1, aspect=cell.aspect, interpolation="nearest")
    for mask, colour in ((cell.truth, TRUE), (cell.found, FOUND)):
        if mask is not None and mask.any():
            # Padded: a mask that reaches the edge keeps its contour there.
            shown = np.pad(mask[:, ::-1].astype(np.float32), 1)
            places = np.arange(-1, mask.shape[1] + 1), np.arange(-1, mask.shape[0] + 1)
            axis.contour(*places, shown, levels=[0.5], colors=colour, linewidths=0.8)
    axis.set_title(cell.title, color="white", fontsize=7, pad=2)


if __name__ == "__main__":
    main()
