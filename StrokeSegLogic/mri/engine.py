"""The walk from a case to a segmentation: grid, brain, planes, vote, and back onto the reference."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.progress import CancelToken, Progress, ProgressCallback, hearing
from ..base.settings import PLANES
from ..brain.given import BrainMaskInput, GivenMask
from ..brain.given_doubts import mask_doubt
from ..nets.models.registry import find
from ..nets.models.spec import PlanesModelSpec
from ..result.outcome import BRAIN, case_record, run_record
from ..space.grid import Grid, require_overlap
from ..space.masks import without_small_parts
from ..space.resampling import onto_reference, resample_mask
from ..study.case import Case, Role, Series
from .doubts import contrast_doubts, require_no_ct, unread_doubts, unusual
from .flair import BOTH, FlairSignal, flair_signal
from .prepare import Prepared, prepare
from .result import LESION, Segmentation, measure
from .settings import MriSettings
from .vote import run_planes, volume_interval
from .vote import vote as let_vote

if TYPE_CHECKING:
    from ..nets.models.bundle import Bundle
    from ..nets.run.network import Device


def segment(
    case: Case,
    settings: MriSettings | None = None,
    *,
    reference: Role | str | None = None,
    brain_mask: BrainMaskInput | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
    **options: Any,
) -> Segmentation:
    """Segments the ischemic lesion of a case.

    Args:
        case: any mixture of sequences that the model can work with, on any grids.
        settings: how; or, in their place, some of their fields by name: `segment(case, vote="mean", flips=True)`.
        reference: role on whose grid the result lies; None is DWI, else FLAIR, ADC, T2, T1.
        brain_mask: what is brain, where the user knows it: a file, an image on any grid that overlaps the reference,
            or an array (z, y, x) on the reference's grid, 0 outside. It takes the place of the mask that is found.
        progress: called with the fraction done and the stage in words.
        cancel: set it to stop at the next step: within a second or two, importing torch apart.
        options: fields of `MriSettings`; a model may be a Path, or None.

    Returns:
        Labels, probability and agreement on the reference's grid exactly, statistics and provenance.

    Raises:
        TypeError: for an option that there is none of, or settings and options at once.
        InputError: if an option is impossible, the inputs cannot be used together, the brain mask is empty or lies
            elsewhere, a volume surely does not show what it is called by, or the model was never measured on such
            inputs, or what it was measured on shows too little of the brain, and `unmeasured` is not set.
        ModelError: if the model is unknown, damaged, or cannot work with these inputs.
        DeviceError: if the device is not there or too small.
        Cancelled: if the token was set.
    """
    if settings is not None and options:
        raise TypeError(f"settings are given, and {', '.join(options)} beside them")
    report = Progress(progress, cancel)
    with hearing(report):
        return _segmented(case, settings or MriSettings.of(**options), reference, brain_mask, report)


def _segmented(
    case: Case,
    how: MriSettings,
    reference: Role | str | None,
    brain_mask: BrainMaskInput | None,
    report: Progress,
) -> Segmentation:
    started = time.perf_counter()
    # All that can be refused is refused before anything long begins.
    if how.anonymous:
        case = case.anonymous()
    bundle = find(how.model or None)
    spec = bundle.planes
    spec.require_inputs(case.roles)
    if not how.unmeasured:
        spec.require_measured(case.roles)
    require_no_ct(case)
    base = case.reference(None if reference is None else Role.parse(reference))
    grid = Grid.of(base.image)
    for series in case.series.values():
        require_overlap(series.image, series.source, grid, f"{base.role} ({base.source})")
    given = None if brain_mask is None else _given(brain_mask, base, how.anonymous)
    report(0.0, "loading the model")
    from ..nets.run.network import choose, deterministic, load

    where = choose(how.device, full_precision=how.reproducible)
    networks = load(bundle, where)
    prepared = prepare(
        case, base.role, spec.roles, spec.spacing_mm, report.span(0.02, 0.2), given, register=how.register == "auto"
    )
    if not how.unmeasured:
        # A sequence of a few slices is no reason to take the rest of the brain for measured.
        partly = {role: seen for role, seen in prepared.used.items() if role not in prepared.of_most}
        spec.require_measured(prepared.of_most, partly)
    own = spec.threshold_for(prepared.of_most)
    limit = own if how.threshold is None else how.threshold
    of_mask = ""
    if given is not None:
        report(0.2, "comparing the brain mask with the brain that is found")
        of_mask = mask_doubt(prepared.brain, prepared.grid, base.image, base.role, report.span(0.2, 0.2))
    report(0.2, "comparing contrasts with names")
    working_brain = prepared.grid.image(prepared.brain.astype(np.uint8))
    doubts = contrast_doubts(prepared.case, working_brain)
    differing: int | None = None
    if how.reproducible:
        with deterministic():
            planes = run_planes(networks, prepared, where, report.span(0.2, 0.5), how.flips, spec.canvas)
            again = run_planes(networks, prepared, where, report.span(0.5, 0.8), how.flips, spec.canvas)
        differing = sum(int((planes[plane] != again[plane]).sum()) for plane in PLANES)
    else:
        planes = run_planes(networks, prepared, where, report.span(0.2, 0.8), how.flips, spec.canvas)

    back = {}
    for number, (plane, values) in enumerate(planes.items()):
        report(0.8 + 0.08 * number / len(planes), "back onto the reference grid")
        back[plane] = onto_reference(values, prepared.grid, grid)
    report(0.88, "vote")
    voted = let_vote(back, how.vote, limit, spec.plane_weights)
    least = spec.least_expected_ml_for(prepared.of_most)
    likely, unlikely = without_small_parts(voted.labels, grid, least, voted.probability)
    lesion, dropped = without_small_parts(likely, grid, how.minimum_lesion_ml)
    labels = lesion.astype(np.uint8)
    brain = resample_mask(working_brain, grid)
    report(0.9, "measuring")
    images = {str(role): series.image for role, series in prepared.case.series.items()}
    statistics = measure(
        labels, voted.probability, voted.members, brain, grid, prepared.slices, spec.plane_weights, images
    )
    missing = " and no ".join(role.value for role in BOTH if role not in prepared.used)
    flair = FlairSignal(why_not=f"there is no {missing}")
    if not missing:
        flair = flair_signal(statistics.lesions, prepared, doubts, brain, grid)
    interval = volume_interval(lesion, back, grid, spec, prepared, how)
    statistics = replace(statistics, volume_interval=interval, flair=flair)
    record = provenance(case, base.role, bundle, where, how, prepared, differing, time.perf_counter() - started)
    alarms = (*unread_doubts(case), *unusual(labels == LESION, brain, grid))
    record["vote"] |= {"threshold": limit, "model_threshold": own, "flips": how.flips}
    record |= {} if given is None else {"brain_mask_sha256": given.sha256}
    record["small_lesions"] = {
        "minimum_ml": how.minimum_lesion_ml,
        "dropped": dropped,
        "least_expected_ml": least,
        "unlikely": unlikely,
    }
    report(1.0, "segmented")
    return Segmentation(
        case=prepared.case,
        reference=base.role,
        labels=grid.image(labels),
        probability=grid.image(voted.probability),
        agreement=grid.image(voted.agreement),
        brain=grid.image(brain.astype(np.uint8)),
        statistics=statistics,
        positions=prepared.positions,
        provenance=record,
        doubts=doubts,
        unusual=alarms,
        warnings=(
            *(doubt.words for doubt in doubts),
            *filter(None, [of_mask]),
            *prepared.warnings,
            *_warnings(spec, prepared, differing),
            *how.warnings(own, dropped),
        ),
    )


def _given(brain_mask: BrainMaskInput, base: Series, anonymous: bool) -> GivenMask:
    """The user's brain mask, made sure of.

    Raises:
        InputError: if it cannot be used, lies elsewhere than the reference, or in its air.
    """
    grid = Grid.of(base.image)
    given = GivenMask.of(brain_mask, grid)
    name = f"{base.role} ({base.source})"
    given.require_overlap(grid, name)
    given.require_signal(base.image, name)
    return given.anonymous() if anonymous else given


def _warnings(spec: PlanesModelSpec, prepared: Prepared, differing: int | None) -> list[str]:
    found = []
    if not spec.is_measured_on(prepared.of_most):
        found.append(
            f"{spec.name} was never measured on patients without {' or '.join(spec.tested_with_one_of)}: "
            "what it finds here rests on training with simulated signal"
        )
    if prepared.unused:
        found.append(f"{spec.name} does not use {', '.join(map(str, prepared.unused))}")
    if differing:
        found.append(f"two runs differed in {differing} voxels of the working grid")
    return found


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
        "settings": {field.name: getattr(settings, field.name) for field in fields(MriSettings)} | {"model": spec.name},
        "device": {"name": device.name, "precision": device.precision},
        "unmeasured": not spec.is_measured_on(prepared.of_most),
        "runs": None if differing is None else {"count": 2, "differing_voxels": differing},
        BRAIN: prepared.brain_from,
        "registration": [position.record() for position in prepared.positions],
        **case_record(case, reference, Grid.of(case.series[reference].image), tuple(prepared.used)),
    }
