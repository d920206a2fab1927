"""A run on one modality loads nothing of the other's (of MRI see test_mri_walk), and arrows go down only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import StrokeSegLogic

ROOT = Path(StrokeSegLogic.__file__).parent
CTP = ("StrokeSegLogic.perfusion", "StrokeSegLogic.ctp", "StrokeSegLogic.reports.ctp", "StrokeSegLogic.brain.perfusion")
MRI = ("StrokeSegLogic.mri", "StrokeSegLogic.reports.mri")
RUN_CTP = """
import SimpleITK as sitk
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.outputs.files import write_outputs
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.study.series.load import load_case
(into / "study").mkdir()
for name, image in ctp_patient(0, "LVO").maps(ctp_grid((4.8, 4.8, 8.0))).images.items():
    sitk.WriteImage(image, str(into / "study" / f"{name}.nii.gz"))
result = segment_perfusion(load_case(into / "study"), route="thresholds")
"""
SAY = """
write_outputs(result, into / "result")
print("LOADED", *sorted(name for name in sys.modules if name.startswith("StrokeSegLogic")))
"""


def loaded_by(code: str, *arguments: Path) -> set[str]:
    """The package's modules that a run in a process of its own has loaded at its end."""
    start = "import sys\nfrom pathlib import Path\ninto = Path(sys.argv[1]) if sys.argv[1:] else None\n"
    ran = subprocess.run([sys.executable, "-c", start + code, *map(str, arguments)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def within(names: set[str], rooms: tuple[str, ...]) -> set[str]:
    return {name for name in names if any(name == room or name.startswith(f"{room}.") for room in rooms)}


@pytest.mark.slow
def test_a_run_on_ct_perfusion_loads_nothing_of_mri(tmp_path: Path) -> None:
    loaded = loaded_by(RUN_CTP + SAY, tmp_path)
    assert within(loaded, CTP), "the run itself"
    assert not within(loaded, MRI)


def test_the_table_of_units_brings_in_five_modules_at_most() -> None:
    code = "import StrokeSegLogic.study.maps.units\n" + SAY.splitlines()[2]
    loaded = loaded_by(code) - {"StrokeSegLogic", "StrokeSegLogic.study", "StrokeSegLogic.study.maps"}
    assert len(loaded) <= 5 and "StrokeSegLogic.study.maps.units" in loaded, loaded


@pytest.mark.parametrize("first", ["", "import StrokeSegLogic.study.series.load;"])
def test_the_public_way_to_maps_stays(first: str) -> None:
    code = f"{first}from StrokeSegLogic.perfusion import MapsSpec, maps; print('LOADED', maps.__name__, MapsSpec())"
    assert "maps" in loaded_by(code)


def imported_by(path: Path) -> set[str]:
    """Full names of what a file imports, at its top, inside functions and for type checkers alike."""
    package = ("StrokeSegLogic", *path.relative_to(ROOT).parent.parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


LEVELS: tuple[tuple[str, ...], ...] = (
    ("base",),
    ("space",),
    ("study", "metrics"),
    ("nets", "result"),
    ("brain",),
    ("mri", "ctp"),
    ("phantom", "reports", "slicer_bridge"),
    ("evaluation", "outputs"),
    ("worker", "training", "review"),
    ("batch",),
    ("cli",),
)
"""Rooms from the ground up; those of one floor do not know one another."""


def test_every_room_has_its_floor_and_few_modules_lie_loose() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert rooms == {room for floor in LEVELS for room in floor}
    assert len(list(ROOT.glob("*.py"))) <= 6


@pytest.mark.parametrize("room", [room for floor in LEVELS for room in floor])
def test_a_room_knows_only_those_below_it(room: str) -> None:
    floor = next(number for number, rooms in enumerate(LEVELS) if room in rooms)
    others = {name for rooms in LEVELS[floor:] for name in rooms} - {room}
    for path in sorted((ROOT / room).rglob("*.py")):
        upward = within(imported_by(path), tuple(f"StrokeSegLogic.{name}" for name in others))
        assert not upward, f"{path.relative_to(ROOT)} imports {', '.join(sorted(upward))}"


def test_no_two_test_files_outside_of_packages_have_one_name() -> None:
    """Pytest takes them for one module, and collects neither."""
    loose = [path for path in Path(__file__).parent.rglob("*.py") if not (path.parent / "__init__.py").exists()]
    names = Counter(path.name for path in loose if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_rooms_load_nothing_by_their_names_alone() -> None:
    full = [
        path for path in ROOT.rglob("__init__.py") if path.parent != ROOT and path.read_text(encoding="utf-8").strip()
    ]
    assert [path.relative_to(ROOT).as_posix() for path in full] == []
