"""What Slicer's own generic tests and its reviewers ask of every module, as far as it can be asked without Slicer."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PYTHON = [
    path
    for place in ("StrokeSegExtension", "StrokeSegLogic", "Testing", "tools")
    for path in sorted((ROOT / place).rglob("*.py"))
]
PANEL = [path for path in PYTHON if (ROOT / "StrokeSegExtension") in path.parents]
LOGIC = ROOT / "StrokeSegLogic"
OF_SLICER = {"SampleData", "StrokeSegExtensionLib", "StrokeSegLogic", "ctk", "qt", "slicer", "vtk"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_at_file_scope(path: Path) -> set[str]:
    """Top-level packages that importing a file brings in at once; not those for type checkers alone."""
    found: set[str] = set()

    def look(body: list[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, ast.Import):
                found.update(name.name.partition(".")[0] for name in statement.names)
            elif isinstance(statement, ast.ImportFrom) and not statement.level:
                found.add((statement.module or "").partition(".")[0])
            elif isinstance(statement, ast.If) and ast.unparse(statement.test) != "TYPE_CHECKING":
                look([*statement.body, *statement.orelse])
            elif isinstance(statement, ast.Try):
                look(
                    [
                        *statement.body,
                        *statement.orelse,
                        *statement.finalbody,
                        *(line for part in statement.handlers for line in part.body),
                    ]
                )
            elif isinstance(statement, ast.With):
                look(statement.body)

    look(ast.parse(path.read_text(encoding="utf-8")).body)
    return found


def test_every_file_compiles_and_none_is_a_command_line_module() -> None:
    """A syntax error does not fail Slicer's build, and a first line with #! makes Slicer run the file to ask what
    command line it has."""
    assert len(PYTHON) > 500
    for path in PYTHON:
        text = path.read_text(encoding="utf-8")
        compile(text, relative(path), "exec", dont_inherit=True)
        assert not text.startswith("#!"), relative(path)


def test_the_panel_imports_nothing_at_file_scope_that_slicer_lacks() -> None:
    known = OF_SLICER | set(sys.stdlib_module_names)
    foreign = {relative(path): imported_at_file_scope(path) - known for path in PANEL}
    assert {path: names for path, names in foreign.items() if names} == {}
    assert len(foreign) > 30


def test_the_panel_never_brings_torch_into_slicers_process() -> None:
    bringers = {}
    for path in PANEL:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        with_torch = {name for name in names if name.partition(".")[0] in ("torch", "monai", "lightning")}
        with_torch |= {
            n
            for n in names
            if n.startswith(("StrokeSegLogic.mri.engine", "StrokeSegLogic.nets.run", "StrokeSegLogic.nets.networks"))
        }
        if with_torch:
            bringers[relative(path)] = with_torch
    assert bringers == {}


def test_torch_is_imported_at_file_level_by_networks_and_training_alone() -> None:
    """All else is read, checked and tabulated without it; what needs it there imports it where it is needed."""
    homes = {path.relative_to(LOGIC).parts[0] for path in PYTHON if LOGIC in path.parents and brings_torch(path)}
    assert homes == {"nets", "training"}


def brings_torch(path: Path) -> bool:
    return bool(imported_at_file_scope(path) & {"torch", "monai", "lightning_fabric"})


def test_slicer_is_imported_by_the_bridge_alone_and_qt_nowhere_in_the_package() -> None:
    """Inside of functions, too."""
    homes: dict[str, set[str]] = {"slicer": set(), "vtk": set(), "qt": set(), "ctk": set()}
    for path in PYTHON:
        if LOGIC in path.parents:
            for name in homes.keys() & imported_anywhere(path):
                homes[name].add(path.relative_to(LOGIC).parts[0])
    assert homes == {"slicer": {"slicer_bridge"}, "vtk": {"slicer_bridge"}, "qt": set(), "ctk": set()}
    assert not any({"slicer", "vtk"} & imported_at_file_scope(path) for path in PYTHON if LOGIC in path.parents)


def test_the_panels_mind_knows_neither_qt_nor_slicer() -> None:
    minds = [path for path in PANEL if path.name in ("presenter.py", "runner.py", "packages.py")]
    assert len(minds) == 3
    assert [relative(path) for path in minds if {"qt", "ctk", "slicer", "vtk"} & imported_anywhere(path)] == []


def imported_anywhere(path: Path) -> set[str]:
    """Top-level packages that a file imports, at its top and inside functions."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in names}


def test_what_the_panel_imports_of_the_package_needs_no_package_that_slicer_lacks() -> None:
    """A fresh Python that has numpy, SimpleITK and nothing else of ours: the panel must open before anything was
    installed."""
    wanted = sorted(
        {
            statement.module
            for path in PANEL
            for statement in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(statement, ast.ImportFrom)
            and not statement.level
            and (statement.module or "").startswith("StrokeSegLogic")
        }
    )
    assert wanted
    code = (
        "import sys\n"
        "for name in ('torch', 'nibabel', 'safetensors', 'monai', 'typer', 'rich', 'matplotlib', 'pydicom'):\n"
        "    sys.modules[name] = None\n"
        f"for name in {wanted}:\n"
        "    __import__(name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


FIND = """
import importlib.util, sys
sys.path[:] = [entry for entry in sys.path if "{root}" not in entry]
sys.path.append({folder!r})
for name in ("slicer", "slicer.i18n", "slicer.ScriptedLoadableModule", "slicer.util"):
    sys.modules[name] = module = type(sys)(name)
    module.tr = module.translate = lambda *words: words[-1]
    for base in ("", "Widget", "Logic", "Test"):
        setattr(module, "ScriptedLoadableModule" + base, type("Base" + base, (), {{}}))
    module.VTKObservationMixin = type("Mixin", (), {{}})
spec = importlib.util.spec_from_file_location("StrokeSegExtension", {folder!r} + "/StrokeSegExtension.py")
spec.loader.exec_module(importlib.util.module_from_spec(spec))
import StrokeSegLogic, StrokeSegExtensionLib
from StrokeSegLogic.base.files import resource
assert resource("Terminology", "StrokeSeg.term.json").is_file()
assert resource("Models", "mri-compact", "model.json").is_file()
print(StrokeSegLogic.__file__)
"""


def found_from(folder: Path) -> Path:
    """Where the package lies that the module finds, when Slicer knows of the module's folder alone."""
    code = FIND.format(root=ROOT, folder=str(folder))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_a_source_checkout_finds_its_package_beside_the_module() -> None:
    assert found_from(ROOT / "StrokeSegExtension") == ROOT / "StrokeSegLogic" / "__init__.py"


def test_an_installed_extension_finds_its_package_in_the_same_folder(tmp_path: Path) -> None:
    """Both lie in qt-scripted-modules, with the resources of both in one folder."""
    modules = tmp_path / "qt-scripted-modules"
    copying = {"ignore": shutil.ignore_patterns("__pycache__"), "dirs_exist_ok": True}
    shutil.copytree(ROOT / "StrokeSegExtension", modules, **copying)
    shutil.copytree(ROOT / "StrokeSegLogic", modules / "StrokeSegLogic", **copying)
    shutil.copytree(ROOT / "Resources", modules / "Resources", **copying)
    assert found_from(modules) == modules / "StrokeSegLogic" / "__init__.py"
    assert (modules / "Resources" / "UI" / "StrokeSegExtension.ui").is_file()
