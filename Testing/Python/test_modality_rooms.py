"""A run on one modality loads nothing of the other's, and arrows between rooms go down only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import StrokeSegLogic

ROOT = Path(StrokeSegLogic.__file__).parent
CTP = ("StrokeSegLogic.perfusion", "StrokeSegLogic.ctp", "StrokeSegLogic.reports.ctp")
MRI = (
    "StrokeSegLogic.inference.engine",
    "StrokeSegLogic.inference.prepare",
    "StrokeSegLogic.inference.vote",
    "StrokeSegLogic.segmentation",
    "StrokeSegLogic.statistics",
    "StrokeSegLogic.mri",
    "StrokeSegLogic.reports.mri",
)
# What the reading of any study needs: units and colour bars.
SHARED = {
    "StrokeSegLogic.perfusion",
    "StrokeSegLogic.perfusion.map_units",
    "StrokeSegLogic.perfusion.colour_bar",
    "StrokeSegLogic.perfusion.colour_maps",
    "StrokeSegLogic.perfusion.colour_volume",
}
RUN_MRI = """
from StrokeSegLogic import load_case, segment
from StrokeSegLogic.outputs import write_outputs
from StrokeSegLogic.case import Role
from StrokeSegLogic.phantom.mri import mri_phantom
mri_phantom(0).write(into / "study", (Role.DWI, Role.FLAIR))
result = segment(load_case(into / "study"), device="cpu")
"""
RUN_CTP = """
import SimpleITK as sitk
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.outputs import write_outputs
from StrokeSegLogic.perfusion.engine import segment_perfusion
from StrokeSegLogic.series import load_case
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


def test_a_run_on_mri_loads_nothing_of_ct_perfusion(tmp_path: Path) -> None:
    loaded = loaded_by(RUN_MRI + SAY, tmp_path)
    assert within(loaded, MRI), "the run itself"
    assert within(loaded, CTP) <= SHARED


def test_a_run_on_ct_perfusion_loads_nothing_of_mri(tmp_path: Path) -> None:
    loaded = loaded_by(RUN_CTP + SAY, tmp_path)
    assert within(loaded, CTP) > SHARED, "the run itself"
    assert not within(loaded, MRI)


def test_the_table_of_units_brings_in_five_modules_at_most() -> None:
    code = "import StrokeSegLogic.perfusion.map_units\n" + SAY.splitlines()[2]
    loaded = loaded_by(code) - {"StrokeSegLogic", "StrokeSegLogic.base", "StrokeSegLogic.perfusion"}
    assert len(loaded) <= 5 and "StrokeSegLogic.perfusion.map_units" in loaded, loaded


@pytest.mark.parametrize("first", ["", "import StrokeSegLogic.series;"])
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


@pytest.mark.parametrize(
    ("room", "above"),
    [
        ("perfusion", ("reports", "outputs", "output_folder", "slicer_bridge", "worker", "cli", "segmentation", "mri")),
        ("ctp", ("reports", "outputs", "output_folder", "slicer_bridge", "worker", "cli", "segmentation", "mri")),
        ("series", ("ctp", "inference", "reports", "outputs", "cli", "segmentation", "outcome")),
        ("study", ("brain", "ct_brain", "inference", "models", "networks", "perfusion", "ctp", "reports", "cli")),
        ("result", ("perfusion", "ctp", "segmentation", "inference", "reports", "outputs", "cli")),
        ("space", ("case", "volumes", "series", "perfusion", "ctp", "brain", "ct_brain", "inference", "reports")),
    ],
)
def test_no_room_knows_those_above_it(room: str, above: tuple[str, ...]) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        upward = within(imported_by(path), tuple(f"StrokeSegLogic.{name}" for name in above))
        assert not upward, f"{path.relative_to(ROOT)} imports {', '.join(sorted(upward))}"


def test_the_reading_of_a_study_knows_units_and_colour_bars_of_perfusion_alone() -> None:
    for path in sorted((ROOT / "series").rglob("*.py")):
        names = within(imported_by(path), ("StrokeSegLogic.perfusion",))
        assert all(any(name == one or name.startswith(f"{one}.") for one in SHARED) for name in names), path
