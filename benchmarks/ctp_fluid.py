"""How much core each route marks in fluid, and of a true core, on a slab made without the package.

    python benchmarks/ctp_fluid.py

The phantom is that of the tests (`Testing/Python/ctp_slab.py`): ventricles, no delay between tissues, box residues, one
section of 10 mm repeated four times, pixels of 1.8 mm, 40 frames every 1.5 s, seed 0. Prints Markdown: ml of core in
fluid by each route with neither lesion nor delay; and, with a lesion, ml in fluid and ml of the true core that is
found, its density being 26 HU or 19 HU. Last, the same maps as given maps with a CT that is the mean of three frames.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
import SimpleITK as sitk

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "Testing" / "Python"))

from ctp_slab import CORE, FLUID, Slab, case_of_slab  # noqa: E402

from StrokeSegLogic.base.settings import ROUTES  # noqa: E402
from StrokeSegLogic.ctp.engine import segment_perfusion  # noqa: E402
from StrokeSegLogic.ctp.result import PerfusionSegmentation  # noqa: E402
from StrokeSegLogic.ctp.series.maps import MapsSpec  # noqa: E402
from StrokeSegLogic.ctp.settings import PerfusionSettings  # noqa: E402
from StrokeSegLogic.ctp.tissue.thresholds import CORE as CORE_LABEL  # noqa: E402
from StrokeSegLogic.space.grid import Grid  # noqa: E402
from StrokeSegLogic.study.case import Case, Role, Series  # noqa: E402

FLUIDS, NOISES = (9.0, 12.0, 15.0), (0.0, 2.0, 5.0, 8.0)
SETTINGS = PerfusionSettings(maps=MapsSpec(motion=False), device="cpu")


def main() -> None:
    print("| fluid, HU | noise, HU | " + " | ".join(f"{route}: core in fluid, ml" for route in ROUTES) + " |")
    print("| --- " * (2 + len(ROUTES)) + "|")
    for fluid, noise in product(FLUIDS, NOISES):
        slab = Slab(fluid_hu=fluid, noise_hu=noise)
        result = segment_perfusion(case_of_slab(slab), settings=SETTINGS)
        print(f"| {fluid:g} | {noise:g} | " + " | ".join(f"{ml:.1f}" for ml in marked(result, slab, FLUID)) + " |")
    print(
        "\n| core, HU | fluid, HU | noise, HU | maps | " + " | ".join(f"{r}: in fluid, of core" for r in ROUTES) + " |"
    )
    print("| --- " * (4 + len(ROUTES)) + "|")
    for core, (fluid, noise) in product((26.0, 19.0), ((9.0, 8.0), (12.0, 0.0), (12.0, 5.0), (15.0, 8.0))):
        slab = Slab(fluid_hu=fluid, noise_hu=noise, lesion=True, core_hu=core)
        result = segment_perfusion(case_of_slab(slab), settings=SETTINGS)
        row(slab, result, "computed")
        if (core, noise) == (26.0, 5.0):
            row(slab, segment_perfusion(as_given(result, slab), settings=SETTINGS), "given, with a CT")
    true = float((slab.kinds() == CORE).sum() * slab.voxel_ml)
    print(f"\nTrue core: {true:.1f} ml; fluid: {float((slab.kinds() == FLUID).sum() * slab.voxel_ml):.0f} ml.")


def row(slab: Slab, result: PerfusionSegmentation, maps: str) -> None:
    pairs = zip(marked(result, slab, FLUID), marked(result, slab, CORE), strict=True)
    cells = " | ".join(f"{fluid:.1f}, {core:.1f}" for fluid, core in pairs)
    print(f"| {slab.core_hu:g} | {slab.fluid_hu:g} | {slab.noise_hu:g} | {maps} | {cells} |")


def marked(result: PerfusionSegmentation, slab: Slab, kind: int) -> list[float]:
    """Core in voxels of a kind by each route, ml."""
    there = slab.kinds() == kind
    labels = {route.name: sitk.GetArrayViewFromImage(route.labels) for route in result.routes}
    return [float(((labels[name] == CORE_LABEL) & there).sum() * slab.voxel_ml) for name in ROUTES]


def as_given(result: PerfusionSegmentation, slab: Slab) -> Case:
    """The maps of a result as if a scanner had made them."""
    plain = Grid.of(result.labels).image(slab.hu()[:3].mean(axis=0, dtype=np.float32))
    images = {role: image for role, image in result.maps.items() if role is not Role.MIP} | {Role.CT: plain}
    return Case.of("given", [Series(role, image, str(role), "said", 1.0, "0" * 64) for role, image in images.items()])


if __name__ == "__main__":
    main()
