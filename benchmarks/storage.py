"""Whether the same physical answer comes out however a real case is stored.

    python benchmarks/storage.py --case FOLDER

Segments the case as it is, and again with every volume stored in other orders and directions of its axes; prints, for
each storage, the voxels that differ after the labels were brought back.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import SimpleITK as sitk

import StrokeSegLogic
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample

ORIENTATIONS = ("LPS", "RAS", "LAS", "PIR", "SAL", "IRA")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--case", type=Path, required=True)
    given = arguments.parse_args()
    case = StrokeSegLogic.load_case(given.case)
    first = StrokeSegLogic.segment(case)
    print(f"{case.name}: {first.array().sum()} lesion voxels as stored")
    print("| stored | differing voxels |\n| --- | --- |")
    for orientation in ORIENTATIONS:
        stored = {role: sitk.DICOMOrient(series.image, orientation) for role, series in case.series.items()}
        result = StrokeSegLogic.segment(StrokeSegLogic.load_case(stored))
        home = resample(result.labels, Grid.of(first.labels), "nearest")
        print(f"| {orientation} | {(sitk.GetArrayFromImage(home) != first.array()).sum()} |")


if __name__ == "__main__":
    main()
