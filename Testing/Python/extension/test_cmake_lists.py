"""The CMake files install everything that is needed, and nothing that is not there."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (".", "StrokeSegExtension")


@pytest.fixture(scope="module")
def lists() -> ModuleType:
    """The script that writes the lists."""
    spec = importlib.util.spec_from_file_location("cmake_lists", ROOT / "tools" / "cmake_lists.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed(folder: str, name: str) -> list[str]:
    """The files that a CMakeLists.txt names in one of its lists."""
    text = (ROOT / folder / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(rf"set\(MODULE_{name}\n(.*?)\s*\)", text, re.DOTALL)
    assert found is not None
    return found[1].split()


def on_disk(folder: str, *suffixes: str) -> set[str]:
    """Files of the extension with these endings, except those of tests, docs and scripts for developers."""
    home = ROOT / folder
    places = [home / "StrokeSegLogic", home / "Resources"] if folder == "." else [home]
    files = {path for place in places for suffix in suffixes for path in place.rglob(f"*{suffix}")}
    return {path.relative_to(home).as_posix() for path in files if "__pycache__" not in path.parts}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_python_file_is_listed_and_every_listed_file_is_there(folder: str) -> None:
    assert set(listed(folder, "SCRIPTS")) == on_disk(folder, ".py")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_resource_is_listed_and_every_listed_resource_is_there(folder: str) -> None:
    suffixes = (".json", ".ui", ".png", ".svg", ".toml", ".safetensors", ".html", ".ts")
    assert set(listed(folder, "RESOURCES")) == on_disk(folder, *suffixes)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_kind_of_file_is_left_out_of_the_lists(folder: str) -> None:
    known = {*listed(folder, "SCRIPTS"), *listed(folder, "RESOURCES"), "CMakeLists.txt"}
    assert (
        on_disk(folder, "") - known - {name for name in on_disk(folder, "") if (ROOT / folder / name).is_dir()} == set()
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_path_leaves_its_folder_or_stands_twice(folder: str) -> None:
    """Paths with ".." are built and then silently not installed; absolute paths land in the wrong place."""
    files = [*listed(folder, "SCRIPTS"), *listed(folder, "RESOURCES")]
    assert not [name for name in files if name.startswith("/") or ".." in name.split("/")]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_script_that_writes_the_lists_has_nothing_to_change(folder: str, lists: ModuleType) -> None:
    text = (ROOT / folder / "CMakeLists.txt").read_text(encoding="utf-8")
    assert lists.written(text, folder) == text


def test_the_module_folder_holds_no_python_file_but_the_module() -> None:
    """Slicer takes all of them for modules of their own."""
    assert [path.name for path in (ROOT / "StrokeSegExtension").glob("*.py")] == ["StrokeSegExtension.py"]


STAND_IN = """
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/use.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/nothing.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/nothing.cmake)
set(Slicer_FOUND TRUE)
"""
MACROS = """
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS OR NOT MY_SCRIPTS)
    message(FATAL_ERROR "${MY_NAME}: ${MY_UNPARSED_ARGUMENTS}")
  endif()
  foreach(file ${MY_SCRIPTS} ${MY_RESOURCES})
    get_filename_component(folder ${file} DIRECTORY)
    install(FILES ${file} DESTINATION qt-scripted-modules/${folder})
  endforeach()
endmacro()
"""


@pytest.mark.skipif(not all(map(shutil.which, ("cmake", "cc", "c++"))), reason="needs cmake and a compiler")
def test_cmake_installs_a_module_that_python_can_import(tmp_path: Path) -> None:
    """Configured and installed with Slicer's macros in short; what comes out is one folder of scripted modules."""
    slicer, build, installed = (tmp_path / name for name in ("slicer", "build", "installed"))
    slicer.mkdir()
    for name, text in (("SlicerConfig.cmake", STAND_IN), ("use.cmake", MACROS), ("nothing.cmake", "")):
        (slicer / name).write_text(text, encoding="utf-8")
    for command in (
        ["cmake", "-S", str(ROOT), "-B", str(build), f"-DSlicer_DIR={slicer}"],
        ["cmake", "--install", str(build), "--prefix", str(installed)],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    home = installed / "qt-scripted-modules"
    there = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert there == {name for folder in FOLDERS for part in ("SCRIPTS", "RESOURCES") for name in listed(folder, part)}
