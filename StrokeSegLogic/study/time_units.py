"""The units that headers give the times of frames in."""

from __future__ import annotations

from types import MappingProxyType

SECONDS_PER = MappingProxyType(
    {
        **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
        **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
        **dict.fromkeys(("us", "usec", "microsecond", "microseconds"), 1e-6),
    }
)
"""By the unit's name in small letters."""
