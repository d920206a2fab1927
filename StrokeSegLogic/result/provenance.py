"""What every result says of its own making."""

from __future__ import annotations

import platform
from collections.abc import Collection
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import __version__
from ..space.grid import Grid
from ..study.case import Case, Role, Series
from ..study.volumes.source_image import images_record

_PACKAGES = ("torch", "numpy", "SimpleITK", "nibabel", "safetensors")


def run_record(seconds: float) -> dict[str, Any]:
    """JSON-ready: which StrokeSeg made it, when, and how long it took."""
    return {
        "strokeseg": __version__,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
    }


def case_record(case: Case, reference: Role, grid: Grid, used: Collection[Role]) -> dict[str, Any]:
    """JSON-ready: from what it was made, on whose grid, with which packages.

    Args:
        case: the inputs.
        reference: role on whose grid the result lies.
        grid: that grid.
        used: roles that the result rests on.
    """
    return {
        "reference": {
            "role": reference.value,
            "size": list(grid.size),
            "spacing_mm": list(grid.spacing),
            "origin_mm": list(grid.origin),
            "direction": list(grid.direction),
        },
        "inputs": [
            {
                "role": role.value,
                "source": series.source,
                "reason": series.reason,
                "confidence": round(series.confidence, 2),
                "sha256": series.sha256,
                "used": role in used,
                "computed": series.computed,
                **_scale_record(series),
                **({"images": images_record(series.images)} if case.refers and series.images else {}),
            }
            for role, series in case.series.items()
        ],
        "notes": list(case.notes),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "system": f"{platform.system()} {platform.machine()}",
    }


def _scale_record(series: Series) -> dict[str, Any]:
    """What else the values were taken by, where there is anything: frames' seconds, a unit that the user named."""
    known = {"times_s": series.times_s and list(series.times_s), "unit_given": series.unit}
    return {name: value for name, value in known.items() if value is not None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
