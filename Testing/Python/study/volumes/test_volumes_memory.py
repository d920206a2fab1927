"""Memory that reading takes: three times the voxels as float32, and 200 MB, at most."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hostile_files import nifti_bytes

from StrokeSegLogic.base.errors import OutOfMemory
from StrokeSegLogic.study.volumes.reader import read_volume

resource = pytest.importorskip("resource", reason="Windows counts no memory")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is told by Linux")

SIDE = 256
DECODED_MB = 4 * SIDE**3 / 2**20
_SCRIPT = """
import re, sys
from pathlib import Path
from StrokeSegLogic.base.errors import OutOfMemory
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.study.volumes.reader import read_time_series
read = read_time_series if sys.argv[2] == "series" else read_volume
image = read(Path(sys.argv[1]))
# ru_maxrss would be that of the process that started this process.
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def peak_mb(path: Path, kind: str = "volume") -> float:
    """Of a process that reads the file."""
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(path), kind], capture_output=True, text=True, check=True, timeout=300
    )
    return float(run.stdout) / 1024


def block(kind: str) -> np.ndarray:
    return np.arange(SIDE**3, dtype=np.int64).reshape((SIDE,) * 3).astype(kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("a.nii", "<f8", marks=pytest.mark.slow),
        ("a.nii.gz", "<i2"),
        ("a.nrrd", "<f8"),
        pytest.param("a.mha", "<i2", marks=pytest.mark.slow),
        pytest.param("c.mha", "<f4", marks=pytest.mark.slow),
    ],
)
def test_a_volume_of_64_mb_takes_no_more_than_thrice_that(tmp_path, name, kind):
    path = tmp_path / name
    if ".nii" in name:
        content = nib.Nifti1Image(block(kind), np.diag([0.5, 0.5, 0.5, 1])).to_bytes()
        path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    else:
        sitk.WriteImage(sitk.GetImageFromArray(block(kind)), str(path), name.startswith("c"))
    assert peak_mb(path) < 3 * DECODED_MB + 200


@pytest.mark.parametrize("name", ["a.nii", "a.mha"])
def test_frames_over_time_take_no_more_than_thrice_their_voxels(tmp_path, name):
    frames = block("<i2").reshape(32, SIDE, SIDE, SIDE // 32)
    if name == "a.nii":
        image = nib.Nifti1Image(frames.T, np.diag([0.5, 0.5, 5, 1]))
        image.header.set_xyzt_units("mm", "sec")
        image.header["pixdim"][4] = 1.5
        nib.save(image, tmp_path / name)
    else:
        image = sitk.GetImageFromArray(frames, isVector=False)
        image.SetSpacing((0.5, 0.5, 5, 1.5))
        sitk.WriteImage(image, str(tmp_path / name))
    assert peak_mb(tmp_path / name, "series") < 3 * DECODED_MB + 200


def test_what_does_not_fit_into_memory_is_one_line(tmp_path):
    path = tmp_path / "DWI.nii"
    path.write_bytes(nifti_bytes({42: ("<3h", (640, 640, 640)), 70: ("<2h", (64, 64))}))
    with path.open("r+b") as file:
        file.truncate(352 + 8 * 640**3)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20), hard))
    try:
        with pytest.raises(OutOfMemory) as caught:
            read_volume(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert str(caught.value).startswith(f"{path}: needs more memory than there is. Close other programs")
