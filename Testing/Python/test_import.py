from __future__ import annotations

import subprocess
import sys

import pytest

import StrokeSegLogic


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_brings_neither_torch_nor_slicer() -> None:
    code = "import sys, StrokeSegLogic; print(sorted({'torch', 'slicer', 'SimpleITK', 'vtk', 'qt'} & set(sys.modules)))"
    assert run(code).strip() == "[]"


def test_importing_the_package_brings_next_to_nothing_of_it() -> None:
    # The time that this takes is measured in benchmarks/promised_times.py.
    code = "import sys, StrokeSegLogic; print(sum(name.startswith('StrokeSegLogic.') for name in sys.modules))"
    assert int(run(code)) <= 5


def test_reading_and_preparing_a_case_needs_no_torch() -> None:
    modules = (
        "brain.ct",
        "brain.head",
        "ctp.engine",
        "metrics.voxel",
        "mri.engine",
        "mri.prepare",
        "mri.result",
        "outputs.files",
        "phantom.mri",
        "study.series.load",
    )
    lines = "\n".join(f"import StrokeSegLogic.{name}" for name in modules)
    code = f"import sys\n{lines}\nprint('torch' in sys.modules)"
    assert run(code).strip() == "False"


def test_what_the_package_promises_is_there() -> None:
    for name in StrokeSegLogic.__all__:
        assert getattr(StrokeSegLogic, name) is not None
    assert "segment" in dir(StrokeSegLogic)
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        StrokeSegLogic.nonesuch  # noqa: B018
