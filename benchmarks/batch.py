"""What a batch costs beside its cases: cases that compute for a given time, and the wall clock around them.

    python benchmarks/batch.py --cases 200 --seconds 1 --workers 2

Each case is a folder with a file of 1 MB that is hashed, and leaves a result of 1 MB that is hashed, too; in between it
sleeps, so that what is measured is the batch and not the machine's other work. The time that a cluster takes to start
is told apart. Prints one line of JSON; docs/batch.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.batch import journal
from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.batch.run import run_batch
from StrokeSegLogic.outputs.settings import StudySettings

_SECONDS = "STROKESEG_BENCHMARK_SECONDS"
_MEGABYTE = 1 << 20


def sleep_and_write(case: BatchCase, folder: Path, settings: StudySettings, progress: Progress) -> Mapping[str, Any]:
    """A case of so many seconds."""
    time.sleep(float(os.environ[_SECONDS]))
    content = os.urandom(_MEGABYTE)
    write_recorded(folder, {"labels.bin": lambda path: path.write_bytes(content)}, "result.json", {})
    return {"modality": "mri", "lesion_ml": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    os.environ[_SECONDS] = str(options.seconds)
    with tempfile.TemporaryDirectory() as home:
        cases = []
        for number in range(options.cases):
            study = Path(home) / "in" / f"case {number:04d}"
            study.mkdir(parents=True)
            (study / "DWI.bin").write_bytes(os.urandom(_MEGABYTE))
            cases.append(BatchCase(study.name, str(study)))
        output = Path(home) / "out"
        whole, cpu = time.monotonic(), time.process_time()
        result = run_batch(cases, output, workers=options.workers, runner=sleep_and_write)
        whole, cpu = time.monotonic() - whole, time.process_time() - cpu
        first_start = begun(output)
        again = time.monotonic()
        run_batch(cases, output, runner=sleep_and_write)
        again = time.monotonic() - again
    ideal = options.cases * options.seconds / options.workers
    counted = whole - first_start
    print(
        json.dumps(
            {
                "cases": options.cases,
                "seconds_a_case": options.seconds,
                "workers": options.workers,
                "done": result.counts["done"],
                "wall_s": round(whole, 2),
                "start_s": round(first_start, 2),
                "overhead": round(counted / ideal - 1, 4),
                "own_cpu_s": round(cpu, 2),
                "verified_again_s": round(again, 2),
                "load": os.getloadavg()[0],
                "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            }
        )
    )


def begun(output: Path) -> float:
    """Seconds from the call to the first case, by the journal."""
    from datetime import datetime

    events, _, _ = journal.read(output / journal.NAME)
    times = {event["event"]: datetime.fromisoformat(event["time"]) for event in reversed(events)}
    return (times["started"] - times["batch"]).total_seconds()


if __name__ == "__main__":
    main()
