"""Real CTP slices without masks by the three routes: which side is marked, and pictures to look at.

    python benchmarks/magic_ctp.py --data DATA/magic_ctp --output docs/pictures/ctp

DATA/magic_ctp holds *_PATIENT_SLICE.npz with CBF, CBV, MTT and TTP of 256 x 256 pixels in 8 bits and three thin slices
of the native CT (SMILE lab, University of Florida, MIT licence): of unknown scale, without Tmax and MIP. Taken for what
is not told: pixels of 0.9 mm, slices of 10 mm, the radiological convention (the patient's right on the left), TTP's 255
levels for 20 s and TTP less its normal value for Tmax (as `ctp.routes.field_engine` does), CT's 255 levels for 0 to
80 HU (--ct-top). StrokeSeg itself refuses thresholds on such maps; here they are drawn under these assumptions, for
comparison. Prints Markdown: volumes by side, and the side whose TTP is later. There is no reference: nothing here is a
score.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from magic_page import draw

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain.hemispheres import MidPlane
from StrokeSegLogic.ctp.routes.field_engine import PICTURE_SPAN_S, answer, completed, slow_fusion_for
from StrokeSegLogic.ctp.routes.map_scales import delay
from StrokeSegLogic.ctp.threshold_settings import ThresholdSettings
from StrokeSegLogic.ctp.tissue.bleeding import dense_ml
from StrokeSegLogic.ctp.tissue.laterality import asymmetry
from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA, segment_by_thresholds
from StrokeSegLogic.nets.models.registry import UNET3D, find
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.space.grid import Grid

MAPS = ("cbf", "cbv", "mtt", "ttp")
SPACING = (0.9, 0.9, 10.0)
LEVELS = 255.0
Maps = Mapping[str, np.ndarray]
"""CBF, CBV, MTT, TTP as stored and CT in HU, (slices, rows, columns), by name."""
Way = Callable[[Maps], np.ndarray]


@dataclass(frozen=True)
class Sides:
    """Marked volumes, ml."""

    core: tuple[float, float]
    penumbra: tuple[float, float]

    @classmethod
    def of(cls, labels: np.ndarray, left: np.ndarray, voxel_ml: float) -> Sides:
        core, penumbra = (
            tuple(float(((labels == label) & side).sum() * voxel_ml) for side in (~left, left))
            for label in (CORE, PENUMBRA)
        )
        return cls((core[0], core[1]), (penumbra[0], penumbra[1]))

    @property
    def said(self) -> str:
        """The side with more than two thirds of what is marked."""
        right, left = (self.core[i] + self.penumbra[i] for i in (0, 1))
        if right + left == 0:
            return "nothing"
        return "right" if right > 2 * left else "left" if left > 2 * right else "both"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--ct-top", type=float, default=80.0, help="HU of the native CT's highest level")
    given = arguments.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    ways: dict[str, Way] = {"thresholds": by_thresholds, "slow fusion": by_network(), "3-D U-Net": by_network(UNET3D)}
    print("| patient | slices | later TTP | route | marks | core ml, right / left | penumbra ml, right / left |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    alone = dict.fromkeys(ways, 0)
    dense = {}
    for patient, paths in patients(given.data).items():
        maps = read(paths, given.ct_top)
        brain, grid = maps["CBF"] > 0, Grid.of(_image(maps["CBF"]))
        left = MidPlane.of(brain, grid).left(grid)
        dense[patient] = dense_ml(_image(maps["CT"]), brain)
        later = asymmetry(maps["TTP"], brain, grid).side or "neither"
        found = {way: segment(maps) for way, segment in ways.items()}
        for way, labels in found.items():
            sides = Sides.of(labels, left, grid.voxel_ml)
            penumbra = "-" if way == "3-D U-Net" else f"{sides.penumbra[0]:.1f} / {sides.penumbra[1]:.1f}"
            core = f"{sides.core[0]:.1f} / {sides.core[1]:.1f}"
            print(f"| {patient} | {len(paths)} | {later} | {way} | {sides.said} | {core} | {penumbra} |", flush=True)
        draw(patient, maps, found, given.output / f"magic-{patient}.png")
        for number in range(len(paths)):
            for way, segment in ways.items():
                try:
                    segment({name: volume[number : number + 1] for name, volume in maps.items()})
                    alone[way] += 1
                except InputError as error:
                    print(f"<!-- {way}, slice {number + 1} of {patient}: {error} -->")
    print("\nSlices segmented each by itself: " + ", ".join(f"{way} {count}" for way, count in alone.items()))
    print("\nAs dense as blood, ml: " + ", ".join(f"{patient} {volume:.1f}" for patient, volume in dense.items()))


def patients(data: Path) -> dict[str, list[Path]]:
    """Files of each patient, lowest slice first."""
    grouped: dict[str, list[Path]] = {}
    for path in sorted(data.glob("*_*_*.npz"), key=lambda path: int(path.stem.rsplit("_", 1)[1])):
        grouped.setdefault(path.stem.split("_")[1], []).append(path)
    return dict(sorted(grouped.items()))


def read(paths: list[Path], ct_top: float) -> dict[str, np.ndarray]:
    loaded = [np.load(path) for path in paths]
    maps = {name.upper(): np.stack([arrays[name] for arrays in loaded]).astype(np.float32) for name in MAPS}
    # The middle of the three thin slices.
    return maps | {"CT": np.stack([arrays["ncct3"][..., 1] for arrays in loaded]) * np.float32(ct_top / LEVELS)}


def by_thresholds(maps: Maps) -> np.ndarray:
    brain = maps["CBF"] > 0
    seconds = maps["TTP"] * np.float32(PICTURE_SPAN_S / LEVELS)
    late = np.where(seconds > 0, np.maximum(delay(seconds, brain), 0), 0)
    images = {"CBF": _image(maps["CBF"]), "CBV": _image(maps["CBV"]), "CT": _image(maps["CT"]), "TMAX": _image(late)}
    # CBV has no unit, so that no limit in ml/100 g can tell vessels.
    found = segment_by_thresholds(images, ThresholdSettings(vessel_cbv=None), brain)
    return sitk.GetArrayFromImage(found.labels)


def by_network(name: str | None = None) -> Way:
    """Of the model of that name; None is the slow fusion for the maps that there are."""
    device = choose("cpu")

    def segment(maps: Maps) -> np.ndarray:
        images = {role: _image(values) for role, values in maps.items()}
        bundle = find(name or slow_fusion_for(images, None))
        ready, spec, notes = completed(bundle.field, images)
        network = load(bundle, device)["network"]
        found = answer(spec, network, ready, Grid.of(images["CBF"]), None, device, Progress(), notes)
        label_of = {"penumbra": PENUMBRA, "core": CORE}
        numbers = np.array([label_of.get(kind, 0) for kind in spec.classes], np.uint8)
        return np.asarray(numbers[sitk.GetArrayViewFromImage(found.labels)])

    return segment


def _image(values: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.SetSpacing(SPACING)
    return image


if __name__ == "__main__":
    main()
