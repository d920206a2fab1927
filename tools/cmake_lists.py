"""Writes the lists of installed files into the CMake files: python tools/cmake_lists.py"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOURCE_SUFFIXES = (".html", ".json", ".png", ".safetensors", ".svg", ".toml", ".ts", ".ui")
FOLDERS = {
    ".": (("StrokeSegLogic",), ("Resources",)),
    "StrokeSegExtension": (("StrokeSegExtension.py", "StrokeSegExtensionLib"), ("Resources",)),
}
"""Where a CMakeLists.txt is, and where the scripts and the resources lie that it installs."""


def scripts(folder: str) -> list[str]:
    """Paths of Python files, relative to the folder of the CMakeLists.txt."""
    return _files(folder, FOLDERS[folder][0], (".py",))


def resources(folder: str) -> list[str]:
    """Paths of all other files that are needed at run time."""
    return _files(folder, FOLDERS[folder][1], RESOURCE_SUFFIXES)


def _files(folder: str, places: tuple[str, ...], suffixes: tuple[str, ...]) -> list[str]:
    home = ROOT / folder
    found = []
    for place in places:
        path = home / place
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.suffix in suffixes]
    return sorted(file.relative_to(home).as_posix() for file in found if "__pycache__" not in file.parts)


def written(text: str, folder: str) -> str:
    """The text of a CMakeLists.txt with its lists anew."""
    for name, files in (("SCRIPTS", scripts(folder)), ("RESOURCES", resources(folder))):
        lines = "".join(f"  {file}\n" for file in files)
        text, count = re.subn(rf"(set\(MODULE_{name}\n).*?(  \))", rf"\g<1>{lines}\g<2>", text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{folder}/CMakeLists.txt has no list MODULE_{name}")
    return text


def main() -> None:
    for folder in FOLDERS:
        path = ROOT / folder / "CMakeLists.txt"
        path.write_text(written(path.read_text(encoding="utf-8"), folder), encoding="utf-8")


if __name__ == "__main__":
    main()
