"""The times that are promised: importing the package, how soon a cancel is heard, how long the panel's window waits.

    python benchmarks/promised_times.py [--runs 5]

The package is imported in fresh processes. `strokeseg segment` on a phantom gets Ctrl-C at each of its stages and is
timed until it has ended; a CT perfusion series is cancelled at each stage of its maps; in the panel, on the tests'
stand-in for 3D Slicer, the longest call on the window's thread is looked for, on studies of real size. Needs no data;
prints a Markdown table with the promise beside each time. The tests hold what comes of it, this what it takes: run it
with nothing else on the machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]
sys.path.append(str(ROOT / "StrokeSegExtension"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import SimpleITK as sitk  # noqa: E402
from panel import walkthroughs  # noqa: E402
from panel.opened import OpenedModule  # noqa: E402
from panel.standin.install import standin  # noqa: E402
from panel.standin.stopwatch import TimedCall  # noqa: E402
from panel.studies import ScriptedRunner, add_study, lesion_result  # noqa: E402

from StrokeSegLogic.base.errors import Cancelled  # noqa: E402
from StrokeSegLogic.base.progress import CancelToken, Progress  # noqa: E402
from StrokeSegLogic.ctp.series import maps  # noqa: E402
from StrokeSegLogic.perfusion import MapsSpec  # noqa: E402
from StrokeSegLogic.phantom.ctp import CtpSeries, ctp_series  # noqa: E402
from StrokeSegLogic.phantom.ctp_maps import ctp_grid  # noqa: E402
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol  # noqa: E402
from StrokeSegLogic.phantom.mri import mri_phantom  # noqa: E402
from StrokeSegLogic.space.grid import Grid  # noqa: E402

IMPORT_S = 0.3
CANCEL_S = 2.0
WINDOW_S = 0.1
FLIPPED_X = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
MRI = Grid((256, 256, 48), (0.9, 0.9, 3.0), (115.0, -115.0, -70.0), FLIPPED_X)
FRAME = Grid((256, 256, 16), (0.9, 0.9, 8.0), (115.0, -115.0, -60.0), FLIPPED_X)
FRAMES = 30
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
    for what, calls in panel_calls():
        longest = max(calls, key=lambda call: call.seconds)
        row(f"longest of {len(calls)} calls of the panel, {what}: {longest.name}", longest.seconds, WINDOW_S)


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


def panel_calls() -> Iterator[tuple[str, list[TimedCall]]]:
    """Calls into the panel by what the user does, each in an application of its own."""

    def after_a_run(then: Callable[[OpenedModule], list[TimedCall]]) -> Callable[[OpenedModule, Path], list[TimedCall]]:
        def both(opened: OpenedModule, folder: Path) -> list[TimedCall]:
            add_study(opened.slicer.scene, grid=MRI)
            opened.run_to(lesion_result(MRI), folder)
            return then(opened)

        return both

    ways: dict[str, Callable[[OpenedModule, Path], list[TimedCall]]] = {
        "an MRI study from loading to the review": lambda o, folder: walkthroughs.run_and_review(o, MRI, folder),
        "a 4-D series handed over": lambda o, _: walkthroughs.hand_over_series(o, FRAME, FRAMES),
        "a CT perfusion result": lambda o, folder: walkthroughs.load_perfusion_result(o, (1.5, 1.5, 6.0), folder),
        "a correction thrown away": after_a_run(walkthroughs.start_over),
        "a hundred nodes of others": after_a_run(walkthroughs.add_many_nodes),
        "the scene cleared": after_a_run(walkthroughs.clear_scene),
    }
    for what, way in ways.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "slicer"
            folder.mkdir()
            with standin(folder, ROOT / "StrokeSegExtension" / "StrokeSegExtension.py", window=True) as slicer:
                opened = OpenedModule(slicer, runner=ScriptedRunner)
                try:
                    yield what, way(opened, Path(name) / "result")
                finally:
                    opened.close()


def run(series: CtpSeries, progress: Progress) -> None:
    maps(series.hu, series.times_s, grid=series.grid, spec=MapsSpec(device="cpu"), progress=progress)


if __name__ == "__main__":
    main()
