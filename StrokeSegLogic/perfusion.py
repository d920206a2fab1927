"""The map engine under its public name, `StrokeSegLogic.perfusion.maps`: a 4-D series in, maps out.

It lives in `ctp.series.maps`.
"""

from __future__ import annotations

from .ctp.series.maps import MapsSpec as MapsSpec
from .ctp.series.maps import PerfusionMaps as PerfusionMaps
from .ctp.series.maps import maps as maps
