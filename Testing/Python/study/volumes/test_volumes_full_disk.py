"""Writing a volume on a full disk: what was there before stays, and nobody is left with half a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import SimpleITK as sitk
from full_disk import run_limited

from StrokeSegLogic.study.volumes.nifti import write_nifti


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes to be had")
@pytest.mark.parametrize("ending", [".nii.gz", ".nii"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, ending: str) -> None:
    # ITK's own writer leaves a file of the first 20 000 bytes here, and says that all went well.
    path = tmp_path / f"a{ending}"
    write_nifti(sitk.Image(3, 3, 3, sitk.sitkUInt8), path)
    before = path.read_bytes()
    code = f"""
import numpy as np, SimpleITK as sitk
from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.study.volumes.nifti import write_nifti
noise = np.random.default_rng(1).integers(0, 255, (40, 50, 60)).astype(np.uint8)
try:
    write_nifti(sitk.GetImageFromArray(noise), {str(path)!r})
except OutputError as error:
    print(error)
"""
    done = run_limited(20_000, "-c", code)
    assert f"{path}: cannot be written (File too large)" in done.stdout, done.stderr
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == [path.name]
