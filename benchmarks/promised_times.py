"""The times that are promised: importing the package, and how soon a cancel is heard.

    python benchmarks/promised_times.py [--runs 5]

The package is imported in fresh processes. `strokeseg segment` on a phantom gets Ctrl-C at each of its stages and is
timed until it has ended; a CT perfusion series is cancelled at each stage of its maps. Needs no data; prints a Markdown
table with the promise beside each time. The tests hold what a cancel leaves, this what it takes: run it with nothing
else on the machine.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import SimpleITK as sitk

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.series import maps
from StrokeSegLogic.perfusion import MapsSpec
from StrokeSegLogic.phantom.ctp import CtpSeries, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.phantom.mri import mri_phantom

IMPORT_S = 0.3
CANCEL_S = 2.0
STAGES = (
    "reading",
    "loading the model",
    "axial plane",
    "coronal plane",
    "sagittal plane",
    "back onto",
    "measuring",
    "writing",
)
"""Of `strokeseg segment`, in parts of their words; those that are not met are named as such."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    given = arguments.parse_args()
    print("| what | s | promised, s |\n| --- | --- | --- |")
    row("import StrokeSegLogic, median", sorted(imported() for _ in range(given.runs))[given.runs // 2], IMPORT_S)
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        study.mkdir()
        for role, image in mri_phantom(3).images.items():
            sitk.WriteImage(image, str(study / f"{role}.nii.gz"))
        for stage in STAGES:
            row(f"Ctrl-C to segment, {stage}", interrupted(study, Path(folder) / "out", stage), CANCEL_S)
    for stage, seconds in cancelled_maps().items():
        row(f"cancel of perfusion maps, {stage}", seconds, CANCEL_S)


def row(what: str, seconds: float | None, promised: float) -> None:
    """Prints what was measured; None is a stage that was not met."""
    shown = "not met" if seconds is None else f"{seconds:.2f}{'' if seconds <= promised else ' (too long)'}"
    print(f"| {what} | {shown} | {promised:g} |", flush=True)


def imported() -> float:
    """Seconds of importing the package in a fresh process."""
    code = "import time; t = time.perf_counter(); import StrokeSegLogic; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def interrupted(study: Path, output: Path, stage: str) -> float | None:
    """Seconds from Ctrl-C at a stage until the process has ended."""
    command = [sys.executable, "-m", "StrokeSegLogic", "segment", str(study), "--output", str(output)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    met = any(stage in line for line in process.stdout)
    asked = time.perf_counter()
    process.send_signal(signal.SIGINT)
    process.communicate()
    return time.perf_counter() - asked if met else None


def cancelled_maps() -> dict[str, float]:
    """Seconds from the cancel until it was heard, by stage."""
    series = ctp_series(3, ctp_grid((1.8, 1.8, 5.0)), CtpProtocol(noise_hu=3.0))
    stages: list[str] = []
    run(series, Progress(lambda _, message: stages.append(message)))
    found = {}
    for stage in dict.fromkeys(stages):
        token, asked = CancelToken(), []

        def cancel(_: float, message: str, at: str = stage, token: CancelToken = token, when: list = asked) -> None:
            if message == at:
                when.append(time.perf_counter())
                token.cancel()

        with suppress(Cancelled):
            run(series, Progress(cancel, token))
        found[stage] = time.perf_counter() - asked[0]
    return found


def run(series: CtpSeries, progress: Progress) -> None:
    maps(series.hu, series.times_s, grid=series.grid, spec=MapsSpec(device="cpu"), progress=progress)


if __name__ == "__main__":
    main()
