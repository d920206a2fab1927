"""A whole run under limits of memory: it is done, or says in one line that there is too little, and leaves nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.files import RESULT


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space count there")
@pytest.mark.parametrize(
    "megabytes", [200, pytest.param(700, marks=pytest.mark.slow), 1000, pytest.param(1450, marks=pytest.mark.slow)]
)
@pytest.mark.quick(1)
def test_a_run_ends_with_a_result_or_with_one_line(
    study: Path, untrained: Bundle, tmp_path: Path, megabytes: int
) -> None:
    command = f"{sys.executable} -m StrokeSegLogic segment {study} --device cpu --model {untrained.folder} --output out"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}

    def run(limit: str) -> subprocess.CompletedProcess[str]:
        shell = ["bash", "-c", f"{limit} exec {command}"]
        return subprocess.run(shell, capture_output=True, text=True, cwd=tmp_path, env=environment)

    done = run(f"ulimit -v {megabytes << 10};")
    assert done.returncode in (0, 1), done.stderr
    if done.returncode == 0:
        assert (tmp_path / "out" / RESULT).is_file()
        return
    assert done.stderr.startswith("strokeseg: ") and done.stderr.count("\n") == 1, done.stderr
    assert len(done.stderr) < 500
    assert "memory" in done.stderr
    if list(tmp_path.iterdir()):
        # A library in C++ ended the process, which could put nothing away: as after any kill, the next run does.
        assert not (tmp_path / "out" / RESULT).exists()
        assert run("").returncode == 0
        record = json.loads((tmp_path / "out" / RESULT).read_text(encoding="utf-8"))
        assert {path.name for path in (tmp_path / "out").iterdir()} == set(record["files"])
