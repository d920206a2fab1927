"""Makes standin/slicer_names.json: what the real application has of the names that the panel and its tests use.

Run in Testing/Python: `python -m panel.make_extract slicer-api.json.gz`, with the list of names that was read out of a
running 3D Slicer. Names that it lacks are printed, and the exit code is 1.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from .names_used import Names, ui_properties, uses
from .standin.api import EXTRACT, RECORD

_OTHERS = ("test_panel_slicer_cases.py",)
"""Tests that use the panel as a script does, and take long."""


def main(arguments: list[str]) -> int:
    with gzip.open(arguments[0], "rt", encoding="utf-8") as file:
        real = json.load(file)
    asked = _asked()
    extract, lacking = _extract(real, asked)
    EXTRACT.write_text(json.dumps(extract, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for name in lacking:
        print("not in the application:", name)
    return 1 if lacking else 0


def _asked() -> dict[str, Names]:
    """What the sources say, and what the tests saw when they ran."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "used.json"
        environment = {**os.environ, RECORD: str(record)}
        tests = sorted(str(path) for path in Path(__file__).parent.glob("test_panel_*.py") if path.name not in _OTHERS)
        subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], env=environment, check=False)
        seen = json.loads(record.read_text(encoding="utf-8"))
    static = uses()
    classes: Names = defaultdict(set, {kind: set(names) for kind, names in seen["classes"].items()})
    signals: Names = defaultdict(set, {kind: set(names) for kind, names in seen["signals"].items()})
    for kind, names in static.classes.items():
        classes[kind] |= names
    for kind, names in static.connected.items():
        if kind:
            signals[kind] |= names
    properties = ui_properties()
    for kind in properties:
        classes[kind] |= set()
    return {"classes": classes, "signals": signals, "properties": properties, "functions": static.functions}


def _extract(real: dict[str, Any], asked: dict[str, Names]) -> tuple[dict[str, Any], list[str]]:
    lacking: list[str] = []
    extract: dict[str, Any] = {
        "source": f"3D Slicer {real['slicerVersion']}, revision {real['revision']}, Python {real['python']}",
        "classes": {},
        "signals": {},
        "properties": {},
        "functions": {},
    }

    def keep(part: str, kind: str, names: set[str], known: set[str]) -> None:
        extract[part][kind] = sorted(names & known)
        lacking.extend(f"{kind}.{name}" for name in sorted(names - known))

    modules = {kind: module for module in ("qt", "ctk", "slicer") for kind in real[module]}
    for kind, names in sorted(asked["classes"].items()):
        if kind in modules:
            keep("classes", kind, names, set(real[modules[kind]][kind]))
        elif not kind.startswith(("vtk", "qSlicerApplication")):
            lacking.append(kind)
    for kind, names in sorted(asked["signals"].items()):
        live = real["live"].get(kind, {}).get("methods")
        if live is None:  # of a class without a live object only the names were read, not the arguments
            members = real[modules[kind]][kind]
            known = {signal for signal in names if signal.partition("(")[0] in members}
        else:
            known = {text[2:-1] for what, text in live if what == "signal"}
        keep("signals", kind, names, known)
    for kind, names in sorted(asked["properties"].items()):
        known = set(real["live"].get(kind, {}).get("properties", ())) | set(real[modules[kind]][kind])
        keep("properties", kind, names, known)
    for module, names in sorted(asked["functions"].items()):
        known = real["slicerFunctions"].get(module, {})
        extract["functions"][module] = {name: known[name] for name in sorted(names) if name in known}
        lacking.extend(f"{module}.{name}" for name in sorted(names - set(known)))
    return extract, lacking


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
