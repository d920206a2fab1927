"""What nibabel mends in a header."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from StrokeSegLogic.study.volumes.nifti import open_nifti


def test_what_nibabel_mends_in_a_header_is_not_told_the_terminal_however_often(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.nii"
    nib.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)).to_filename(path)
    content = bytearray(path.read_bytes())
    content[:4] = (349).to_bytes(4, "little")
    path.write_bytes(content)
    for _ in range(3):
        open_nifti(path)
    assert capfd.readouterr() == ("", "")
