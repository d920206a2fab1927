"""What a segmentation by three planes says of its own making."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ..nets.models.bundle import Bundle
from ..nets.run.device import Device
from ..result.provenance import case_record, run_record
from ..space.grid import Grid
from ..space.planes import PLANES
from ..study.case import Case, Role
from .prepare import Prepared
from .settings import MriSettings


def provenance(
    case: Case,
    reference: Role,
    bundle: Bundle,
    device: Device,
    settings: MriSettings,
    prepared: Prepared,
    differing: int | None,
    seconds: float,
) -> dict[str, Any]:
    """JSON-ready record of a run.

    Args:
        case, reference: what was segmented, and on whose grid.
        bundle, device, settings: by which model, where, and how.
        prepared: what the networks saw.
        differing: working-grid voxels in which two runs differed, None if there was one run.
        seconds: that it took.
    """
    spec = bundle.planes
    return {
        **run_record(seconds),
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
            "method": settings.vote,
            "weights": dict(spec.plane_weights) if settings.vote == "weighted" else None,
            "voted": list(PLANES),
        },
        # By its name: where a model's folder lies is nobody's business who reads the result.
        "settings": {one.name: getattr(settings, one.name) for one in fields(MriSettings)} | {"model": spec.name},
        "device": {"name": device.name, "precision": device.precision},
        "runs": None if differing is None else {"count": 2, "differing_voxels": differing},
        "brain": prepared.brain_from,
        **case_record(case, reference, Grid.of(case.series[reference].image), prepared.used),
    }
