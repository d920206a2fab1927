"""A model over a data set's cases: label maps on each case's own grid, for evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from ...case import Role
from ...errors import InputError
from ...inference.device import Device, choose
from ...inference.engine import run_planes
from ...inference.field import labels_on, lay, predict
from ...inference.network import load
from ...inference.prepare import prepare
from ...inference.vote import vote
from ...inference.way_back import onto_reference
from ...models.bundle import Bundle
from ...models.field_spec import FieldModelSpec
from ...models.spec import ModelSpec
from ...networks.base import SegmentationNetwork
from ...progress import Progress
from ...volumes.write import write_image
from ..datasets.load import LoadedSubject, load_subject
from ..datasets.subject import DataSet, Subject
from .prepared import mri_case

Labels = dict[str, np.ndarray]
"""Label maps uint8 (z, y, x) by member: "vote" and the planes, or "network"."""


@dataclass(frozen=True)
class Predictor:
    """A model with its networks loaded on a device."""

    bundle: Bundle
    networks: Mapping[str, nn.Module]
    device: Device

    @classmethod
    def of(cls, bundle: Bundle, device: str = "auto") -> Predictor:
        """The model, verified and loaded.

        Raises:
            ModelError: if the weights are damaged or do not fit.
            DeviceError: if the device is not there.
        """
        where = choose(device)
        return cls(bundle, load(bundle, where), where)

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images that the model reads."""
        spec = self.bundle.spec
        if isinstance(spec, ModelSpec):
            return spec.inputs
        return tuple(one.name for one in spec.inputs)

    def __call__(self, subject: Subject, data: DataSet, progress: Progress) -> tuple[LoadedSubject, Labels]:
        """The case on its grid, and the labels on the same grid.

        Raises:
            InputError: if the case lacks what the model needs.
        """
        spec = self.bundle.spec
        names = [*self.images]
        if isinstance(spec, ModelSpec):
            names = [name for name in names if name in subject.images]
            spec.require_inputs([Role(name) for name in names])
        elif spec.field.masked_by in subject.images and spec.field.masked_by not in names:
            names.append(spec.field.masked_by)
        loaded = load_subject(subject, data, names, with_masks=False)
        if isinstance(spec, ModelSpec):
            return loaded, self._planes(spec, subject, loaded, progress)
        return loaded, self._field(spec, subject, loaded, progress)

    def _planes(self, spec: ModelSpec, subject: Subject, loaded: LoadedSubject, progress: Progress) -> Labels:
        case = mri_case(subject.case, loaded)
        prepared = prepare(case, case.reference().role, spec.roles, spec.spacing_mm, progress.span(0.0, 0.2))
        planes = run_planes(self.networks, prepared, self.device, progress.span(0.2, 1.0))
        back = {plane: onto_reference(values, prepared.grid, loaded.grid) for plane, values in planes.items()}
        voted = vote(back, "majority", spec.threshold, spec.plane_weights)
        weighted = vote(back, "weighted", spec.threshold, spec.plane_weights)
        labels: Labels = {"vote": voted.labels, "weighted-vote": weighted.labels}
        labels.update((plane, member.astype(np.uint8)) for plane, member in voted.members.items())
        return labels

    def _field(self, spec: FieldModelSpec, subject: Subject, loaded: LoadedSubject, progress: Progress) -> Labels:
        if spec.nihss and subject.nihss is None:
            raise InputError(
                "the model asks for the NIHSS score, which is unknown",
                where=subject.case,
                fix="Add it to the clinical table, or use a model without it",
            )
        field = lay(loaded.images, loaded.grid, spec.inputs, spec.field)
        network = self.networks["network"]
        assert isinstance(network, SegmentationNetwork)
        whole = len(spec.field.size) == 3
        nihss = subject.nihss if spec.nihss else None
        probabilities = predict(network, field.channels, whole, nihss, self.device, progress)
        return {"network": labels_on(probabilities, field, loaded.grid)}


def predict_cases(
    predictor: Predictor, data: DataSet, cases: Sequence[str], output: Path, progress: Progress
) -> list[str]:
    """Writes OUTPUT/CASE/MEMBER.nii.gz for each case; what is already there stays.

    Returns:
        The members' names.

    Raises:
        InputError: if a case is unknown or lacks what the model needs.
        OutputError: if a file cannot be written.
    """
    by_name = {subject.case: subject for subject in data.subjects}
    members: list[str] = []
    for number, name in enumerate(cases):
        if name not in by_name:
            raise InputError(f"no case is called '{name}'", where=data.folder, fix="Check the names")
        span = progress.span(number / len(cases), (number + 1) / len(cases))
        folder = output / name
        done = sorted(path.name.removesuffix(".nii.gz") for path in folder.glob("*.nii.gz"))
        # The folder is complete once its last file is: each is written whole.
        if done and (folder / "vote.nii.gz" in folder.iterdir() or done == ["network"]):
            members = done
            continue
        loaded, labels = predictor(by_name[name], data, span)
        folder.mkdir(parents=True, exist_ok=True)
        for member in sorted(labels, key=lambda m: m == "vote"):
            write_image(loaded.grid.image(labels[member]), folder / f"{member}.nii.gz")
        members = sorted(labels)
    return members
