"""Results of CT perfusion made of simulated maps, with routes that stand for networks."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.ctp.numbers.criteria import dawn, defuse3
from StrokeSegLogic.ctp.numbers.mismatch import measure_perfusion
from StrokeSegLogic.ctp.numbers.sweep import sweep
from StrokeSegLogic.ctp.numbers.uncertainty import repeated_scans
from StrokeSegLogic.ctp.result import PerfusionSegmentation
from StrokeSegLogic.ctp.routes.route import Route
from StrokeSegLogic.ctp.series.maps import MapsSpec, PerfusionMaps, maps
from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA, segment_by_thresholds
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, ClinicalData, Role, Series
from StrokeSegLogic.study.maps.units import STANDARD_UNITS

KNOWN = ClinicalData(71, 17, 8.0)
COARSE = (3.6, 3.6, 6.0)
SIMULATED = "simulated perfusion: a digital phantom, and lesion shapes laid into it"


@lru_cache(maxsize=4)
def perfused(
    group: str = "LVO",
    seed: int = 0,
    spacing: tuple[float, float, float] = COARSE,
    clinical: ClinicalData = KNOWN,
) -> PerfusionSegmentation:
    """A simulated patient by thresholds, beside two routes that stand for networks: labels near the simulation's own
    truth, and its core alone."""
    patient = ctp_patient(seed, group)
    grid = ctp_grid(spacing)
    scan = patient.maps(grid)
    found = segment_by_thresholds(scan.images)
    numbers = measure_perfusion(found)
    table = sweep(found)
    truth = sitk.GetArrayFromImage(scan.truth)
    fusion, unet = grid.image(truth), grid.image((truth == CORE).astype(np.uint8) * np.uint8(CORE))
    digest = "cd" * 32
    routes = (
        route("thresholds", "thresholds: core rCBF < 30 %, hypoperfused Tmax > 6 s", found.labels, notes=found.notes),
        route("slow-fusion", "slow fusion of four maps", fusion, "sf-compact", SIMULATED, digest),
        replace(route("unet3d", "modified 3-D U-Net", unet, "ctp-unet3d", SIMULATED, digest), penumbra_ml=None),
    )
    uncertainty = repeated_scans(numbers)
    series = [
        Series(Role(name), image, f"scan/{name}.nii.gz", f"the name says {name}", 0.9, "0123456789abcdef" * 4)
        for name, image in scan.images.items()
    ]
    case = replace(Case.of(f"{group} {seed}", series, ["one file was left aside"]), clinical=clinical)
    return PerfusionSegmentation(
        case=case,
        reference=Role.CBF,
        chosen="thresholds",
        routes=routes,
        maps=scan.images,
        units={name: STANDARD_UNITS[name] for name in scan.images},
        measured=None,
        brain=grid.image(found.tissue.brain.astype(np.uint8)),
        numbers=numbers,
        sweep=table,
        criteria=(defuse3(numbers, clinical, uncertainty), dawn(numbers, clinical, uncertainty)),
        provenance={"model": {"name": "thresholds"}, "settings": {"least": float("-inf"), "ok": True}},
    )


def route(
    name: Any, title: str, labels: sitk.Image, model: str = "", trained_on: str = "", digest: str = "", notes: Any = ()
) -> Route:
    values, voxel_ml = sitk.GetArrayViewFromImage(labels), Grid.of(labels).voxel_ml
    core, penumbra = (float((values == value).sum() * voxel_ml) for value in (CORE, PENUMBRA))
    used = {"name": model, "version": "1.0", "weights_sha256": digest} if model else {}
    return Route(name, title, labels, core, penumbra, trained_on, used, tuple(notes))


@lru_cache(maxsize=1)
def computed() -> PerfusionMaps:
    """Maps out of a short simulated series on a coarse grid."""
    series = ctp_series(0, ctp_grid((4.5, 4.5, 13.0)), CtpProtocol())
    return maps(series.hu, series.times_s, grid=series.grid, spec=MapsSpec(motion=False, device="cpu"))


def of_series() -> PerfusionSegmentation:
    """A result whose maps were computed here."""
    measured = computed()
    found = segment_by_thresholds(measured.images(), brain=measured.brain)
    numbers = measure_perfusion(found)
    table = sweep(found)
    frames = sitk.JoinSeries([measured.grid.image(measured.plain)] * 3)
    series = Series(
        Role.CTP, frames, "scan/ctp.nii.gz", "4-D with a time axis", 0.8, "ab" * 32, tuple(map(float, range(3)))
    )
    return PerfusionSegmentation(
        case=Case.of("4-D", [series]),
        reference=Role.CTP,
        chosen="thresholds",
        routes=(route("thresholds", "thresholds: core rCBF < 30 %", found.labels),),
        maps=measured.images(),
        units={name: STANDARD_UNITS[name] for name in measured.images()},
        measured=measured,
        brain=measured.grid.image(measured.brain.astype(np.uint8)),
        numbers=numbers,
        sweep=table,
        criteria=(defuse3(numbers, ClinicalData(), repeated_scans(numbers)),),
        provenance={},
        computed=frozenset(measured.images()),
    )


def by_network(name: Any = "slow-fusion", **changes: Any) -> PerfusionSegmentation:
    """The same patient, a network's labels chosen."""
    return replace(perfused(), chosen=name, **changes)


def unknown_scales() -> PerfusionSegmentation:
    """Maps of unknown scale: a network alone can be run."""
    result = perfused()
    factor = {"CBF": 3.1, "CBV": 40.0, "MTT": 11.0, "TTP": 7.0, "TMAX": 20.0}
    scaled = {name: image * factor[name] for name, image in result.maps.items() if name in factor}
    return replace(
        result,
        chosen="slow-fusion",
        routes=result.routes[1:2],
        maps=scaled,
        units=dict.fromkeys(scaled, "unknown scale"),
        numbers=None,
        sweep=None,
        criteria=(),
        warnings=(
            "the scale of CBF, CBV, MTT, TTP and TMAX could not be told",
            "volumes over thresholds, mismatch and trial criteria could not be computed",
            "slow-fusion: trained on simulated perfusion: never measured on patients",
        ),
    )
