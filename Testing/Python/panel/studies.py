"""Small studies in a scene, results such as the worker hands over, and a runner that does what the test says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.mri.result import Segmentation, measure
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import Case, Role, Series
from StrokeSegLogic.worker.run import images_of, summary_of
from StrokeSegLogic.worker.volume_files import write_volume

GRID = Grid((44, 52, 18), (4.0, 4.0, 7.0), (80.0, -100.0, -40.0), (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
"""Of the small studies: a whole head, its rows from the patient's left to the right."""
MRI_STUDY = {"DWI": "ep2d_diff_b1000", "FLAIR": "t2_tirm_flair", "T1": "t1_mprage"}
EXTRAS = ("probability", "agreement", "maps", "report")


class ScriptedRunner:
    """`protocols.Runner` whose events the test sends.

    Attributes:
        runs: inputs, settings and voxels of every start.
        listener: of the last run.
        calls: names of the other calls, in order.
    """

    def __init__(self, _clock: Any = None) -> None:
        self.runs: list[tuple[Any, Any, Mapping[Any, Any]]] = []
        self.calls: list[str] = []
        self.listener: Any = None

    def start(self, inputs: Any, settings: Any, voxels: Mapping[Any, Any], listener: Any) -> None:
        self.runs.append((inputs, settings, voxels))
        self.listener = listener
        listener.started()

    def cancel(self) -> None:
        self.calls.append("cancel")

    def release(self) -> None:
        self.calls.append("release")

    def stop(self) -> None:
        self.calls.append("stop")

    def finish(self, result: Any, folder: Path, extras: tuple[str, ...] = EXTRAS) -> None:
        """The run ends with this result, written as the worker writes it."""
        self.listener.finished(*written(result, folder, extras))


def written(
    result: Any, folder: Path, extras: tuple[str, ...] = EXTRAS
) -> tuple[ResultRecord, dict[str, Path], Path | None]:
    """Record, volumes and report of a result as the worker hands them over."""
    folder.mkdir(parents=True, exist_ok=True)
    record = ResultRecord.parse(json.loads(json.dumps(summary_of(result), allow_nan=False)))
    volumes = {}
    for name, image in images_of(result, extras).items():
        volumes[name] = folder / f"{name}.npz"
        write_volume(volumes[name], Volume.of(image))
    report = None
    if "report" in extras:
        report = folder / "report.html"
        report.write_text("<!doctype html><p>A report of a test</p>", encoding="utf-8")
    return record, volumes, report


def add_study(scene: Any, names: Mapping[str, str] = MRI_STUDY, grid: Grid = GRID) -> dict[str, Any]:
    """Adds a noisy head for every role, under its name; DWI and FLAIR have a bright spot."""
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    nodes = {}
    for number, (role, name) in enumerate(names.items()):
        head = ellipsoid(grid, (0.5, 0.5, 0.5), 0.9)
        spot = ellipsoid(grid, (0.3, 0.6, 0.5), 0.35) if role in ("DWI", "FLAIR") else 0
        noise = np.random.default_rng(number).normal(1, 0.05, grid.shape)
        voxels = (head * noise * (300 + 200 * spot)).astype(np.float32)
        nodes[role] = add_volume(scene, grid.image(voxels), name)
    return nodes


def add_maps(scene: Any, result: Any) -> dict[str, Any]:
    """Adds the maps of a result of CT perfusion as a vendor's study would bring them."""
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    return {name: add_volume(scene, image, f"perfusion_{name}") for name, image in result.maps.items()}


def ellipsoid(grid: Grid, centre: tuple[float, float, float], radius: float) -> np.ndarray:
    """Voxels (z, y, x) nearer to a point than a radius, both in parts of half of the field of view."""
    found: np.ndarray = _distance(grid, centre) < radius
    return found


def lesion_result(grid: Grid = GRID, lesion: bool = True, reference: Role = Role.DWI) -> Segmentation:
    """Two lesions with soft edges, measured as the engine measures, such as a model of three planes gives."""
    near = np.maximum(_closeness(grid, (0.3, 0.6, 0.5), 0.35), _closeness(grid, (0.7, 0.3, 0.7), 0.2))
    probability = (near if lesion else np.zeros(grid.shape)).astype(np.float32)
    labels = (probability > 0.5).astype(np.uint8)
    members = {plane: probability > limit for plane, limit in zip(PLANES, (0.4, 0.5, 0.6), strict=True)}
    agreement = np.sum(list(members.values()), axis=0).astype(np.uint8)
    brain = ellipsoid(grid, (0.5, 0.5, 0.5), 0.85)
    found = measure(labels, probability, members, brain, grid, dict.fromkeys(PLANES, 18), dict.fromkeys(PLANES, 1.0))
    head = grid.image(brain.astype(np.float32))
    series = [Series(role, head, f"{role}", "chosen", 1.0, "0" * 64) for role in (Role.DWI, Role.FLAIR)]
    model = {"name": "three-planes", "version": "2.1", "weights_sha256": "ab" * 32, "trained_on": "simulated heads"}
    return Segmentation(
        case=Case.of("a test", series),
        reference=reference,
        labels=grid.image(labels),
        probability=grid.image(probability),
        agreement=grid.image(agreement),
        brain=grid.image(brain.astype(np.uint8)),
        statistics=found,
        provenance={"model": model},
        warnings=("the model was trained without T1",) if lesion else (),
    )


def _closeness(grid: Grid, centre: tuple[float, float, float], radius: float) -> np.ndarray:
    """1 in the middle of a ball, 0.5 at its surface, 0 at twice its radius."""
    return np.clip(1 - _distance(grid, centre) / (2 * radius), 0, 1)


def _distance(grid: Grid, centre: tuple[float, float, float]) -> np.ndarray:
    z, y, x = (2 * ((np.arange(n) + 0.5) / n - c) for n, c in zip(grid.shape, centre[::-1], strict=True))
    return np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
