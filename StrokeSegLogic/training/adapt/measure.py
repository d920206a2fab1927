"""What a model finds in prepared cases, counted against the reader's masks; counted once, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import nn

from ...base.errors import InputError
from ...base.files import write_whole
from ...base.json_files import json_bytes, read_json_object
from ...base.progress import Progress
from ...base.settings import from_mapping
from ...metrics.voxel import Overlap, overlap
from ...mri.settings import MriSettings
from ...mri.vote import run_planes, vote
from ...nets.models.bundle import Bundle
from ...nets.models.spec import PlanesModelSpec
from ...nets.run.network import Device, load
from ...space.masks import without_small_parts
from ...space.resampling import onto_reference
from ..told_progress import OneStage
from .cases import SiteCase

_COUNT_AGAIN = "Delete it and run the same command again: the models are asked anew"


class Counts:
    """What models have found in cases so far, by the SHA-256 of their weights and by case; kept in a file.

    Args:
        path: of the file; read if it is there.

    Raises:
        InputError: if it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, dict[str, Overlap]] = {}
        if path.is_file():
            for model, cases in read_json_object(path, fix=_COUNT_AGAIN).items():
                if not isinstance(cases, Mapping):
                    raise InputError("holds no counts by case", where=path, fix=_COUNT_AGAIN)
                self._found[model] = {name: from_mapping(Overlap, values, path) for name, values in cases.items()}

    def of(self, bundle: Bundle, cases: Sequence[SiteCase], device: Device, progress: Progress) -> dict[str, Overlap]:
        """What a model finds, by case, on the grid that each mask lies on.

        Args:
            bundle: of the model.
            cases: names unique.
            device: where to compute.
            progress: of the work.

        Raises:
            ModelError: if the weights are damaged.
            OutputError: if the file cannot be written.
        """
        known = self._found.setdefault(bundle.spec.weights.sha256, {})
        missing = [case for case in cases if case.key not in known]
        networks = load(bundle, device) if missing else {}
        for number, case in enumerate(missing):
            span = progress.span(number / len(missing), (number + 1) / len(missing))
            told = Progress(OneStage(span, f"asking {bundle.spec.name}: {case.name}"))
            known[case.key] = found_in(bundle.planes, networks, case, device, told)
            counts = {
                model: {name: asdict(values) for name, values in cases.items()} for model, cases in self._found.items()
            }
            write_whole(self._path, json_bytes(counts))
        return {case.name: known[case.key] for case in cases}


def found_in(
    spec: PlanesModelSpec, networks: Mapping[str, nn.Module], case: SiteCase, device: Device, progress: Progress
) -> Overlap:
    """A model's lesion in a case against the reader's: as in use, with the model's own thresholds."""
    planes = run_planes(networks, case, device, progress, canvas=spec.canvas)
    record = case.record
    back = {plane: onto_reference(values, case.grid, record.reference) for plane, values in planes.items()}
    voted = vote(back, MriSettings().vote, spec.threshold_for(case.of_most), spec.plane_weights)
    least = spec.least_expected_ml_for(case.of_most)
    lesion, _ = without_small_parts(voted.labels, record.reference, least, voted.probability)
    return overlap(lesion, case.truth)
