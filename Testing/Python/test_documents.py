"""What the documents name exists: modules, functions, files, links."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PLACES = ("", "docs", "StrokeSegLogic", "StrokeSegExtension", "Testing", "Testing/Python", "Resources")
"""Where a name in a document may begin."""
WITHIN_ROOMS = "design.md"
"""The map of the house names files within the room that it stands at."""
_OF_OTHERS = ("utils/eval_utils.py",)
_FILE = re.compile(r"`([\w-]+(?:/[\w.-]+)+\.(?:py|md|toml|ui|html|json))`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
_DOTTED = re.compile(r"\bStrokeSegLogic(?:\.[A-Za-z_]\w*)+")


def snippets() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for number, code in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)):
            yield f"{path.name} {number}", code


SNIPPETS = dict(snippets())


def resolve(name: str) -> object:
    """The module, or what a module has, of that dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def test_there_are_snippets() -> None:
    assert len(SNIPPETS) >= 8


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_python_and_what_it_imports_is_there(name: str) -> None:
    tree = ast.parse(SNIPPETS[name])
    ours = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(body=list(ours), type_ignores=[]), name, "exec"), {})
    # What is reached through the package itself, as StrokeSegLogic.segment.
    for found in _DOTTED.findall(SNIPPETS[name]):
        resolve(found)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_modules_and_links_that_are_named_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for link in _LINK.findall(text):
        assert (path.parent / link).exists(), link
    for name in set() if path.name == WITHIN_ROOMS else set(_FILE.findall(text)) - set(_OF_OTHERS):
        assert any((ROOT / place / name).exists() for place in PLACES), name
    for name in _DOTTED.findall(text):
        resolve(name)
