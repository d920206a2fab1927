"""From a 4-D CT perfusion series to maps of blood flow, volume and times."""

from __future__ import annotations

from .maps import MapsSpec, PerfusionMaps, maps

__all__ = ["MapsSpec", "PerfusionMaps", "maps"]
