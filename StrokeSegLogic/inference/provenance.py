"""What a result says of its own making."""

from __future__ import annotations

import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import __version__
from ..case import Case, Role
from ..grid import Grid
from ..models.bundle import Bundle
from ..planes import PLANES
from .device import Device
from .prepare import Prepared

_PACKAGES = ("torch", "numpy", "SimpleITK", "nibabel", "safetensors")


def provenance(
    case: Case,
    reference: Role,
    bundle: Bundle,
    device: Device,
    method: str,
    prepared: Prepared,
    differing: int | None,
    seconds: float,
) -> dict[str, Any]:
    """JSON-ready record of a run.

    Args:
        case, reference: what was segmented, and on whose grid.
        bundle, device, method: by which model, where, by which vote.
        prepared: what the networks saw.
        differing: working-grid voxels in which two runs differed, None if there was one run.
        seconds: that it took.
    """
    grid = Grid.of(case.series[reference].image)
    spec = bundle.planes
    return {
        "strokeseg": __version__,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "model": {
            "name": spec.name,
            "version": spec.version,
            "title": spec.title,
            "trained_on": spec.trained_on,
            "weights_sha256": spec.weights.sha256,
            "encoder": spec.network.encoder,
            "spacing_mm": spec.spacing_mm,
        },
        "vote": {
            "method": method,
            "threshold": spec.threshold,
            "weights": dict(spec.plane_weights) if method == "weighted" else None,
            "voted": list(PLANES),
        },
        "device": {"name": device.name, "precision": device.precision},
        "runs": None if differing is None else {"count": 2, "differing_voxels": differing},
        "reference": {
            "role": reference.value,
            "size": list(grid.size),
            "spacing_mm": list(grid.spacing),
            "origin_mm": list(grid.origin),
            "direction": list(grid.direction),
        },
        "brain": prepared.brain_from,
        "inputs": [
            {
                "role": role.value,
                "source": one.source,
                "reason": one.reason,
                "confidence": round(one.confidence, 2),
                "sha256": one.sha256,
                "used": role in prepared.used,
            }
            for role, one in case.series.items()
        ],
        "notes": list(case.notes),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
