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


def test_importing_the_package_takes_under_three_tenths_of_a_second() -> None:
    code = "import time; t = time.perf_counter(); import StrokeSegLogic; print(time.perf_counter() - t)"
    # The best of three: what is measured is the package, not what else the machine is doing.
    assert min(float(run(code)) for _ in range(3)) < 0.3


def test_reading_and_preparing_a_case_needs_no_torch() -> None:
    modules = "case, grid, metrics, segmentation, series, volumes, brain, outputs, statistics, phantom, inference"
    code = f"import sys\nfrom StrokeSegLogic import {modules}\nprint('torch' in sys.modules)"
    assert run(code).strip() == "False"


def test_what_the_package_promises_is_there() -> None:
    for name in StrokeSegLogic.__all__:
        assert getattr(StrokeSegLogic, name) is not None
    assert "segment" in dir(StrokeSegLogic)
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        StrokeSegLogic.nonesuch  # noqa: B018
