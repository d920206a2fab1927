"""Every name that the panel's sources and .ui files use on qt, ctk and slicer, read off without running them."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXTENSION = ROOT / "StrokeSegExtension"
UI = EXTENSION / "Resources" / "UI"
_MODULES = ("slicer.util", "slicer.packaging", "slicer.i18n", "slicer.parameterNodeWrapper", "SampleData")
_IMPORTED = (*_MODULES, "slicer.ScriptedLoadableModule")

Names = dict[str, set[str]]


def sources() -> list[Path]:
    """The panel's Python files."""
    return [EXTENSION / "StrokeSegExtension.py", *sorted((EXTENSION / "StrokeSegExtensionLib").glob("*.py"))]


def ui_files() -> list[Path]:
    return sorted(UI.glob("*.ui"))


def widgets(path: Path) -> Iterator[ElementTree.Element]:
    """Every widget of a .ui file."""
    yield from ElementTree.parse(path).getroot().iter("widget")


def ui_classes() -> dict[str, str]:
    """Class by name of every widget of the .ui files."""
    return {widget.get("name", ""): widget.get("class", "") for path in ui_files() for widget in widgets(path)}


def ui_properties() -> Names:
    """Properties that the .ui files set, by class."""
    found: Names = defaultdict(set)
    for path in ui_files():
        for widget in widgets(path):
            found[widget.get("class", "")] |= {prop.get("name", "") for prop in widget.findall("property")}
    return found


class Uses(ast.NodeVisitor):
    """Names of one source file.

    Attributes:
        classes: names used of a class, by class: `qt.QTimer`, `qt.Qt.DownArrow`, `ui.modelBox.clear`.
        functions: names used of a module, by module.
        connected: signals by class; class "" where the source alone does not tell it.
    """

    def __init__(self, widget_classes: dict[str, str]) -> None:
        self.classes: Names = defaultdict(set)
        self.functions: Names = defaultdict(set)
        self.connected: Names = defaultdict(set)
        self._widgets = widget_classes

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module in _IMPORTED:
            self.functions[node.module] |= {name.name for name in node.names}

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = _chain(node)
        head = ".".join(chain[:-1])
        if head in _MODULES:
            self.functions[head].add(chain[-1])
        elif _is_class(chain):
            self.classes[chain[1]] |= set(chain[2:3])
        elif len(chain) > 1 and chain[-2] in self._widgets and "ui" in chain:
            self.classes[self._widgets[chain[-2]]].add(chain[-1])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        arguments = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("connect", "disconnect") and arguments:
            chain = _chain(node.func)
            kind = self._widgets.get(chain[-2], "") if len(chain) > 1 else ""
            self.connected[kind].add(str(arguments[0]))
        self.generic_visit(node)


def uses() -> Uses:
    """Names of all the panel's sources together."""
    found = Uses(ui_classes())
    for path in sources():
        found.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return found


def _is_class(chain: list[str]) -> bool:
    if len(chain) < 2 or chain[0] not in ("qt", "ctk", "slicer"):
        return False
    return chain[0] != "slicer" or chain[1].startswith(("qMRML", "qSlicer", "vtk"))


def _chain(node: ast.expr) -> list[str]:
    """`a.b.c` as its names; what is no plain name stands as ""."""
    if isinstance(node, ast.Attribute):
        return [*_chain(node.value), node.attr]
    return [node.id if isinstance(node, ast.Name) else ""]
