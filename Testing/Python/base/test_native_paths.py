from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.files import native_paths

IMAGE = sitk.GetImageFromArray(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
anywhere = pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")


def test_names_that_are_text_are_handed_on(tmp_path: Path) -> None:
    paths = [tmp_path / "größe 脳.nii", tmp_path]
    with native_paths(paths) as handed:
        assert handed is paths


@anywhere
def test_files_of_any_bytes_are_read_and_written_by_itk(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    with native_paths([folder]) as (home,):
        # Without the link ITK ends the process here.
        sitk.WriteImage(IMAGE, str(home / "a.seg.nrrd"))
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.seg.nrrd"))
    (folder / "a.seg.nrrd").rename(odd)
    with native_paths([odd]) as (link,):
        assert link.name.endswith(".seg.nrrd")
        read = sitk.ReadImage(str(link))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(IMAGE))
    assert not link.exists() and odd.exists()
