"""Time and memory that an MRI model takes for a whole case of four sequences.

    python benchmarks/mri_speed.py --data DATA [--model NAME] [--flips] [--runs 3]

DATA holds open_ms/patient07: T1, T2 and FLAIR of 182 x 218 x 182 voxels at 1 mm. The DWI is simulated from the FLAIR:
speed does not depend on what it shows. Each run is `StrokeSegLogic.segment` in a process of its own, importing torch
and loading the weights with it, reading the files without. Prints Markdown tables: every run and the median; the
size of the weights and the parameters of each plane's network.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.nets.run.inputs import centred

SHAPE = (182, 218, 182)
"""Of the case (z, y, x)."""
SEED = 0


def main() -> None:
    given = _arguments()
    if given.once is not None:
        print(json.dumps(once(given.once, given.model, given.flips)))
        return
    about_the_model(given.model)
    with tempfile.TemporaryDirectory() as folder:
        write_case(given.data / "open_ms" / "patient07", Path(folder))
        runs = [in_a_process(Path(folder), given.model, given.flips) for _ in range(given.runs)]
    table(runs, given.flips)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=None)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--flips", action="store_true", help="show axial and coronal slices mirrored, too")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--once", type=Path, default=None, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.once is None and given.data is None:
        arguments.error("--data is missing")
    if given.runs < 1:
        arguments.error("--runs must be at least 1")
    return given


def write_case(source: Path, folder: Path) -> None:
    """The patient's three sequences and a DWI simulated from the FLAIR, as NIfTI.

    Raises:
        ValueError: if a sequence has another shape.
    """
    for name in ("T1", "T2", "FLAIR"):
        image = sitk.ReadImage(str(source / f"{name}.nii.gz"), sitk.sitkFloat32)
        if sitk.GetArrayViewFromImage(image).shape != SHAPE:
            raise ValueError(f"{name} has {image.GetSize()} voxels, not 182 x 218 x 182")
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))
        if name == "FLAIR":
            dwi = sitk.GetImageFromArray(simulated_dwi(sitk.GetArrayFromImage(image)))
            dwi.CopyInformation(image)
            sitk.WriteImage(dwi, str(folder / "DWI.nii.gz"))


def simulated_dwi(flair: np.ndarray) -> np.ndarray:
    """A DWI (z, y, x) of a FLAIR of that shape, slice by slice with the same contrast, without any lesion."""
    import torch

    from StrokeSegLogic.study.case import Role
    from StrokeSegLogic.training.stream.samples import CHANNELS, Sample
    from StrokeSegLogic.training.stream.simulate import complete
    from StrokeSegLogic.training.stream.tensors import CANVAS, Dice, collate

    square = _squared(flair, CANVAS)
    made = np.zeros_like(square)
    for number, values in enumerate(square):
        brain = values > 0
        if brain.any():
            nothing = np.zeros_like(brain)
            batch = collate([Sample({Role.FLAIR: values}, nothing, brain, ~nothing, "axial", "carrier")])
            complete(batch, Dice(1, torch.Generator().manual_seed(SEED)))
            made[number] = batch.images[0, CHANNELS.index(Role.DWI)].numpy().clip(min=0) * 1000
    return _unsquared(made, flair.shape)


def _squared(volume: np.ndarray, side: int) -> np.ndarray:
    """Rows and columns cut or padded to so many, about the middle."""
    out = np.zeros((len(volume), side, side), volume.dtype)
    target, origin = centred(volume.shape[1:], (side, side))
    out[:, target[0], target[1]] = volume[:, origin[0], origin[1]]
    return out


def _unsquared(square: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape, square.dtype)
    target, origin = centred(shape[1:], square.shape[1:])
    out[:, origin[0], origin[1]] = square[:, target[0], target[1]]
    return out


def in_a_process(folder: Path, model: str | None, flips: bool) -> dict[str, float]:
    """One run in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--once", str(folder)]
    command += ["--model", model] if model else []
    command += ["--flips"] if flips else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def once(folder: Path, model: str | None, flips: bool) -> dict[str, float]:
    """Seconds, peak memory and what says how it was computed, of one case in this process."""
    import StrokeSegLogic
    from StrokeSegLogic.study.case import Role

    case = StrokeSegLogic.load_case(
        {role: folder / f"{role}.nii.gz" for role in (Role.T1, Role.T2, Role.DWI, Role.FLAIR)}
    )
    before = peak_mib()
    started = time.perf_counter()
    result = StrokeSegLogic.segment(case, model=model, device="cpu", flips=flips)
    seconds = time.perf_counter() - started
    import torch

    return {
        "seconds": seconds,
        "before_mib": before,
        "peak_mib": peak_mib(),
        "threads": torch.get_num_threads(),
        "slices": sum(plane.slices for plane in result.statistics.planes),
    }


def peak_mib() -> float:
    """Peak resident memory of this process so far; NaN on Windows, which does not tell it here."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def about_the_model(model: str | None) -> None:
    """Size of the weights and parameters of each plane."""
    from mri_data import heading

    from StrokeSegLogic.nets.models.registry import find
    from StrokeSegLogic.nets.networks.build import build

    bundle = find(model)
    size = (bundle.folder / bundle.spec.weights.file).stat().st_size
    parameters = sum(parameter.numel() for parameter in build(bundle.planes.network).parameters())
    print(f"{heading(model)}\n")
    print("| weights file, MB | parameters of each plane's network |\n| --- | --- |")
    print(f"| {size / 1e6:.2f} | {parameters:,} |\n")


def table(runs: list[dict[str, float]], flips: bool) -> None:
    """Every run and the median."""
    print(
        f"{' x '.join(map(str, SHAPE[::-1]))} voxels of 1 mm, T1 + T2 + FLAIR and a DWI simulated from the FLAIR, "
        f"{'with' if flips else 'without'} flips, {runs[0]['slices']:.0f} slices in all; on the CPU, "
        f"{os.cpu_count()} cores, {runs[0]['threads']:.0f} threads of torch\n"
    )
    print("| run | s | peak resident memory, MiB | of it before, with the case read |\n| --- | --- | --- | --- |")
    columns = ("seconds", "peak_mib", "before_mib")
    rows = [(str(number), [run[key] for key in columns]) for number, run in enumerate(runs, 1)]
    rows.append(("median", [statistics.median(run[key] for run in runs) for key in columns]))
    for name, (seconds, peak, before) in rows:
        print(f"| {name} | {seconds:.1f} | {peak:.0f} | {before:.0f} |")


if __name__ == "__main__":
    main()
