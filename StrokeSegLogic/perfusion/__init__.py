"""From a 4-D CT perfusion series to maps of blood flow, volume and times.

Its public names come in when they are first used: the table of units alone brings in nothing that computes maps.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = ("MapsSpec", "PerfusionMaps", "maps")


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        found = import_module("StrokeSegLogic.perfusion.maps")
        globals().update({public: getattr(found, public) for public in _PUBLIC})
        return globals()[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
