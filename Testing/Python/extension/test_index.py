"""What Slicer's index of extensions checks of an entry and its repository, and asks for tiers 1 and 3; no network.

The rules are written out here as they stood in github.com/Slicer/ExtensionsIndex in August 2026 (07f1d1b).
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "StrokeSeg.json"
ENTRY: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
RAW = (
    ENTRY["scm_url"].replace("https://github.com/", "https://raw.githubusercontent.com/") + f"/{ENTRY['scm_revision']}/"
)
KINDS: dict[str, type] = {
    "$schema": str,
    "build_dependencies": list,
    "build_subdirectory": str,
    "category": str,
    "dicom_support_rule": str,
    "enabled": bool,
    "scm_revision": str,
    "scm_type": str,
    "scm_url": str,
    "tier": int,
}
"""What the schema (1.0.2) allows, and nothing else."""


def said(name: str) -> str:
    """A variable of the top CMakeLists.txt as the index reads it: on one line, in quotation marks."""
    found = re.search(rf'set\s*\({name}\s*"([^"]+)"\)', CMAKE)
    assert found is not None, name
    return found[1]


def in_tree(url: str) -> Path:
    """The file that a raw address of this repository stands for."""
    assert url.startswith(RAW), url
    return ROOT / url.removeprefix(RAW)


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n"), path
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_the_entry_is_as_the_schema_asks() -> None:
    assert {"$schema", "category", "scm_url"} <= set(ENTRY) <= set(KINDS)
    assert all(type(value) is KINDS[key] for key, value in ENTRY.items())
    assert re.search(r"/slicer-extension-catalog-entry-schema-v1\.0\.\d\.json#?$", ENTRY["$schema"])
    assert 1 <= ENTRY["tier"] <= 5 and ENTRY.get("scm_type", "git") in ("git", "local")
    assert all(isinstance(name, str) for name in ENTRY["build_dependencies"])


def test_its_lines_end_as_the_index_asks() -> None:
    assert b"\r" not in FILE.read_bytes()


def test_extension_and_repository_are_named_as_the_index_asks() -> None:
    """An extension's name does not begin with Slicer; its repository's does."""
    name = FILE.stem
    assert re.search(rf"^project\({name}\b", CMAKE, re.MULTILINE) and not name.lower().startswith("slicer")
    assert ENTRY["scm_url"] == f"https://github.com/strokeseg/Slicer{name}" == said("EXTENSION_HOMEPAGE")
    assert ENTRY["category"] == "Segmentation"


def test_a_branch_is_named_and_no_commit() -> None:
    """Else every update would want an entry of its own."""
    assert not re.fullmatch(r"[0-9a-f]{7,40}", ENTRY["scm_revision"])


def test_entry_and_cmake_say_the_same_dependencies() -> None:
    assert ENTRY["build_dependencies"] == said("EXTENSION_DEPENDS").split()


def test_the_description_is_short_and_says_what_it_is_for() -> None:
    words = said("EXTENSION_DESCRIPTION")
    assert 50 < len(words) < 300 and words.count(". ") <= 2
    assert "stroke" in words.lower() and "Research use only" in words
    assert said("EXTENSION_CONTRIBUTORS")


def test_the_icon_is_a_square_png_in_the_tree() -> None:
    assert size(in_tree(said("EXTENSION_ICONURL"))) == (128, 128)


def test_the_screenshots_are_pictures_in_the_tree_that_the_documents_show() -> None:
    shown = said("EXTENSION_SCREENSHOTURLS").split()
    documents = README + (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert len(shown) >= 2
    for url in shown:
        width, height = size(in_tree(url))
        assert width >= 1000 and height >= 600
        assert in_tree(url).name in documents


def test_the_licence_is_found_permissive_and_named() -> None:
    text = (ROOT / "LICENSE.txt").read_text(encoding="utf-8")
    assert "Apache License" in text[:300] and "Version 2.0" in text[:300]
    assert 'EXTENSION_LICENSE_FILE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE.txt"' in CMAKE
    assert "Apache-2.0" in README


@pytest.mark.parametrize("heading", ["In 3D Slicer", "Citing", "Licence"])
def test_the_home_page_has_the_sections_that_the_index_asks_for(heading: str) -> None:
    assert re.search(rf"^## {heading}$", README, re.MULTILINE)


def test_the_home_page_says_what_the_index_asks_for() -> None:
    assert README.startswith("# StrokeSeg\n")
    assert "docs/tutorial.md" in README and "docs/pictures/tutorial/" in README
    for module in modules():
        assert f"**{module}**" in README, "a sentence for each module"
    assert {"2511.07281", "2203.10039"} <= set(re.findall(r"arxiv\.org/abs/(\d+\.\d+)", README)), "publications"
    for sample in samples():
        assert sample in README, "what the tutorial works on"


def test_the_modules_help_leads_home() -> None:
    text = (ROOT / "StrokeSegExtension" / "StrokeSegExtension.py").read_text(encoding="utf-8")
    assert f'href="{ENTRY["scm_url"]}"' in text.replace("\\", "")


def modules() -> list[str]:
    """Titles of the modules, one folder each."""
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("StrokeSegExtension/*.py")]
    return [found[1] for text in sources if (found := re.search(r'parent\.title = _\("([^"]+)"\)', text))]


def samples() -> list[str]:
    text = (ROOT / "StrokeSegExtension" / "StrokeSegExtensionLib" / "sample_data.py").read_text(encoding="utf-8")
    return re.findall(r'^\w+_SAMPLE = "(\w+)"', text, re.MULTILINE)


def test_every_sample_of_the_tutorial_is_registered_and_has_a_picture() -> None:
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert set(samples()) == set(re.findall(r"\*\*(StrokeSeg[A-Z]\w+)\*\*", tutorial))
    for name in samples():
        assert size(ROOT / "StrokeSegExtension" / "Resources" / "Icons" / f"{name}.png") == (128, 128)


def test_panels_take_their_style_from_slicer() -> None:
    """Tier 3: no needless style of its own, so that dark mode works."""
    for path in (ROOT / "StrokeSegExtension" / "Resources" / "UI").glob("*.ui"):
        names = {each.get("name") for each in ElementTree.parse(path).getroot().iter("property")}
        assert not names & {"styleSheet", "palette", "font"}, path.name


def test_what_a_clone_holds_is_below_the_indexs_limit() -> None:
    """100 MB with the history, of which a packed clone holds about as much again; here the files alone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 45e6
