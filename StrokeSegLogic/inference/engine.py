"""The walk from a case to a segmentation: grid, brain, planes, vote, and back onto the reference."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.progress import CancelToken, Progress, ProgressCallback
from ..case import Case, Role
from ..grid import Grid, require_overlap, resample_mask
from ..models.registry import find
from ..models.spec import PlanesModelSpec
from ..planes import PLANES, Plane, from_stack, to_stack
from ..segmentation import Segmentation
from ..space.masks import without_small_parts
from ..statistics import measure
from .options import MIRRORED, option_warnings, require_smallest, require_threshold
from .prepare import Prepared, prepare
from .vote import require_method
from .vote import vote as let_vote
from .way_back import onto_reference

if TYPE_CHECKING:
    from torch import nn

    from .device import Device


def segment(
    case: Case,
    *,
    reference: Role | str | None = None,
    model: str | Path | None = None,
    device: str = "auto",
    vote: str = "majority",
    threshold: float | None = None,
    minimum_lesion_ml: float = 0.0,
    flips: bool = False,
    reproducible: bool = False,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Segmentation:
    """Segments the ischemic lesion of a case.

    Args:
        case: any mixture of sequences that the model can work with, on any grids.
        reference: role on whose grid the result lies; None is DWI, else FLAIR, ADC, T2, T1.
        model: name or folder of a model; None is the default bundled one.
        device: "auto", "cpu", "cuda" or "mps".
        vote: "majority", "weighted" or "mean".
        threshold: of the probability, between 0 and 1; None is the model's own.
        minimum_lesion_ml: connected parts (26 neighbours) of the voted lesion with less volume are dropped, and that
            is said; probability and agreement stay as they are.
        flips: axial and coronal slices are shown mirrored, too, and the two answers are averaged (twice the work).
        reproducible: float32 and deterministic algorithms; run twice, and differing voxels are reported.
        progress: called with the fraction done and the stage in words.
        cancel: set it to stop at the next step: within a second or two, importing torch apart.

    Returns:
        Labels, probability and agreement on the reference's grid exactly, statistics and provenance.

    Raises:
        InputError: if the inputs cannot be used together.
        ModelError: if the model is unknown, damaged, or cannot work with these inputs.
        DeviceError: if the device is not there or too small.
        Cancelled: if the token was set.
    """
    started = time.perf_counter()
    report = Progress(progress, cancel)
    # All that can be refused is refused before anything long begins.
    require_method(vote)
    require_smallest(minimum_lesion_ml)
    bundle = find(model)
    spec = bundle.planes
    own = spec.threshold_for(case.roles)
    limit = own if threshold is None else require_threshold(threshold)
    spec.require_inputs(case.roles)
    base = case.reference(None if reference is None else Role.parse(reference))
    grid = Grid.of(base.image)
    for one in case.series.values():
        require_overlap(one.image, one.source, grid, f"{base.role} ({base.source})")
    report(0.0, "loading the model")
    from .device import choose, deterministic
    from .network import load
    from .provenance import provenance

    where = choose(device, full_precision=reproducible)
    networks = load(bundle, where)
    prepared = prepare(case, base.role, spec.roles, spec.spacing_mm, report.span(0.02, 0.2))
    differing: int | None = None
    if reproducible:
        with deterministic():
            planes = run_planes(networks, prepared, where, report.span(0.2, 0.5), flips, spec.canvas)
            again = run_planes(networks, prepared, where, report.span(0.5, 0.8), flips, spec.canvas)
        differing = sum(int((planes[plane] != again[plane]).sum()) for plane in PLANES)
    else:
        planes = run_planes(networks, prepared, where, report.span(0.2, 0.8), flips, spec.canvas)

    report(0.8, "back onto the reference grid")
    voted = let_vote(
        {plane: onto_reference(values, prepared.grid, grid) for plane, values in planes.items()},
        vote,
        limit,
        spec.plane_weights,
    )
    lesion, dropped = without_small_parts(voted.labels, grid, minimum_lesion_ml)
    labels = lesion.astype(np.uint8)
    brain = resample_mask(prepared.grid.image(prepared.brain.astype(np.uint8)), grid)
    report(0.9, "measuring")
    statistics = measure(labels, voted.probability, voted.members, brain, grid, prepared.slices, spec.plane_weights)
    record = provenance(case, base.role, bundle, where, vote, prepared, differing, time.perf_counter() - started)
    record["vote"] |= {"threshold": limit, "model_threshold": own, "flips": flips}
    record["small_lesions"] = {"minimum_ml": minimum_lesion_ml, "dropped": dropped}
    report(1.0, "segmented")
    return Segmentation(
        case=case,
        reference=base.role,
        labels=grid.image(labels),
        probability=grid.image(voted.probability),
        agreement=grid.image(voted.agreement),
        brain=grid.image(brain.astype(np.uint8)),
        statistics=statistics,
        provenance=record,
        warnings=(
            *prepared.warnings,
            *_warnings(spec, prepared, differing),
            *option_warnings(own, limit, minimum_lesion_ml, dropped),
        ),
    )


def run_planes(
    networks: Mapping[str, nn.Module],
    prepared: Prepared,
    device: Device,
    progress: Progress,
    flips: bool = False,
    canvas: Sequence[int] = (),
) -> dict[Plane, np.ndarray]:
    """Each plane's lesion probability (z, y, x) on the working grid, 0 outside the brain.

    For `flips` see `segment`, for `canvas` `PlanesModelSpec`.
    """
    from .network import lesion_probability

    found: dict[Plane, np.ndarray] = {}
    for number, plane in enumerate(PLANES):
        span = progress.span(number / len(PLANES), (number + 1) / len(PLANES))
        seen = prepared.seen(plane)
        slices = np.stack([to_stack(channel, plane)[seen] for channel in prepared.channels], axis=1)
        stack = np.zeros(to_stack(prepared.brain, plane).shape, np.float32)
        if flips and plane in MIRRORED:
            straight = lesion_probability(
                networks[plane], slices, device, span.span(0.0, 0.5), f"{plane} plane", canvas
            )
            turned = slices[..., ::-1]
            mirrored = lesion_probability(
                networks[plane], turned, device, span.span(0.5, 1.0), f"{plane} plane, mirrored", canvas
            )
            stack[seen] = (straight + mirrored[..., ::-1]) / 2
        else:
            stack[seen] = lesion_probability(networks[plane], slices, device, span, f"{plane} plane", canvas)
        found[plane] = np.where(prepared.brain, from_stack(stack, plane), np.float32(0))
    return found


def _warnings(spec: PlanesModelSpec, prepared: Prepared, differing: int | None) -> list[str]:
    found = []
    used = {role.value for role in prepared.used}
    if not used & set(spec.tested_with_one_of):
        found.append(
            f"{spec.name} was never measured on real images without {' or '.join(spec.tested_with_one_of)}: "
            "what it finds here rests on training with simulated signal"
        )
    if prepared.unused:
        found.append(f"{spec.name} does not use {', '.join(map(str, prepared.unused))}")
    if differing:
        found.append(f"two runs differed in {differing} voxels of the working grid")
    return found
