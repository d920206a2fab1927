"""Real CTP slices without masks through slow fusion: which side is marked, and pictures to look at.

    python benchmarks/magic_ctp.py --data DATA/magic_ctp --output FOLDER [--model NAME]

DATA/magic_ctp holds *_PATIENT_SLICE.npz with CBF, CBV, MTT and TTP of 256 x 256 pixels in 8 bits (SMILE lab, University
of Florida, MIT licence): of unknown scale, without Tmax and MIP. A patient's slices are one volume, pixels taken for
0.9 mm and slices for 10 mm, in the radiological convention (the patient's right on the left). Prints Markdown: volumes
by side, and the side whose TTP is later. There is no reference: what is marked is neither right nor wrong here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.grid import Grid
from StrokeSegLogic.hemispheres import MidPlane
from StrokeSegLogic.inference.device import Device, choose
from StrokeSegLogic.inference.field_engine import FieldAnswer, answer, completed
from StrokeSegLogic.inference.network import load
from StrokeSegLogic.models.bundle import Bundle
from StrokeSegLogic.models.registry import find
from StrokeSegLogic.perfusion.laterality import asymmetry
from StrokeSegLogic.perfusion.thresholds import CORE, PENUMBRA
from StrokeSegLogic.progress import Progress

MAPS = ("cbf", "cbv", "mtt", "ttp")
SPACING = (0.9, 0.9, 10.0)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--model", default="ctp-sf-pms")
    given = arguments.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    bundle, device = find(given.model), choose("cpu")
    print("| patient | slices | later TTP | core ml, right / left | penumbra ml, right / left |")
    print("| --- | --- | --- | --- | --- |")
    alone = 0
    for patient, paths in patients(given.data).items():
        values = read(paths)
        found = segment(bundle, device, values)
        labels = sitk.GetArrayFromImage(found.labels)
        grid = Grid.of(found.labels)
        brain = values["cbf"] > 0
        left = MidPlane.of(brain, grid).left(grid)
        sides = [
            " / ".join(f"{((labels == label) & side).sum() * grid.voxel_ml:.1f}" for side in (~left, left))
            for label in (CORE, PENUMBRA)
        ]
        later = asymmetry(values["ttp"], brain, grid).side or "neither"
        print(f"| {patient} | {len(paths)} | {later} | {sides[0]} | {sides[1]} |", flush=True)
        draw(patient, values, labels, given.output / f"magic-{patient}.png")
        for number in range(len(paths)):
            segment(bundle, device, {name: volume[number : number + 1] for name, volume in values.items()})
            alone += 1
    print(f"\nEach of the {alone} slices was segmented by itself, too.\n\n" + "\n".join(f"- {n}" for n in found.notes))


def patients(data: Path) -> dict[str, list[Path]]:
    """Files of each patient, lowest slice first."""
    grouped: dict[str, list[Path]] = {}
    for path in sorted(data.glob("*_*_*.npz"), key=lambda path: int(path.stem.rsplit("_", 1)[1])):
        grouped.setdefault(path.stem.split("_")[1], []).append(path)
    return dict(sorted(grouped.items()))


def read(paths: list[Path]) -> dict[str, np.ndarray]:
    """Maps (slices, rows, columns) by name, as stored."""
    loaded = [np.load(path) for path in paths]
    return {name: np.stack([one[name] for one in loaded]) for name in MAPS}


def segment(bundle: Bundle, device: Device, values: dict[str, np.ndarray]) -> FieldAnswer:
    images = {}
    for name, volume in values.items():
        image = sitk.GetImageFromArray(volume.astype(np.float32))
        image.SetSpacing(SPACING)
        images[name.upper()] = image
    ready, spec, notes = completed(bundle.field, images)
    network = load(bundle, device)["network"]
    return answer(spec, network, ready, Grid.of(images["CBF"]), None, device, Progress(), notes)


def draw(patient: str, values: dict[str, np.ndarray], labels: np.ndarray, path: Path) -> None:
    """CBF, CBV and TTP with their colour bars, contours of core and penumbra on them, for three slices."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    area = (labels > 0).sum(axis=(1, 2))
    inner = np.arange(3, len(labels))
    chosen = sorted(int(k) for k in inner[np.argsort(-area[inner], kind="stable")][:3])
    figure, axes = pyplot.subplots(len(chosen), 3, figsize=(6.6, 2.05 * len(chosen)), dpi=90, facecolor="black")
    rows, columns = np.nonzero((values["cbf"] > 0).any(axis=0))
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    for row, k in zip(np.atleast_2d(axes), chosen, strict=True):
        for axis, name in zip(row, ("cbf", "cbv", "ttp"), strict=True):
            shown = axis.imshow(values[name][k][box], cmap="turbo", vmin=0, vmax=255)
            for label, colour in ((PENUMBRA, "#7dff6a"), (CORE, "#ff3b3b")):
                if (labels[k] == label).any():
                    inside = labels[k][box] >= label if label == PENUMBRA else labels[k][box] == label
                    axis.contour(inside, [0.5], colors="black", linewidths=2.2)
                    axis.contour(inside, [0.5], colors=colour, linewidths=1.2)
            axis.set_axis_off()
            if k == chosen[0]:
                axis.set_title(f"{name.upper()} (unknown scale)", color="white", fontsize=8)
            bar = figure.colorbar(shown, ax=axis, fraction=0.046, pad=0.02)
            bar.ax.tick_params(colors="white", labelsize=6)
    words = f"{patient}: penumbra green, core red; trained on simulated perfusion; patient's right on the left"
    figure.suptitle(words, color="white", fontsize=8)
    figure.savefig(path, facecolor="black", bbox_inches="tight", pil_kwargs={"optimize": True})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
