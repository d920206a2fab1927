"""The files that a reader opens to follow one MRI study are those that docs/design.md lists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk
from test_modality_rooms import CTP, MRI, within

import StrokeSegLogic
from StrokeSegLogic.nets.models.bundle import MANIFEST
from StrokeSegLogic.nets.models.registry import BRAIN, find
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.volumes.nifti import write_nifti

ROOT = Path(StrokeSegLogic.__file__).parent
MOST = 67
SEGMENT = """
import sys, threading
from StrokeSegLogic.cli.main import run
from pathlib import Path
from StrokeSegLogic.nets.models import registry
root, study, models, output = sys.argv[1:]
registry.resource = lambda _models, *name: Path(models, *name)
called = set()

def note(frame, event, _argument):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(root) and is_function(code):
        called.add(code.co_filename)

def is_function(code):
    # The bodies of modules and classes run when they are imported, and so do the comprehensions that fill tables.
    return code.co_flags & 2 and code.co_name not in ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")

# Not setprofile: it would hear of each return and of each call of a builtin, too.
threading.settrace(note)
sys.settrace(note)
code = run(["segment", study, "--output", output, "--device", "cpu"])
sys.settrace(None)
print("CALLED", *sorted(called))
print("LOADED", *sorted(name for name in sys.modules if name.startswith("StrokeSegLogic")))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def run(phantom: MriPhantom, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Files in which a function was called, and modules that were loaded, when `strokeseg segment` read NIfTI files."""
    home = tmp_path_factory.mktemp("walk")
    (home / "study").mkdir()
    for role in (Role.DWI, Role.ADC):
        write_nifti(smaller(phantom.images[role]), home / "study" / f"{role}.nii.gz")
    words = [str(home / name) for name in ("study", "models", "result")]
    coarse_models(home / "models")
    command = [sys.executable, "-c", SEGMENT, f"{ROOT}/", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (home / "result" / "result.json").is_file()
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[0]: set(words[1:]) for words in lines if words[:1] in (["CALLED"], ["LOADED"])}


def smaller(image: sitk.Image) -> sitk.Image:
    """A head that is small, but not too small for the brain network: others are shown fewer slices of it."""
    small = sitk.Image(image)
    small.SetSpacing([0.8 * step for step in image.GetSpacing()])
    small.SetOrigin([0.8 * mm for mm in image.GetOrigin()])
    return small


def coarse_models(folder: Path) -> None:
    """The bundled models; the default is shown slices of a few pixels: what it says of them is not asked here."""
    default, brain = find(), find(BRAIN)
    shutil.copytree(default.folder, folder / default.spec.name)
    shutil.copytree(brain.folder, folder / brain.spec.name)
    file = folder / default.spec.name / MANIFEST
    manifest = json.loads(file.read_text(encoding="utf-8")) | {"spacing_mm": 4.0, "canvas": [64, 64]}
    file.write_text(json.dumps(manifest), encoding="utf-8")


def listed() -> list[str]:
    """The names of the list in docs/design.md, in its order."""
    text = (ROOT.parent / "docs" / "design.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("## One MRI study, file by file\n")
    _, _, block = rest.partition("```\n")
    return re.findall(r"[\w/]+\.py", block.partition("```")[0])


def test_the_files_of_an_mri_run_are_those_that_design_md_lists(run: dict[str, set[str]]) -> None:
    called = {Path(name).relative_to(ROOT).as_posix() for name in run["CALLED"]}
    assert called == set(listed())


def test_the_list_names_each_file_once_and_stays_short() -> None:
    assert len(set(listed())) == len(listed()) <= MOST


def test_the_command_on_mri_loads_nothing_of_ct_perfusion(run: dict[str, set[str]]) -> None:
    assert within(run["LOADED"], MRI), "the run itself"
    assert not within(run["LOADED"], CTP)
