"""Many cases in one process: how much memory each of them leaves behind. python -m Fuzz.memory_slope [--cases N]."""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

WARM = 25
"""Cases of all sizes after which libraries have what they keep for good: oneDNN a primitive for each shape."""
LIMIT_MB = 1.0


def resident_mb() -> float:
    """Memory of this process that lies in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def slope_mb(sizes: Sequence[float], warm: int = WARM) -> float:
    """MB a case, by a line through the cases after the first few."""
    after = np.asarray(sizes[warm:])
    return float(np.polyfit(np.arange(len(after)), after, 1)[0])


def sizes_of_cases(count: int, work: Path, seed: int = 1) -> Iterator[float]:
    """Reads, segments and writes cases of varying size and sequences; after each the resident memory in MB.

    Args:
        count: of cases.
        work: an empty folder.
        seed: of the cases.
    """
    import torch

    from StrokeSegLogic import load_case, segment
    from StrokeSegLogic.outputs.files import write_outputs

    from .small_model import write_small_model

    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    model = write_small_model(work / "model")
    for number in range(count):
        study = work / f"study-{number}"
        _write_case(rng, study)
        write_outputs(segment(load_case(study), model=model, device="cpu"), work / "out")
        gc.collect()
        yield resident_mb()


def _write_case(rng: np.random.Generator, study: Path) -> None:
    import nibabel as nib

    from .generators import volumes

    study.mkdir()
    roles = ["DWI", *(role for role in ("FLAIR", "T2", "T1", "ADC") if rng.random() < 0.5)]
    for role in roles:
        x, y, z = (int(n) for n in rng.integers((18, 20, 12), (30, 34, 24)))
        affine = np.diag([8.0, 8.0, 8.0, 1.0])
        affine[:3, 3] = (-4 * x, -4 * y, -4 * z)
        nib.save(nib.Nifti1Image(volumes.brain(rng, (x, y, z)), affine), study / f"{role}.nii.gz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Says the slope; 1 where it is above the limit."""
    parser = argparse.ArgumentParser(prog="python -m Fuzz.memory_slope", description=__doc__)
    parser.add_argument("--cases", type=int, default=100, help=f"after {WARM} that are not counted")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="strokeseg-memory-") as work:
        sizes = list(sizes_of_cases(WARM + options.cases, Path(work), options.seed))
    slope = slope_mb(sizes)
    print(f"{options.cases} cases: from {sizes[WARM]:.0f} to {sizes[-1]:.0f} MB, {slope:.3f} MB a case")
    return int(slope > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
