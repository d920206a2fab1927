"""What nibabel mends in a header."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

_READ = (
    "import sys, pathlib; from StrokeSegLogic.study.volumes.nifti import open_nifti\n"
    "for _ in range(3): open_nifti(pathlib.Path(sys.argv[1]))"
)


def test_what_nibabel_mends_in_a_header_is_not_told_the_terminal_however_often(tmp_path: Path) -> None:
    path = tmp_path / "odd.nii"
    nib.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)).to_filename(path)
    content = bytearray(path.read_bytes())
    content[:4] = (349).to_bytes(4, "little")
    path.write_bytes(content)
    # In a process of its own: pytest catches the messages of this process.
    done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
